/* auth.c - tokens of a service account, of the metadata server, of a refresh token or of another identity
 * provider.
 *
 * Facts: RFC 7523 (JWT as an authorization grant), RFC 8693 (token exchange), https://google.aip.dev/auth. */
#include "gcpnative.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "common/credentials/file.h"
#include "common/credentials/oauth.h"
#include "http/url.h"
#include "jwt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCOPE         "https://www.googleapis.com/auth/devstorage.read_write"
#define CLOUD_SCOPE   "https://www.googleapis.com/auth/cloud-platform"
#define NS_PER_SECOND INT64_C(1000000000)
#define MAX_FILE      (256L * 1024)

struct token_source {
    struct mb_http *http;
    json_t *document; /* the credentials file */
};

/* ------------------------------------------------------------- kinds of credentials */

static mb_status ask_service_account(struct token_source *source, json_t **out, const struct mb_call *call)
{
    struct mb_buf form = MB_BUF_INIT(16384);
    char *assertion = NULL;
    const char *token_uri = mb_json_text(source->document, "token_uri");
    int64_t now = mb_clock_wall() / NS_PER_SECOND;
    json_t *claims =
        json_pack("{s:s, s:s, s:s, s:I, s:I}", "iss", mb_json_text(source->document, "client_email"), "scope",
                  SCOPE, "aud", token_uri, "iat", (json_int_t)now, "exp", (json_int_t)(now + 3600));
    mb_status status =
        gcs_jwt_sign(mb_json_text(source->document, "private_key"),
                     mb_json_text(source->document, "private_key_id"), claims, &assertion, call->error);
    json_decref(claims);
    if (status == MB_OK) {
        mb_url_query(&form, "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
        mb_url_query(&form, "assertion", assertion);
        status = mb_buf_check(&form, "the assertion", call->error);
    }
    if (status == MB_OK)
        status = mb_oauth_post(source->http, token_uri, &form, out, call);
    free(assertion);
    mb_buf_wipe(&form);
    return status;
}

static mb_status ask_authorized_user(struct token_source *source, json_t **out, const struct mb_call *call)
{
    struct mb_buf form = MB_BUF_INIT(16384);
    const char *token_uri = mb_json_text(source->document, "token_uri");
    mb_url_query(&form, "grant_type", "refresh_token");
    mb_url_query(&form, "client_id", mb_json_text(source->document, "client_id"));
    mb_url_query(&form, "client_secret", mb_json_text(source->document, "client_secret"));
    mb_url_query(&form, "refresh_token", mb_json_text(source->document, "refresh_token"));
    mb_status status = mb_buf_check(&form, "the refresh token", call->error);
    if (status == MB_OK)
        status = mb_oauth_post(source->http, *token_uri ? token_uri : "https://oauth2.googleapis.com/token",
                               &form, out, call);
    mb_buf_wipe(&form);
    return status;
}

/* The token of the other identity provider: from a file or an URL, plain or a member of a JSON object. */
static mb_status subject_token(struct token_source *source, struct mb_buf *out, const struct mb_call *call)
{
    const json_t *from = json_object_get(source->document, "credential_source");
    const json_t *format = json_object_get(from, "format");
    const char *file = mb_json_text(from, "file");
    const char *url = mb_json_text(from, "url");
    mb_status status;
    if (*file) {
        status = mb_credential_file_read(file, out, call->error);
    } else if (*url) {
        struct mb_headers headers = {0};
        const char *name;
        json_t *value;
        json_object_foreach(json_object_get(from, "headers"), name, value)
            mb_headers_set(&headers, name, json_string_value(value) ? json_string_value(value) : "");
        struct mb_http_request request = {.method = "GET", .url = url, .headers = &headers};
        status = mb_source_ask(source->http, &request, out, NULL, call);
        mb_headers_done(&headers);
    } else {
        return mb_fail(
            call->error, MB_E_CONFIG,
            "auth.credentialsFile: credential_source has neither file nor url, which are what this "
            "driver can use");
    }
    if (status == MB_OK && strcmp(mb_json_text(format, "type"), "json") == 0) {
        json_t *root = json_loadb(mb_buf_text(out), out->len, 0, NULL);
        mb_buf_wipe(out);
        mb_buf_reset(out);
        mb_buf_puts(out, mb_json_text(root, mb_json_text(format, "subject_token_field_name")));
        json_decref(root);
    }
    while (out->len > 0 && (out->data[out->len - 1] == '\n' || out->data[out->len - 1] == ' '))
        out->data[--out->len] = '\0';
    if (status == MB_OK && out->len == 0)
        status = mb_fail(call->error, MB_E_CONFIG, "auth.credentialsFile: the subject token is empty");
    return status;
}

/* Exchanges a federated token for one of the service account that the file names. */
static mb_status impersonate(struct token_source *source, const char *url, const char *token, json_t **out,
                             const struct mb_call *call)
{
    static const char body[] = "{\"scope\":[\"" SCOPE "\"],\"lifetime\":\"3600s\"}";
    struct mb_headers headers = {0};
    json_t *answer = NULL;
    int64_t expires = 0;
    mb_headers_set(&headers, "Content-Type", "application/json");
    mb_headers_printf(&headers, "Authorization", "Bearer %s", token);
    struct mb_http_request request = {
        .method = "POST", .url = url, .headers = &headers, .body = body, .body_len = sizeof(body) - 1};
    mb_status status = mb_headers_status(&headers, call->error);
    if (status == MB_OK)
        status = mb_oauth_ask(source->http, &request, &answer, call);
    if (status == MB_OK) {
        json_int_t seconds = 3600;
        if (mb_clock_parse(mb_json_text(answer, "expireTime"), &expires))
            seconds = (expires - mb_clock_wall()) / NS_PER_SECOND;
        *out = json_pack("{s:s, s:I}", "access_token", mb_json_text(answer, "accessToken"), "expires_in",
                         seconds);
        status = *out ? MB_OK : mb_fail_memory(call->error);
    }
    json_decref(answer);
    mb_headers_done(&headers);
    return status;
}

static mb_status ask_external_account(struct token_source *source, json_t **out, const struct mb_call *call)
{
    struct mb_buf token = MB_BUF_INIT(65536);
    struct mb_buf form = MB_BUF_INIT(262144);
    json_t *federated = NULL;
    const char *account = mb_json_text(source->document, "service_account_impersonation_url");
    mb_status status = subject_token(source, &token, call);
    if (status == MB_OK) {
        mb_url_query(&form, "grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");
        mb_url_query(&form, "requested_token_type", "urn:ietf:params:oauth:token-type:access_token");
        mb_url_query(&form, "audience", mb_json_text(source->document, "audience"));
        mb_url_query(&form, "subject_token_type", mb_json_text(source->document, "subject_token_type"));
        mb_url_query(&form, "subject_token", mb_buf_text(&token));
        mb_url_query(&form, "scope", *account ? CLOUD_SCOPE : SCOPE);
        status = mb_buf_check(&form, "the subject token", call->error);
    }
    if (status == MB_OK)
        status =
            mb_oauth_post(source->http, mb_json_text(source->document, "token_url"), &form, &federated, call);
    if (status == MB_OK && *account) {
        status = impersonate(source, account, mb_json_text(federated, "access_token"), out, call);
        json_decref(federated);
    } else if (status == MB_OK) {
        *out = federated;
    }
    mb_buf_wipe(&form);
    mb_buf_wipe(&token);
    return status;
}

static const struct {
    const char *type;
    mb_status (*ask)(struct token_source *source, json_t **out, const struct mb_call *call);
    const char *needs[3]; /* members that the file must have */
} kinds[] = {
    {"service_account", ask_service_account, {"client_email", "private_key", "token_uri"}},
    {"authorized_user", ask_authorized_user, {"client_id", "client_secret", "refresh_token"}},
    {"external_account", ask_external_account, {"audience", "subject_token_type", "token_url"}},
};
#define KIND_COUNT (sizeof(kinds) / sizeof(*kinds))

static mb_status fetch(void *ctx, const struct mb_credential **out, const struct mb_call *call)
{
    struct token_source *source = ctx;
    json_t *answer = NULL;
    mb_status status = MB_E_INTERNAL;
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (strcmp(mb_json_text(source->document, "type"), kinds[i].type) == 0)
            status = kinds[i].ask(source, &answer, call);
    if (status == MB_OK)
        status = mb_oauth_credential(answer, out, call->error);
    json_decref(answer);
    return status;
}

static mb_status fetch_from_machine(void *ctx, const struct mb_credential **out, const struct mb_call *call)
{
    mb_status status = mb_oauth_google_machine(ctx, out, call);
    if (status < 0 && call->error->http_status == 0)
        return mb_error_advise(call->error, "outside of Google Cloud set auth.credentialsFile");
    return status;
}

static void free_source(void *ctx)
{
    struct token_source *source = ctx;
    json_decref(source->document);
    free(source);
}

/* ------------------------------------------------------------- opening */

static mb_status check_document(const json_t *document, const char *path, struct mb_error *error)
{
    const char *type = mb_json_text(document, "type");
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (strcmp(type, kinds[i].type) != 0)
            continue;
        for (size_t k = 0; k < 3; k++)
            if (*mb_json_text(document, kinds[i].needs[k]) == '\0')
                return mb_fail(error, MB_E_CONFIG, "auth.credentialsFile %s: %s is missing", path,
                               kinds[i].needs[k]);
        return MB_OK;
    }
    return mb_fail(error, MB_E_CONFIG,
                   "auth.credentialsFile %s: type is \"%s\", not service_account, external_account or "
                   "authorized_user",
                   path, type);
}

