#include "cloud/ask.h"

#include "base/clock.h"
#include "base/retry.h"

#include <stdlib.h>
#include <string.h>

#define CALL_NS (60 * MB_NS_PER_S)

static int is_cancelled(const struct mb_call *call)
{
    return mb_cancel_requested(call->host_data);
}

static mb_status set_headers(const struct mb_cloud *cloud, struct mb_headers *headers, struct mb_error *error)
{
    mb_headers_set(headers, "Content-Type", "application/json");
    mb_headers_set(headers, "Accept", "application/json");
    mb_headers_printf(headers, "Authorization", "Bearer %s", cloud->options.api_key);
    if (mb_headers_status(headers, error) == MB_E_INVALID)
        return mb_fail(error, MB_E_CONFIG, "%s holds a character that no key has",
                       cloud->options.words.api_key);
    return headers->status;
}

/* What one attempt holds. */
struct attempt {
    struct mb_http_response response;
    struct mb_headers headers;
};

static mb_status exchange(struct mb_cloud *cloud, const struct mb_cloud_ask *ask, const char *url,
                          const char *body, struct attempt *attempt, json_t **data,
                          const struct mb_call *call)
{
    const struct mb_http_request request = {.method = "POST",
                                            .url = url,
                                            .headers = &attempt->headers,
                                            .body = body,
                                            .body_len = strlen(body),
                                            .fresh = ask->begins,
                                            .patient = true};
    MB_TRY(set_headers(cloud, &attempt->headers, call->error));
    MB_TRY(mb_http_send(cloud->http, &request, &attempt->response, call));
    return mb_cloud_read(cloud, ask, &attempt->response, data, call->error);
}

static mb_status send_once(struct mb_cloud *cloud, const struct mb_cloud_ask *ask, const char *url,
                           const char *body, json_t **data, const struct mb_call *call)
{
    struct attempt attempt = {0};
    mb_status status = exchange(cloud, ask, url, body, &attempt, data, call);
    mb_http_response_done(&attempt.response);
    mb_headers_done(&attempt.headers);
    return status;
}

/* Whoever asked for something that must not be begun twice is told when it may have been. */
static void judge(const struct mb_cloud_ask *ask, struct mb_error *error)
{
    if (!ask->begins || (error->flags & MB_ERR_AMBIGUOUS) == 0)
        return;
    error->flags &= ~(uint32_t)MB_ERR_RETRYABLE;
    mb_error_advise(error, "the cloud may have begun it all the same: look at the jobs in its console first");
}

static mb_status post_text(struct mb_cloud *cloud, const struct mb_cloud_ask *ask, const char *url,
                           const char *body, json_t **data, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_retry retry;
    mb_retry_init(&retry, &mb_retry_default);
    for (;;) {
        struct mb_error failure = MB_ERROR_INIT;
        const struct mb_call call = {.struct_size = sizeof call,
                                     .deadline_ns = mb_clock_monotonic() + CALL_NS,
                                     .cancelled = is_cancelled,
                                     .error = &failure,
                                     .host_data = cancel};
        if (send_once(cloud, ask, url, body, data, &call) == MB_OK)
            return MB_OK;
        judge(ask, &failure);
        if (mb_retry_again(&retry, cancel, &failure) != MB_OK) {
            mb_error_copy(error, &failure);
            return error->status;
        }
    }
}

static mb_status post_to(struct mb_cloud *cloud, const struct mb_cloud_ask *ask, struct mb_buf *url,
                         const char *body, json_t **data, struct mb_cancel *cancel, struct mb_error *error)
{
    if (body == NULL)
        return mb_fail_memory(error);
    mb_buf_printf(url, "%s%s", cloud->options.endpoint, ask->path);
    MB_TRY(mb_buf_status(url, error));
    return post_text(cloud, ask, url->data, body, data, cancel, error);
}

mb_status mb_cloud_post(struct mb_cloud *cloud, const struct mb_cloud_ask *ask, json_t *body, json_t **data,
                        struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_buf url = MB_BUF_INIT(8192);
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
    mb_status status = post_to(cloud, ask, &url, text, data, cancel, error);
    json_decref(body);
    free(text);
    mb_buf_done(&url);
    return status;
}
