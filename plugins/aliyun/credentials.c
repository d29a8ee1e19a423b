#include "credentials.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "common/credentials/file.h"
#include "http/url.h"

#include <stdio.h>
#include <string.h>

enum { MAX_TOKEN = 64 * 1024, MAX_FILE = 1024 * 1024 };

static const struct mb_credential_fields fields = {"AccessKeyId", "AccessKeySecret", "SecurityToken",
                                                   "Expiration"};

static mb_status fetch_environment(void *ctx, const struct mb_credential **out, const struct mb_call *call)
{
    (void)ctx;
    *out = mb_credential_new(mb_environment("ALIBABA_CLOUD_ACCESS_KEY_ID"),
                             mb_environment("ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
                             mb_environment("ALIBABA_CLOUD_SECURITY_TOKEN"), 0);
    return *out ? MB_OK : mb_fail_memory(call->error);
}

/* AssumeRoleWithOIDC needs no signature; Timestamp and SignatureNonce only have to be there. */
static mb_status write_form(const struct mb_buf *token, struct mb_buf *out, struct mb_error *error)
{
    const char *session = mb_environment("ALIBABA_CLOUD_ROLE_SESSION_NAME");
    int64_t now_ns = mb_clock_wall();
    char stamp[32], nonce[32];

    mb_clock_format(now_ns, stamp, sizeof(stamp));
    snprintf(nonce, sizeof(nonce), "%llx", (unsigned long long)now_ns);
    mb_url_query(out, "Action", "AssumeRoleWithOIDC");
    mb_url_query(out, "Version", "2015-04-01");
    mb_url_query(out, "Format", "JSON");
    mb_url_query(out, "Timestamp", stamp);
    mb_url_query(out, "SignatureNonce", nonce);
    mb_url_query(out, "RoleArn", mb_environment("ALIBABA_CLOUD_ROLE_ARN"));
    mb_url_query(out, "OIDCProviderArn", mb_environment("ALIBABA_CLOUD_OIDC_PROVIDER_ARN"));
    mb_url_query(out, "OIDCToken", mb_buf_text(token));
    mb_url_query(out, "RoleSessionName", session ? session : "milvus-backup");
    return mb_buf_check(out, "the OIDC token", error);
}

static void sts_url(const struct mb_credential_source *source, struct mb_buf *out)
{
    const char *given = mb_environment("ALIBABA_CLOUD_STS_ENDPOINT");
    if (source->endpoint)
        mb_buf_printf(out, "%s/", source->endpoint);
    else
        mb_buf_printf(out, "https://%s/", given ? given : "sts.aliyuncs.com");
}

struct identity {
    struct mb_buf token, form, url;
    struct mb_headers headers;
    json_t *answer;
};

static mb_status exchange_token(const struct mb_credential_source *source, struct identity *identity,
                                const struct mb_credential **out, const struct mb_call *call)
{
    const char *file = mb_environment("ALIBABA_CLOUD_OIDC_TOKEN_FILE");

    MB_TRY(mb_token_read(file, &identity->token, call->error));
    MB_TRY(write_form(&identity->token, &identity->form, call->error));
    sts_url(source, &identity->url);
    const struct mb_http_request request =
        mb_form_request(mb_buf_text(&identity->url), &identity->form, &identity->headers);
    MB_TRY(mb_source_ask_json(source->http, &request, &identity->answer, call));
    return mb_credential_from_json(json_object_get(identity->answer, "Credentials"), &fields, out,
                                   call->error);
}

static mb_status fetch_oidc(void *ctx, const struct mb_credential **out, const struct mb_call *call)
{
    struct identity identity = {
        .token = MB_BUF_INIT(MAX_TOKEN), .form = MB_BUF_INIT(4 * MAX_TOKEN), .url = MB_BUF_INIT(4096)};
    mb_status status = exchange_token(ctx, &identity, out, call);
    json_decref(identity.answer);
    mb_headers_done(&identity.headers);
    mb_buf_wipe(&identity.token);
    mb_buf_wipe(&identity.form);
    mb_buf_done(&identity.url);
    return status;
}

static mb_status open_file(struct mb_buf *path, json_t **out, struct mb_error *error)
{
    const char *home = mb_environment("HOME");
    struct mb_buf text = MB_BUF_INIT(MAX_FILE);

    mb_buf_printf(path, "%s/.aliyun/config.json", home ? home : "");
    mb_status status = mb_buf_check(path, "the path of the configuration file", error);
    if (status == MB_OK)
        status = mb_credential_file_read(mb_buf_text(path), &text, error);
    if (status == MB_OK && !(*out = json_loadb(mb_buf_text(&text), text.len, 0, NULL)))
        status = mb_fail(error, MB_E_CONFIG, "%s is no JSON", mb_buf_text(path));
    mb_buf_wipe(&text);
    return status;
}

/* The profile that is named, or else the current one. */
static const json_t *find_profile(const json_t *root)
{
    const char *wanted = mb_environment("ALIBABA_CLOUD_PROFILE");
    const json_t *profiles = json_object_get(root, "profiles");
    if (!wanted)
        wanted = json_string_value(json_object_get(root, "current"));
    for (size_t i = 0; i < json_array_size(profiles); i++) {
        const json_t *profile = json_array_get(profiles, i);
        const char *name = json_string_value(json_object_get(profile, "name"));
        if (name && strcmp(name, wanted ? wanted : "default") == 0)
            return profile;
    }
    return NULL;
}

static mb_status fetch_file(void *ctx, const struct mb_credential **out, const struct mb_call *call)
{
    static const struct mb_credential_fields in_file = {"access_key_id", "access_key_secret", "sts_token",
                                                        "none"};
    struct mb_buf path = MB_BUF_INIT(4096);
    json_t *root = NULL;
    (void)ctx;

    mb_status status = open_file(&path, &root, call->error);
    if (status == MB_OK && mb_credential_from_json(find_profile(root), &in_file, out, call->error) != MB_OK)
        status = mb_fail(call->error, MB_E_CONFIG, "%s has no access key in its current profile",
                         mb_buf_text(&path));
    json_decref(root);
    mb_buf_done(&path);
    return status;
}

static bool has_file(void)
{
    struct mb_error ignored = {.struct_size = sizeof(ignored)};
    struct mb_call call = {.struct_size = sizeof(call), .error = &ignored};
    const struct mb_credential *found = NULL;
    bool has = fetch_file(NULL, &found, &call) == MB_OK;
    mb_credential_drop(found);
    return has;
}

static mb_status fetch_instance(void *ctx, const struct mb_credential **out, const struct mb_call *call)
{
    static const struct mb_metadata_service service = {
        .base = "http://100.100.100.200",
        .session_path = "/latest/api/token",
        .session_ttl = "X-aliyun-ecs-metadata-token-ttl-seconds",
        .session_token = "X-aliyun-ecs-metadata-token",
        .roles_path = "/latest/meta-data/ram/security-credentials/",
        .fields = {"AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration"},
    };
    return mb_metadata_fetch(ctx, &service, mb_environment("ALIBABA_CLOUD_ECS_METADATA"), out, call);
}

static const struct mb_credential_place places[] = {
    {.provider = {"the environment (ALIBABA_CLOUD_ACCESS_KEY_ID)", fetch_environment,
                  mb_credential_source_free},
     .variables = {"ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"},
     .of_people = true},
    {.provider = {"STS by OIDC", fetch_oidc, mb_credential_source_free},
     .variables = {"ALIBABA_CLOUD_OIDC_TOKEN_FILE", "ALIBABA_CLOUD_ROLE_ARN",
                   "ALIBABA_CLOUD_OIDC_PROVIDER_ARN"}},
    {.provider = {"~/.aliyun/config.json", fetch_file, mb_credential_source_free},
     .has = has_file,
     .of_people = true},
    {.provider = {"the instance's metadata service", fetch_instance, mb_credential_source_free}},
};

mb_status mb_credentials_find_aliyun(struct mb_credentials **out, const struct mb_config_values *config,
                                     struct mb_error *error)
{
    return mb_credential_source_find(out, places, config, error);
}
