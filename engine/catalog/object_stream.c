#include "catalog/object_stream.h"

#include <stdlib.h>
#include <string.h>

#define RANGE_BYTES ((size_t)1024 * 1024)

struct mb_object_stream {
    struct mb_storage *storage;
    const char *key;
    struct mb_cancel *cancel;
    uint64_t offset; /* of the next range */
    char etag[sizeof(((struct mb_stat *)0)->etag)];
    bool ended;
    size_t at, have; /* in range */
    char range[RANGE_BYTES];
};

mb_status mb_object_stream_open(struct mb_object_stream **out, struct mb_storage *storage, const char *key,
                                struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_object_stream *stream = malloc(sizeof(*stream));
    if (stream == NULL)
        return mb_fail_memory(error);
    stream->storage = storage;
    stream->key = key;
    stream->cancel = cancel;
    stream->offset = 0;
    stream->etag[0] = '\0';
    stream->ended = false;
    stream->at = stream->have = 0;
    *out = stream;
    return MB_OK;
}

void mb_object_stream_close(struct mb_object_stream *stream)
{
    free(stream);
}

static mb_status fill(struct mb_object_stream *stream, struct mb_error *error)
{
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    size_t nread = 0;
    const char *etag = stream->etag[0] == '\0' ? NULL : stream->etag;
    MB_TRY(mb_storage_read(stream->storage, stream->key, stream->offset, stream->range, RANGE_BYTES, etag,
                           &nread, &stat, stream->cancel, error));
    if (stream->offset == 0)
        memcpy(stream->etag, stat.etag, sizeof(stream->etag));
    stream->offset += nread;
    stream->at = 0;
    stream->have = nread;
    stream->ended = nread < RANGE_BYTES;
    return MB_OK;
}

mb_status mb_object_stream_read(void *ctx, void *buf, size_t cap, size_t *nread, struct mb_error *error)
{
    struct mb_object_stream *stream = ctx;
    if (stream->at == stream->have && !stream->ended)
        MB_TRY(fill(stream, error));
    size_t left = stream->have - stream->at;
    size_t n = left < cap ? left : cap;
    memcpy(buf, stream->range + stream->at, n);
    stream->at += n;
    *nread = n;
    return MB_OK;
}
