#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "common/endpoint.h"
#include "common/foreign.h"
#include "common/s3/store.h"
#include "http/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char empty_hash[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

enum { MAX_URL = 64 * 1024 };

void mb_s3_request_done(struct mb_s3_request *request)
{
    mb_buf_done(&request->query);
    mb_headers_done(&request->headers);
    mb_buf_done(&request->body);
    mb_http_response_done(&request->response);
}

void mb_s3_append_source(const struct mb_store *store, const char *key, struct mb_buf *out)
{
    mb_buf_putc(out, '/');
    mb_url_encode(out, store->bucket, "");
    mb_buf_putc(out, '/');
    mb_url_encode(out, key, "/");
}

/* Appends "/bucket/key" or "/key", encoded. */
static void append_path(const struct mb_store *store, const char *key, struct mb_buf *out)
{
    if (!store->virtual_host) {
        mb_s3_append_source(store, key ? key : "", out);
        return;
    }
    mb_buf_putc(out, '/');
    if (key)
        mb_url_encode(out, key, "/");
}

mb_status mb_s3_check_key(const char *key, struct mb_error *error)
{
    if (!*key)
        return mb_fail(error, MB_E_INVALID, "the key is empty");
    if (strlen(key) > MB_S3_KEY_MAX)
        return mb_fail(error, MB_E_INVALID, "the key is longer than %d bytes", MB_S3_KEY_MAX);
    return MB_OK;
}

/* ------------------------------------------------------------------ region */

static void know_region(struct mb_store *store, const char *region)
{
    pthread_mutex_lock(&store->lock);
    mb_text_fit(store->region, sizeof(store->region), region);
    pthread_mutex_unlock(&store->lock);
}

static void current_region(struct mb_store *store, char out[MB_S3_REGION_MAX])
{
    pthread_mutex_lock(&store->lock);
    memcpy(out, store->region, MB_S3_REGION_MAX);
    pthread_mutex_unlock(&store->lock);
}

static mb_status send_for_region(struct mb_store *store, struct mb_s3_request *request, const char *region,
                                 struct mb_s3_fault *fault, const struct mb_call *call);

/* "" stands for us-east-1 and "EU" for eu-west-1 (GetBucketLocation). */
static const char *region_of_location(const struct mb_store *store, const char *location)
{
    if (!*location)
        return store->dialect->default_region;
    return strcmp(location, "EU") == 0 ? "eu-west-1" : location;
}

static mb_status ask_for_region(struct mb_store *store, struct mb_s3_request *request,
                                struct mb_s3_fault *fault, struct mb_s3_result *result, const char **region,
                                const struct mb_call *call)
{
    const struct mb_http_response *response = &request->response;

    mb_url_query(&request->query, "location", NULL);
    MB_TRY(send_for_region(store, request, *region, fault, call));
    if (response->status >= 500 && response->status != 501)
        return mb_s3_fail(store, response, fault, call->error);
    if (response->status < 200 || response->status >= 300) {
        *region = fault->region[0] != '\0' ? fault->region : *region;
        return MB_OK;
    }
    MB_TRY(mb_foreign_refuse_page(response, call->error));
    MB_TRY(mb_s3_read_result(store, response, result, call->error));
    *region = region_of_location(store, result->region);
    return MB_OK;
}

/* Asks the service where the bucket is.  When it refuses to tell, the default region is as good a guess as
 * any: a wrong one is answered with the right one.  Only a failure that may pass is handed on. */
static mb_status find_region(struct mb_store *store, char out[MB_S3_REGION_MAX], const struct mb_call *call)
{
    struct mb_s3_request request = MB_S3_REQUEST(MB_S3_ON_OTHER, "GET", NULL);
    struct mb_s3_fault fault;
    struct mb_s3_result result;
    const char *region = store->dialect->default_region;

    mb_status status = ask_for_region(store, &request, &fault, &result, &region, call);
    if (status == MB_OK) {
        mb_text_fit(out, MB_S3_REGION_MAX, region);
        know_region(store, out);
    }
    mb_s3_request_done(&request);
    return status;
}

