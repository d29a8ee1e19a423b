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

static mb_status append_source(struct mb_store *src, const char *key, struct mb_buf *out,
                               struct mb_headers *headers, struct mb_error *error)
{
    mb_s3_append_source(src, key, out);
    MB_TRY(mb_buf_check(out, "the source's key", error));
    mb_headers_set(headers, "x-amz-copy-source", mb_buf_text(out));
    for (size_t i = 0; i < src->extra_count; i++)
        if (src->extras[i].when & MB_S3_ON_COPY_SOURCE)
            mb_headers_set(headers, src->extras[i].name, src->extras[i].value);
    return MB_OK;
}

static mb_status set_source(struct mb_store *dst, struct mb_store *src, const char *key,
                            struct mb_headers *headers, struct mb_error *error)
{
    struct mb_buf source = MB_BUF_INIT(MAX_SOURCE);

    if (!mb_s3_can_copy(dst, src))
        return mb_fail(error, MB_E_UNSUPPORTED, "the source is another service");
    MB_TRY(mb_s3_check_key(key, error));
    mb_status status = append_source(src, key, &source, headers, error);
    mb_buf_done(&source);
    return status;
}

static mb_status copy_and_read(struct mb_store *dst, struct mb_s3_request *request, struct mb_s3_result *out,
                               const struct mb_call *call)
{
    request->http.patient = true;
    MB_TRY(mb_s3_send(dst, request, call));
    MB_TRY(mb_s3_read_result(dst, &request->response, out, call->error));
    if (out->etag[0] == '\0')
        return mb_fail(call->error, MB_E_PROTOCOL, "the answer does not tell the copy's etag");
    return MB_OK;
}

/* Sends what copies and reads its result: an answer of 200 comes before the copy is made. */
static mb_status send_copy(struct mb_store *dst, struct mb_s3_request *request, struct mb_s3_result *out,
                           const struct mb_call *call)
{
    mb_status status = copy_and_read(dst, request, out, call);
    return status == MB_OK ? MB_OK : mb_driver_decline(call->error, false);
}

static mb_status copy_whole(struct mb_store *dst, struct mb_s3_request *request, struct mb_store *src,
                            const char *src_key, const struct mb_put_options *opts, struct mb_stat *out,
                            const struct mb_call *call)
{
    struct mb_s3_result result;

    MB_TRY(set_source(dst, src, src_key, &request->headers, call->error));
    if (opts && opts->content_type) {
        mb_headers_set(&request->headers, "x-amz-metadata-directive", "REPLACE");
        mb_headers_set(&request->headers, "Content-Type", opts->content_type);
    }
    request->announces_checksums = true;
    MB_TRY(send_copy(dst, request, &result, call));
    struct mb_stat found = {.mtime_ns = result.mtime_ns};
    mb_text_fit(found.etag, sizeof(found.etag), result.etag);
    if (!result.composite && mb_crc32c_from_base64(result.crc32c, &found.crc32c))
        found.flags |= MB_STAT_CRC32C;
    mb_stat_write(out, &found);
    return MB_OK;
}

mb_status mb_s3_copy(struct mb_store *dst, const char *dst_key, struct mb_store *src, const char *src_key,
                     const struct mb_put_options *opts, struct mb_stat *out, const struct mb_call *call)
{
    struct mb_s3_request request = MB_S3_REQUEST(MB_S3_ON_CREATE, "PUT", dst_key);

    MB_TRY(mb_unconditional(opts, "a copy", call->error));
    MB_TRY(mb_s3_check_key(dst_key, call->error));
    mb_status status = copy_whole(dst, &request, src, src_key, opts, out, call);
    mb_s3_request_done(&request);
    return status;
}

static mb_status copy_part(struct mb_store *dst, struct mb_s3_request *request, const char *upload_id,
                           struct mb_store *src, const char *src_key, uint64_t offset, uint64_t length,
                           uint32_t number, struct mb_part *out, const struct mb_call *call)
{
    struct mb_s3_result result;

    MB_TRY(set_source(dst, src, src_key, &request->headers, call->error));
    mb_headers_printf(&request->headers, "x-amz-copy-source-range", "bytes=%" PRIu64 "-%" PRIu64, offset,
                      offset + length - 1);
    mb_s3_query_part(&request->query, number, upload_id);
    MB_TRY(send_copy(dst, request, &result, call));
    return mb_s3_write_part(out, number, length, result.etag, result.crc32c, call->error);
}

mb_status mb_s3_mpu_copy_part(struct mb_store *dst, const char *key, const char *upload_id, uint32_t number,
                              struct mb_store *src, const char *src_key, uint64_t offset, uint64_t length,
                              struct mb_part *out, const struct mb_call *call)
{
    struct mb_s3_request request = MB_S3_REQUEST(MB_S3_ON_PART, "PUT", key);

    if (length == 0)
        return mb_fail(call->error, MB_E_INVALID, "a part of no bytes cannot be copied");
    MB_TRY(mb_s3_check_key(key, call->error));
    mb_status status = copy_part(dst, &request, upload_id, src, src_key, offset, length, number, out, call);
    mb_s3_request_done(&request);
    return status;
}
