#include "credentials.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TOKEN = 64 * 1024 };

static mb_status fetch_environment(void *ctx, const struct mb_credential **out, const struct mb_call *call)
{
    (void)ctx;
    *out =
        mb_credential_new(mb_environment("TENCENTCLOUD_SECRET_ID"), mb_environment("TENCENTCLOUD_SECRET_KEY"),
                          mb_environment("TENCENTCLOUD_TOKEN"), 0);
    return *out ? MB_OK : mb_fail_memory(call->error);
}

static mb_status write_body(const struct mb_buf *token, char **out, struct mb_error *error)
{
    json_t *body =
        json_pack("{s:s, s:s, s:s, s:s, s:i}", "ProviderId", mb_environment("TKE_PROVIDER_ID"),
                  "WebIdentityToken", mb_buf_text(token), "RoleArn", mb_environment("TKE_ROLE_ARN"),
                  "RoleSessionName", "milvus-backup", "DurationSeconds", 7200);
    *out = body ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    return *out ? MB_OK
                : mb_fail(error, MB_E_CONFIG, "the web identity token is no text that JSON can carry");
}

/* AssumeRoleWithWebIdentity (Tencent Cloud API 3.0, STS 2018-08-13) needs no signature; it answers 200 also
 * when it refuses. */
static mb_status read_answer(const json_t *answer, const struct mb_credential **out, struct mb_error *error)
{
    static const struct mb_credential_fields fields = {"TmpSecretId", "TmpSecretKey", "Token", "none"};
    const json_t *response = json_object_get(answer, "Response");
    const json_t *fault = json_object_get(response, "Error");
    const struct mb_credential *bare = NULL;
    const char *code = json_string_value(json_object_get(fault, "Code"));
    const char *text = json_string_value(json_object_get(fault, "Message"));
    json_int_t expires = json_integer_value(json_object_get(response, "ExpiredTime"));

    if (fault)
        return mb_fail(error, mb_credential_refusal(400, code ? code : ""), "%.80s: %.300s",
                       code ? code : "refused", text ? text : "");
    if (expires <= 0 || expires > INT64_MAX / 1000000000)
        return mb_fail(error, MB_E_PROTOCOL, "the credential's expiry makes no sense");
    mb_status status =
        mb_credential_from_json(json_object_get(response, "Credentials"), &fields, &bare, error);
    if (status == MB_OK) {
        *out = mb_credential_new(bare->id, bare->secret, bare->token, (int64_t)expires * 1000000000);
        status = *out ? MB_OK : mb_fail_memory(error);
    }
    mb_credential_drop(bare);
    return status;
}

static mb_status fetch_web_identity(void *ctx, const struct mb_credential **out, const struct mb_call *call)
{
    const struct mb_credential_source *source = ctx;
    struct mb_buf token = MB_BUF_INIT(MAX_TOKEN), url = MB_BUF_INIT(4096);
    struct mb_headers headers = {0};
    char *body = NULL;
    json_t *answer = NULL;

    mb_buf_printf(&url, "%s/", source->endpoint ? source->endpoint : "https://sts.tencentcloudapi.com");
    mb_status status = mb_token_read(mb_environment("TKE_WEB_IDENTITY_TOKEN_FILE"), &token, call->error);
    if (status == MB_OK)
        status = write_body(&token, &body, call->error);
    if (status == MB_OK) {
        mb_headers_set(&headers, "Content-Type", "application/json");
        mb_headers_set(&headers, "Authorization", "SKIP");
        mb_headers_set(&headers, "X-TC-Action", "AssumeRoleWithWebIdentity");
        mb_headers_set(&headers, "X-TC-Version", "2018-08-13");
        mb_headers_set(&headers, "X-TC-Region", mb_environment("TKE_REGION"));
        mb_headers_printf(&headers, "X-TC-Timestamp", "%" PRId64, mb_clock_wall() / 1000000000);
        const struct mb_http_request request = {.method = "POST",
                                                .url = mb_buf_text(&url),
                                                .headers = &headers,
                                                .body = body,
                                                .body_len = strlen(body)};
        status = mb_source_ask_json(source->http, &request, &answer, call);
    }
    if (status == MB_OK)
        status = read_answer(answer, out, call->error);
    json_decref(answer);
    mb_headers_done(&headers);
    if (body)
        explicit_bzero(body, strlen(body));
    free(body);
    mb_buf_wipe(&token);
    mb_buf_done(&url);
    return status;
}

static mb_status fetch_instance(void *ctx, const struct mb_credential **out, const struct mb_call *call)
{
    static const struct mb_metadata_service service = {
        .base = "http://metadata.tencentyun.com",
        .roles_path = "/latest/meta-data/cam/security-credentials/",
        .fields = {"TmpSecretId", "TmpSecretKey", "Token", "ExpiredTime"},
    };
    return mb_metadata_fetch(ctx, &service, NULL, out, call);
}

static const struct mb_credential_place places[] = {
    {.provider = {"the environment (TENCENTCLOUD_SECRET_ID)", fetch_environment, mb_credential_source_free},
     .variables = {"TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY"},
     .of_people = true},
    {.provider = {"STS by web identity", fetch_web_identity, mb_credential_source_free},
     .variables = {"TKE_WEB_IDENTITY_TOKEN_FILE", "TKE_PROVIDER_ID", "TKE_ROLE_ARN", "TKE_REGION"}},
    {.provider = {"the instance's metadata service", fetch_instance, mb_credential_source_free}},
};

mb_status mb_credentials_find_tencent(struct mb_credentials **out, const struct mb_config_values *config,
                                      struct mb_error *error)
{
    return mb_credential_source_find(out, places, config, error);
}
