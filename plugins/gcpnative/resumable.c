/* resumable.c - uploads that go on where they were cut.
 *
 * Facts: https://cloud.google.com/storage/docs/performing-resumable-uploads: the session's address comes in
 * Location; pieces are multiples of 256 KiB but for the last; 308 says in Range how much is kept, nothing
 * when there is no Range; Content-Range with a star before the size, without a body, asks for that; DELETE
 * ends a session and answers 499. */
#include "gcpnative.h"

#include "base/buf.h"
#include "base/call.h"
#include "base/clock.h"
#include "base/crc32c.h"
#include "base/error.h"
#include "base/memory.h"
#include "common/driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Pieces, which are multiples of 256 KiB. */
#define STREAMED_PIECE  (UINT64_C(32) << 20) /* read while it is sent */
#define BUFFERED_PIECE  (UINT64_C(8) << 20)  /* held in memory, when the end is not known */
#define MOST_FRUITLESS  3U                   /* failures in a row after which no byte more was kept */
#define LONGEST_WAIT_MS 10000U
#define END_WITHIN_NS   INT64_C(1000000000)

struct upload {
    struct mb_store *store;
    const struct mb_source *source;
    char *session;

    bool sized;
    uint64_t size; /* once it is known */
    uint64_t kept; /* bytes that the service says it has */

    /* Where the source stands; and the checksum of its bytes before summed, which is as far as it was ever
     * read. */
    uint64_t taken;
    uint64_t summed;
    uint32_t crc;

    /* Of a source of unknown size: its bytes from base on.  One byte more than a piece tells whether the
     * piece is the last. */
    unsigned char *buffer;
    uint64_t base;
    size_t held;

    /* The piece under way, when it is read while it is sent. */
    uint64_t piece_start;
    uint64_t piece_end;

    json_t *object; /* what the service says in the end */
    bool hashed;    /* X-Goog-Hash came with it */
    uint32_t hash;
    bool gone;       /* the service does not know the session any more */
    bool unreadable; /* bytes that are wanted once more cannot be read again */
};

/* ------------------------------------------------------------- the source */

static mb_status take(struct upload *up, void *buf, size_t cap, size_t *nread)
{
    mb_status status = up->source->read(up->source->ctx, buf, cap, nread);
    if (status < 0)
        return status;
    uint64_t known = up->summed > up->taken ? up->summed - up->taken : 0;
    up->taken += *nread;
    if (*nread > known) {
        up->crc = mb_crc32c(up->crc, (const char *)buf + known, *nread - (size_t)known);
        up->summed = up->taken;
    }
    return MB_OK;
}

/* Brings the source to offset: by reading on, or from its beginning. */
static mb_status seek(struct upload *up, uint64_t offset)
{
    char skipped[16384];
    size_t nread = 1;
    mb_status status = MB_OK;
    if (up->taken > offset) {
        status = up->source->rewind ? up->source->rewind(up->source->ctx) : MB_E_UNSUPPORTED;
        if (status == MB_OK)
            up->taken = 0;
    }
    while (status == MB_OK && nread > 0 && up->taken < offset) {
        uint64_t left = offset - up->taken;
        status = take(up, skipped, left < sizeof(skipped) ? (size_t)left : sizeof(skipped), &nread);
    }
    return status == MB_OK && up->taken != offset ? MB_E_INVALID : status;
}

static mb_status read_piece(void *ctx, void *buf, size_t cap, size_t *nread)
{
    struct upload *up = ctx;
    uint64_t left = up->piece_end - up->taken;
    mb_status status = take(up, buf, left < cap ? (size_t)left : cap, nread);
    if (status == MB_OK && up->taken == up->size && *nread > 0) {
        /* A source that has more than it announced ends the request, as it does in one that is sent whole. */
        char more;
        size_t extra = 0;
        status = up->source->read(up->source->ctx, &more, 1, &extra);
        if (status == MB_OK && extra > 0)
            status = MB_E_INVALID;
    }
    return status;
}

static mb_status rewind_piece(void *ctx)
{
    struct upload *up = ctx;
    return seek(up, up->piece_start);
}

