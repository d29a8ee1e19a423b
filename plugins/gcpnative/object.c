#include "gcpnative.h"

#include "base/buf.h"
#include "base/crc32c.h"
#include "base/error.h"
#include "base/text.h"
#include "common/driver.h"
#include "common/foreign.h"
#include "common/range.h"
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
    struct mb_store *store;
    const char *key;
    const struct mb_call *call;
    struct mb_range range;
    const struct mb_sink *sink;
    const char *if_match; /* or NULL */
    struct mb_stat stat;
    uint32_t crc;
};

static mb_status begin_reading(void *ctx, const struct mb_http_response *response, struct mb_error *error)
{
    struct reading *reading = ctx;
    const struct mb_headers *headers = &response->headers;
    const char *generation = mb_headers_get(headers, "X-Goog-Generation");
    const char *modified = mb_headers_get(headers, "Last-Modified");
    mb_status status = mb_foreign_refuse_page(response, error);
    if (status == MB_OK)
        status = mb_range_accept(&reading->range, response, "X-Goog-Stored-Content-Length", error);
    if (status == MB_OK && reading->range.unsized)
        status = mb_range_learn(&reading->range, generation, gcs_stat, reading->store, reading->key,
                                reading->call);
    if (status < 0)
        return status;
    reading->stat.size = reading->range.size;
    if (generation != NULL)
        mb_text_fit(reading->stat.etag, sizeof(reading->stat.etag), generation);
    if (generation != NULL && reading->if_match != NULL && strcmp(generation, reading->if_match) != 0)
        return mb_fail(error, MB_E_EXISTS, "the object has been replaced: generation %s, not %s",
                       reading->stat.etag, reading->if_match);
    if (modified == NULL || !mb_http_date_parse(modified, &reading->stat.mtime_ns))
        reading->stat.mtime_ns = 0;
    if (gcs_hash_crc(mb_headers_get(headers, "X-Goog-Hash"), &reading->stat.crc32c))
        reading->stat.flags |= MB_STAT_CRC32C;
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
    bool whole = reading->range.expected == reading->range.size;
    if (!whole || !(reading->stat.flags & MB_STAT_CRC32C) || reading->crc == reading->stat.crc32c)
        return MB_OK;
    mb_fail(error, MB_E_CORRUPT, "the bytes that came have CRC32C %08x, the service keeps %08x", reading->crc,
            reading->stat.crc32c);
    error->flags |= MB_ERR_RETRYABLE;
    return MB_E_CORRUPT;
}

static mb_status finish_reading(const struct reading *reading, const struct mb_http_response *response,
                                struct mb_stat *out, struct mb_error *error)
{
    MB_TRY(mb_range_complete(&reading->range, response, error));
    MB_TRY(check_whole(reading, error));
    mb_stat_write(out, &reading->stat);
    return MB_OK;
}

/* The service would unpack what was uploaded packed, if it were not told that we can. */
mb_status gcs_get(struct mb_store *store, const char *key, const struct mb_get_options *opts,
                  const struct mb_sink *sink, struct mb_stat *out, const struct mb_call *call)
{
    struct mb_http_response response = {0};
    struct reading reading = {.store = store,
                              .key = key,
                              .call = call,
                              .range = mb_range_of(opts),
                              .sink = sink,
                              .if_match = opts ? opts->if_match : NULL,
                              .stat = {.struct_size = sizeof(reading.stat)}};
    const struct mb_sink counted = {.struct_size = sizeof(counted), .write = take_bytes, .ctx = &reading};
    char range[MB_RANGE_TEXT];
    mb_range_write(&reading.range, range);
    const struct mb_pair query[] = {{"alt", "media"}, {"ifGenerationMatch", reading.if_match}, {NULL, NULL}};
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
    if (status < 0 && response.status == 416)
        status = mb_range_past_end(&reading.range, reading.if_match, gcs_stat, store, key, out, call);
    else if (status == MB_OK)
        status = finish_reading(&reading, &response, out, call->error);
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
