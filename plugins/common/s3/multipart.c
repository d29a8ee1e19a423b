#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"
#include "common/range.h"
#include "common/s3/store.h"
#include "common/xml.h"
#include "http/url.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void mb_s3_query_part(struct mb_buf *query, uint32_t number, const char *upload_id)
{
    char text[16];
    snprintf(text, sizeof(text), "%" PRIu32, number);
    mb_url_query(query, "partNumber", text);
    mb_url_query(query, "uploadId", upload_id);
}

/* The receipt is "<etag>" or "<etag> <checksum>": completing wants back what the service said of each part.
 */
mb_status mb_s3_write_part(struct mb_part *out, uint32_t number, uint64_t size, const char *etag,
                           const char *crc32c, struct mb_error *error)
{
    struct mb_buf receipt = MB_BUF_INIT(sizeof(out->receipt) - 1);

    mb_buf_printf(&receipt, "%s%s%s", etag, *crc32c ? " " : "", crc32c);
    mb_status status = mb_buf_check(&receipt, "the part's etag", error);
    if (status == MB_OK) {
        out->number = number;
        out->size = size;
        mb_text_fit(out->receipt, sizeof(out->receipt), mb_buf_text(&receipt));
    }
    mb_buf_done(&receipt);
    return status;
}

/* ------------------------------------------------------------------- begin */

static mb_status begin(struct mb_store *store, struct mb_s3_request *request,
                       const struct mb_put_options *opts, char *upload_id, size_t cap,
                       const struct mb_call *call)
{
    struct mb_s3_result result;

    mb_url_query(&request->query, "uploads", NULL);
    mb_headers_set(&request->headers, "Content-Type", mb_content_type(opts));
    request->announces_checksums = !(opts && (opts->flags & MB_PUT_PARTS_COPIED));
    MB_TRY(mb_s3_send(store, request, call));
    MB_TRY(mb_s3_read_result(store, &request->response, &result, call->error));
    if (result.upload_id[0] == '\0' || strlen(result.upload_id) >= cap)
        return mb_fail(call->error, MB_E_PROTOCOL, "the answer holds no upload id that can be used");
    mb_text_fit(upload_id, cap, result.upload_id);
    return MB_OK;
}

mb_status mb_s3_mpu_begin(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                          char *upload_id, size_t cap, const struct mb_call *call)
{
    struct mb_s3_request request = MB_S3_REQUEST(MB_S3_ON_CREATE, "POST", key);

    MB_TRY(mb_unconditional(opts, "an upload in parts", call->error));
    MB_TRY(mb_s3_check_key(key, call->error));
    mb_status status = begin(store, &request, opts, upload_id, cap, call);
    mb_s3_request_done(&request);
    return status;
}

/* -------------------------------------------------------------------- part */

static mb_status put_part(struct mb_store *store, struct mb_s3_request *request, uint32_t number,
                          struct mb_part *out, const struct mb_call *call)
{
    const struct mb_http_response *response = &request->response;
    char etag[128];

    MB_TRY(mb_s3_add_checksum(store, request, true, call));
    MB_TRY(mb_s3_send(store, request, call));
    const char *header = mb_headers_get(&response->headers, "ETag");
    const char *crc32c = mb_headers_get(&response->headers, "x-amz-checksum-crc32c");
    if (!header)
        return mb_fail(call->error, MB_E_PROTOCOL, "the answer does not tell the part's etag");
    mb_etag_copy(etag, sizeof(etag), header);
    return mb_s3_write_part(out, number, response->sent, etag, crc32c ? crc32c : "", call->error);
}

mb_status mb_s3_mpu_part(struct mb_store *store, const char *key, const char *upload_id, uint32_t number,
                         const struct mb_put_options *opts, const struct mb_source *source,
                         struct mb_part *out, const struct mb_call *call)
{
    struct mb_s3_request request = MB_S3_REQUEST(MB_S3_ON_PART, "PUT", key);