static mb_status load_document(const char *path, json_t **out, struct mb_error *error)
{
    struct mb_buf text = MB_BUF_INIT(MAX_FILE);
    json_error_t where;
    mb_status status = mb_credential_file_read(path, &text, error);
    if (status < 0)
        mb_error_context(error, "auth.credentialsFile");
    if (status == MB_OK) {
        json_t *root = json_loadb(mb_buf_text(&text), text.len, JSON_REJECT_DUPLICATES, &where);
        if (root == NULL)
            status =
                mb_fail(error, MB_E_CONFIG, "auth.credentialsFile %s: line %d is no JSON", path, where.line);
        else if ((status = check_document(root, path, error)) == MB_OK)
            *out = root;
        else
            json_decref(root);
    }
    mb_buf_wipe(&text);
    return status;
}

/* Where Google's own tools look: the environment, then the file that gcloud writes, then the metadata server.
 */
static mb_status default_document(json_t **out, struct mb_error *error)
{
    const char *named = getenv("GOOGLE_APPLICATION_CREDENTIALS");
    const char *home = getenv("HOME");
    char path[4096];
    if (named != NULL && *named)
        return load_document(named, out, error);
    snprintf(path, sizeof(path), "%s/.config/gcloud/application_default_credentials.json", home ? home : "");
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return MB_OK;
    fclose(file);
    return load_document(path, out, error);
}

