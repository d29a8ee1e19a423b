#include "common/credentials/oauth.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "http/answer.h"

#include <stdlib.h>
#include <string.h>

static const char *or_null(const char *text)
{
    return *text ? text : NULL;
}

static mb_status judge_answer(const struct mb_http_response *response, const json_t *root,
                              struct mb_error *error)
{
    if (response->status == 200)
        return json_is_object(root) ? MB_OK : mb_fail(error, MB_E_PROTOCOL, "the answer is no JSON object");
    const struct mb_answer answer = {
        .status = mb_credential_refusal(response->status, mb_buf_text(&response->body)),
        .code = or_null(mb_json_text(root, "error")),
        .text = or_null(mb_json_text(root, "error_description"))};
    mb_status status = mb_http_fail_answer(error, response, &answer);
    if (status == MB_E_UNAUTHENTICATED)
        mb_http_advise_clock(error, response);
    return status;
}

static mb_status ask(struct mb_http *http, const struct mb_http_request *request,
                     struct mb_http_response *response, json_t **out, const struct mb_call *call)
{
    MB_TRY(mb_http_send(http, request, response, call));
    json_t *root = json_loadb(mb_buf_text(&response->body), response->body.len, JSON_REJECT_DUPLICATES, NULL);
    mb_status status = judge_answer(response, root, call->error);
    if (status == MB_OK)
        *out = root;
    else
        json_decref(root);
    return status;
}

mb_status mb_oauth_ask(struct mb_http *http, const struct mb_http_request *request, json_t **out,
                       const struct mb_call *call)
{
    struct mb_http_response response = {0};
    mb_status status = ask(http, request, &response, out, call);
    mb_buf_wipe(&response.body);
    mb_http_response_done(&response);
    return status == MB_OK ? MB_OK : mb_error_context(call->error, "ask %s for a token", request->url);
}

mb_status mb_oauth_post(struct mb_http *http, const char *url, const struct mb_buf *form, json_t **out,
                        const struct mb_call *call)
{
    struct mb_headers headers = {0};
    const struct mb_http_request request = mb_form_request(url, form, &headers);
    mb_status status = mb_oauth_ask(http, &request, out, call);
    mb_headers_done(&headers);
    return status;
}

/* A number, also one in text; -1 for anything else. */
static int64_t number_of(const json_t *value)
{
    const char *text = json_string_value(value);
    char *end;
    if (text == NULL)
        return json_is_integer(value) ? (int64_t)json_integer_value(value) : -1;
    int64_t number = strtoll(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' ? number : -1;
}

mb_status mb_oauth_credential(const json_t *answer, const struct mb_credential **out, struct mb_error *error)
{
    const int64_t second_ns = 1000000000, longest = INT64_C(10) * 365 * 86400;
    const json_t *lifetime = json_object_get(answer, "expires_in");
    const json_t *end = json_object_get(answer, "expires_on");
    const char *token = mb_json_text(answer, "access_token");
    int64_t now = mb_clock_wall() / second_ns, expires = 0;

    if (*token == '\0')
        return mb_fail(error, MB_E_PROTOCOL, "the answer has no access_token");
    if (lifetime != NULL || end != NULL) {
        int64_t seconds = number_of(lifetime != NULL ? lifetime : end);
        if (seconds < 0 || seconds > (lifetime != NULL ? 0 : now) + longest)
            return mb_fail(error, MB_E_PROTOCOL, "the token's %s makes no sense",
                           lifetime != NULL ? "expires_in" : "expires_on");
        expires = (lifetime != NULL ? now + seconds : seconds) * second_ns;
    }
    *out = mb_credential_new("", "", token, expires);
    return *out ? MB_OK : mb_fail_memory(error);
}

static mb_status ask_google_machine(const struct mb_credential_source *source, struct mb_buf *url,
                                    struct mb_headers *headers, json_t **answer, const struct mb_call *call)
{
    const char *host = mb_environment("GCE_METADATA_HOST");

    if (source->endpoint != NULL)
        mb_buf_puts(url, source->endpoint);
    else
        mb_buf_printf(url, "http://%s", host ? host : "metadata.google.internal");
    mb_buf_puts(url, "/computeMetadata/v1/instance/service-accounts/default/token");
    MB_TRY(mb_buf_check(url, "the metadata service's address", call->error));
    mb_headers_set(headers, "Metadata-Flavor", "Google");
    const struct mb_http_request request = {.method = "GET", .url = mb_buf_text(url), .headers = headers};
    return mb_oauth_ask(source->http, &request, answer, call);
}

mb_status mb_oauth_google_machine(const struct mb_credential_source *source, const struct mb_credential **out,
                                  const struct mb_call *call)
{
    struct mb_buf url = MB_BUF_INIT(4096);
    struct mb_headers headers = {0};
    json_t *answer = NULL;

    mb_status status = ask_google_machine(source, &url, &headers, &answer, call);
    if (status == MB_OK)
        status = mb_oauth_credential(answer, out, call->error);
    json_decref(answer);
    mb_headers_done(&headers);
    mb_buf_done(&url);
    return mb_metadata_judge(status, call);
}

static mb_status send_with(struct mb_http *http, const struct mb_http_request *request,
                           struct mb_headers *headers, const struct mb_credential *token,
                           struct mb_http_response *response, const struct mb_call *call)
{
    if (token != NULL)
        mb_headers_printf(headers, "Authorization", "Bearer %s", token->token);
    return mb_http_send(http, request, response, call);
}

/* *again: a renewed token is worth another try. */
static mb_status send_once(struct mb_http *http, const struct mb_http_request *request,
                           struct mb_headers *headers, struct mb_credentials *tokens, bool *again,
                           bool (*refused)(const struct mb_http_response *response),
                           struct mb_http_response *response, const struct mb_call *call)
{
    const struct mb_credential *token = NULL;
    if (tokens != NULL)
        MB_TRY(mb_credentials_get(tokens, &token, call));
    mb_status status = send_with(http, request, headers, token, response, call);
    *again = status == MB_OK && token != NULL && refused(response) && mb_credentials_refused(tokens, token) &&
             mb_http_can_resend(request->source);
    if (token != NULL)
        mb_credential_drop(token);
    return status;
}

mb_status mb_oauth_send(struct mb_http *http, const struct mb_http_request *request,
                        struct mb_headers *headers, struct mb_credentials *tokens,
                        bool (*refused)(const struct mb_http_response *response),
                        struct mb_http_response *response, const struct mb_call *call)
{
    struct mb_http_request sent = *request;
    bool again = false;
    sent.headers = headers;
    mb_status status = send_once(http, &sent, headers, tokens, &again, refused, response, call);
    if (!again)
        return status;
    mb_http_response_done(response);
    return send_once(http, &sent, headers, tokens, &again, refused, response, call);
}
