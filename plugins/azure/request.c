#include "azure.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "common/credentials/oauth.h"
#include "common/driver.h"
#include "common/foreign.h"
#include "common/xml.h"
#include "http/answer.h"
#include "http/date.h"
#include "http/url.h"

#include <stdio.h>
#include <string.h>

void azure_blob_url(const struct mb_store *store, const char *key, struct mb_buf *out)
{
    mb_buf_printf(out, "%s/", store->service);
    mb_url_encode(out, store->container, "");
    mb_buf_putc(out, '/');
    mb_url_encode(out, key, "/");
}

void azure_request_url(const struct mb_store *store, const struct azure_request *request, struct mb_buf *out)
{
    struct mb_buf query = MB_BUF_INIT(16384);
    if (request->key != NULL) {
        azure_blob_url(store, request->key, out);
    } else {
        mb_buf_printf(out, "%s/", store->service);
        if (!request->for_service)
            mb_url_encode(out, store->container, "");
    }
    mb_url_pairs(&query, request->query);
    if (store->auth == AZURE_SAS)
        mb_buf_printf(&query, "%s%s", query.len ? "&" : "", store->sas);
    if (query.status < 0)
        out->status = query.status;
    if (query.len > 0)
        mb_buf_printf(out, "?%s", query.data);
    mb_buf_done(&query);
}

/* ------------------------------------------------------------- errors */

struct error_document {
    char code[64];
    char message[512];
};

static mb_status take_element(void *ctx, const char *name, unsigned depth, const char *text)
{
    struct error_document *document = ctx;
    if (depth == 1 && strcmp(name, "Code") == 0)
        mb_text_fit(document->code, sizeof(document->code), text);
    if (depth == 1 && strcmp(name, "Message") == 0)
        mb_text_fit(document->message, sizeof(document->message), text);
    return MB_OK;
}

struct known_code {
    const char *code;
    mb_status status;
    const char *advice;
};

static const struct known_code codes[] = {
    {"BlobNotFound", MB_E_NOT_FOUND, NULL},
    {"ResourceNotFound", MB_E_NOT_FOUND, NULL},
    {"ContainerNotFound", MB_E_NO_BUCKET, NULL},
    {"ContainerDisabled", MB_E_FORBIDDEN, NULL},
    {"ContainerBeingDeleted", MB_E_UNAVAILABLE, NULL},
    {"BlobAlreadyExists", MB_E_EXISTS, NULL},
    {"ContainerAlreadyExists", MB_E_EXISTS, NULL},
    {"ConditionNotMet", MB_E_EXISTS, NULL},
    {"TargetConditionNotMet", MB_E_EXISTS, NULL},
    {"UnauthorizedBlobOverwrite", MB_E_EXISTS, NULL},
    {"AuthenticationFailed", MB_E_UNAUTHENTICATED, NULL},
    {"InvalidAuthenticationInfo", MB_E_UNAUTHENTICATED, NULL},
    {"NoAuthenticationInformation", MB_E_UNAUTHENTICATED, NULL},
    {"AccountIsDisabled", MB_E_FORBIDDEN, NULL},
    {"AuthorizationFailure", MB_E_FORBIDDEN, NULL},
    {"ServerBusy", MB_E_THROTTLED, NULL},
    {"OperationTimedOut", MB_E_UNAVAILABLE, NULL},
    {"InternalError", MB_E_UNAVAILABLE, NULL},
    {"Md5Mismatch", MB_E_CORRUPT, NULL},
    {"Crc64Mismatch", MB_E_CORRUPT, NULL},
    {"InvalidMd5", MB_E_CORRUPT, NULL},
    {"InvalidCrc64", MB_E_CORRUPT, NULL},
    {"InvalidBlobOrBlock", MB_E_NOT_FOUND, NULL},
    {"InvalidBlockList", MB_E_NOT_FOUND, NULL},
    {"CannotVerifyCopySource", MB_E_UNSUPPORTED, NULL}, /* the host goes the long way round */
    {"CopyAcrossAccountsNotSupported", MB_E_UNSUPPORTED, NULL},
    {"PendingCopyOperation", MB_E_UNAVAILABLE, NULL}, /* it ends by itself */
    {"BlobArchived", MB_E_FORBIDDEN,
     "the blob lies in the archive tier: move it to another tier and wait until it is there"},
    {"BlobBeingRehydrated", MB_E_FORBIDDEN,
     "the blob is still on its way out of the archive tier: try again when it has arrived"},
    {"BlobImmutableDueToPolicy", MB_E_FORBIDDEN,
     "an immutability policy keeps the blob as it is: wait until it ends, or take a container without one"},
    {"BlobImmutableDueToLegalHold", MB_E_FORBIDDEN,
     "a legal hold keeps the blob as it is: have it lifted, or take a container without one"},
};

