#include "milvus/http.h"
#include "base/clock.h"
#include "milvus/reason.h"

#include <curl/curl.h>
#include <string.h>

#define CONNECT_TIMEOUT_MS 5000L
#define MAX_ANSWER         ((size_t)256 << 20)
#define EXCERPT            201

#define LONGEST_RETRY_AFTER_S 3600U

static size_t take_bytes(char *data, size_t size, size_t count, void *ctx)
{
    return mb_buf_append(ctx, data, size * count) == MB_OK ? size * count : 0;
}

/* libcurl calls this about once a second while nothing moves. */
static int is_cancelled(void *ctx, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal, curl_off_t ulnow)
{
    (void)dltotal, (void)dlnow, (void)ultotal, (void)ulnow;
    return mb_cancel_requested(ctx);
}

static struct curl_slist *add_line(struct curl_slist *list, const char *line, bool *ok)
{
    struct curl_slist *longer = curl_slist_append(list, line);
    if (longer == NULL) {
        *ok = false;
        return list;
    }
    return longer;
}

static struct curl_slist *make_headers(const struct mb_milvus *milvus, const struct mb_http_call *call,
                                       bool *ok)
{
    struct curl_slist *list = NULL;
    *ok = true;
    if (call->body)
        list = add_line(list, "Content-Type: application/json", ok);
    if (call->header)
        list = add_line(list, call->header, ok);
    if (call->authorized && milvus->bearer) {
        struct mb_buf line;
        mb_buf_init(&line, 64 << 10);
        mb_buf_printf(&line, "Authorization: Bearer %s", milvus->bearer);
        if (line.status == MB_OK)
            list = add_line(list, line.data, ok);
        else
            *ok = false;
        mb_buf_done(&line);
    }
    return list;
}

static void set_tls(CURL *curl, const struct mb_milvus_options *options)
{
    if (*options->ca_cert_path)
        curl_easy_setopt(curl, CURLOPT_CAINFO, options->ca_cert_path);
    if (options->tls == MB_MILVUS_TLS_MUTUAL) {
        curl_easy_setopt(curl, CURLOPT_SSLCERT, options->mtls_cert_path);
        curl_easy_setopt(curl, CURLOPT_SSLKEY, options->mtls_key_path);
    }
}

static mb_status describe_failure(const struct mb_http_call *call, CURLcode code, const char *text,
                                  struct mb_error *error)
{
    const char *reason = *text ? text : curl_easy_strerror(code);
    switch ((int)code) {
    case CURLE_ABORTED_BY_CALLBACK:
        return mb_fail(error, MB_E_CANCELLED, "cancelled");
    case CURLE_OUT_OF_MEMORY:
        return mb_fail_memory(error);
    case CURLE_OPERATION_TIMEDOUT:
        return mb_fail(error, MB_E_TIMEOUT, "%s did not answer in time: %s", call->url, reason);
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return mb_fail(error, MB_E_CONFIG, "%s: %s is no usable address: %s", call->key, call->url, reason);
    default:
        return mb_fail(error, MB_E_UNAVAILABLE, "%s cannot be reached (check %s): %s", call->url, call->key,
                       reason);
    }
}

static void take_head(CURL *curl, struct mb_http_answer *answer)
{
    curl_off_t seconds = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &seconds);
    answer->retry_after_s = seconds;
}

mb_status mb_http_send(struct mb_milvus *milvus, const struct mb_http_call *call,
                       struct mb_http_answer *answer, struct mb_cancel *cancel, struct mb_error *error)
{
    char text[CURL_ERROR_SIZE] = "";
    bool ok;
    mb_status status = MB_OK;
    struct curl_slist *headers = make_headers(milvus, call, &ok);
    CURL *curl = curl_easy_init();

    if (curl == NULL || !ok) {
        status = mb_fail_memory(error);
        goto out;
    }
    curl_easy_setopt(curl, CURLOPT_URL, call->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, text);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(call->timeout_ns / MB_NS_PER_MS));
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer->body);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, is_cancelled);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, cancel);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (call->body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(call->body));
    }
    set_tls(curl, &milvus->options);

    CURLcode code = curl_easy_perform(curl);
    if (code == CURLE_OK) {
        take_head(curl, answer);
        goto out;
    }
    long sent = 0;
    status = describe_failure(call, code, text, error);
    curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent);
    if (sent > 0)
        error->flags |= MB_ERR_AMBIGUOUS;
out:
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return status;
}

static uint32_t retry_after_ms(int64_t seconds)
{
    return seconds <= 0                      ? 0
           : seconds > LONGEST_RETRY_AFTER_S ? LONGEST_RETRY_AFTER_S * 1000
                                             : (uint32_t)seconds * 1000;
}

static mb_status status_of(long http_status)
{
    switch (http_status) {
    case 401:
        return MB_E_UNAUTHENTICATED;
    case 403:
        return MB_E_FORBIDDEN;
    case 404:
    case 405:
    case 501:
        return MB_E_UNSUPPORTED;
    case 429:
        return MB_E_THROTTLED;
    default:
        return http_status >= 500 ? MB_E_UNAVAILABLE : MB_E_INVALID;
    }
}

mb_status mb_http_json(const struct mb_http_call *call, const struct mb_http_answer *answer, json_t **out,
                       struct mb_error *error)
{
    char text[EXCERPT];
    json_error_t where;
    if (answer->status >= 400) {
        mb_reason_brief(answer->body.data, text, sizeof text);
        mb_fail(error, status_of(answer->status), "%s answered %ld: %s", call->url, answer->status, text);
        error->http_status = (int32_t)answer->status;
        error->flags |= answer->status >= 500 ? MB_ERR_AMBIGUOUS : 0;
        error->retry_after_ms = retry_after_ms(answer->retry_after_s);
        return error->status;
    }
    json_t *root = json_loadb(answer->body.data, answer->body.len, 0, &where);
    if (!json_is_object(root)) {
        json_decref(root);
        mb_reason_brief(answer->body.data, text, sizeof text);
        mb_fail(error, MB_E_PROTOCOL, "%s answered something that is no JSON object: %s", call->url, text);
        error->flags |= MB_ERR_AMBIGUOUS;
        return error->status;
    }
    *out = root;
    return MB_OK;
}
