#include "common/credentials/source.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "common/file.h"
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

void mb_metadata_nearness(struct mb_http_options *options)
{
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

mb_status mb_credential_source_open(struct mb_credentials **out,
                                    const struct mb_credentials_provider *provider,
                                    const struct mb_config_values *config, struct mb_error *error)
{
    const char *endpoint = mb_option_text(config, "auth.endpoint");
    struct mb_http_options options = {.user_agent = mb_driver_user_agent()};
    mb_status status = MB_OK;

    /* One's own service may have one's own authority; the usual ones have not, but the way there is the same.
     */
    if (endpoint)
        status = mb_options_http(config, &options, error);
    else
        options.proxy = mb_option_text(config, "proxy");
    if (status != MB_OK)
        return status;
    options.place = endpoint ? "auth.endpoint" : "auth.type";
    mb_metadata_nearness(&options);
    struct mb_credential_source *source = calloc(1, sizeof(*source));
    if (!source)
        return mb_fail_memory(error);
    if (endpoint && !(source->endpoint = strdup(endpoint)))
        status = mb_fail_memory(error);
    for (size_t len = endpoint ? strlen(endpoint) : 0; source->endpoint && len > 0; len--)
        if (source->endpoint[len - 1] != '/')
            break;
        else
            source->endpoint[len - 1] = '\0';
    if (status == MB_OK)
        status = mb_http_new(&source->http, &options, error);
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
    mb_status status = mb_file_read(path, out, error);
    if (status != MB_OK)
        return status;
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
    mb_status status = expiry(json_object_get(object, fields->expires), &expires_ns, error);
    if (status != MB_OK)
        return status;
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

mb_status mb_source_ask(struct mb_http *http, const struct mb_http_request *request, struct mb_buf *out,
                        int *status, const struct mb_call *call)
{
    struct mb_http_response response = {0};
    struct mb_http_request limited = *request;

    limited.max_body = MAX_ANSWER;
    mb_status result = mb_http_send(http, &limited, &response, call);
    if (status)
        *status = response.status;
    if (result == MB_OK && (response.status < 200 || response.status >= 300)) {
        char said[200];
        mb_text_fit(said, sizeof(said), mb_buf_text(&response.body));
        const struct mb_answer answer = {
            .status = mb_credential_refusal(response.status, mb_buf_text(&response.body)), .text = said};
        result = mb_http_fail_answer(call->error, &response, &answer);
    } else if (result == MB_OK) {
        mb_buf_append(out, mb_buf_text(&response.body), response.body.len);
        result = mb_buf_check(out, "the answer", call->error);
    }
    if (result != MB_OK)
        mb_error_context(call->error, "%s %.*s", request->method, (int)strcspn(request->url, "?"),
                         request->url);
    mb_buf_wipe(&response.body);
    mb_http_response_done(&response);
    return result;
}

mb_status mb_source_ask_json(struct mb_http *http, const struct mb_http_request *request, json_t **out,
                             const struct mb_call *call)
{
    struct mb_buf text = MB_BUF_INIT(MAX_ANSWER);
    mb_status status = mb_source_ask(http, request, &text, NULL, call);
    if (status == MB_OK) {
        json_t *root = json_loadb(mb_buf_text(&text), text.len, JSON_REJECT_DUPLICATES, NULL);
        if (json_is_object(root))
            *out = root;
        else {
            json_decref(root);
            status = mb_fail(call->error, MB_E_PROTOCOL, "%s answers with no JSON object", request->url);
        }
    }
    mb_buf_wipe(&text);
    return status;
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
    if (status != MB_OK)
        return status;
    out->len = strcspn(mb_buf_text(out), "\r\n");
    if (out->len == 0)
        return mb_fail(call->error, MB_E_UNAUTHENTICATED, "no role is attached to this machine (%s)", url);
    out->data[out->len] = '\0';
    return MB_OK;
}

mb_status mb_metadata_fetch(const struct mb_credential_source *source,
                            const struct mb_metadata_service *service, const char *role,
                            const struct mb_credential **out, const struct mb_call *call)
{
    const char *base = source->endpoint ? source->endpoint : service->base;
    struct mb_buf url = MB_BUF_INIT(4096), found = MB_BUF_INIT(4096);
    struct mb_headers headers = {0};
    json_t *answer = NULL;
    bool silent = false;

    mb_buf_printf(&url, "%s%s", base, service->roles_path);
    mb_status status = begin_session(source, service, base, &headers, &silent, call);
    if (status == MB_OK && !role)
        status = find_role(source, mb_buf_text(&url), &headers, &found, call);
    if (status == MB_OK) {
        mb_url_encode(&url, role ? role : mb_buf_text(&found), "");
        status = mb_buf_check(&url, "the URL of the role", call->error);
    }
    if (status == MB_OK) {
        const struct mb_http_request request = {
            .method = "GET", .url = mb_buf_text(&url), .headers = &headers};
        status = mb_source_ask_json(source->http, &request, &answer, call);
    }
    if (status == MB_OK)
        status = mb_credential_from_json(answer, &service->fields, out, call->error);
    json_decref(answer);
    mb_headers_done(&headers);
    mb_buf_done(&found);
    mb_buf_done(&url);
    if (status != MB_OK && silent)
        mb_error_advise(call->error, "it did not answer the request for a session: in a container the hop "
                                     "limit of the instance's metadata has to be at least 2");
    return mb_metadata_judge(status, call);
}