static mb_status region_to_sign_for(struct mb_store *store, char out[MB_S3_REGION_MAX],
                                    const struct mb_call *call)
{
    current_region(store, out);
    if (out[0] != '\0')
        return MB_OK;
    if (store->dialect->flags & MB_S3_FIND_REGION)
        return find_region(store, out, call);
    mb_text_fit(out, MB_S3_REGION_MAX, store->dialect->default_region);
    return MB_OK;
}

/* ----------------------------------------------------------------- sending */

static mb_status payload_hash(const struct mb_s3_request *request, char out[65], struct mb_error *error)
{
    if (request->http.source) {
        mb_text_fit(out, 65, MB_SIGV4_UNSIGNED);
        return MB_OK;
    }
    if (request->http.body_len > 0)
        return mb_sha256_hex(request->http.body, request->http.body_len, out, error);
    mb_text_fit(out, 65, empty_hash);
    return MB_OK;
}

static void append_authority(const struct mb_store *store, const char *region, struct mb_buf *out)
{
    struct mb_endpoint endpoint = store->endpoint;
    if (store->dialect->host_of_region)
        store->dialect->host_of_region(store->endpoint.host, region, endpoint.host, sizeof(endpoint.host));
    mb_endpoint_authority(&endpoint, store->virtual_host ? store->bucket : NULL, out);
}

static void set_headers(const struct mb_store *store, const struct mb_s3_request *request,
                        const char *authority, struct mb_headers *headers)
{
    mb_headers_set(headers, "Host", authority);
    for (size_t i = 0; i < store->extra_count; i++)
        if (store->extras[i].when & request->kind)
            mb_headers_set(headers, store->extras[i].name, store->extras[i].value);
    for (size_t i = 0; i < request->headers.count; i++)
        mb_headers_set(headers, request->headers.items[i].name, request->headers.items[i].value);
    bool checked = mb_s3_sends_checksums(store) && !request->unchecked;
    if (request->crc32c && checked) {
        const uint8_t *b = request->crc32c;
        char text[9];
        mb_crc32c_to_base64((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3], text);
        mb_headers_set(headers, "x-amz-checksum-crc32c", text);
    }
    if (request->announces_checksums && checked)
        mb_headers_set(headers, "x-amz-checksum-algorithm", "CRC32C");
    if (request->headers.status != MB_OK)
        headers->status = request->headers.status;
}

/* Google takes no x-amz-... headers with a bearer token. */
static mb_status bear_token(const struct mb_credential *credential, struct mb_headers *headers,
                            struct mb_error *error)
{
    for (size_t i = 0; i < headers->count; i++) {
        char *name = headers->items[i].name;
        char *renamed;
        if (strncasecmp(name, "x-amz-", 6) != 0)
            continue;
        if (asprintf(&renamed, "x-goog-%s", name + 6) < 0)
            return mb_fail_memory(error);
        free(name);
        headers->items[i].name = renamed;
    }
    mb_headers_printf(headers, "Authorization", "Bearer %s", credential->token);
    return mb_headers_status(headers, error);
}

static mb_status sign(const struct mb_store *store, const struct mb_s3_request *request,
                      const struct mb_credential *credential, const char *path, const char *region,
                      const char *hash, struct mb_headers *headers, struct mb_error *error)
{
    if ((store->dialect->flags & MB_S3_BEARER) && credential->token[0] != '\0')
        return bear_token(credential, headers, error);
    mb_headers_set(headers, "X-Amz-Content-Sha256", hash);
    const struct mb_sigv4 key = {.access_key = credential->id,
                                 .secret_key = credential->secret,
                                 .session_token = credential->token,
                                 .region = region,
                                 .service = "s3"};
    const struct mb_sigv4_request to_sign = {
        .method = request->method, .path = path, .query = mb_buf_text(&request->query), .payload_hash = hash};
    return mb_sigv4_sign(&key, &to_sign, mb_clock_wall() / 1000000000, headers, error);
}

/* What a request is made of on its way. */
struct sending {
    struct mb_buf authority, path, url;
    struct mb_headers headers;
};

