/* copy.c - "Copy Blob From URL", "Copy Blob" and "Abort Copy Blob" of the REST API.
 *
 * A copy is made synchronously where that is possible: its answer is the end of it.  What is too large for
 * that, or refused, is copied by the service on its own, and we look at the blob from time to time until the
 * service says that it is done. */
#include "azure.h"

#include "base/buf.h"
#include "base/call.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "common/driver.h"
#include "http/answer.h"

#include <stdlib.h>
#include <string.h>

#define NS_PER_MS INT64_C(1000000)

enum {
    FIRST_WAIT_MS = 100,
    LONGEST_WAIT_MS = 5000,
    MAX_UNANSWERED = 5, /* looks in a row that the service may be too busy for */
    MAX_SOURCE_BYTES = 2048,
    CLEANING_UP_MS = 10000 /* after nobody waits for the call any more */
};

struct copying {
    struct mb_store *dst;
    const char *key;
    const char *source; /* with its signature */
    const char *if_none_match;
    char id[64]; /* "" until the service has told */
    char state[16];
    char progress[64];
    char said[256];
    char etag[192];
    unsigned unanswered;
};

mb_status azure_copy_source(struct mb_store *src, const char *key, struct mb_buf *out,
                            const struct mb_call *call)
{
    azure_blob_url(src, key, out);
    mb_buf_putc(out, '?');
    MB_TRY(azure_sas_for_reading(src, key, out, call));
    MB_TRY(mb_buf_check(out, "the source's address", call->error));
    if (out->len > MAX_SOURCE_BYTES) /* the host goes the long way round */
        return mb_fail(call->error, MB_E_UNSUPPORTED,
                       "the source's address has %zu bytes, and the service takes %d", out->len,
                       MAX_SOURCE_BYTES);
    return MB_OK;
}

/* Codes with which an account, or the kind of its blobs, is out of reach for synchronous copies. */
static bool refuses_sync(const struct mb_error *error)
{
    static const char *const codes[] = {"UnsupportedHeader", "FeatureVersionMismatch",
                                        "BlobOperationNotSupported", "BlobTypeNotSupported",
                                        "BlobApiNotYetSupportedForHierarchicalNamespaceAccounts"};
    for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
        if (strcmp(error->provider_code, codes[i]) == 0)
            return true;
    return error->http_status == 501;
}

/* A source of more than 256 MiB is told as one that cannot be verified, by a conflict instead of the
 * status that the source's account gave; an empty one, at times, by that of a range that it does not have;
 * and only block blobs are copied synchronously. */
bool azure_wants_async(const struct mb_error *error)
{
    return refuses_sync(error) || error->http_status == 413 || error->http_status == 416 ||
           (error->http_status == 409 && (strcmp(error->provider_code, "CannotVerifyCopySource") == 0 ||
                                          strcmp(error->provider_code, "InvalidBlobType") == 0));
}

/* ------------------------------------------------------------- one look */

static void take(const struct mb_headers *headers, const char *name, char *out, size_t cap)
{
    const char *text = mb_headers_get(headers, name);
    mb_text_fit(out, cap, text ? text : "");
}

static void note(struct copying *copying, const struct mb_headers *headers)
{
    take(headers, "x-ms-copy-id", copying->id, sizeof(copying->id));
    take(headers, "x-ms-copy-status", copying->state, sizeof(copying->state));
    take(headers, "x-ms-copy-progress", copying->progress, sizeof(copying->progress));
    take(headers, "x-ms-copy-status-description", copying->said, sizeof(copying->said));
    take(headers, "ETag", copying->etag, sizeof(copying->etag));
}

static bool in_state(const struct copying *copying, const char *state)
{
    return strcmp(copying->state, state) == 0;
}

/* Is what the blob tells our copy?  When the answer to its beginning was lost, the source says so: the
 * service shows its address without the signature. */
static bool is_ours(const struct copying *copying, const struct mb_headers *headers)
{
    const char *id = mb_headers_get(headers, "x-ms-copy-id");
    const char *source = mb_headers_get(headers, "x-ms-copy-source");
    size_t len = strcspn(copying->source, "?");
    if (*copying->id != '\0')
        return id != NULL && strcmp(id, copying->id) == 0;
    return id != NULL && source != NULL && strncmp(source, copying->source, len) == 0 &&
           (source[len] == '\0' || source[len] == '?');
}

static mb_status look(struct copying *copying, const struct mb_call *call)
{
    struct mb_http_response response = {0};
    const struct azure_request request = {.http.method = "HEAD", .key = copying->key};
    mb_status status = azure_send(copying->dst, &request, &response, call);
    bool ours = status == MB_OK && is_ours(copying, &response.headers);
    if (ours) {
        note(copying, &response.headers);
        copying->unanswered = 0;
    } else if (status == MB_OK || status == MB_E_NOT_FOUND) {
        *copying->state = '\0';
        status = mb_fail(call->error, MB_E_UNAVAILABLE,
                         "somebody replaced or removed the blob while the service copied it");
    } else if ((status == MB_E_UNAVAILABLE || status == MB_E_THROTTLED) &&
               ++copying->unanswered < MAX_UNANSWERED) {
        mb_error_clear(call->error);
        status = MB_OK;
    }
    mb_http_response_done(&response);
    return status;
}

/* ------------------------------------------------------------- cleaning up */

static void send_abort(const struct copying *copying, const struct mb_call *call)
{
    const struct mb_pair query[] = {{"comp", "copy"}, {"copyid", copying->id}, {NULL, NULL}};
    static const struct mb_pair headers[] = {{"x-ms-copy-action", "abort"}, {NULL, NULL}};
    const struct azure_request request = {
        .http.method = "PUT", .key = copying->key, .query = query, .headers = headers};
    azure_do(copying->dst, &request, call);
}

