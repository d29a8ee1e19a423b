#include "common/credentials/aws.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "common/file.h"
#include "common/xml.h"
#include "http/url.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FILE = 1024 * 1024, MAX_TOKEN = 64 * 1024, MAX_VALUE = 4096 };

/* ------------------------------------------------------------- environment */

static mb_status fetch_environment(void *ctx, const struct mb_credential **out, const struct mb_call *call)
{
    (void)ctx;
    *out = mb_credential_new(mb_environment("AWS_ACCESS_KEY_ID"), mb_environment("AWS_SECRET_ACCESS_KEY"),
                             mb_environment("AWS_SESSION_TOKEN"), 0);
    return *out ? MB_OK : mb_fail_memory(call->error);
}

/* ------------------------------------------------------------- shared file */

static const char *skip_space(const char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    return text;
}

static size_t trimmed_length(const char *text, size_t len)
{
    while (len > 0 && isspace((unsigned char)text[len - 1]))
        len--;
    return len;
}

static bool equals(const char *text, size_t len, const char *wanted)
{
    return strlen(wanted) == len && strncmp(text, wanted, len) == 0;
}

bool mb_ini_get(const char *text, const char *section, const char *key, char *out, size_t cap)
{
    bool inside = false;

    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        const char *start = skip_space(line);
        size_t len = trimmed_length(start, strcspn(start, "\n"));
        if (len > 1 && *start == '[' && start[len - 1] == ']') {
            const char *name = skip_space(start + 1);
            inside = equals(name, trimmed_length(name, (size_t)(start + len - 1 - name)), section);
            continue;
        }
        const char *mark = memchr(start, '=', len);
        if (!inside || !mark || *start == '#' || *start == ';' ||
            !equals(start, trimmed_length(start, (size_t)(mark - start)), key))
            continue;
        const char *value = skip_space(mark + 1);
        len = value < start + len ? (size_t)(start + len - value) : 0;
        if (len >= cap)
            return false;
        memcpy(out, value, len);
        out[len] = '\0';
        return len > 0;
    }
    return false;
}

static const char *profile(void)
{
    const char *name = mb_environment("AWS_PROFILE");
    return name ? name : "default";
}

static mb_status shared_file(struct mb_buf *path, struct mb_error *error)
{
    const char *given = mb_environment("AWS_SHARED_CREDENTIALS_FILE");
    const char *home = mb_environment("HOME");
    if (given)
        mb_buf_puts(path, given);
    else
        mb_buf_printf(path, "%s/.aws/credentials", home ? home : "");
    return mb_buf_check(path, "the path of the credentials file", error);
}

static mb_status fetch_file(void *ctx, const struct mb_credential **out, const struct mb_call *call)
{
    struct mb_buf path = MB_BUF_INIT(4096), text = MB_BUF_INIT(MAX_FILE);
    char id[MAX_VALUE], secret[MAX_VALUE], token[MAX_VALUE] = "";
    (void)ctx;

    mb_status status = shared_file(&path, call->error);
    if (status == MB_OK)
        status = mb_file_read(mb_buf_text(&path), &text, call->error);
    if (status == MB_OK) {
        const char *all = mb_buf_text(&text);
        mb_ini_get(all, profile(), "aws_session_token", token, sizeof(token));
        if (!mb_ini_get(all, profile(), "aws_access_key_id", id, sizeof(id)) ||
            !mb_ini_get(all, profile(), "aws_secret_access_key", secret, sizeof(secret)))
            status = mb_fail(call->error, MB_E_CONFIG,
                             "%s has no aws_access_key_id and aws_secret_access_key in profile '%s'",
                             mb_buf_text(&path), profile());
        else if (!(*out = mb_credential_new(id, secret, token, 0)))
            status = mb_fail_memory(call->error);
    }
    OPENSSL_cleanse(secret, sizeof(secret));
    OPENSSL_cleanse(token, sizeof(token));
    mb_buf_wipe(&text);
    mb_buf_done(&path);
    return status;
}

static bool has_file(void)
{
    struct mb_buf path = MB_BUF_INIT(4096), text = MB_BUF_INIT(MAX_FILE);
    struct mb_error ignored = {.struct_size = sizeof(ignored)};
    char id[MAX_VALUE];
    bool has = mb_environment("AWS_PROFILE") || mb_environment("AWS_SHARED_CREDENTIALS_FILE");

    if (!has && shared_file(&path, &ignored) == MB_OK &&
        mb_file_read(mb_buf_text(&path), &text, &ignored) == MB_OK)
        has = mb_ini_get(mb_buf_text(&text), profile(), "aws_access_key_id", id, sizeof(id));
    mb_buf_wipe(&text);
    mb_buf_done(&path);
    return has;
}

