#include "common/error.h"
#include "common/s3_store.h"
#include "common/times.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Digits, then the given character or the end. */
static const char *take_number(const char *text, char then, uint64_t *out)
{
    char *end;
    if (!text || *text < '0' || *text > '9')
        return NULL;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && *end == then ? end + (then != '\0') : NULL;
}

static bool content_length(const struct mb_http_response *response, uint64_t *out)
{
    return take_number(mb_headers_get(&response->headers, "Content-Length"), '\0', out) != NULL;
}

static void stat_of_headers(const struct mb_http_response *response, uint64_t size, struct mb_stat *out)
{
    const char *etag = mb_headers_get(&response->headers, "ETag");
    const char *modified = mb_headers_get(&response->headers, "Last-Modified");

    *out = (struct mb_stat){.size = size};
    if (etag)
        mb_etag_copy(out->etag, sizeof(out->etag), etag);
    if (modified && !mb_time_parse_http(modified, &out->mtime_ns))
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
    struct mb_http_response response = {0};
    struct mb_error first = {.struct_size = sizeof(first)};

    mb_plugin_error_copy(&first, call->error);
    mb_headers_set(&request.headers, "Range", "bytes=0-0");
    mb_status status = mb_s3_send(store, &request, &response, call);
    bool well = status == MB_OK || response.status == 416;
    if (well || response.status < 300)
        mb_plugin_error_copy(call->error, &first);
    mb_http_response_done(&response);
    mb_s3_request_done(&request);
    return well;
}

static mb_status send_head(struct mb_store *store, const char *key, struct mb_stat *out, int *http_status,
                           const struct mb_call *call)
{
    struct mb_s3_request request = MB_S3_REQUEST(MB_S3_ON_READ, "HEAD", key);
    struct mb_http_response response = {0};
    uint64_t size;

    ask_for_checksum(store, &request.headers);
    mb_status status = mb_s3_send(store, &request, &response, call);
    *http_status = response.status;
    if (status == MB_OK && !content_length(&response, &size))
        status = mb_plugin_fail(call->error, MB_E_PROTOCOL, "the answer does not tell the object's size");
    if (status == MB_OK)
        stat_of_headers(&response, size, out);
    mb_http_response_done(&response);
    mb_s3_request_done(&request);
    return status;
}

mb_status mb_s3_stat(struct mb_store *store, const char *key, struct mb_stat *out, const struct mb_call *call)
{
    struct mb_stat found;
    int http_status;

    mb_status status = mb_s3_check_key(key, call->error);
    if (status != MB_OK)
        return status;
    status = send_head(store, key, &found, &http_status, call);
    bool known = http_status == 404 && atomic_load(&store->bucket_seen);
    if (status != MB_OK && http_status >= 300 && http_status < 500 && !known) {
        bool again = find_reason(store, key, call);
        status = again ? send_head(store, key, &found, &http_status, call) : call->error->status;
    }
    if (status == MB_OK)
        mb_stat_write(out, &found);
    return status;
}

/* --------------------------------------------------------------------- get */

struct getting {
    uint64_t offset;
    uint64_t length; /* 0 for the rest */
    const char *if_match;
    uint64_t expected; /* bytes of the body */
    struct mb_stat found;
};

static bool is_ranged(const struct getting *getting)
{
    return getting->offset > 0 || getting->length > 0;
}

/* "bytes 0-9/100": first and last byte, and the size of the object. */
static bool parse_content_range(const char *text, uint64_t *first, uint64_t *last, uint64_t *size)
{
    if (!text || strncasecmp(text, "bytes ", 6) != 0)
        return false;
    text = take_number(text + 6, '-', first);
    text = take_number(text, '/', last);
    return take_number(text, '\0', size) && *first <= *last && *last < *size;
}

static mb_status accept_part(struct getting *getting, const struct mb_http_response *response, uint64_t *size,
                             struct mb_error *error)
{
    const char *range = mb_headers_get(&response->headers, "Content-Range");
    uint64_t first, last;

