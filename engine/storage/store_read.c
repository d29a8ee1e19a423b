#include "storage/store_private.h"

#include "base/crc32c.h"

#include <string.h>

struct receiving;

/* Takes len bytes that lie at `at` within the wanted range.  A failure is final for the attempt. */
typedef mb_status take_fn(struct receiving *r, uint64_t at, const void *data, size_t len,
                          struct mb_error *error);

/* One get.  A driver without ranges delivers the whole object, of which the wanted range is picked here. */
struct receiving {
    struct mb_storage *storage;
    const char *key;
    const char *if_match;
    uint64_t offset;
    uint64_t length; /* 0 for the rest of the object */
    uint64_t size;   /* what may have to come, as far as it is known */
    bool ranged;
    bool summed; /* crc32c is wanted, whatever the range */
    take_fn *take;
    void *to; /* take's */

    uint64_t delivered; /* by the driver in this attempt */
    uint64_t taken;
    uint32_t crc32c; /* of what was delivered, when that may be the whole object or it is wanted */
    bool refused;
    struct mb_error refusal;
    struct mb_stat stat;
};

static mb_status receive(void *ctx, const void *data, size_t len)
{
    struct receiving *r = ctx;
    uint64_t begin = r->delivered;
    uint64_t end = r->delivered += len;
    if (r->summed || !r->ranged || r->offset == 0)
        r->crc32c = mb_crc32c(r->crc32c, data, len);
    uint64_t from = r->ranged ? 0 : r->offset;
    uint64_t to = r->length == 0 ? UINT64_MAX : from + r->length;
    mb_status status = MB_OK;
    if (r->ranged && end > to)
        status = mb_fail(&r->refusal, MB_E_CORRUPT, "more than the %llu bytes asked for came",
                         (unsigned long long)r->length);
    if (begin < from)
        begin = from;
    if (end > to)
        end = to;
    if (status == MB_OK && begin < end) {
        const char *bytes = (const char *)data + (begin - (r->delivered - len));
        status = r->take(r, begin - from, bytes, (size_t)(end - begin), &r->refusal);
        r->taken += end - begin;
    }
    r->refused = r->refused || status != MB_OK;
    return status == MB_OK ? MB_OK : MB_E_CALLBACK;
}

/* How many bytes of an object of this size the driver has to deliver. */
static uint64_t expected(const struct receiving *r, uint64_t size)
{
    if (!r->ranged)
        return size;
    uint64_t rest = size > r->offset ? size - r->offset : 0;
    return r->length > 0 && r->length < rest ? r->length : rest;
}

static mb_status check_delivery(struct receiving *r, struct mb_error *error)
{
    uint64_t want = expected(r, r->stat.size);
    if (r->delivered != want)
        return mb_fail(error, MB_E_CORRUPT, "%llu bytes came instead of %llu",
                       (unsigned long long)r->delivered, (unsigned long long)want);
    bool whole = r->delivered == r->stat.size && (!r->ranged || r->offset == 0);
    if (whole && (r->stat.flags & MB_STAT_CRC32C) != 0 && r->stat.crc32c != r->crc32c)
        return mb_fail(error, MB_E_CORRUPT, "checksum of the bytes is %08x, the service says %08x", r->crc32c,
                       r->stat.crc32c);
    return mb_storage_check_stat(&r->stat, UINT64_MAX, error);
}

/* What the host refused counts, whatever the driver makes of it. */
static mb_status attempt_get(void *ctx, const struct mb_call *call)
{
    struct receiving *r = ctx;
    struct mb_get_options options = {
        .struct_size = sizeof(options),
        .offset = r->ranged ? r->offset : 0,
        .length = r->ranged ? r->length : 0,
        .if_match = r->if_match,
    };
    struct mb_sink sink = {.struct_size = sizeof(sink), .write = receive, .ctx = r};
    r->stat = MB_STAT_INIT;
    r->delivered = 0;
    r->taken = 0;
    r->crc32c = 0;
    r->refused = false;
    r->refusal = MB_ERROR_INIT;
    mb_status status = r->storage->plugin->get(r->storage->store, r->key, &options, &sink, &r->stat, call);
    if (r->refused) {
        *call->error = r->refusal;
        return r->refusal.status;
    }
    return status == MB_OK ? check_delivery(r, call->error) : status;
}

static mb_status run_get(struct receiving *r, struct mb_cancel *cancel, struct mb_error *error)
{
    r->ranged = (r->storage->info.caps & MB_CAP_RANGE) != 0 || (r->offset == 0 && r->length == 0);
    if (r->size == 0)
        r->size = r->ranged ? r->length : r->offset + r->length;
    struct mb_request request = {
        .operation = MB_OP_GET,
        .key = r->key,
        .timeout_ns = mb_storage_time_for(r->storage, r->size),
        .attempt = attempt_get,
        .ctx = r,
    };
    MB_TRY(mb_storage_run(r->storage, &request, cancel, error));
    mb_counters_bytes(r->storage, MB_OP_GET, r->taken);
    return MB_OK;
}