/* ------------------------------------------------------------ web identity */

struct sts_answer {
    char id[256];
    char secret[256];
    char token[16 * 1024];
    char expires[64];
};

static mb_status take_sts(void *ctx, const char *name, unsigned depth, const char *text)
{
    struct sts_answer *answer = ctx;
    (void)depth;
    if (strcmp(name, "AccessKeyId") == 0)
        mb_text_fit(answer->id, sizeof(answer->id), text);
    else if (strcmp(name, "SecretAccessKey") == 0)
        mb_text_fit(answer->secret, sizeof(answer->secret), text);
    else if (strcmp(name, "SessionToken") == 0)
        mb_text_fit(answer->token, sizeof(answer->token), text);
    else if (strcmp(name, "Expiration") == 0)
        mb_text_fit(answer->expires, sizeof(answer->expires), text);
    return MB_OK;
}

static mb_status read_sts(const struct mb_buf *text, const struct mb_credential **out, struct mb_error *error)
{
    static const struct mb_xml_events events = {.close = take_sts};
    struct sts_answer answer = {.id = ""};
    int64_t expires_ns = 0;

    mb_status status = mb_xml_parse(mb_buf_text(text), text->len, &events, &answer, error);
    if (status == MB_OK && (!*answer.id || !*answer.secret))
        status = mb_fail(error, MB_E_PROTOCOL, "the answer holds no credential");
    if (status == MB_OK && *answer.expires && !mb_clock_parse(answer.expires, &expires_ns))
        status = mb_fail(error, MB_E_PROTOCOL, "the credential's expiry makes no sense");
    if (status == MB_OK && !(*out = mb_credential_new(answer.id, answer.secret, answer.token, expires_ns)))
        status = mb_fail_memory(error);
    OPENSSL_cleanse(&answer, sizeof(answer));
    return status;
}

static void sts_url(const struct mb_credential_source *source, struct mb_buf *out)
{
    const char *given = source->endpoint ? source->endpoint : mb_environment("AWS_ENDPOINT_URL_STS");
    const char *region = mb_environment("AWS_REGION");
    if (!region)
        region = mb_environment("AWS_DEFAULT_REGION");
    if (given)
        mb_buf_printf(out, "%s/", given);
    else if (region)
        mb_buf_printf(out, "https://sts.%s.amazonaws.com%s/", region,
                      strncmp(region, "cn-", 3) == 0 ? ".cn" : "");
    else
        mb_buf_puts(out, "https://sts.amazonaws.com/");
}

static mb_status fetch_web_identity(void *ctx, const struct mb_credential **out, const struct mb_call *call)
{
    const struct mb_credential_source *source = ctx;
    const char *session = mb_environment("AWS_ROLE_SESSION_NAME");
    const char *role = mb_environment("AWS_ROLE_ARN");
    struct mb_buf url = MB_BUF_INIT(4096), form = MB_BUF_INIT(4 * MAX_TOKEN);
    struct mb_buf token = MB_BUF_INIT(MAX_TOKEN), text = MB_BUF_INIT(MAX_FILE);
    struct mb_headers headers = {0};

    mb_status status = mb_token_read(mb_environment("AWS_WEB_IDENTITY_TOKEN_FILE"), &token, call->error);
    if (status == MB_OK) {
        sts_url(source, &url);
        mb_url_query(&form, "Action", "AssumeRoleWithWebIdentity");
        mb_url_query(&form, "Version", "2011-06-15");
        if (role)
            mb_url_query(&form, "RoleArn", role);
        mb_url_query(&form, "RoleSessionName", session ? session : "milvus-backup");
        mb_url_query(&form, "WebIdentityToken", mb_buf_text(&token));
        status = mb_buf_check(&form, "the web identity token", call->error);
    }
    if (status == MB_OK) {
        mb_headers_set(&headers, "Content-Type", "application/x-www-form-urlencoded");
        const struct mb_http_request request = {.method = "POST",
                                                .url = mb_buf_text(&url),
                                                .headers = &headers,
                                                .body = mb_buf_text(&form),
                                                .body_len = form.len};
        status = mb_source_ask(source->http, &request, &text, NULL, call);
    }
    if (status == MB_OK)
        status = read_sts(&text, out, call->error);
    mb_headers_done(&headers);
    mb_buf_wipe(&token);
    mb_buf_wipe(&form);
    mb_buf_wipe(&text);
    mb_buf_done(&url);
    return status;
}

/* --------------------------------------------------- container and instance */

static const struct mb_credential_fields json_fields = {"AccessKeyId", "SecretAccessKey", "Token",
                                                        "Expiration"};

