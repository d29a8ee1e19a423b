#include "base/buf.h"
#include "base/error.h"
#include "common/foreign.h"
#include "common/reading.h"
#include "common/s3/store.h"
#include "http/date.h"
#include "http/url.h"

#include <string.h>

static void stat_of_headers(const struct mb_http_response *response, uint64_t size, struct mb_stat *out)
{
    const char *etag = mb_headers_get(&response->headers, "ETag");
    const char *modified = mb_headers_get(&response->headers, "Last-Modified");

    *out = (struct mb_stat){.size = size};
    if (etag)
        mb_etag_copy(out->etag, sizeof(out->etag), etag);
    if (modified && !mb_http_date_parse(modified, &out->mtime_ns))
        out->mtime_ns = 0;
    if (mb_s3_crc32c_of(response, &out->crc32c))
        out->flags |= MB_STAT_CRC32C;
}

static void ask_for_checksum(const struct mb_store *store, struct mb_headers *headers)
{
    if (mb_s3_sends_checksums(store))
        mb_headers_set(headers, "x-amz-checksum-mode", "ENABLED");
}

/* -------------------------------------------------------------------- stat */

/* An answer to HEAD has no body, so no reason; asking for the first byte gets one.  True when that goes well:
 * the region or the credential was corrected on the way, so that HEAD may go well too. */
static bool find_reason(struct mb_store *store, const char *key, const struct mb_call *call)
{
    struct mb_s3_request request = MB_S3_REQUEST(MB_S3_ON_READ, "GET", key);
    struct mb_error first = MB_ERROR_INIT;

    mb_error_copy(&first, call->error);
    mb_headers_set(&request.headers, "Range", "bytes=0-0");
    mb_status status = mb_s3_send(store, &request, call);
    bool well = status == MB_OK || request.response.status == 416;
    if (well || request.response.status < 300)
        mb_error_copy(call->error, &first);
    mb_s3_request_done(&request);
    return well;
}

static mb_status size_of(struct mb_store *store, const char *key, const struct mb_http_response *response,
                         uint64_t *out, const struct mb_call *call)
{
    static const struct mb_list_fns list = {mb_s3_list_open, mb_s3_list_next, mb_s3_list_close};
    return mb_header_number(&response->headers, "Content-Length", out)
               ? MB_OK
               : mb_listed_size(&list, store, key, out, call);
}

/* *known: that the object is not there needs no other witness. */
static mb_status send_head(struct mb_store *store, const char *key, struct mb_stat *out, int *http_status,
                           bool *known, const struct mb_call *call)
{
    struct mb_s3_request request = MB_S3_REQUEST(MB_S3_ON_READ, "HEAD", key);
    const struct mb_http_response *response = &request.response;
    uint64_t size;

    ask_for_checksum(store, &request.headers);
    mb_status status = mb_s3_send(store, &request, call);
    *http_status = response->status;
    *known =
        response->status == 404 && atomic_load(&store->bucket_seen) && !mb_foreign_announces_page(response);
    if (status == MB_OK)
        status = size_of(store, key, response, &size, call);
    if (status == MB_OK)
        stat_of_headers(response, size, out);
    mb_s3_request_done(&request);
    return status;
}

mb_status mb_s3_stat(struct mb_store *store, const char *key, struct mb_stat *out, const struct mb_call *call)
{
    struct mb_stat found;
    int http_status;
    bool known;

    MB_TRY(mb_s3_check_key(key, call->error));
    mb_status status = send_head(store, key, &found, &http_status, &known, call);
    if (status != MB_OK && http_status >= 300 && http_status < 500 && !known) {
        bool again = find_reason(store, key, call);
        status = again ? send_head(store, key, &found, &http_status, &known, call) : call->error->status;
    }
    MB_TRY(status);
    mb_stat_write(out, &found);
    return MB_OK;
}

/* --------------------------------------------------------------------- get */

/* Before the sink gets anything: is it the right part of the right object? */
static mb_status accept_body(void *ctx, const struct mb_http_response *response, struct mb_error *error)
{
    struct mb_reading *reading = ctx;
    const char *etag = mb_headers_get(&response->headers, "ETag");

    MB_TRY(mb_reading_begin(reading, response, NULL, etag, mb_s3_stat, error));
    if (reading->if_match && etag && !mb_etag_equal(etag, reading->if_match))
        return mb_fail(error, MB_E_EXISTS, "the object has changed: its etag is %.100s now", etag);
    stat_of_headers(response, reading->range.size, &reading->stat);
    if (reading->range.part)
        reading->stat.flags &= ~(uint32_t)MB_STAT_CRC32C;
    return MB_OK;
}

