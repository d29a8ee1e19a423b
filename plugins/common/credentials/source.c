#include "common/credentials/source.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "common/credentials/file.h"
#include "http/answer.h"
#include "http/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONNECT_TIMEOUT_MS = 2000,
    IDLE_TIMEOUT_MS = 10000,
    SESSION_TIMEOUT_MS = 2000,
    MAX_ANSWER = 256 * 1024,
    MAX_TOKEN = 64 * 1024,
    SESSION_SECONDS = 21600
};

/* Names of metadata services; most of the others are link-local. */
static const char *const near_hosts[] = {"[fd00:ec2::", "100.100.100.200", "metadata.google.internal",
                                         "metadata.tencentyun.com", NULL};

void mb_metadata_nearness(struct mb_http_options *options)
{
    options->near_hosts = near_hosts;
    options->connect_timeout_ms = CONNECT_TIMEOUT_MS;
    options->idle_timeout_ms = IDLE_TIMEOUT_MS;
    options->near_direct = true;
}

void mb_credential_source_free(void *ctx)
{
    struct mb_credential_source *source = ctx;
    if (!source)
        return;
    mb_http_free(source->http);
    free(source->endpoint);
    free(source);
}

/* One's own service may have one's own authority; the usual ones have not, but the way there is the same. */
static mb_status read_options(const struct mb_config_values *config, struct mb_http_options *out,
                              struct mb_error *error)
{
    bool own = mb_option_text(config, "auth.endpoint") != NULL;
    *out = (struct mb_http_options){.user_agent = mb_driver_user_agent()};
    if (own)
        MB_TRY(mb_options_http(config, out, error));
    else
        out->proxy = mb_option_text(config, "proxy");
    out->place = own ? "auth.endpoint" : "auth.type";
    mb_metadata_nearness(out);
    return MB_OK;
}

static mb_status fill(struct mb_credential_source *source, const struct mb_config_values *config,
                      struct mb_error *error)
{
    const char *endpoint = mb_option_text(config, "auth.endpoint");
    struct mb_http_options options;

    MB_TRY(read_options(config, &options, error));
    size_t len = endpoint ? strlen(endpoint) : 0;
    while (len > 0 && endpoint[len - 1] == '/')
        len--;
    if (endpoint && !(source->endpoint = strndup(endpoint, len)))
        return mb_fail_memory(error);
    return mb_http_new(&source->http, &options, error);
}

mb_status mb_credential_source_open(struct mb_credentials **out,
                                    const struct mb_credentials_provider *provider,
                                    const struct mb_config_values *config, struct mb_error *error)
{
    struct mb_credential_source *source = calloc(1, sizeof(*source));
    if (!source)
        return mb_fail_memory(error);
    mb_status status = fill(source, config, error);
    if (status != MB_OK) {
        mb_credential_source_free(source);
        return status;
    }
    return mb_credentials_new(out, provider, source, error);
}

const char *mb_environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static bool is_place(const struct mb_credential_place *place, bool of_people)
{
    if (place->of_people && !of_people)
        return false;
    for (const char *const *name = place->variables; *name != NULL; name++)
        if (mb_environment(*name) == NULL)
            return false;
    return place->has == NULL || place->has();
}

mb_status mb_credential_source_find(struct mb_credentials **out, const struct mb_credential_place *places,
                                    const struct mb_config_values *config, struct mb_error *error)
{
    const char *type = mb_option_text(config, "auth.type");
    bool of_people = type == NULL || strcmp(type, "iam") != 0;
    while (!is_place(places, of_people))
        places++;
    return mb_credential_source_open(out, &places->provider, config, error);
}

mb_status mb_token_read(const char *path, struct mb_buf *out, struct mb_error *error)
{
    MB_TRY(mb_credential_file_read(path, out, error));
    while (out->len > 0 && strchr(" \t\r\n", out->data[out->len - 1]))
        out->data[--out->len] = '\0';
    return out->len > 0 ? MB_OK : mb_fail(error, MB_E_CONFIG, "%s is empty", path);
}

const char *mb_json_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static mb_status expiry(const json_t *value, int64_t *out_ns, struct mb_error *error)
{
    *out_ns = 0;
    if (!value || json_is_null(value))
        return MB_OK;
    if (json_is_string(value) && mb_clock_parse(json_string_value(value), out_ns))
        return MB_OK;
    json_int_t seconds = json_integer_value(value);
    if (json_is_integer(value) && seconds > 0 && seconds < INT64_MAX / 1000000000) {
        *out_ns = (int64_t)seconds * 1000000000;
        return MB_OK;
    }
    return mb_fail(error, MB_E_PROTOCOL, "the credential's expiry makes no sense");
}