    MB_TRY(mb_s3_check_key(key, call->error));
    mb_s3_query_part(&request.query, number, upload_id);
    request.crc32c = opts ? opts->crc32c : NULL;
    request.http.source = source;
    mb_status status = put_part(store, &request, number, out, call);
    mb_s3_request_done(&request);
    return status;
}

/* ---------------------------------------------------------------- complete */

static void write_parts(const struct mb_part *parts, size_t count, struct mb_buf *out)
{
    mb_buf_puts(out, "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for (size_t i = 0; i < count; i++) {
        char etag[sizeof(parts[i].receipt)];
        mb_text_fit(etag, sizeof(etag), parts[i].receipt);
        char *crc32c = strchr(etag, ' ');
        if (crc32c)
            *crc32c++ = '\0';
        mb_buf_printf(out, "<Part><PartNumber>%" PRIu32 "</PartNumber><ETag>&#34;", parts[i].number);
        mb_xml_escape(out, etag);
        mb_buf_puts(out, "&#34;</ETag>");
        if (crc32c) {
            mb_buf_puts(out, "<ChecksumCRC32C>");
            mb_xml_escape(out, crc32c);
            mb_buf_puts(out, "</ChecksumCRC32C>");
        }
        mb_buf_puts(out, "</Part>");
    }
    mb_buf_puts(out, "</CompleteMultipartUpload>");
}

static mb_status check_parts(const struct mb_part *parts, size_t count, struct mb_error *error)
{
    if (count == 0)
        return mb_fail(error, MB_E_INVALID, "an upload of no parts cannot be completed");
    for (size_t i = 1; i < count; i++)
        if (parts[i].number <= parts[i - 1].number)
            return mb_fail(error, MB_E_INVALID, "the parts are not in ascending order");
    return MB_OK;
}

static mb_status complete(struct mb_store *store, struct mb_s3_request *request, struct mb_stat *found,
                          struct mb_stat *out, const struct mb_call *call)
{
    struct mb_s3_result result;

    MB_TRY(mb_s3_send_body(store, request, "the list of parts", call));
    MB_TRY(mb_s3_read_result(store, &request->response, &result, call->error));
    if (strcmp(result.root, "CompleteMultipartUploadResult") != 0) {
        mb_fail(call->error, MB_E_PROTOCOL, "the answer is a %.60s, not that of an upload", result.root);
        call->error->flags |= MB_ERR_AMBIGUOUS;
        return MB_E_PROTOCOL;
    }
    if (result.etag[0] == '\0')
        return mb_written_size(mb_s3_stat, store, request->key, found->size, out, call);
    mb_text_fit(found->etag, sizeof(found->etag), result.etag);
    mb_stat_write(out, found);
    return MB_OK;
}

mb_status mb_s3_mpu_complete(struct mb_store *store, const char *key, const char *upload_id,
                             const struct mb_part *parts, size_t count, struct mb_stat *out,
                             const struct mb_call *call)
{
    struct mb_s3_request request = MB_S3_REQUEST(MB_S3_ON_PART, "POST", key);
    struct mb_stat found = {.struct_size = sizeof(found)};

    MB_TRY(mb_s3_check_key(key, call->error));
    MB_TRY(check_parts(parts, count, call->error));
    for (size_t i = 0; i < count; i++)
        found.size += parts[i].size;
    mb_url_query(&request.query, "uploadId", upload_id);
    mb_headers_set(&request.headers, "Content-Type", "application/xml");
    request.http.patient = true;
    write_parts(parts, count, &request.body);
    mb_status status = complete(store, &request, &found, out, call);
    mb_s3_request_done(&request);
    return status;
}

mb_status mb_s3_mpu_abort(struct mb_store *store, const char *key, const char *upload_id,
                          const struct mb_call *call)
{
    return mb_s3_delete(store, key, upload_id, call);
}