static const char *project_of(const json_t *document)
{
    const char *named = mb_json_text(document, "project_id");
    const char *variable = getenv("GOOGLE_CLOUD_PROJECT");
    return *named || variable == NULL ? named : variable;
}

/* Takes the document over. */
static mb_status open_document(struct mb_credentials **out, struct mb_http *http, json_t *document,
                               struct mb_error *error)
{
    static const struct mb_credentials_provider provider = {
        .name = "google", .fetch = fetch, .free = free_source};
    struct token_source *source = calloc(1, sizeof(*source));
    if (source == NULL) {
        json_decref(document);
        return mb_fail_memory(error);
    }
    *source = (struct token_source){.http = http, .document = document};
    return mb_credentials_new(out, &provider, source, error);
}

mb_status gcs_auth_open(struct mb_credentials **out, char **project, struct mb_http *http,
                        const struct gcs_auth_options *options, struct mb_error *error)
{
    static const struct mb_credentials_provider machine = {
        .name = "google", .fetch = fetch_from_machine, .free = mb_credential_source_free};
    json_t *document = NULL;
    mb_status status = MB_OK;
    bool none = strcmp(options->type, "none") == 0;
    if (strcmp(options->type, "serviceAccount") == 0)
        status = load_document(options->credentials_file, &document, error);
    else if (!none)
        status = default_document(&document, error);
    if (status < 0)
        return status;

    const char *named = project_of(document);
    char *copy = strdup(named);
    *out = NULL;
    if (copy == NULL) {
        json_decref(document);
        return mb_fail_memory(error);
    }
    if (document != NULL)
        status = open_document(out, http, document, error);
    else if (!none)
        status = mb_credential_source_open(out, &machine, options->config, error);
    if (status == MB_OK)
        *project = copy;
    else
        free(copy);
    return status;
}