/* Drops what the service has and reads on until a piece and a byte are there, or the source is at its end. */
static mb_status fill(struct upload *up, const struct mb_call *call)
{
    size_t nread = 1;
    mb_status status = MB_OK;
    size_t drop = (size_t)(up->kept - up->base);
    memmove(up->buffer, up->buffer + drop, up->held - drop);
    up->held -= drop;
    up->base = up->kept;
    while (status == MB_OK && !up->sized && up->held <= BUFFERED_PIECE) {
        if (take(up, up->buffer + up->held, BUFFERED_PIECE + 1 - up->held, &nread) < 0)
            return mb_fail(call->error, MB_E_CALLBACK, "the source of the data failed");
        up->held += nread;
        up->sized = nread == 0;
        up->size = up->base + up->held;
        status = mb_call_wanted(call);
    }
    return status;
}

/* ------------------------------------------------------------- the session */

static mb_status keep_session(struct upload *up, const struct mb_http_response *response,
                              struct mb_error *error)
{
    const char *location = mb_headers_get(&response->headers, "Location");
    if (location == NULL || strncmp(location, "http", 4) != 0)
        return mb_fail(error, MB_E_PROTOCOL, "the answer has no address for the upload");
    up->session = strdup(location);
    return up->session != NULL ? MB_OK : mb_fail_memory(error);
}

static mb_status begin(struct upload *up, const char *key, const struct mb_put_options *opts,
                       const struct mb_call *call)
{
    struct mb_http_response response = {0};
    char *text = NULL;
    char size[24];
    MB_TRY(gcs_describe(key, opts, &text, call->error));
    snprintf(size, sizeof(size), "%llu", (unsigned long long)up->size);
    const struct mb_pair query[] = {{"uploadType", "resumable"},
                                    {"ifGenerationMatch", mb_put_is_new_only(opts) ? "0" : NULL},
                                    {NULL, NULL}};
    const struct mb_pair headers[] = {{"Content-Type", "application/json; charset=UTF-8"},
                                      {"X-Upload-Content-Type", mb_content_type(opts)},
                                      {"X-Upload-Content-Length", up->sized ? size : NULL},
                                      {NULL, NULL}};
    const struct gcs_request request = {.http.method = "POST",
                                        .upload = true,
                                        .query = query,
                                        .headers = headers,
                                        .http.body = text,
                                        .http.body_len = strlen(text)};
    mb_status status = gcs_send(up->store, &request, &response, call);
    if (status == MB_OK)
        status = keep_session(up, &response, call->error);
    free(text);
    mb_http_response_done(&response);
    return status;
}

/* Nobody waits for the bytes any more.  This has a moment of its own: the call's time may be over. */
static void end_session(struct upload *up)
{
    struct mb_error error = {.struct_size = sizeof(error)};
    const struct mb_call call = mb_driver_own_call(END_WITHIN_NS, &error);
    struct mb_http_response response = {0};
    const struct gcs_request request = {.http.method = "DELETE", .session = up->session, .fine = 499};
    if (gcs_send(up->store, &request, &response, &call) < 0)
        mb_driver_log(MB_LOG_DEBUG, "an unfinished upload was left to the service: %s", error.message);
    mb_http_response_done(&response);
}

/* "bytes=0-524287"; without it nothing is kept. */
static mb_status read_kept(struct upload *up, const char *range, struct mb_error *error)
{
    static const char start[] = "bytes=0-";
    const size_t len = sizeof(start) - 1;
    char *end = NULL;
    uint64_t kept = 0;
    if (range != NULL && strncmp(range, start, len) == 0 && range[len] >= '0' && range[len] <= '9')
        kept = strtoull(range + len, &end, 10) + 1;
    if ((range != NULL && (end == NULL || *end != '\0')) || kept > up->summed)
        return mb_fail(error, MB_E_PROTOCOL, "of %llu bytes the service says that it keeps '%.64s'",
                       (unsigned long long)up->summed, range);
    up->kept = kept;
    return MB_OK;
}

static mb_status read_object(struct upload *up, const struct mb_http_response *response,
                             struct mb_error *error)
{
    up->hashed = gcs_hash_crc(mb_headers_get(&response->headers, "X-Goog-Hash"), &up->hash);
    return gcs_answer_json(response, &up->object, error);
}