/* Without TLS only this machine itself and the services of containers may be told the token. */
static mb_status container_url(const struct mb_credential_source *source, struct mb_buf *out,
                               struct mb_error *error)
{
    static const char *const trusted[] = {"http://127.",           "http://localhost",
                                          "http://[::1]",          "http://169.254.170.2",
                                          "http://169.254.170.23", "http://[fd00:ec2::23]"};
    const char *relative = mb_environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full = mb_environment("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    bool known = full && strncmp(full, "https://", 8) == 0;

    if (relative) {
        mb_buf_printf(out, "%s%s", source->endpoint ? source->endpoint : "http://169.254.170.2", relative);
        return mb_buf_check(out, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", error);
    }
    if (source->endpoint)
        full = source->endpoint;
    for (size_t i = 0; !known && i < sizeof(trusted) / sizeof(trusted[0]); i++) {
        size_t len = strlen(trusted[i]);
        bool begins = strncmp(full, trusted[i], len) == 0;
        if (begins && i == 0)
            len += strspn(full + len, "0123456789.");
        known = begins && (full[len] == '/' || full[len] == ':' || full[len] == '\0') &&
                full[len + strcspn(full + len, "/@")] != '@'; /* what is in front of that is a user */
    }
    if (!known && !source->endpoint)
        return mb_fail(error, MB_E_CONFIG,
                       "AWS_CONTAINER_CREDENTIALS_FULL_URI '%s' is neither https nor this machine", full);
    mb_buf_puts(out, full);
    return mb_buf_check(out, "AWS_CONTAINER_CREDENTIALS_FULL_URI", error);
}

static mb_status fetch_container(void *ctx, const struct mb_credential **out, const struct mb_call *call)
{
    const struct mb_credential_source *source = ctx;
    const char *file = mb_environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *given = mb_environment("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    struct mb_buf url = MB_BUF_INIT(4096), token = MB_BUF_INIT(MAX_TOKEN);
    struct mb_headers headers = {0};
    json_t *answer = NULL;

    mb_status status = container_url(source, &url, call->error);
    if (status == MB_OK && file)
        status = mb_token_read(file, &token, call->error);
    else if (status == MB_OK && given)
        mb_buf_puts(&token, given);
    if (status == MB_OK) {
        if (token.len > 0)
            mb_headers_set(&headers, "Authorization", mb_buf_text(&token));
        const struct mb_http_request request = {
            .method = "GET", .url = mb_buf_text(&url), .headers = &headers};
        status = mb_source_ask_json(source->http, &request, &answer, call);
    }
    if (status == MB_OK)
        status = mb_credential_from_json(answer, &json_fields, out, call->error);
    json_decref(answer);
    mb_headers_done(&headers);
    mb_buf_wipe(&token);
    mb_buf_done(&url);
    return status;
}

static mb_status fetch_instance(void *ctx, const struct mb_credential **out, const struct mb_call *call)
{
    const char *base = mb_environment("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    const char *disabled = mb_environment("AWS_EC2_METADATA_DISABLED");
    const struct mb_metadata_service service = {
        .base = base ? base : "http://169.254.169.254",
        .session_path = "/latest/api/token",
        .session_ttl = "X-aws-ec2-metadata-token-ttl-seconds",
        .session_token = "X-aws-ec2-metadata-token",
        .roles_path = "/latest/meta-data/iam/security-credentials/",
        .fields = json_fields,
    };
    if (disabled && strcasecmp(disabled, "true") == 0)
        return mb_fail(call->error, MB_E_CONFIG, "AWS_EC2_METADATA_DISABLED forbids to ask for one");
    return mb_metadata_fetch(ctx, &service, NULL, out, call);
}

/* ------------------------------------------------------------------- chain */

static bool has_container(void)
{
    return mb_environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") ||
           mb_environment("AWS_CONTAINER_CREDENTIALS_FULL_URI");
}

static const struct mb_credential_place places[] = {
    {.provider = {"the environment (AWS_ACCESS_KEY_ID)", fetch_environment, mb_credential_source_free},
     .variables = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"},
     .of_people = true},
    {.provider = {"STS by web identity", fetch_web_identity, mb_credential_source_free},
     .variables = {"AWS_WEB_IDENTITY_TOKEN_FILE"}},
    {.provider = {"the shared credentials file", fetch_file, mb_credential_source_free},
     .has = has_file,
     .of_people = true},
    {.provider = {"the container's service", fetch_container, mb_credential_source_free},
     .has = has_container},
    {.provider = {"the instance's metadata service", fetch_instance, mb_credential_source_free}},
};

mb_status mb_credentials_find_aws(struct mb_credentials **out, const struct mb_config_values *config,
                                  struct mb_error *error)
{
    return mb_credential_source_find(out, places, config, error);
}