static mb_status send_signed(struct mb_store *store, struct mb_s3_request *request, struct sending *sending,
                             const struct mb_credential *credential, const char *region,
                             const struct mb_call *call)
{
    const char *authority, *path;
    char hash[65];

    append_authority(store, region, &sending->authority);
    append_path(store, request->key, &sending->path);
    authority = mb_buf_text(&sending->authority);
    path = mb_buf_text(&sending->path);
    mb_buf_printf(&sending->url, "%s://%s%s%s%s", store->endpoint.tls ? "https" : "http", authority, path,
                  request->query.len > 0 ? "?" : "", mb_buf_text(&request->query));
    MB_TRY(mb_buf_check(&request->query, "the query", call->error));
    MB_TRY(mb_buf_check(&sending->url, "the URL", call->error));
    MB_TRY(payload_hash(request, hash, call->error));
    set_headers(store, request, authority, &sending->headers);
    MB_TRY(sign(store, request, credential, path, region, hash, &sending->headers, call->error));
    request->http.method = request->method;
    request->http.url = mb_buf_text(&sending->url);
    request->http.headers = &sending->headers;
    mb_http_response_done(&request->response);
    return mb_http_send(store->http, &request->http, &request->response, call);
}

/* One request, one answer.  MB_OK is any answer; fault is what one of 300 and above says. */
static mb_status send_with(struct mb_store *store, struct mb_s3_request *request,
                           const struct mb_credential *credential, const char *region,
                           struct mb_s3_fault *fault, const struct mb_call *call)
{
    struct sending sending = {
        .authority = MB_BUF_INIT(1024), .path = MB_BUF_INIT(MAX_URL), .url = MB_BUF_INIT(2 * MAX_URL)};
    const struct mb_http_response *response = &request->response;

    *fault = (struct mb_s3_fault){0};
    mb_status status = send_signed(store, request, &sending, credential, region, call);
    if (status == MB_OK && response->status >= 300)
        mb_s3_fault_parse(fault, mb_buf_text(&response->body), response->body.len);
    mb_headers_done(&sending.headers);
    mb_buf_done(&sending.url);
    mb_buf_done(&sending.path);
    mb_buf_done(&sending.authority);
    return status;
}

static mb_status send_for_region(struct mb_store *store, struct mb_s3_request *request, const char *region,
                                 struct mb_s3_fault *fault, const struct mb_call *call)
{
    const struct mb_credential *credential;
    MB_TRY(mb_credentials_get(store->credentials, &credential, call));
    mb_status status = send_with(store, request, credential, region, fault, call);
    mb_credential_drop(credential);
    return status;
}

/* ---------------------------------------------------------------- adapting */

struct adaptations {
    bool region;
    bool credential;
    bool checksum;
    bool md5;
    bool had_checksum; /* the last request; another may have made the service refuse them since */
};

static bool names_another_region(struct mb_store *store, const struct mb_http_response *response,
                                 struct mb_s3_fault *fault, const char *used)
{
    const char *header = mb_headers_get(&response->headers, "x-amz-bucket-region");
    if (response->status != 301 && response->status != 307 && response->status != 400 &&
        strcmp(fault->code, "AuthorizationHeaderMalformed") != 0)
        return false;
    if (fault->region[0] == '\0' && header)
        mb_text_fit(fault->region, sizeof(fault->region), header);
    return fault->region[0] != '\0' && strcmp(fault->region, used) != 0 && !store->region_configured;
}

static bool refuses_credential(const struct mb_store *store, const struct mb_http_response *response,
                               const struct mb_s3_fault *fault)
{
    static const char *const codes[] = {"ExpiredToken",   "ExpiredTokenException", "TokenRefreshRequired",
                                        "InvalidToken",   "InvalidTokenId",        "InvalidAccessKeyId",
                                        "RequestExpired", "SecurityTokenExpired"};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (strcmp(fault->code, codes[i]) == 0)
            return true;
    return response->status == 401 && (store->dialect->flags & MB_S3_BEARER);
}

/* An older service refuses what it does not know with 501, or with 400 and one of the codes for a request it
 * cannot make sense of.  A checksum that is wrong has other codes. */