/* A request to the session: the object's description comes, or how much of it the service keeps. */
static mb_status exchange(struct upload *up, const char *content_range, const void *body, size_t len,
                          const struct mb_source *source, const struct mb_call *call)
{
    struct mb_http_response response = {0};
    const struct mb_pair headers[] = {{"Content-Range", content_range}, {NULL, NULL}};
    const struct gcs_request request = {.http.method = "PUT",
                                        .session = up->session,
                                        .headers = headers,
                                        .http.body = body,
                                        .http.body_len = len,
                                        .http.source = source,
                                        .fine = 308};
    mb_status status = gcs_send(up->store, &request, &response, call);
    if (status == MB_OK && response.status == 308)
        status = read_kept(up, mb_headers_get(&response.headers, "Range"), call->error);
    else if (status == MB_OK)
        status = read_object(up, &response, call->error);
    up->gone = status < 0 && (response.status == 404 || response.status == 410);
    mb_http_response_done(&response);
    if (up->gone) {
        mb_fail_as(call->error, MB_E_UNAVAILABLE);
        mb_error_context(call->error, "the service has lost the upload");
        call->error->flags |= MB_ERR_RETRYABLE | MB_ERR_AMBIGUOUS;
        status = MB_E_UNAVAILABLE;
    }
    return status;
}

static mb_status ask(struct upload *up, const struct mb_call *call)
{
    char range[64] = "bytes */*";
    if (up->sized)
        snprintf(range, sizeof(range), "bytes */%llu", (unsigned long long)up->size);
    return exchange(up, range, NULL, 0, NULL, call);
}

/* ------------------------------------------------------------- sending */

static mb_status fail_unreadable(struct upload *up, struct mb_error *error)
{
    up->unreadable = true;
    mb_fail(error, MB_E_UNAVAILABLE,
            "the service kept %llu of %llu bytes, and the source of the data cannot be read again",
            (unsigned long long)up->kept, (unsigned long long)up->taken);
    error->flags |= MB_ERR_AMBIGUOUS;
    return error->status;
}

static mb_status send_streamed(struct upload *up, const char *range, const struct mb_call *call)
{
    if (up->source->rewind == NULL && up->taken > up->kept)
        return fail_unreadable(up, call->error);
    if (seek(up, up->kept) < 0)
        return mb_fail(call->error, MB_E_CALLBACK, "the source of the data failed");
    const struct mb_source piece = {.struct_size = sizeof(piece),
                                    .size = (int64_t)(up->piece_end - up->piece_start),
                                    .read = read_piece,
                                    .rewind = up->source->rewind ? rewind_piece : NULL,
                                    .ctx = up};
    return exchange(up, range, NULL, 0, &piece, call);
}

/* Everything from what is kept on, up to a piece. */
static mb_status send_piece(struct upload *up, const struct mb_call *call)
{
    char range[96];
    char total[24] = "*";
    if (up->buffer != NULL) {
        mb_status status = up->kept < up->base ? fail_unreadable(up, call->error) : fill(up, call);
        if (status < 0)
            return status;
    }
    if (up->sized && up->kept == up->size)
        return ask(up, call); /* the service has it all and has not yet made the object */
    uint64_t most = up->buffer ? BUFFERED_PIECE : STREAMED_PIECE;
    up->piece_start = up->kept;
    up->piece_end = up->kept + most;
    if (up->sized && up->piece_end >= up->size)
        up->piece_end = up->size;
    if (up->sized)
        snprintf(total, sizeof(total), "%llu", (unsigned long long)up->size);
    snprintf(range, sizeof(range), "bytes %llu-%llu/%s", (unsigned long long)up->piece_start,
             (unsigned long long)up->piece_end - 1, total);
    if (up->buffer != NULL)
        return exchange(up, range, up->buffer, (size_t)(up->piece_end - up->piece_start), NULL, call);
    return send_streamed(up, range, call);
}

static bool worth_asking(const struct upload *up, const struct mb_error *error)
{
    bool passing =
        error->status == MB_E_UNAVAILABLE || error->status == MB_E_TIMEOUT || error->status == MB_E_THROTTLED;
    return passing && !up->gone && !up->unreadable && (error->flags & MB_ERR_RETRYABLE) &&
           error->retry_after_ms <= LONGEST_WAIT_MS;
}

static mb_status wait_ms(uint32_t ms, const struct mb_call *call)
{
    mb_status status = mb_call_rest(call, ms * MB_NS_PER_MS);
    if (status < 0)
        call->error->flags |= MB_ERR_AMBIGUOUS;
    return status;
}

/* After a failure the service is asked where to go on.  That is no new attempt at the whole, which the host
 * decides upon: it ends when time and again not a byte more is kept. */