mb_status mb_credential_from_json(const json_t *object, const struct mb_credential_fields *fields,
                                  const struct mb_credential **out, struct mb_error *error)
{
    const char *id = mb_json_text(object, fields->id);
    const char *secret = mb_json_text(object, fields->secret);
    int64_t expires_ns;

    if (!*id || !*secret)
        return mb_fail(error, MB_E_UNAUTHENTICATED, "the answer holds no credential: %.200s",
                       *mb_json_text(object, "Message") ? mb_json_text(object, "Message")
                                                        : mb_json_text(object, "Code"));
    MB_TRY(expiry(json_object_get(object, fields->expires), &expires_ns, error));
    *out = mb_credential_new(id, secret, mb_json_text(object, fields->token), expires_ns);
    return *out ? MB_OK : mb_fail_memory(error);
}

mb_status mb_credential_refusal(int http_status, const char *said)
{
    static const char *const busy[] = {"Throttling", "RequestLimitExceeded"};
    static const char *const passing[] = {"InternalError", "internal_failure", "IDPCommunicationError",
                                          "temporarily_unavailable"};

    if (http_status >= 500 || http_status == 408 || http_status == 429)
        return MB_OK;
    for (size_t i = 0; i < sizeof(busy) / sizeof(*busy); i++)
        if (strstr(said, busy[i]))
            return MB_E_THROTTLED;
    for (size_t i = 0; i < sizeof(passing) / sizeof(*passing); i++)
        if (strstr(said, passing[i]))
            return MB_E_UNAVAILABLE;
    return MB_E_UNAUTHENTICATED;
}

static mb_status keep_answer(const struct mb_http_response *response, struct mb_buf *out,
                             struct mb_error *error)
{
    const char *body = mb_buf_text(&response->body);
    char said[200];

    if (response->status >= 200 && response->status < 300) {
        mb_buf_append(out, body, response->body.len);
        return mb_buf_check(out, "the answer", error);
    }
    mb_text_fit(said, sizeof(said), body);
    const struct mb_answer answer = {.status = mb_credential_refusal(response->status, body), .text = said};
    return mb_http_fail_answer(error, response, &answer);
}

mb_status mb_source_ask(struct mb_http *http, const struct mb_http_request *request, struct mb_buf *out,
                        int *status, const struct mb_call *call)
{
    struct mb_http_response response = {0};
    struct mb_http_request limited = *request;

    limited.max_body = MAX_ANSWER;
    mb_status result = mb_http_send(http, &limited, &response, call);
    if (status)
        *status = response.status;
    if (result == MB_OK)
        result = keep_answer(&response, out, call->error);
    mb_buf_wipe(&response.body);
    mb_http_response_done(&response);
    return result == MB_OK ? MB_OK
                           : mb_error_context(call->error, "%s %.*s", request->method,
                                              (int)strcspn(request->url, "?"), request->url);
}

static mb_status ask_json(struct mb_http *http, const struct mb_http_request *request, struct mb_buf *text,
                          json_t **out, const struct mb_call *call)
{
    MB_TRY(mb_source_ask(http, request, text, NULL, call));
    json_t *root = json_loadb(mb_buf_text(text), text->len, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(root)) {
        *out = root;
        return MB_OK;
    }
    json_decref(root);
    return mb_fail(call->error, MB_E_PROTOCOL, "%s answers with no JSON object", request->url);
}

mb_status mb_source_ask_json(struct mb_http *http, const struct mb_http_request *request, json_t **out,
                             const struct mb_call *call)
{
    struct mb_buf text = MB_BUF_INIT(MAX_ANSWER);
    mb_status status = ask_json(http, request, &text, out, call);
    mb_buf_wipe(&text);
    return status;
}

struct mb_http_request mb_form_request(const char *url, const struct mb_buf *form, struct mb_headers *headers)
{
    mb_headers_set(headers, "Content-Type", "application/x-www-form-urlencoded");
    return (struct mb_http_request){
        .method = "POST", .url = url, .headers = headers, .body = mb_buf_text(form), .body_len = form->len};
}

/* ---------------------------------------------------------------- metadata */

static bool is_over(const struct mb_call *call)
{
    return call->deadline_ns != 0 && mb_clock_monotonic() >= call->deadline_ns;
}

mb_status mb_metadata_judge(mb_status status, const struct mb_call *call)
{
    bool silent = status == MB_E_UNAVAILABLE || (status == MB_E_TIMEOUT && !is_over(call));
    return silent && call->error->http_status == 0 ? mb_fail_as(call->error, MB_E_UNAUTHENTICATED) : status;
}

/* The caller's call with less time. */
struct short_call {
    struct mb_call call;
    const struct mb_call *outer;
};

static int outer_cancelled(const struct mb_call *call)
{
    const struct mb_call *outer = ((const struct short_call *)call)->outer;
    return outer->cancelled ? outer->cancelled(outer) : 0;
}

