#include "milvus/ask.h"
#include "base/clock.h"
#include "http/http.h"
#include "milvus/reason.h"

#include <string.h>

#define CONNECT_TIMEOUT_MS 5000
#define EXCERPT            201

mb_status mb_ask_open(struct mb_milvus *milvus, struct mb_error *error)
{
    static const struct mb_http_words words = {.tls = "https:// in it",
                                               .ca_file = "milvus.caCertPath",
                                               .client_cert = "milvus.mtlsCertPath and mtlsKeyPath",
                                               .proxy = "the proxy that the environment names"};
    const struct mb_milvus_options *o = &milvus->options;
    bool mutual = o->tls == MB_MILVUS_TLS_MUTUAL;
    struct mb_http_options options = {.ca_file = o->ca_cert_path,
                                      .client_cert = mutual ? o->mtls_cert_path : NULL,
                                      .client_key = mutual ? o->mtls_key_path : NULL,
                                      .place = "milvus.rest.endpoint",
                                      .words = &words,
                                      .connect_timeout_ms = CONNECT_TIMEOUT_MS};
    MB_TRY(mb_http_init_once(error));
    MB_TRY(mb_http_new(&milvus->rest, &options, error));
    options.place = "milvus.management.endpoint (backup.gcPause.address in v1)";
    return mb_http_new(&milvus->management, &options, error);
}

void mb_ask_close(struct mb_milvus *milvus)
{
    mb_http_free(milvus->rest);
    mb_http_free(milvus->management);
}

static int is_cancelled(const struct mb_call *call)
{
    return mb_cancel_requested(call->host_data);
}

static mb_status set_headers(const struct mb_milvus *milvus, const struct mb_ask *ask,
                             struct mb_headers *headers, struct mb_error *error)
{
    if (ask->body)
        mb_headers_set(headers, "Content-Type", "application/json");
    if (ask->within)
        mb_headers_set(headers, "Request-Timeout", ask->within);
    if (ask->authorized && milvus->bearer)
        mb_headers_printf(headers, "Authorization", "Bearer %s", milvus->bearer);
    return mb_headers_status(headers, error);
}

/* The status as Milvus means it: what is not there is a call that this version lacks. */
static mb_status status_of(int http_status)
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

/* What a message may tell of an answer. */
static void excerpt(const struct mb_ask *ask, const struct mb_http_response *response, char text[EXCERPT])
{
    const char *body = mb_buf_text(&response->body);
    if (!ask->secret) {
        mb_reason_brief(body, text, EXCERPT);
        return;
    }
    json_t *root = json_loads(body, 0, NULL);
    const char *said = json_string_value(json_object_get(root, "msg"));
    mb_reason_brief(said != NULL ? said : "no reason given", text, EXCERPT);
    json_decref(root);
}

static mb_status refusal(const struct mb_ask *ask, const struct mb_http_response *response,
                         struct mb_error *error)
{
    char text[EXCERPT];
    excerpt(ask, response, text);
    mb_fail(error, status_of(response->status), "%s answered %d: %s", ask->url, response->status, text);
    error->http_status = response->status;
    error->flags |= response->status >= 500 ? MB_ERR_AMBIGUOUS : 0;
    error->retry_after_ms = mb_http_retry_after_ms(response);
    return error->status;
}

static mb_status read_answer(const struct mb_ask *ask, const struct mb_http_response *response, json_t **out,
                             struct mb_error *error)
{
    char text[EXCERPT];
    json_error_t where;
    json_t *root = json_loadb(mb_buf_text(&response->body), response->body.len, 0, &where);
    if (json_is_object(root)) {
        *out = root;
        return MB_OK;
    }
    json_decref(root);
    excerpt(ask, response, text);
    mb_fail(error, MB_E_PROTOCOL, "%s answered something that is no JSON object: %s", ask->url, text);
    error->flags |= MB_ERR_AMBIGUOUS;
    return error->status;
}

static mb_status ask_json(struct mb_milvus *milvus, const struct mb_ask *ask, struct mb_headers *headers,
                          struct mb_http_response *response, json_t **out, const struct mb_call *call)
{
    const struct mb_http_request request = {.method = ask->body ? "POST" : "GET",
                                            .url = ask->url,
                                            .headers = headers,
                                            .body = ask->body,
                                            .body_len = ask->body ? strlen(ask->body) : 0,
                                            .max_body = ask->max_answer,
                                            .fresh = true,
                                            .acts = true,
                                            .patient = true};
    MB_TRY(set_headers(milvus, ask, headers, call->error));
    mb_status status = mb_http_send(ask->over, &request, response, call);
    if (status == MB_E_TIMEOUT)
        return mb_error_context(call->error, "%s", ask->url);
    MB_TRY(status);
    return response->status >= 400 ? refusal(ask, response, call->error)
                                   : read_answer(ask, response, out, call->error);
}

mb_status mb_ask_json(struct mb_milvus *milvus, const struct mb_ask *ask, json_t **out,
                      struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_call call = {.struct_size = sizeof call,
                                 .deadline_ns = mb_clock_monotonic() + ask->timeout_ns,
                                 .cancelled = is_cancelled,
                                 .error = error,
                                 .host_data = cancel};
    struct mb_http_response response = {0};
    struct mb_headers headers = {0};
    mb_status status = ask_json(milvus, ask, &headers, &response, out, &call);
    mb_headers_done(&headers);
    mb_http_response_done(&response);
    return status;
}