static mb_status send_all(struct upload *up, const struct mb_call *call)
{
    unsigned fruitless = 0;
    uint64_t most = 0;
    bool lost = false;
    while (up->object == NULL) {
        mb_status status = lost ? ask(up, call) : send_piece(up, call);
        bool sent = !lost;
        lost = status < 0;
        if (lost && !worth_asking(up, call->error))
            return status;
        if (up->kept > most) {
            most = up->kept;
            fruitless = 0;
        } else if (lost || sent) {
            fruitless++;
        }
        if (up->object != NULL || fruitless == 0)
            continue;
        if (fruitless > MOST_FRUITLESS && lost)
            return status;
        if (fruitless > MOST_FRUITLESS)
            return mb_fail(call->error, MB_E_UNAVAILABLE, "the service keeps none of the bytes");
        uint32_t pause = fruitless > 1 ? 250U << fruitless : 0;
        if (lost && call->error->retry_after_ms > pause)
            pause = call->error->retry_after_ms;
        status = wait_ms(pause, call);
        if (status < 0)
            return status;
    }
    return MB_OK;
}

/* ------------------------------------------------------------- the end */

/* What is stored is not what was sent: it must not stand there under the object's name. */
static mb_status take_back(struct upload *up, const char *key, const struct mb_stat *stat, uint32_t wanted,
                           const struct mb_call *call)
{
    struct mb_http_response response = {0};
    const struct mb_pair query[] = {{"ifGenerationMatch", stat->etag}, {NULL, NULL}};
    const struct gcs_request request = {.http.method = "DELETE", .key = key, .query = query};
    if (stat->etag[0] != '\0')
        gcs_send(up->store, &request, &response, call);
    mb_http_response_done(&response);
    mb_fail(call->error, MB_E_CORRUPT,
            "%llu bytes with CRC32C %08x were sent, the service has %llu with %08x",
            (unsigned long long)up->size, wanted, (unsigned long long)stat->size, stat->crc32c);
    call->error->flags |= MB_ERR_RETRYABLE;
    return MB_E_CORRUPT;
}

static mb_status check_object(struct upload *up, const char *key, const struct mb_put_options *opts,
                              struct mb_stat *out, const struct mb_call *call)
{
    struct mb_stat stat;
    uint32_t wanted = up->crc;
    MB_TRY(gcs_read_stat(up->object, &stat, call->error));
    mb_put_crc32c(opts, &wanted);
    if (up->hashed) {
        stat.flags |= MB_STAT_CRC32C;
        stat.crc32c = up->hash;
    }
    bool same = !(stat.flags & MB_STAT_CRC32C) || stat.crc32c == wanted;
    if (stat.size != up->size || !same)
        return take_back(up, key, &stat, wanted, call);
    mb_error_clear(call->error); /* of failures after which it went on */
    mb_stat_write(out, &stat);
    return MB_OK;
}

/* What turned out to be short needs no session. */
static mb_status put_held(struct upload *up, const char *key, const struct mb_put_options *opts,
                          struct mb_stat *out, const struct mb_call *call)
{
    struct mb_memory_source memory;
    const struct mb_source source = mb_memory_source(&memory, up->buffer, up->held);
    return gcs_put_whole(up->store, key, opts, &source, out, call);
}

static mb_status put(struct upload *up, const char *key, const struct mb_put_options *opts,
                     struct mb_stat *out, const struct mb_call *call)
{
    if (!up->sized) {
        if ((up->buffer = malloc(BUFFERED_PIECE + 1)) == NULL)
            return mb_fail_memory(call->error);
        MB_TRY(fill(up, call));
        if (up->sized)
            return put_held(up, key, opts, out, call);
    }
    MB_TRY(begin(up, key, opts, call));
    mb_status status = send_all(up, call);
    if (status < 0 && !up->gone)
        end_session(up);
    return status < 0 ? status : check_object(up, key, opts, out, call);
}

static mb_status put_resumable(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                               const struct mb_source *source, struct mb_stat *out,
                               const struct mb_call *call)
{
    struct upload up = {.store = store, .source = source, .sized = source->size >= 0};
    if (up.sized)
        up.size = (uint64_t)source->size;
    mb_status status = put(&up, key, opts, out, call);
    json_decref(up.object);
    free(up.session);
    free(up.buffer);
    return status;
}

/* What is short, and known to be, goes in one request. */
mb_status gcs_put(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                  const struct mb_source *source, struct mb_stat *out, const struct mb_call *call)
{
    bool whole = source->size >= 0 && (uint64_t)source->size <= BUFFERED_PIECE;
    return (whole ? gcs_put_whole : put_resumable)(store, key, opts, source, out, call);
}
