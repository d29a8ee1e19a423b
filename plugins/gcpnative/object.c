#include "gcpnative.h"

#include "base/buf.h"
#include "base/crc32c.h"
#include "base/error.h"
#include "base/random.h"
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

/* ---------------------------------------------------------------------- put */

/* A multipart/related body: the description, then the bytes of the source. */
struct framed {
    struct mb_buf head;
    char tail[64];
    const struct mb_source *inner;
    int stage; /* 0 head, 1 bytes, 2 tail, 3 end */
    size_t at;
    int64_t given; /* bytes that came from inner */
};

static mb_status take_text(struct framed *framed, const char *text, size_t len, void *buf, size_t cap,
                           size_t *nread)
{
    size_t run = len - framed->at < cap ? len - framed->at : cap;
    memcpy(buf, text + framed->at, run);
    framed->at += run;
    if (framed->at == len) {
        framed->stage++;
        framed->at = 0;
    }
    *nread = run;
    return MB_OK;
}

/* A source that gives more or less than it announced would shift the tail, so it ends the request. */
static mb_status take_bytes_of(struct framed *framed, void *buf, size_t cap, size_t *nread)
{
    const struct mb_source *inner = framed->inner;
    mb_status status = inner->read(inner->ctx, buf, cap, nread);
    if (status < 0)
        return status;
    framed->given += (int64_t)*nread;
    bool fits = *nread == 0 ? framed->given == inner->size : framed->given <= inner->size;
    return fits ? MB_OK : MB_E_INVALID;
}

static mb_status read_framed(void *ctx, void *buf, size_t cap, size_t *nread)
{
    struct framed *framed = ctx;
    if (framed->stage == 0)
        return take_text(framed, framed->head.data, framed->head.len, buf, cap, nread);
    if (framed->stage == 1) {
        mb_status status = take_bytes_of(framed, buf, cap, nread);
        if (status < 0 || *nread > 0)
            return status;
        framed->stage = 2;
    }
    if (framed->stage == 2)
        return take_text(framed, framed->tail, strlen(framed->tail), buf, cap, nread);
    *nread = 0;
    return MB_OK;
}

static mb_status rewind_framed(void *ctx)
{
    struct framed *framed = ctx;
    framed->stage = 0;
    framed->at = 0;
    framed->given = 0;
    return framed->inner->rewind(framed->inner->ctx);
}

mb_status gcs_describe(const char *key, const struct mb_put_options *opts, char **out, struct mb_error *error)
{
    uint32_t crc32c;
    char crc[16];
    bool known = mb_put_crc32c(opts, &crc32c);
    if (known)
        mb_crc32c_to_base64(crc32c, crc);
    json_t *description = json_pack("{s:s, s:s, s:s*}", "name", key, "contentType", mb_content_type(opts),
                                    "crc32c", known ? crc : NULL);
    *out = description ? json_dumps(description, JSON_COMPACT) : NULL;
    json_decref(description);
    return *out ? MB_OK : mb_fail(error, MB_E_INVALID, "the key is not UTF-8");
}

static mb_status make_frame(struct framed *framed, const char *key, const struct mb_put_options *opts,
                            char *content_type, size_t cap, struct mb_error *error)
{
    char boundary[25];
    char *text = NULL;
    MB_TRY(mb_random_hex(boundary, sizeof(boundary) - 1, error));
    MB_TRY(gcs_describe(key, opts, &text, error));
    mb_buf_printf(
        &framed->head,
        "--%s\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n%s\r\n--%s\r\nContent-Type: %s\r\n\r\n",
        boundary, text, boundary, mb_content_type(opts));
    free(text);
    snprintf(framed->tail, sizeof(framed->tail), "\r\n--%s--\r\n", boundary);
    snprintf(content_type, cap, "multipart/related; boundary=%s", boundary);
    return mb_buf_check(&framed->head, "the description of the object", error);
}

mb_status gcs_put(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                  const struct mb_source *source, struct mb_stat *out, const struct mb_call *call)
{
    bool whole = source->size >= 0 && source->size <= GCS_WHOLE_MOST;
    return (whole ? gcs_put_whole : gcs_put_resumable)(store, key, opts, source, out, call);
}

static mb_status send_framed(struct mb_store *store, struct framed *framed, const char *key,
                             const struct mb_put_options *opts, struct mb_stat *stat,
                             const struct mb_call *call)
{
    char content_type[128];
    const struct mb_source *source = framed->inner;
    MB_TRY(make_frame(framed, key, opts, content_type, sizeof(content_type), call->error));
    const struct mb_source body = {.struct_size = sizeof(body),
                                   .size = source->size + (int64_t)(framed->head.len + strlen(framed->tail)),
                                   .read = read_framed,
                                   .rewind = source->rewind ? rewind_framed : NULL,
                                   .ctx = framed};
    const struct mb_pair query[] = {{"uploadType", "multipart"},
                                    {"fields", GCS_OBJECT_FIELDS},
                                    {"ifGenerationMatch", mb_put_is_new_only(opts) ? "0" : NULL},
                                    {NULL, NULL}};
    const struct mb_pair headers[] = {{"Content-Type", content_type}, {NULL, NULL}};
    const struct gcs_request request = {
        .http.method = "POST", .upload = true, .query = query, .headers = headers, .http.source = &body};
    return gcs_send_stat(store, &request, stat, call);
}

mb_status gcs_put_whole(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                        const struct mb_source *source, struct mb_stat *out, const struct mb_call *call)
{
    struct framed framed = {.head = MB_BUF_INIT(32768), .inner = source};
    struct mb_stat stat;
    mb_status status = send_framed(store, &framed, key, opts, &stat, call);
    mb_buf_done(&framed.head);
    MB_TRY(status);
    if (stat.size != (uint64_t)source->size)
        return mb_fail(call->error, MB_E_CORRUPT, "%lld bytes were sent, the service has %llu",
                       (long long)source->size, (unsigned long long)stat.size);
    mb_stat_write(out, &stat);
    return MB_OK;
}

/* ------------------------------------------------------------ remove */

mb_status gcs_remove(struct mb_store *store, const char *key, const struct mb_call *call)
{
    struct mb_http_response response = {0};
    const struct gcs_request request = {.http.method = "DELETE", .key = key};
    mb_status status = gcs_send(store, &request, &response, call);
    mb_http_response_done(&response);
    return status == MB_E_NOT_FOUND ? MB_OK : status;
}
