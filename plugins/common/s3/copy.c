#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"
#include "common/endpoint.h"
#include "common/s3/store.h"

#include <inttypes.h>
#include <string.h>

enum { MAX_SOURCE = 16 * 1024 };

/* Both buckets have to be behind one door: the request goes to dst and is signed with its credential.
 * Whether that may read src is the service's to say. */
int mb_s3_can_copy(struct mb_store *dst, struct mb_store *src)
{
    return dst->dialect == src->dialect && mb_endpoint_equal(&dst->realm, &src->realm);
}

static mb_status set_source(struct mb_store *dst, struct mb_store *src, const char *key,
                            struct mb_headers *headers, struct mb_error *error)
{
    struct mb_buf source = MB_BUF_INIT(MAX_SOURCE);

    if (!mb_s3_can_copy(dst, src))
        return mb_fail(error, MB_E_UNSUPPORTED, "the source is another service");
    mb_status status = mb_s3_check_key(key, error);
    if (status == MB_OK) {
        mb_s3_append_source(src, key, &source);
        status = mb_buf_check(&source, "the source's key", error);
    }
    if (status == MB_OK)
        mb_headers_set(headers, "x-amz-copy-source", mb_buf_text(&source));
    for (size_t i = 0; status == MB_OK && i < src->extra_count; i++)
        if (src->extras[i].when & MB_S3_ON_COPY_SOURCE)
            mb_headers_set(headers, src->extras[i].name, src->extras[i].value);
    mb_buf_done(&source);
    return status;
}

/* Sends what copies and reads its result: an answer of 200 comes before the copy is made. */
static mb_status send_copy(struct mb_store *dst, struct mb_s3_request *request, struct mb_s3_result *out,
                           const struct mb_call *call)
{
    struct mb_http_response response = {0};
    struct mb_s3_result result;

    request->http.patient = true;
    mb_status status = mb_s3_send(dst, request, &response, call);
    if (status == MB_OK)
        status = mb_s3_read_result(dst, &response, &result, call->error);
    if (status == MB_OK && result.etag[0] == '\0')
        status = mb_fail(call->error, MB_E_PROTOCOL, "the answer does not tell the copy's etag");
    if (status == MB_OK)
        *out = result;
    else
        status = mb_driver_decline(call->error, false);
    mb_http_response_done(&response);
    return status;
}

mb_status mb_s3_copy(struct mb_store *dst, const char *dst_key, struct mb_store *src, const char *src_key,
                     const struct mb_put_options *opts, struct mb_stat *out, const struct mb_call *call)
{
    struct mb_s3_request request = MB_S3_REQUEST(MB_S3_ON_CREATE, "PUT", dst_key);
    struct mb_s3_result result;

    mb_status status = mb_unconditional(opts, "a copy", call->error);
    if (status == MB_OK)
        status = mb_s3_check_key(dst_key, call->error);
    if (status == MB_OK)
        status = set_source(dst, src, src_key, &request.headers, call->error);
    if (status == MB_OK && opts && opts->content_type) {
        mb_headers_set(&request.headers, "x-amz-metadata-directive", "REPLACE");
        mb_headers_set(&request.headers, "Content-Type", opts->content_type);
    }
    request.announces_checksums = true;
    if (status == MB_OK)
        status = send_copy(dst, &request, &result, call);
    if (status == MB_OK) {
        struct mb_stat found = {.mtime_ns = result.mtime_ns};
        mb_text_fit(found.etag, sizeof(found.etag), result.etag);
        if (!result.composite && mb_crc32c_from_base64(result.crc32c, &found.crc32c))
            found.flags |= MB_STAT_CRC32C;
        mb_stat_write(out, &found);
    }
    mb_s3_request_done(&request);
    return status;
}

mb_status mb_s3_mpu_copy_part(struct mb_store *dst, const char *key, const char *upload_id, uint32_t number,
                              struct mb_store *src, const char *src_key, uint64_t offset, uint64_t length,
                              struct mb_part *out, const struct mb_call *call)
{
    struct mb_s3_request request = MB_S3_REQUEST(MB_S3_ON_PART, "PUT", key);
    struct mb_s3_result result;

    if (length == 0)
        return mb_fail(call->error, MB_E_INVALID, "a part of no bytes cannot be copied");
    mb_status status = mb_s3_check_key(key, call->error);
    if (status == MB_OK)
        status = set_source(dst, src, src_key, &request.headers, call->error);
    if (status == MB_OK) {
        mb_headers_printf(&request.headers, "x-amz-copy-source-range", "bytes=%" PRIu64 "-%" PRIu64, offset,
                          offset + length - 1);
        mb_s3_query_part(&request.query, number, upload_id);
        status = send_copy(dst, &request, &result, call);
    }
    if (status == MB_OK)
        status = mb_s3_write_part(out, number, length, result.etag, result.crc32c, call->error);
    mb_s3_request_done(&request);
    return status;
}
