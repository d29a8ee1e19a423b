#include "credentials.h"

#include "base/buf.h"
#include "base/error.h"
#include "http/answer.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_TOKEN = 64 * 1024, LIFETIME_SECONDS = 7200 };

static const struct mb_credential_fields fields = {"access", "secret", "securitytoken", "expires_at"};

static mb_status fetch_environment(void *ctx, const struct mb_credential **out, const struct mb_call *call)
{
    (void)ctx;
    *out = mb_credential_new(mb_environment("HUAWEICLOUD_SDK_AK"), mb_environment("HUAWEICLOUD_SDK_SK"),
                             mb_environment("HUAWEICLOUD_SDK_SECURITY_TOKEN"), 0);
    return *out ? MB_OK : mb_fail_memory(call->error);
}

static mb_status read_credential(const json_t *answer, const struct mb_credential **out,
                                 struct mb_error *error)
{
    return mb_credential_from_json(json_object_get(answer, "credential"), &fields, out, error);
}

/* POSTs JSON to IAM.  The answer's body goes to *out, its X-Subject-Token to token when that is given. */
static mb_status ask_iam(const struct mb_credential_source *source, const char *path, const char *header,
                         const char *value, json_t *body, struct mb_buf *token, json_t **out,
                         const struct mb_call *call)
{
    const char *given = mb_environment("HUAWEICLOUD_SDK_IAM_ENDPOINT");
    struct mb_buf url = MB_BUF_INIT(4096);
    struct mb_headers headers = {0};
    struct mb_http_response response = {0};
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;

    const char *base = source->endpoint ? source->endpoint : given ? given : "https://iam.myhuaweicloud.com";
    mb_buf_printf(&url, "%s%s", base, path);
    mb_headers_set(&headers, "Content-Type", "application/json");
    mb_headers_set(&headers, header, value);
    const struct mb_http_request request = {.method = "POST",
                                            .url = mb_buf_text(&url),
                                            .headers = &headers,
                                            .body = text,
                                            .body_len = text ? strlen(text) : 0};
    mb_status status = text ? mb_http_send(source->http, &request, &response, call)
                            : mb_fail(call->error, MB_E_CONFIG, "the identity token is no text for JSON");
    if (status == MB_OK && (response.status < 200 || response.status >= 300)) {
        const char *said = mb_buf_text(&response.body);
        const struct mb_answer answer = {.status = mb_credential_refusal(response.status, said),
                                         .text = said};
        status = mb_http_fail_answer(call->error, &response, &answer);
        mb_error_context(call->error, "POST %s", mb_buf_text(&url));
    }
    if (status == MB_OK && token) {
        const char *subject = mb_headers_get(&response.headers, "X-Subject-Token");
        mb_buf_puts(token, subject ? subject : "");
        if (token->len == 0)
            status = mb_fail(call->error, MB_E_PROTOCOL, "the answer of IAM holds no token");
    }
    if (status == MB_OK && out &&
        !(*out = json_loadb(mb_buf_text(&response.body), response.body.len, JSON_REJECT_DUPLICATES, NULL)))
        status = mb_fail(call->error, MB_E_PROTOCOL, "the answer of IAM is no JSON");
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
    mb_headers_done(&headers);
    mb_buf_wipe(&response.body);
    mb_http_response_done(&response);
    mb_buf_done(&url);
    return status;
}

/* A token for the identity provider's, then a temporary key for that (IAM API, "Obtaining a Token with an
 * OpenID Connect ID Token" and "Obtaining Temporary Access Keys"). */
static mb_status fetch_identity(void *ctx, const struct mb_credential **out, const struct mb_call *call)
{
    const struct mb_credential_source *source = ctx;
    const char *project = mb_environment("HUAWEICLOUD_SDK_PROJECT_ID");
    struct mb_buf identity = MB_BUF_INIT(MAX_TOKEN), token = MB_BUF_INIT(MAX_TOKEN);
    json_t *body = NULL, *answer = NULL;

    mb_status status = mb_token_read(mb_environment("HUAWEICLOUD_SDK_ID_TOKEN_FILE"), &identity, call->error);
    if (status == MB_OK) {
        body = json_pack("{s:{s:{s:s}}}", "auth", "id_token", "id", mb_buf_text(&identity));
        if (body && project)
            json_object_set_new(json_object_get(body, "auth"), "scope",
                                json_pack("{s:{s:s}}", "project", "id", project));
        status = ask_iam(source, "/v3.0/OS-AUTH/id-token/tokens", "X-Idp-Id",
                         mb_environment("HUAWEICLOUD_SDK_IDP_ID"), body, &token, NULL, call);
        json_decref(body);
    }
    if (status == MB_OK) {
        body = json_pack("{s:{s:{s:[s], s:{s:i}}}}", "auth", "identity", "methods", "token", "token",
                         "duration_seconds", (int)LIFETIME_SECONDS);
        status = ask_iam(source, "/v3.0/OS-CREDENTIAL/securitytokens", "X-Auth-Token", mb_buf_text(&token),
                         body, NULL, &answer, call);
        json_decref(body);
    }
    if (status == MB_OK)
        status = read_credential(answer, out, call->error);
    json_decref(answer);
    mb_buf_wipe(&identity);
    mb_buf_wipe(&token);
    return status;
}

static mb_status fetch_instance(void *ctx, const struct mb_credential **out, const struct mb_call *call)
{
    const struct mb_credential_source *source = ctx;
    struct mb_buf url = MB_BUF_INIT(4096);
    json_t *answer = NULL;

    mb_buf_printf(&url, "%s/openstack/latest/securitykey",
                  source->endpoint ? source->endpoint : "http://169.254.169.254");
    const struct mb_http_request request = {.method = "GET", .url = mb_buf_text(&url)};
    mb_status status = mb_source_ask_json(source->http, &request, &answer, call);
    if (status == MB_OK)
        status = read_credential(answer, out, call->error);
    json_decref(answer);
    mb_buf_done(&url);
    return mb_metadata_judge(status, call);
}

static const struct mb_credential_place places[] = {
    {.provider = {"the environment (HUAWEICLOUD_SDK_AK)", fetch_environment, mb_credential_source_free},
     .variables = {"HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"},
     .of_people = true},
    {.provider = {"IAM by identity token", fetch_identity, mb_credential_source_free},
     .variables = {"HUAWEICLOUD_SDK_IDP_ID", "HUAWEICLOUD_SDK_ID_TOKEN_FILE"}},
    {.provider = {"the instance's metadata service", fetch_instance, mb_credential_source_free}},
};

mb_status mb_credentials_find_hwc(struct mb_credentials **out, const struct mb_config_values *config,
                                  struct mb_error *error)
{
    return mb_credential_source_find(out, places, config, error);
}