static mb_status take_into_memory(struct receiving *r, uint64_t at, const void *data, size_t len,
                                  struct mb_error *error)
{
    (void)error;
    memcpy((char *)r->to + at, data, len);
    return MB_OK;
}

/* What was delivered is what was taken, unless a driver without ranges delivered the whole object. */
static uint32_t sum_taken(const struct receiving *r)
{
    return r->taken == r->delivered ? r->crc32c : mb_crc32c(0, r->to, (size_t)r->taken);
}

mb_status mb_storage_read_summed(struct mb_storage *storage, const char *key, uint64_t offset, void *buf,
                                 size_t len, const char *if_match, size_t *nread, uint32_t *crc32c,
                                 struct mb_stat *out, struct mb_cancel *cancel, struct mb_error *error)
{
    struct receiving r = {.storage = storage,
                          .key = key,
                          .if_match = if_match,
                          .offset = offset,
                          .length = len,
                          .summed = crc32c != NULL,
                          .take = take_into_memory,
                          .to = buf};
    if (len == 0) {
        MB_TRY(mb_storage_stat(storage, key, &r.stat, cancel, error));
    } else {
        MB_TRY(run_get(&r, cancel, error));
    }
    *nread = (size_t)r.taken;
    if (crc32c != NULL)
        *crc32c = sum_taken(&r);
    if (out != NULL)
        *out = r.stat;
    return MB_OK;
}

mb_status mb_storage_read(struct mb_storage *storage, const char *key, uint64_t offset, void *buf, size_t len,
                          const char *if_match, size_t *nread, struct mb_stat *out, struct mb_cancel *cancel,
                          struct mb_error *error)
{
    return mb_storage_read_summed(storage, key, offset, buf, len, if_match, nread, NULL, out, cancel, error);
}

struct appending {
    struct mb_buf *buf;
    size_t start; /* what was there before */
};

static mb_status take_into_buf(struct receiving *r, uint64_t at, const void *data, size_t len,
                               struct mb_error *error)
{
    struct appending *appending = r->to;
    if (at == 0)
        mb_buf_truncate(appending->buf, appending->start);
    mb_buf_append(appending->buf, data, len);
    if (appending->buf->status == MB_E_INVALID)
        return mb_fail(error, MB_E_INVALID, "the object is larger than the %zu bytes that are allowed",
                       appending->buf->max - appending->start);
    return mb_buf_status(appending->buf, error);
}

mb_status mb_storage_read_all(struct mb_storage *storage, const char *key, struct mb_buf *buf,
                              struct mb_cancel *cancel, struct mb_error *error)
{
    struct appending appending = {buf, buf->len};
    struct receiving r = {.storage = storage, .key = key, .take = take_into_buf, .to = &appending};
    MB_TRY(mb_buf_status(buf, error));
    mb_status status = run_get(&r, cancel, error);
    if (status != MB_OK || r.taken == 0)
        mb_buf_truncate(buf, appending.start);
    return status;
}

struct comparing {
    const struct mb_source *source;
    bool different;
};

static mb_status take_and_compare(struct receiving *r, uint64_t at, const void *data, size_t len,
                                  struct mb_error *error)
{
    struct comparing *comparing = r->to;
    const struct mb_source *source = comparing->source;
    const char *theirs = data;
    if (at == 0 && source->rewind(source->ctx) != MB_OK)
        return mb_fail(error, MB_E_CALLBACK, "the source of the bytes cannot be rewound");
    while (len > 0) {
        char ours[16 * 1024];
        size_t n = 0;
        size_t cap = len < sizeof(ours) ? len : sizeof(ours);
        if (source->read(source->ctx, ours, cap, &n) != MB_OK || n > cap)
            return mb_fail(error, MB_E_CALLBACK, "the source of the bytes failed");
        if (n == 0 || memcmp(ours, theirs, n) != 0) {
            comparing->different = true;
            return mb_fail(error, MB_E_CALLBACK, "the object holds other bytes");
        }
        theirs += n;
        len -= n;
    }
    return MB_OK;
}

mb_status mb_storage_compare(struct mb_storage *storage, const char *key, const struct mb_source *source,
                             bool *equal, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_stat stat;
    MB_TRY(mb_storage_stat(storage, key, &stat, cancel, error));
    if (source->size < 0 || stat.size != (uint64_t)source->size) {
        *equal = false;
        return MB_OK;
    }
    struct comparing comparing = {.source = source};
    struct receiving r = {
        .storage = storage, .key = key, .size = stat.size, .take = take_and_compare, .to = &comparing};
    mb_status status = run_get(&r, cancel, error);
    if (status != MB_OK && !comparing.different)
        return status;
    *equal = status == MB_OK && r.taken == stat.size;
    return MB_OK;
}