    if (!parse_content_range(range, &first, &last, size))
        return mb_plugin_fail(error, MB_E_PROTOCOL, "the answer holds no range that makes sense: '%.100s'",
                              range ? range : "");
    uint64_t left = *size - first;
    uint64_t wanted = getting->length > 0 && getting->length < left ? getting->length : left;
    if (!is_ranged(getting) || first != getting->offset || last - first + 1 != wanted)
        return mb_plugin_fail(error, MB_E_PROTOCOL,
                              "the answer is another range than was asked for: '%.100s'", range);
    getting->expected = wanted;
    return MB_OK;
}

/* A service that does not know ranges sends everything, which is fine only when that is what was wanted. */
static mb_status accept_whole(struct getting *getting, const struct mb_http_response *response,
                              uint64_t *size, struct mb_error *error)
{
    if (!content_length(response, size))
        return mb_plugin_fail(error, MB_E_PROTOCOL, "the answer does not tell the object's size");
    if (getting->offset > 0 || (getting->length > 0 && *size > getting->length))
        return mb_plugin_fail(error, MB_E_PROTOCOL, "the service sends the whole object instead of a range");
    getting->expected = *size;
    return MB_OK;
}

/* Before the sink gets anything: is it the right part of the right object? */
static mb_status accept_body(void *ctx, const struct mb_http_response *response, struct mb_error *error)
{
    struct getting *getting = ctx;
    const char *etag = mb_headers_get(&response->headers, "ETag");
    uint64_t size;

    /* rclone sends parts with status 200 */
    bool part = response->status == 206 || mb_headers_get(&response->headers, "Content-Range");
    mb_status status =
        part ? accept_part(getting, response, &size, error) : accept_whole(getting, response, &size, error);
    if (status != MB_OK)
        return status;
    if (getting->if_match && etag && !mb_etag_equal(etag, getting->if_match))
        return mb_plugin_fail(error, MB_E_EXISTS, "the object has changed: its etag is %.100s now", etag);
    stat_of_headers(response, size, &getting->found);
    if (part)
        getting->found.flags &= ~(uint32_t)MB_STAT_CRC32C;
    return MB_OK;
}

/* A range that begins at or behind the end is refused (416), also that of an empty object.  Here it has no
 * bytes, like reading a file there. */
static mb_status read_past_end(struct mb_store *store, const char *key, const struct getting *getting,
                               struct mb_stat *out, const struct mb_call *call)
{
    struct mb_stat found = {.struct_size = sizeof(found)};
    mb_status status = mb_s3_stat(store, key, &found, call);
    if (status != MB_OK)
        return status;
    if (getting->if_match && !mb_etag_equal(found.etag, getting->if_match))
        return mb_plugin_fail(call->error, MB_E_EXISTS, "the object has changed: its etag is %s now",
                              found.etag);
    if (getting->offset < found.size)
        return mb_plugin_fail(call->error, MB_E_PROTOCOL, "the service refuses a range inside of the object");
    mb_plugin_error_clear(call->error);
    mb_stat_write(out, &found);
    return MB_OK;
}

static void set_range(const struct getting *getting, struct mb_headers *headers)
{
    uint64_t last = getting->offset + getting->length - 1;
    if (getting->length > 0 && last >= getting->offset)
        mb_headers_printf(headers, "Range", "bytes=%" PRIu64 "-%" PRIu64, getting->offset, last);
    else if (getting->offset > 0)
        mb_headers_printf(headers, "Range", "bytes=%" PRIu64 "-", getting->offset);
}