mb_status mb_s3_get(struct mb_store *store, const char *key, const struct mb_get_options *opts,
                    const struct mb_sink *sink, struct mb_stat *out, const struct mb_call *call)
{
    struct mb_s3_request request = MB_S3_REQUEST(MB_S3_ON_READ, "GET", key);
    struct mb_reading reading = mb_reading_of(store, key, opts, call);

    MB_TRY(mb_s3_check_key(key, call->error));
    request.http.sink = sink;
    request.http.begin = accept_body;
    request.http.begin_ctx = &reading;
    if (*reading.range_text)
        mb_headers_set(&request.headers, "Range", reading.range_text);
    if (reading.if_match)
        mb_headers_printf(&request.headers, "If-Match", "\"%s\"", reading.if_match);
    if (mb_range_is_whole(&reading.range))
        ask_for_checksum(store, &request.headers);
    mb_status status = mb_s3_send(store, &request, call);
    status = mb_reading_end(&reading, status, &request.response, mb_s3_stat, out);
    mb_s3_request_done(&request);
    return status;
}

/* --------------------------------------------------------------------- put */

static mb_status refuse_existing(struct mb_store *store, const char *key, const struct mb_call *call)
{
    mb_status status = mb_s3_stat(store, key, NULL, call);
    if (status == MB_OK)
        return mb_fail(call->error, MB_E_EXISTS, "the object exists");
    if (status != MB_E_NOT_FOUND)
        return status;
    mb_error_clear(call->error);
    return MB_OK;
}

static mb_status set_if_absent(struct mb_store *store, const char *key, struct mb_headers *headers,
                               const struct mb_call *call)
{
    const struct mb_s3_header *header = &store->dialect->if_absent;
    if (!header->name)
        return mb_fail(call->error, MB_E_UNSUPPORTED, "the service cannot refuse to overwrite an object");
    mb_headers_set(headers, header->name, header->value);
    return store->dialect->flags & MB_S3_LOOK_FIRST ? refuse_existing(store, key, call) : MB_OK;
}

static mb_status put(struct mb_store *store, struct mb_s3_request *request, bool if_absent,
                     struct mb_stat *out, const struct mb_call *call)
{
    const struct mb_http_response *response = &request->response;
    struct mb_stat found;

    MB_TRY(mb_s3_add_checksum(store, request, false, call));
    if (if_absent)
        MB_TRY(set_if_absent(store, request->key, &request->headers, call));
    MB_TRY(mb_s3_send(store, request, call));
    if (!mb_headers_get(&response->headers, "ETag"))
        return mb_written_size(mb_s3_stat, store, request->key, response->sent, out, call);
    stat_of_headers(response, response->sent, &found);
    mb_stat_write(out, &found);
    return MB_OK;
}

mb_status mb_s3_put(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                    const struct mb_source *source, struct mb_stat *out, const struct mb_call *call)
{
    struct mb_s3_request request = MB_S3_REQUEST(MB_S3_ON_CREATE, "PUT", key);

    MB_TRY(mb_s3_check_key(key, call->error));
    mb_headers_set(&request.headers, "Content-Type", mb_content_type(opts));
    request.crc32c = opts ? opts->crc32c : NULL;
    request.http.source = source;
    mb_status status = put(store, &request, opts && (opts->flags & MB_PUT_IF_ABSENT), out, call);
    mb_s3_request_done(&request);
    return status;
}

mb_status mb_s3_delete(struct mb_store *store, const char *key, const char *upload_id,
                       const struct mb_call *call)
{
    struct mb_s3_request request = MB_S3_REQUEST(MB_S3_ON_OTHER, "DELETE", key);

    MB_TRY(mb_s3_check_key(key, call->error));
    if (upload_id)
        mb_url_query(&request.query, "uploadId", upload_id);
    mb_status status = mb_s3_send(store, &request, call);
    mb_s3_request_done(&request);
    if (status != MB_E_NOT_FOUND)
        return status;
    mb_error_clear(call->error);
    return MB_OK;
}

mb_status mb_s3_remove(struct mb_store *store, const char *key, const struct mb_call *call)
{
    return mb_s3_delete(store, key, NULL, call);
}
