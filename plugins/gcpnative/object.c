#include "gcpnative.h"

#include "base/buf.h"
#include "base/crc32c.h"
#include "base/error.h"
#include "base/text.h"
#include "common/driver.h"
#include "common/reading.h"
#include "http/date.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

mb_status gcs_stat(struct mb_store *store, const char *key, struct mb_stat *out, const struct mb_call *call)
{
    static const struct mb_pair query[] = {{"fields", GCS_OBJECT_FIELDS}, {NULL, NULL}};
    struct mb_stat stat;
    const struct gcs_request request = {.http.method = "GET", .key = key, .query = query};
    MB_TRY(gcs_send_stat(store, &request, &stat, call));
    mb_stat_write(out, &stat);
    return MB_OK;
}

/* ---------------------------------------------------------------------- get */

struct reading {
    struct mb_reading get;
    const struct mb_sink *sink;
    uint32_t crc;
};

static mb_status begin_reading(void *ctx, const struct mb_http_response *response, struct mb_error *error)
{
    struct mb_reading *get = &((struct reading *)ctx)->get;
    const struct mb_headers *headers = &response->headers;
    const char *generation = mb_headers_get(headers, "X-Goog-Generation");
    const char *modified = mb_headers_get(headers, "Last-Modified");
    MB_TRY(mb_reading_begin(get, response, "X-Goog-Stored-Content-Length", generation, gcs_stat, error));
    if (generation != NULL)
        mb_text_fit(get->stat.etag, sizeof(get->stat.etag), generation);
    if (generation != NULL && get->if_match != NULL && strcmp(generation, get->if_match) != 0)
        return mb_fail(error, MB_E_EXISTS, "the object has been replaced: generation %s, not %s",
                       get->stat.etag, get->if_match);
    if (modified == NULL || !mb_http_date_parse(modified, &get->stat.mtime_ns))
        get->stat.mtime_ns = 0;
    if (gcs_hash_crc(mb_headers_get(headers, "X-Goog-Hash"), &get->stat.crc32c))
        get->stat.flags |= MB_STAT_CRC32C;
    return MB_OK;
}

static mb_status take_bytes(void *ctx, const void *data, size_t len)
{
    struct reading *reading = ctx;
    reading->crc = mb_crc32c(reading->crc, data, len);
    return reading->sink->write(reading->sink->ctx, data, len);
}

/* A whole object is compared with the checksum that the service keeps of it. */
static mb_status check_whole(const struct reading *reading, struct mb_error *error)
{
    const struct mb_reading *get = &reading->get;
    bool whole = get->range.expected == get->range.size;
    if (!whole || !(get->stat.flags & MB_STAT_CRC32C) || reading->crc == get->stat.crc32c)
        return MB_OK;
    mb_fail(error, MB_E_CORRUPT, "the bytes that came have CRC32C %08x, the service keeps %08x", reading->crc,
            get->stat.crc32c);
    error->flags |= MB_ERR_RETRYABLE;
    return MB_E_CORRUPT;
}

/* The service would unpack what was uploaded packed, if it were not told that we can. */
mb_status gcs_get(struct mb_store *store, const char *key, const struct mb_get_options *opts,
                  const struct mb_sink *sink, struct mb_stat *out, const struct mb_call *call)
{
    struct mb_http_response response = {0};
    struct reading reading = {.get = mb_reading_of(store, key, opts, call), .sink = sink};
    const struct mb_sink counted = {.struct_size = sizeof(counted), .write = take_bytes, .ctx = &reading};
    const char *range = reading.get.range_text;
    const struct mb_pair query[] = {
        {"alt", "media"}, {"ifGenerationMatch", reading.get.if_match}, {NULL, NULL}};
    const struct mb_pair headers[] = {
        {"Range", *range ? range : NULL}, {"Accept-Encoding", "gzip"}, {NULL, NULL}};
    const struct gcs_request request = {.http.method = "GET",
                                        .key = key,
                                        .query = query,
                                        .headers = headers,
                                        .http.sink = &counted,
                                        .http.begin = begin_reading,
                                        .http.begin_ctx = &reading};
    mb_status status = gcs_send(store, &request, &response, call);
    if (status == MB_OK && mb_range_complete(&reading.get.range, &response, call->error) == MB_OK)
        status = check_whole(&reading, call->error);
    status = mb_reading_end(&reading.get, status, &response, gcs_stat, out);
    mb_http_response_done(&response);
    return status;
}

mb_status gcs_remove(struct mb_store *store, const char *key, const struct mb_call *call)
{
    struct mb_http_response response = {0};
    const struct gcs_request request = {.http.method = "DELETE", .key = key};
    mb_status status = gcs_send(store, &request, &response, call);
    mb_http_response_done(&response);
    return status == MB_E_NOT_FOUND ? MB_OK : status;
}