static struct short_call shortened(const struct mb_call *call, int64_t ms)
{
    int64_t until = mb_clock_monotonic() + ms * 1000000;
    struct short_call made = {
        .call = {.struct_size = sizeof(made.call), .cancelled = outer_cancelled, .error = call->error},
        .outer = call};
    made.call.deadline_ns = call->deadline_ns != 0 && call->deadline_ns < until ? call->deadline_ns : until;
    return made;
}

/* A service that does not know sessions is asked without one, as its maker's own tools do; and so is one that
 * leaves the request without an answer: it may not let the answer go as far as into a container. */
static mb_status begin_session(const struct mb_credential_source *source,
                               const struct mb_metadata_service *service, const char *base,
                               struct mb_headers *headers, bool *silent, const struct mb_call *call)
{
    struct mb_buf url = MB_BUF_INIT(4096), token = MB_BUF_INIT(MAX_TOKEN);
    struct mb_headers asking = {0};
    int http_status = 0;

    if (!service->session_path)
        return MB_OK;
    mb_buf_printf(&url, "%s%s", base, service->session_path);
    mb_headers_printf(&asking, service->session_ttl, "%d", SESSION_SECONDS);
    const struct mb_http_request request = {.method = "PUT", .url = mb_buf_text(&url), .headers = &asking};
    const struct short_call soon = shortened(call, SESSION_TIMEOUT_MS);
    mb_status status = mb_source_ask(source->http, &request, &token, &http_status, &soon.call);
    *silent = status == MB_E_TIMEOUT && http_status == 0 && !is_over(call);
    if (status == MB_OK) {
        mb_headers_set(headers, service->session_token, mb_buf_text(&token));
    } else if (*silent || http_status == 403 || http_status == 404 || http_status == 405) {
        mb_error_clear(call->error);
        status = MB_OK;
    }
    mb_headers_done(&asking);
    mb_buf_wipe(&token);
    mb_buf_done(&url);
    return status;
}

static mb_status find_role(const struct mb_credential_source *source, const char *url,
                           const struct mb_headers *headers, struct mb_buf *out, const struct mb_call *call)
{
    const struct mb_http_request request = {.method = "GET", .url = url, .headers = headers};
    int http_status = 0;
    mb_status status = mb_source_ask(source->http, &request, out, &http_status, call);
    if (http_status == 404)
        return mb_fail(call->error, MB_E_UNAUTHENTICATED, "no role is attached to this machine (%s)", url);
    MB_TRY(status);
    out->len = strcspn(mb_buf_text(out), "\r\n");
    if (out->len == 0)
        return mb_fail(call->error, MB_E_UNAUTHENTICATED, "no role is attached to this machine (%s)", url);
    out->data[out->len] = '\0';
    return MB_OK;
}

/* What is asked of a metadata service, step after step. */
struct asking {
    struct mb_buf url, role;
    struct mb_headers headers;
    json_t *answer;
    bool silent; /* it did not answer the request for a session */
};

static mb_status ask_service(const struct mb_credential_source *source,
                             const struct mb_metadata_service *service, const char *role,
                             struct asking *asking, const struct mb_credential **out,
                             const struct mb_call *call)
{
    const char *base = source->endpoint ? source->endpoint : service->base;

    mb_buf_printf(&asking->url, "%s%s", base, service->roles_path);
    MB_TRY(begin_session(source, service, base, &asking->headers, &asking->silent, call));
    if (!role)
        MB_TRY(find_role(source, mb_buf_text(&asking->url), &asking->headers, &asking->role, call));
    mb_url_encode(&asking->url, role ? role : mb_buf_text(&asking->role), "");
    MB_TRY(mb_buf_check(&asking->url, "the URL of the role", call->error));
    const struct mb_http_request request = {
        .method = "GET", .url = mb_buf_text(&asking->url), .headers = &asking->headers};
    MB_TRY(mb_source_ask_json(source->http, &request, &asking->answer, call));
    return mb_credential_from_json(asking->answer, &service->fields, out, call->error);
}

mb_status mb_metadata_fetch(const struct mb_credential_source *source,
                            const struct mb_metadata_service *service, const char *role,
                            const struct mb_credential **out, const struct mb_call *call)
{
    struct asking asking = {.url = MB_BUF_INIT(4096), .role = MB_BUF_INIT(4096)};

    mb_status status = ask_service(source, service, role, &asking, out, call);
    json_decref(asking.answer);
    mb_headers_done(&asking.headers);
    mb_buf_done(&asking.role);
    mb_buf_done(&asking.url);
    if (status != MB_OK && asking.silent)
        mb_error_advise(call->error, "it did not answer the request for a session: in a container the hop "
                                     "limit of the instance's metadata has to be at least 2");
    return mb_metadata_judge(status, call);
}
