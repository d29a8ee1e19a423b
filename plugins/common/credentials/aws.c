#include "common/credentials/aws.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "common/credentials/file.h"
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

/* What is read on the way, secrets among it. */
struct shared {
    struct mb_buf path, text;
    char id[MAX_VALUE], secret[MAX_VALUE], token[MAX_VALUE];
};

static mb_status read_file(struct shared *shared, const struct mb_credential **out, struct mb_error *error)
{
    MB_TRY(shared_file(&shared->path, error));
    MB_TRY(mb_credential_file_read(mb_buf_text(&shared->path), &shared->text, error));
    const char *all = mb_buf_text(&shared->text);
    mb_ini_get(all, profile(), "aws_session_token", shared->token, MAX_VALUE);
    if (!mb_ini_get(all, profile(), "aws_access_key_id", shared->id, MAX_VALUE) ||
        !mb_ini_get(all, profile(), "aws_secret_access_key", shared->secret, MAX_VALUE))
        return mb_fail(error, MB_E_CONFIG,
                       "%s has no aws_access_key_id and aws_secret_access_key in profile '%s'",
                       mb_buf_text(&shared->path), profile());
    *out = mb_credential_new(shared->id, shared->secret, shared->token, 0);
    return *out ? MB_OK : mb_fail_memory(error);
}

static mb_status fetch_file(void *ctx, const struct mb_credential **out, const struct mb_call *call)
{
    struct shared shared = {.path = MB_BUF_INIT(4096), .text = MB_BUF_INIT(MAX_FILE)};
    (void)ctx;

    mb_status status = read_file(&shared, out, call->error);
    mb_buf_wipe(&shared.text);
    mb_buf_done(&shared.path);
    OPENSSL_cleanse(&shared, sizeof(shared));
    return status;
}

static bool has_file(void)
{
    struct mb_buf path = MB_BUF_INIT(4096), text = MB_BUF_INIT(MAX_FILE);
    struct mb_error ignored = {.struct_size = sizeof(ignored)};
    char id[MAX_VALUE];
    bool has = mb_environment("AWS_PROFILE") || mb_environment("AWS_SHARED_CREDENTIALS_FILE");

    if (!has && shared_file(&path, &ignored) == MB_OK &&
        mb_credential_file_read(mb_buf_text(&path), &text, &ignored) == MB_OK)
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
    static const struct mb_xml_field fields[] = {
        MB_XML_FIELD("AccessKeyId", struct sts_answer, id),
        MB_XML_FIELD("SecretAccessKey", struct sts_answer, secret),
        MB_XML_FIELD("SessionToken", struct sts_answer, token),
        MB_XML_FIELD("Expiration", struct sts_answer, expires),
        {NULL, 0, 0},
    };
    (void)depth;
    mb_xml_take(fields, ctx, name, text);
    return MB_OK;
}

static mb_status parse_sts(const struct mb_buf *text, struct sts_answer *answer,
                           const struct mb_credential **out, struct mb_error *error)
{
    static const struct mb_xml_events events = {.close = take_sts};
    int64_t expires_ns = 0;

    MB_TRY(mb_xml_parse(mb_buf_text(text), text->len, &events, answer, error));
    if (!*answer->id || !*answer->secret)
        return mb_fail(error, MB_E_PROTOCOL, "the answer holds no credential");
    if (*answer->expires && !mb_clock_parse(answer->expires, &expires_ns))
        return mb_fail(error, MB_E_PROTOCOL, "the credential's expiry makes no sense");
    *out = mb_credential_new(answer->id, answer->secret, answer->token, expires_ns);
    return *out ? MB_OK : mb_fail_memory(error);
}

static mb_status read_sts(const struct mb_buf *text, const struct mb_credential **out, struct mb_error *error)
{
    struct sts_answer answer = {.id = ""};
    mb_status status = parse_sts(text, &answer, out, error);
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

struct identity {
    struct mb_buf token, form, url, answer;
    struct mb_headers headers;
};

static mb_status exchange_token(const struct mb_credential_source *source, struct identity *identity,
                                const struct mb_credential **out, const struct mb_call *call)
{
    const char *session = mb_environment("AWS_ROLE_SESSION_NAME");
    const char *role = mb_environment("AWS_ROLE_ARN");
    struct mb_buf *form = &identity->form;

    MB_TRY(mb_token_read(mb_environment("AWS_WEB_IDENTITY_TOKEN_FILE"), &identity->token, call->error));
    sts_url(source, &identity->url);
    mb_url_query(form, "Action", "AssumeRoleWithWebIdentity");
    mb_url_query(form, "Version", "2011-06-15");
    if (role)
        mb_url_query(form, "RoleArn", role);
    mb_url_query(form, "RoleSessionName", session ? session : "milvus-backup");
    mb_url_query(form, "WebIdentityToken", mb_buf_text(&identity->token));
    MB_TRY(mb_buf_check(form, "the web identity token", call->error));
    const struct mb_http_request request =
        mb_form_request(mb_buf_text(&identity->url), form, &identity->headers);
    MB_TRY(mb_source_ask(source->http, &request, &identity->answer, NULL, call));
    return read_sts(&identity->answer, out, call->error);
}

static mb_status fetch_web_identity(void *ctx, const struct mb_credential **out, const struct mb_call *call)
{
    struct identity identity = {.token = MB_BUF_INIT(MAX_TOKEN),
                                .form = MB_BUF_INIT(4 * MAX_TOKEN),
                                .url = MB_BUF_INIT(4096),
                                .answer = MB_BUF_INIT(MAX_FILE)};
    mb_status status = exchange_token(ctx, &identity, out, call);
    mb_headers_done(&identity.headers);
    mb_buf_wipe(&identity.token);
    mb_buf_wipe(&identity.form);
    mb_buf_wipe(&identity.answer);
    mb_buf_done(&identity.url);
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

struct container {
    struct mb_buf url, token;
    struct mb_headers headers;
    json_t *answer;
};

static mb_status ask_container(const struct mb_credential_source *source, struct container *container,
                               const struct mb_credential **out, const struct mb_call *call)
{
    const char *file = mb_environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *given = mb_environment("AWS_CONTAINER_AUTHORIZATION_TOKEN");

    MB_TRY(container_url(source, &container->url, call->error));
    if (file)
        MB_TRY(mb_token_read(file, &container->token, call->error));
    else if (given)
        mb_buf_puts(&container->token, given);
    if (container->token.len > 0)
        mb_headers_set(&container->headers, "Authorization", mb_buf_text(&container->token));
    const struct mb_http_request request = {
        .method = "GET", .url = mb_buf_text(&container->url), .headers = &container->headers};
    MB_TRY(mb_source_ask_json(source->http, &request, &container->answer, call));
    return mb_credential_from_json(container->answer, &json_fields, out, call->error);
}

static mb_status fetch_container(void *ctx, const struct mb_credential **out, const struct mb_call *call)
{
    struct container container = {.url = MB_BUF_INIT(4096), .token = MB_BUF_INIT(MAX_TOKEN)};
    mb_status status = ask_container(ctx, &container, out, call);
    json_decref(container.answer);
    mb_headers_done(&container.headers);
    mb_buf_wipe(&container.token);
    mb_buf_done(&container.url);
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
