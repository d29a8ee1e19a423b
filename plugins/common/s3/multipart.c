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

enum { MAX_DOCUMENT = 8 * 1024 * 1024 };

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

mb_status mb_s3_mpu_begin(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                          char *upload_id, size_t cap, const struct mb_call *call)
{
    struct mb_s3_request request = MB_S3_REQUEST(MB_S3_ON_CREATE, "POST", key);
    struct mb_http_response response = {0};
    struct mb_s3_result result;

    mb_status status = mb_unconditional(opts, "an upload in parts", call->error);
    if (status == MB_OK)
        status = mb_s3_check_key(key, call->error);
    if (status != MB_OK)
        return status;
    mb_url_query(&request.query, "uploads", NULL);
    mb_headers_set(&request.headers, "Content-Type", mb_content_type(opts));
    request.announces_checksums = !(opts && (opts->flags & MB_PUT_PARTS_COPIED));
    status = mb_s3_send(store, &request, &response, call);
    if (status == MB_OK)
        status = mb_s3_read_result(store, &response, &result, call->error);
    if (status == MB_OK && (result.upload_id[0] == '\0' || strlen(result.upload_id) >= cap))
        status = mb_fail(call->error, MB_E_PROTOCOL, "the answer holds no upload id that can be used");
    if (status == MB_OK)
        mb_text_fit(upload_id, cap, result.upload_id);
    mb_http_response_done(&response);
    mb_s3_request_done(&request);
    return status;
}

/* -------------------------------------------------------------------- part */

mb_status mb_s3_mpu_part(struct mb_store *store, const char *key, const char *upload_id, uint32_t number,
                         const struct mb_put_options *opts, const struct mb_source *source,
                         struct mb_part *out, const struct mb_call *call)
{
    struct mb_s3_request request = MB_S3_REQUEST(MB_S3_ON_PART, "PUT", key);
    struct mb_http_response response = {0};
    struct mb_buf gathered = MB_BUF_INIT(MB_HTTP_MAX_GATHERED);
    char etag[128];

    mb_status status = mb_s3_check_key(key, call->error);
    if (status != MB_OK)
        return status;
    mb_s3_query_part(&request.query, number, upload_id);
    request.crc32c = opts ? opts->crc32c : NULL;
    request.http.source = source;
    status = mb_s3_add_checksum(store, &request, true, &gathered, call);
    if (status == MB_OK)
        status = mb_s3_send(store, &request, &response, call);
    const char *header = mb_headers_get(&response.headers, "ETag");
    const char *crc32c = mb_headers_get(&response.headers, "x-amz-checksum-crc32c");
    if (status == MB_OK && !header)
        status = mb_fail(call->error, MB_E_PROTOCOL, "the answer does not tell the part's etag");
    if (status == MB_OK) {
        mb_etag_copy(etag, sizeof(etag), header);
        status = mb_s3_write_part(out, number, response.sent, etag, crc32c ? crc32c : "", call->error);
    }
    mb_buf_done(&gathered);
    mb_http_response_done(&response);
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

static mb_status send_parts(struct mb_store *store, const char *key, const char *upload_id,
                            const struct mb_buf *body, struct mb_s3_result *out, const struct mb_call *call)
{
    struct mb_s3_request request = MB_S3_REQUEST(MB_S3_ON_PART, "POST", key);
    struct mb_http_response response = {0};

    mb_url_query(&request.query, "uploadId", upload_id);
    mb_headers_set(&request.headers, "Content-Type", "application/xml");
    request.http.body = mb_buf_text(body);
    request.http.body_len = body->len;
    request.http.patient = true;
    mb_status status = mb_s3_send(store, &request, &response, call);
    if (status == MB_OK)
        status = mb_s3_read_result(store, &response, out, call->error);
    if (status == MB_OK && strcmp(out->root, "CompleteMultipartUploadResult") != 0) {
        status =
            mb_fail(call->error, MB_E_PROTOCOL, "the answer is a %.60s, not that of an upload", out->root);
        call->error->flags |= MB_ERR_AMBIGUOUS;
    }
    mb_http_response_done(&response);
    mb_s3_request_done(&request);
    return status;
}

mb_status mb_s3_mpu_complete(struct mb_store *store, const char *key, const char *upload_id,
                             const struct mb_part *parts, size_t count, struct mb_stat *out,
                             const struct mb_call *call)
{
    struct mb_buf body = MB_BUF_INIT(MAX_DOCUMENT);
    struct mb_s3_result result;
    struct mb_stat found = {.struct_size = sizeof(found)};

    mb_status status = mb_s3_check_key(key, call->error);
    if (status == MB_OK && count == 0)
        status = mb_fail(call->error, MB_E_INVALID, "an upload of no parts cannot be completed");
    for (size_t i = 1; i < count && status == MB_OK; i++)
        if (parts[i].number <= parts[i - 1].number)
            status = mb_fail(call->error, MB_E_INVALID, "the parts are not in ascending order");
    if (status == MB_OK) {
        write_parts(parts, count, &body);
        status = mb_buf_check(&body, "the list of parts", call->error);
    }
    if (status == MB_OK)
        status = send_parts(store, key, upload_id, &body, &result, call);
    for (size_t i = 0; i < count; i++)
        found.size += parts[i].size;
    if (status == MB_OK && result.etag[0] != '\0') {
        mb_text_fit(found.etag, sizeof(found.etag), result.etag);
        mb_stat_write(out, &found);
    } else if (status == MB_OK) {
        status = mb_written_size(mb_s3_stat, store, key, found.size, out, call);
    }
    mb_buf_done(&body);
    return status;
}

mb_status mb_s3_mpu_abort(struct mb_store *store, const char *key, const char *upload_id,
                          const struct mb_call *call)
{
    return mb_s3_delete(store, key, upload_id, call);
}