static bool refuses_checksum(const struct mb_http_response *response, const struct mb_s3_fault *fault)
{
    return response->status == 501 ||
           (response->status == 400 &&
            (strcmp(fault->code, "InvalidRequest") == 0 || strcmp(fault->code, "InvalidArgument") == 0 ||
             strcmp(fault->code, "NotImplemented") == 0));
}

/* Said of parts and objects in buckets with object lock, of removals, and by older services of every body. */
static bool misses_md5(const struct mb_http_response *response, const struct mb_s3_fault *fault)
{
    return response->status >= 400 && response->status < 500 &&
           (strcmp(fault->code, "MissingContentMD5") == 0 ||
            (strcmp(fault->code, "BadDigest") != 0 && strcmp(fault->code, "InvalidDigest") != 0 &&
             strcasestr(fault->message, "Content-MD5")));
}

/* Changes what made the service refuse; true when the request is worth sending again. */
static bool adapt(struct mb_store *store, struct mb_s3_request *request,
                  const struct mb_http_response *response, struct mb_s3_fault *fault, const char *region,
                  const struct mb_credential *credential, struct adaptations *tried)
{
    if (!tried->region && names_another_region(store, response, fault, region)) {
        tried->region = true;
        know_region(store, fault->region);
        return true;
    }
    if (!tried->credential && refuses_credential(store, response, fault)) {
        tried->credential = true;
        return mb_credentials_refused(store->credentials, credential);
    }
    if (!tried->md5 && misses_md5(response, fault) && !mb_headers_get(&request->headers, "Content-MD5")) {
        tried->md5 = true;
        atomic_store(&store->wants_md5, true);
        return true;
    }
    if (!tried->checksum && (request->crc32c || request->announces_checksums) && tried->had_checksum &&
        refuses_checksum(response, fault)) {
        tried->checksum = true;
        request->unchecked = true;
        return true;
    }
    return false;
}

/* One attempt; *again: what made the service refuse was changed, and the request can be sent again. */
static mb_status attempt(struct mb_store *store, struct mb_s3_request *request, struct mb_s3_fault *fault,
                         struct adaptations *tried, bool *again, const struct mb_call *call)
{
    const struct mb_http_response *response = &request->response;
    const struct mb_credential *credential;
    char region[MB_S3_REGION_MAX];

    *again = false;
    MB_TRY(region_to_sign_for(store, region, call));
    if (atomic_load(&store->wants_md5))
        MB_TRY(mb_s3_add_md5(request, call));
    MB_TRY(mb_credentials_get(store->credentials, &credential, call));
    tried->had_checksum = mb_s3_sends_checksums(store);
    mb_status status = send_with(store, request, credential, region, fault, call);
    if (status == MB_OK && response->status >= 300)
        *again = adapt(store, request, response, fault, region, credential, tried);
    mb_credential_drop(credential);
    MB_TRY(status);
    return response->status < 300 ? mb_foreign_refuse_page(response, call->error) : MB_OK;
}

mb_status mb_s3_send(struct mb_store *store, struct mb_s3_request *request, const struct mb_call *call)
{
    const struct mb_http_response *response = &request->response;
    struct adaptations tried = {0};
    struct mb_s3_fault fault;
    bool done, again;

    do {
        MB_TRY(attempt(store, request, &fault, &tried, &again, call));
        done = response->status < 300;
        if (done || strcmp(fault.code, "NoSuchKey") == 0)
            atomic_store(&store->bucket_seen, true);
    } while (again && mb_http_can_resend(request->http.source));
    /* Only now: an upload that began meanwhile without announcing what its parts carry would be lost. */
    if (request->unchecked && (done || again))
        atomic_store(&store->no_checksums, true);
    if (done)
        return MB_OK;
    mb_s3_fail(store, response, &fault, call->error);
    if (again)
        call->error->flags |= MB_ERR_RETRYABLE; /* with another body it would go */
    return call->error->status;
}

mb_status mb_s3_send_body(struct mb_store *store, struct mb_s3_request *request, const char *what,
                          const struct mb_call *call)
{
    MB_TRY(mb_buf_check(&request->body, what, call->error));
    request->http.body = mb_buf_text(&request->body);
    request->http.body_len = request->body.len;
    return mb_s3_send(store, request, call);
}