/* Of all that the service says of leases the way out is the same. */
static const struct known_code lease = {
    "Lease", MB_E_FORBIDDEN,
    "somebody holds a lease on the blob or its container: break it, or wait until it ends"};

static const struct known_code *find_code(const char *code)
{
    for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
        if (strcmp(code, codes[i].code) == 0)
            return &codes[i];
    return strncmp(code, lease.code, strlen(lease.code)) == 0 ? &lease : NULL;
}

/* A conflict that the table does not know is none with another object under the key: it must not pass for
 * one.  Without a code, a condition of ours was not met. */
static mb_status classify(const char *code, int http_status)
{
    const struct known_code *known = find_code(code);
    if (known != NULL)
        return known->status;
    if (http_status == 409 || (http_status == 412 && *code != '\0'))
        return MB_E_INVALID;
    return mb_status_of_http(http_status);
}

/* A source that is not there, or too busy, is told as one that cannot be verified, with the status that
 * reading it gave; azurite calls a wrong signature AuthorizationFailure. */
static mb_status refine(const struct error_document *document, int http_status)
{
    bool of_source = strcmp(document->code, "CannotVerifyCopySource") == 0;
    if (of_source && (http_status == 404 || http_status == 429))
        return mb_status_of_http(http_status);
    if (of_source && http_status == 503)
        return MB_E_THROTTLED;
    if (http_status == 403 && strncmp(document->message, "Server failed to authenticate", 29) == 0)
        return MB_E_UNAUTHENTICATED;
    return classify(document->code, http_status);
}

static mb_status advise(const struct mb_store *store, const struct mb_http_response *response,
                        struct mb_error *error)
{
    static const char *const wrong[] = {[AZURE_SHARED_KEY] = "accountName and auth.accountKey",
                                        [AZURE_SAS] = "auth.sasToken: it may have expired",
                                        [AZURE_TOKEN] = "the identity that auth.type default finds"};
    static const char *const lacking[] = {
        [AZURE_SHARED_KEY] = "the account does not accept keys (then set auth.type to default)",
        [AZURE_SAS] = "auth.sasToken does not allow this (it needs racwdl)",
        [AZURE_TOKEN] = "the identity lacks a role such as Storage Blob Data Contributor"};
    const struct known_code *known = find_code(error->provider_code);
    if (known != NULL && known->advice != NULL)
        return mb_error_advise(error, "%s", known->advice);
    if (error->status == MB_E_UNAUTHENTICATED && mb_http_advise_clock(error, response))
        return error->status;
    if (error->status == MB_E_UNAUTHENTICATED)
        return mb_error_advise(error, "check %s", wrong[store->auth]);
    if (error->status == MB_E_FORBIDDEN)
        return mb_error_advise(error, "%s, or the account's firewall keeps this machine out",
                               lacking[store->auth]);
    return error->status;
}

/* The service always tells a code. */
static mb_status fail_without_code(const struct mb_store *store, const struct mb_http_response *response,
                                   struct mb_error *error)
{
    struct mb_asked asked = {.service = "Azure Blob Storage"};
    mb_foreign_origin(store->service, &asked.endpoint);
    mb_foreign_fail(error, response, &asked);
    return mb_foreign_has_body(response) ? error->status : advise(store, response, error);
}

static mb_status fail_answer(const struct mb_store *store, const struct mb_http_response *response,
                             struct mb_error *error)
{
    static const struct mb_xml_events events = {.close = take_element};
    struct error_document document = {0};
    struct mb_error ignored = {.struct_size = sizeof(ignored)};
    const char *code = mb_headers_get(&response->headers, "x-ms-error-code");
    if (response->body.len > 0)
        mb_xml_parse(response->body.data, response->body.len, &events, &document, &ignored);
    if (code != NULL)
        mb_text_fit(document.code, sizeof(document.code), code);
    if (*document.code == '\0' && response->status != 409 && response->status != 412)
        return fail_without_code(store, response, error);
    struct mb_answer answer = {.status = refine(&document, response->status),
                               .code = *document.code ? document.code : NULL,
                               .text = *document.message ? document.message : NULL,
                               .request_id = mb_headers_get(&response->headers, "x-ms-request-id")};
    mb_http_fail_answer(error, response, &answer);
    if (error->status == MB_E_CORRUPT)
        error->flags |= MB_ERR_RETRYABLE; /* what the service got was damaged on its way */
    return advise(store, response, error);
}