mb_status mb_s3_get(struct mb_store *store, const char *key, const struct mb_get_options *opts,
                    const struct mb_sink *sink, struct mb_stat *out, const struct mb_call *call)
{
    struct mb_s3_request request = MB_S3_REQUEST(MB_S3_ON_READ, "GET", key);
    struct mb_http_response response = {0};
    struct getting getting = {0};

    mb_status status = mb_s3_check_key(key, call->error);
    if (status != MB_OK)
        return status;
    if (opts) {
        getting.offset = opts->offset;
        getting.length = opts->length;
        getting.if_match = opts->if_match;
    }
    set_range(&getting, &request.headers);
    if (getting.if_match)
        mb_headers_printf(&request.headers, "If-Match", "\"%s\"", getting.if_match);
    if (!is_ranged(&getting))
        ask_for_checksum(store, &request.headers);
    request.http.sink = sink;
    request.http.begin = accept_body;
    request.http.begin_ctx = &getting;
    status = mb_s3_send(store, &request, &response, call);
    if (status == MB_OK && response.received != getting.expected)
        status = mb_plugin_fail(call->error, MB_E_UNAVAILABLE,
                                "the answer has %" PRIu64 " bytes instead of %" PRIu64, response.received,
                                getting.expected);
    if (status == MB_OK)
        mb_stat_write(out, &getting.found);
    else if (response.status == 416)
        status = read_past_end(store, key, &getting, out, call);
    mb_http_response_done(&response);
    mb_s3_request_done(&request);
    return status;
}

/* --------------------------------------------------------------------- put */

static mb_status refuse_existing(struct mb_store *store, const char *key, const struct mb_call *call)
{
    mb_status status = mb_s3_stat(store, key, NULL, call);
    if (status == MB_OK)
        return mb_plugin_fail(call->error, MB_E_EXISTS, "the object exists");
    if (status != MB_E_NOT_FOUND)
        return status;
    mb_plugin_error_clear(call->error);
    return MB_OK;
}

static mb_status set_if_absent(struct mb_store *store, const char *key, struct mb_headers *headers,
                               const struct mb_call *call)
{
    const struct mb_s3_header *header = &store->dialect->if_absent;
    if (!header->name)
        return mb_plugin_fail(call->error, MB_E_UNSUPPORTED,
                              "the service cannot refuse to overwrite an object");
    mb_headers_set(headers, header->name, header->value);
    return store->dialect->flags & MB_S3_LOOK_FIRST ? refuse_existing(store, key, call) : MB_OK;
}

mb_status mb_s3_put(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                    const struct mb_source *source, struct mb_stat *out, const struct mb_call *call)
{
    struct mb_s3_request request = MB_S3_REQUEST(MB_S3_ON_CREATE, "PUT", key);
    struct mb_http_response response = {0};
    struct mb_stat found;
    const char *type = opts && opts->content_type ? opts->content_type : "application/octet-stream";

    mb_status status = mb_s3_check_key(key, call->error);
    if (status != MB_OK)
        return status;
    mb_headers_set(&request.headers, "Content-Type", type);
    request.crc32c = opts ? opts->crc32c : NULL;
    request.http.source = source;
    status = mb_s3_add_checksum(store, &request, false, NULL, call);
    if (status == MB_OK && opts && (opts->flags & MB_PUT_IF_ABSENT))
        status = set_if_absent(store, key, &request.headers, call);
    if (status == MB_OK)
        status = mb_s3_send(store, &request, &response, call);
    if (status == MB_OK) {
        stat_of_headers(&response, response.sent, &found);
        mb_stat_write(out, &found);
    }
    mb_http_response_done(&response);
    mb_s3_request_done(&request);
    return status;
}

mb_status mb_s3_remove(struct mb_store *store, const char *key, const struct mb_call *call)
{
    struct mb_s3_request request = MB_S3_REQUEST(MB_S3_ON_OTHER, "DELETE", key);
    struct mb_http_response response = {0};

    mb_status status = mb_s3_check_key(key, call->error);
    if (status != MB_OK)
        return status;
    status = mb_s3_send(store, &request, &response, call);
    if (status == MB_E_NOT_FOUND) {
        mb_plugin_error_clear(call->error);
        status = MB_OK;
    }
    mb_http_response_done(&response);
    mb_s3_request_done(&request);
    return status;
}
