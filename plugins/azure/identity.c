/* identity.c - bearer tokens of Microsoft Entra ID.
 *
 * Facts: OAuth 2.0 client credentials (RFC 6749 section 4.4) with a secret or a federated token (RFC 7523),
 * the instance metadata service and the IDENTITY_ENDPOINT of App Service. */
#include "azure.h"

#include "base/buf.h"
#include "base/error.h"
#include "common/credentials/oauth.h"
#include "common/credentials/source.h"
#include "http/url.h"

#include <stdlib.h>
#include <string.h>

#define RESOURCE "https://storage.azure.com/"

struct identity {
    struct mb_http *directory; /* the store's */
    struct mb_http *machine;   /* our own, which soon knows that nobody is there */
};

static const char *env(const char *name)
{
    const char *value = getenv(name);
    return value ? value : "";
}

/* The federated token changes on disk, so it is read each time. */
static mb_status put_federated(struct mb_buf *form, struct mb_error *error)
{
    struct mb_buf token = MB_BUF_INIT(65536);
    mb_status status = mb_token_read(env("AZURE_FEDERATED_TOKEN_FILE"), &token, error);
    if (status < 0)
        mb_error_context(error, "AZURE_FEDERATED_TOKEN_FILE");
    mb_url_query(form, "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    mb_url_query(form, "client_assertion", mb_buf_text(&token));
    mb_buf_wipe(&token);
    return status;
}

static mb_status ask_directory(struct mb_http *http, json_t **out, const struct mb_call *call)
{
    struct mb_buf url = MB_BUF_INIT(2048);
    struct mb_buf form = MB_BUF_INIT(262144);
    const char *authority =
        *env("AZURE_AUTHORITY_HOST") ? env("AZURE_AUTHORITY_HOST") : "https://login.microsoftonline.com";
    size_t len = strlen(authority);
    mb_status status = MB_OK;
    mb_buf_printf(&url, "%.*s/%s/oauth2/v2.0/token",
                  (int)(len > 0 && authority[len - 1] == '/' ? len - 1 : len), authority,
                  env("AZURE_TENANT_ID"));
    mb_url_query(&form, "grant_type", "client_credentials");
    mb_url_query(&form, "client_id", env("AZURE_CLIENT_ID"));
    mb_url_query(&form, "scope", RESOURCE ".default");
    if (*env("AZURE_CLIENT_SECRET"))
        mb_url_query(&form, "client_secret", env("AZURE_CLIENT_SECRET"));
    else
        status = put_federated(&form, call->error);
    if (status == MB_OK)
        status = mb_buf_check(&url, "AZURE_AUTHORITY_HOST", call->error);
    if (status == MB_OK)
        status = mb_buf_check(&form, "the request for a token", call->error);
    if (status == MB_OK)
        status = mb_oauth_post(http, url.data, &form, out, call);
    mb_buf_wipe(&form);
    mb_buf_done(&url);
    return status;
}

static mb_status ask_machine(struct mb_http *http, json_t **out, const struct mb_call *call)
{
    struct mb_buf url = MB_BUF_INIT(4096);
    struct mb_buf query = MB_BUF_INIT(2048);
    struct mb_headers headers = {0};
    bool app_service = *env("IDENTITY_ENDPOINT") != '\0' && *env("IDENTITY_HEADER") != '\0';
    const char *host = *env("AZURE_POD_IDENTITY_AUTHORITY_HOST") ? env("AZURE_POD_IDENTITY_AUTHORITY_HOST")
                                                                 : "http://169.254.169.254";
    mb_url_query(&query, "api-version", app_service ? "2019-08-01" : "2018-02-01");
    mb_url_query(&query, "resource", RESOURCE);
    if (*env("AZURE_CLIENT_ID"))
        mb_url_query(&query, "client_id", env("AZURE_CLIENT_ID"));
    if (app_service) {
        mb_buf_printf(&url, "%s?%s", env("IDENTITY_ENDPOINT"), mb_buf_text(&query));
        mb_headers_set(&headers, "X-IDENTITY-HEADER", env("IDENTITY_HEADER"));
    } else {
        mb_buf_printf(&url, "%s/metadata/identity/oauth2/token?%s", host, mb_buf_text(&query));
        mb_headers_set(&headers, "Metadata", "true");
    }
    struct mb_http_request request = {.method = "GET", .url = mb_buf_text(&url), .headers = &headers};
    mb_status status = mb_buf_check(&url, "the address of the metadata service", call->error);
    if (status == MB_OK)
        status = mb_headers_status(&headers, call->error);
    if (status == MB_OK)
        status = mb_oauth_ask(http, &request, out, call);
    status = mb_metadata_judge(status, call);
    /* While it is being updated the service of a machine says that it is not there, or gone. */
    if (!app_service && (call->error->http_status == 404 || call->error->http_status == 410) && status < 0)
        status = mb_fail_as(call->error, MB_E_UNAVAILABLE);
    if (status < 0 && call->error->http_status == 0)
        mb_error_advise(call->error,
                        "on a machine without an identity set AZURE_TENANT_ID, AZURE_CLIENT_ID and "
                        "AZURE_CLIENT_SECRET, or auth.accountKey");
    mb_headers_done(&headers);
    mb_buf_done(&query);
    mb_buf_done(&url);
    return status;
}

static mb_status fetch(void *ctx, const struct mb_credential **out, const struct mb_call *call)
{
    const struct identity *identity = ctx;
    json_t *answer = NULL;
    bool directory = *env("AZURE_TENANT_ID") && *env("AZURE_CLIENT_ID") &&
                     (*env("AZURE_CLIENT_SECRET") || *env("AZURE_FEDERATED_TOKEN_FILE"));
    mb_status status = directory ? ask_directory(identity->directory, &answer, call)
                                 : ask_machine(identity->machine, &answer, call);
    if (status == MB_OK)
        status = mb_oauth_credential(answer, out, call->error);
    json_decref(answer);
    return status;
}

static void free_identity(void *ctx)
{
    struct identity *identity = ctx;
    mb_http_free(identity->machine);
    free(identity);
}

mb_status azure_identity_open(struct mb_credentials **out, struct mb_http *http,
                              const struct mb_http_options *options, struct mb_error *error)
{
    static const struct mb_credentials_provider provider = {
        .name = "azure identity", .fetch = fetch, .free = free_identity};
    struct mb_http_options machine = *options;
    struct identity *identity = calloc(1, sizeof(*identity));
    if (identity == NULL)
        return mb_fail_memory(error);
    mb_metadata_nearness(&machine);
    machine.place = "auth.type";
    identity->directory = http;
    mb_status status = mb_http_new(&identity->machine, &machine, error);
    if (status == MB_OK)
        return mb_credentials_new(out, &provider, identity, error);
    free(identity);
    return status;
}