/* ------------------------------------------------------------- sending */

/* All but a token; signed when there is a key. */
static mb_status put_headers(const struct mb_store *store, const struct azure_request *request,
                             struct mb_headers *headers, struct mb_error *error)
{
    char date[48];
    mb_http_date_format(mb_clock_wall() / INT64_C(1000000000), date);
    mb_headers_set(headers, "x-ms-date", date);
    if (!request->in_batch)
        mb_headers_set(headers, "x-ms-version", AZURE_VERSION);
    mb_headers_add(headers, request->headers);
    return store->auth == AZURE_SHARED_KEY ? azure_sign(store, request, headers, error)
                                           : mb_headers_status(headers, error);
}

mb_status azure_authorize(struct mb_store *store, const struct azure_request *request,
                          struct mb_headers *headers, const struct mb_call *call)
{
    const struct mb_credential *token = NULL;
    MB_TRY(put_headers(store, request, headers, call->error));
    if (store->auth != AZURE_TOKEN)
        return MB_OK;
    MB_TRY(mb_credentials_get(store->tokens, &token, call));
    mb_headers_printf(headers, "Authorization", "Bearer %s", token->token);
    mb_credential_drop(token);
    return mb_headers_status(headers, call->error);
}

/* An expired token is answered with either. */
static bool token_refused(const struct mb_http_response *response)
{
    const char *code = mb_headers_get(&response->headers, "x-ms-error-code");
    return response->status == 401 ||
           (response->status == 403 && code != NULL && strcmp(code, "AuthenticationFailed") == 0);
}

static mb_status send_to(struct mb_store *store, const struct azure_request *request, const char *url,
                         struct mb_http_response *response, const struct mb_call *call)
{
    struct mb_headers headers = {0};
    struct mb_http_request http = request->http;
    http.url = url;
    http.max_body = 32U * 1024 * 1024;
    mb_status status = put_headers(store, request, &headers, call->error);
    if (status == MB_OK)
        status = mb_oauth_send(store->http, &http, &headers, store->tokens, token_refused, response, call);
    mb_headers_done(&headers);
    return status;
}

/* The length is signed, so a source that does not know it is read first. */
static mb_status know_length(struct azure_request *request, struct mb_buf *gathered,
                             const struct mb_call *call)
{
    if (request->http.source == NULL || request->http.source->size >= 0)
        return MB_OK;
    mb_status status = mb_http_gather(request->http.source, gathered, call);
    request->http.source = NULL;
    request->http.body = mb_buf_text(gathered);
    request->http.body_len = gathered->len;
    return status;
}

static mb_status send_signed(struct mb_store *store, struct azure_request *request, struct mb_buf *url,
                             struct mb_buf *gathered, struct mb_http_response *response,
                             const struct mb_call *call)
{
    azure_request_url(store, request, url);
    MB_TRY(mb_buf_check(url, "the request's address", call->error));
    MB_TRY(know_length(request, gathered, call));
    MB_TRY(send_to(store, request, url->data, response, call));
    if (response->status < 200 || response->status > 299)
        return fail_answer(store, response, call->error);
    return mb_foreign_refuse_page(response, call->error);
}

mb_status azure_send(struct mb_store *store, const struct azure_request *given,
                     struct mb_http_response *response, const struct mb_call *call)
{
    struct azure_request request = *given;
    struct mb_buf url = MB_BUF_INIT(32768);
    struct mb_buf gathered = MB_BUF_INIT(MB_HTTP_MAX_GATHERED);
    mb_status status = send_signed(store, &request, &url, &gathered, response, call);
    mb_buf_done(&gathered);
    mb_buf_wipe(&url);
    return status;
}

mb_status azure_do(struct mb_store *store, const struct azure_request *request, const struct mb_call *call)
{
    struct mb_http_response response = {0};
    mb_status status = azure_send(store, request, &response, call);
    mb_http_response_done(&response);
    return status;
}

void azure_read_headers(const struct mb_headers *headers, struct mb_stat *stat)
{
    const char *etag = mb_headers_get(headers, "ETag");
    const char *modified = mb_headers_get(headers, "Last-Modified");
    if (etag != NULL)
        mb_etag_copy(stat->etag, sizeof(stat->etag), etag);
    if (modified == NULL || !mb_http_date_parse(modified, &stat->mtime_ns))
        stat->mtime_ns = 0;
}