/* A copy that failed or was aborted leaves an empty blob; it goes unless somebody has written another. */
static void remove_rest(const struct copying *copying, const struct mb_call *call)
{
    const struct mb_pair headers[] = {{"If-Match", copying->etag}, {NULL, NULL}};
    const struct azure_request request = {.http.method = "DELETE", .key = copying->key, .headers = headers};
    azure_do(copying->dst, &request, call);
}

/* In a call of its own, since the one it belongs to is over.  What cannot be cleaned up is left: the
 * failure that led here is what the host is told. */
static void clean_up(struct copying *copying)
{
    struct mb_error ignored = {.struct_size = sizeof(ignored)};
    const struct mb_call call = mb_driver_own_call(CLEANING_UP_MS * NS_PER_MS, &ignored);
    copying->unanswered = 0;
    bool known = look(copying, &call) == MB_OK;
    if (known && in_state(copying, "pending")) {
        send_abort(copying, &call);
        known = look(copying, &call) == MB_OK;
    }
    if (known && *copying->etag != '\0' && (in_state(copying, "aborted") || in_state(copying, "failed")))
        remove_rest(copying, &call);
}

/* ------------------------------------------------------------- from beginning to end */

static mb_status begin(struct copying *copying, bool sync, const struct mb_call *call)
{
    struct mb_http_response response = {0};
    const struct mb_pair headers[] = {{"x-ms-copy-source", copying->source},
                                      {"x-ms-requires-sync", sync ? "true" : NULL},
                                      {"If-None-Match", copying->if_none_match},
                                      {NULL, NULL}};
    const struct azure_request request = {
        .http.method = "PUT", .key = copying->key, .headers = headers, .http.patient = true};
    mb_status status = azure_send(copying->dst, &request, &response, call);
    if (status == MB_OK)
        note(copying, &response.headers);
    if (status == MB_OK && *copying->id == '\0' && !in_state(copying, "success") && !sync)
        status = mb_fail(call->error, MB_E_PROTOCOL, "the answer does not say which copy was begun");
    mb_http_response_done(&response);
    return status;
}

/* "404 BlobNotFound "Copy failed when reading the source."": the status is the one that reading gave. */
static mb_status judge(const struct copying *copying, struct mb_error *error)
{
    long http_status = strtol(copying->said, NULL, 10);
    if (in_state(copying, "success"))
        return MB_OK;
    if (in_state(copying, "aborted"))
        return mb_fail(error, MB_E_UNAVAILABLE, "somebody aborted the copy in the service");
    if (!in_state(copying, "failed"))
        return mb_fail(error, MB_E_PROTOCOL, "the copy is in the unknown state '%s'", copying->state);
    mb_fail(error,
            http_status >= 400 && http_status < 600 ? mb_status_of_http((int)http_status) : MB_E_UNAVAILABLE,
            "the service gave up copying: %s", *copying->said ? copying->said : "no reason told");
    error->http_status = (int32_t)http_status;
    return mb_driver_decline(error, false);
}

static mb_status follow(struct copying *copying, const struct mb_call *call)
{
    int64_t wait_ms = FIRST_WAIT_MS;
    mb_status status = MB_OK;
    while (status == MB_OK && in_state(copying, "pending")) {
        status = mb_call_rest(call, wait_ms * MB_NS_PER_MS);
        if (status == MB_OK)
            status = look(copying, call);
        wait_ms = wait_ms * 2 < LONGEST_WAIT_MS ? wait_ms * 2 : LONGEST_WAIT_MS;
    }
    if (status == MB_OK)
        return judge(copying, call->error);
    if (*copying->progress != '\0')
        mb_error_advise(call->error, "the service had copied %s bytes by itself", copying->progress);
    return status;
}

static mb_status copy_from(struct copying *copying, const struct mb_call *call)
{
    bool sync = !atomic_load(&copying->dst->async_only);
    mb_status status = begin(copying, sync, call);
    if (status < 0 && sync && azure_wants_async(call->error)) {
        if (refuses_sync(call->error))
            atomic_store(&copying->dst->async_only, true);
        mb_error_clear(call->error);
        sync = false;
        status = begin(copying, sync, call);
    }
    bool lost = !sync && call->error->http_status == 0 && (call->error->flags & MB_ERR_AMBIGUOUS) != 0;
    if (status < 0 && !lost)
        return status;
    if (status == MB_OK && sync && *copying->state == '\0')
        return MB_OK;
    if (status == MB_OK)
        status = follow(copying, call);
    if (status < 0)
        clean_up(copying);
    return status;
}

mb_status azure_copy(struct mb_store *dst, const char *dst_key, struct mb_store *src, const char *src_key,
                     const struct mb_put_options *opts, struct mb_stat *out, const struct mb_call *call)
{
    struct mb_buf source = MB_BUF_INIT(32768);
    mb_status status = azure_copy_source(src, src_key, &source, call);
    if (status == MB_OK) {
        struct copying copying = {
            .dst = dst, .key = dst_key, .source = source.data, .if_none_match = azure_none_if_absent(opts)};
        status = copy_from(&copying, call);
    }
    if (status < 0)
        status = mb_driver_decline(call->error, azure_none_if_absent(opts) != NULL);
    mb_buf_wipe(&source);
    /* The answer does not tell the size. */
    return status == MB_OK && out != NULL ? azure_stat(dst, dst_key, out, call) : status;
}
