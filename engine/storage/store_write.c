#include "storage/store_private.h"

#include "base/clock.h"
#include "base/memory.h"

#include <string.h>

static mb_status read_counted(void *ctx, void *buf, size_t cap, size_t *nread)
{
    struct mb_counted_source *counted = ctx;
    size_t n = 0;
    mb_status status = counted->inner->read(counted->inner->ctx, buf, cap, &n);
    if (status != MB_OK || n > cap) {
        counted->failed = true;
        return MB_E_CALLBACK;
    }
    counted->pos += n;
    *nread = n;
    return MB_OK;
}

static mb_status rewind_counted(void *ctx)
{
    struct mb_counted_source *counted = ctx;
    counted->pos = 0;
    counted->failed = counted->inner->rewind(counted->inner->ctx) != MB_OK;
    return counted->failed ? MB_E_CALLBACK : MB_OK;
}

mb_status mb_counted_source_begin(struct mb_counted_source *counted, const struct mb_source *inner,
                                  struct mb_source *out, struct mb_error *error)
{
    *counted = (struct mb_counted_source){.inner = inner};
    if (rewind_counted(counted) != MB_OK)
        return mb_fail(error, MB_E_CALLBACK, "the source of the bytes cannot be rewound");
    *out = (struct mb_source){
        .struct_size = sizeof(struct mb_source),
        .size = inner->size,
        .read = read_counted,
        .rewind = rewind_counted,
        .ctx = counted,
    };
    return MB_OK;
}

mb_status mb_counted_source_end(const struct mb_counted_source *counted, const struct mb_storage *storage,
                                mb_status status, struct mb_error *error)
{
    if (counted->failed)
        return mb_fail(error, MB_E_CALLBACK, "the source of the bytes failed");
    if (status == MB_OK && counted->pos != (uint64_t)counted->inner->size)
        return mb_storage_fail_driver(storage, error, "it reports success and has read %llu of %lld bytes",
                                      (unsigned long long)counted->pos, (long long)counted->inner->size);
    return status;
}

struct putting {
    struct mb_storage *storage;
    const char *key;
    const struct mb_source *source;
    struct mb_put_options options;
    struct mb_stat stat;
};

static mb_status attempt_put(void *ctx, const struct mb_call *call)
{
    struct putting *p = ctx;
    struct mb_counted_source counted;
    struct mb_source source;
    MB_TRY(mb_counted_source_begin(&counted, p->source, &source, call->error));
    p->stat = MB_STAT_INIT;
    mb_status status =
        p->storage->plugin->put(p->storage->store, p->key, &p->options, &source, &p->stat, call);
    status = mb_counted_source_end(&counted, p->storage, status, call->error);
    if (status != MB_OK)
        return status;
    if (p->stat.size == 0)
        p->stat.size = counted.pos;
    return mb_storage_check_stat(&p->stat, counted.pos, call->error);
}

/* Only a stat can tell where the service cannot refuse; a race with another writer is not seen. */
static mb_status refuse_when_there(struct mb_storage *storage, const char *key, struct mb_cancel *cancel,
                                   struct mb_error *error)
{
    struct mb_stat stat;
    mb_status status = mb_storage_stat(storage, key, &stat, cancel, error);
    if (status == MB_E_NOT_FOUND)
        return MB_OK;
    if (status != MB_OK)
        return status;
    char place[400];
    return mb_fail(error, MB_E_EXISTS, "put %s: there is such an object already",
                   mb_storage_where(storage, key, place, sizeof(place)));
}

/* A retry that is refused may have met the object of its own first attempt. */
static mb_status accept_own(struct putting *p, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_error ignored = MB_ERROR_INIT;
    bool equal = false;
    if (mb_storage_compare(p->storage, p->key, p->source, &equal, cancel, &ignored) != MB_OK || !equal)
        return error->status;
    if (mb_storage_stat(p->storage, p->key, &p->stat, cancel, &ignored) != MB_OK)
        return error->status;
    return MB_OK;
}

mb_status mb_storage_write_from(struct mb_storage *storage, const char *key, const struct mb_source *source,
                                const struct mb_put_options *opts, struct mb_stat *out,
                                struct mb_cancel *cancel, struct mb_error *error)
{
    struct putting p = {.storage = storage, .key = key, .source = source};
    if (opts != NULL)
        p.options = *opts;
    p.options.struct_size = sizeof(p.options);
    char place[400];
    mb_storage_where(storage, key, place, sizeof(place));
    if (source->size < 0 || source->rewind == NULL)
        return mb_fail(error, MB_E_INVALID, "put %s: its source has no size or cannot be rewound", place);
    uint64_t size = (uint64_t)source->size;
    uint64_t most = storage->info.max_put_size;
    if (most > 0 && size > most)
        return mb_fail(error, MB_E_INVALID,
                       "put %s: %llu bytes are more than the %llu that the service takes at once", place,
                       (unsigned long long)size, (unsigned long long)most);

    bool if_absent = (p.options.flags & MB_PUT_IF_ABSENT) != 0;
    if (if_absent && (storage->info.caps & MB_CAP_IF_ABSENT) == 0) {
        MB_TRY(refuse_when_there(storage, key, cancel, error));
        p.options.flags &= ~(uint32_t)MB_PUT_IF_ABSENT;
        if_absent = false;
    }
    struct mb_request request = {
        .operation = MB_OP_PUT,
        .key = key,
        .timeout_ns = mb_storage_time_for(storage, size),
        .bytes = size,
        .attempt = attempt_put,
        .ctx = &p,
    };
    mb_status status = mb_storage_run(storage, &request, cancel, error);
    if (status == MB_E_EXISTS && if_absent && request.attempts > 1)
        status = accept_own(&p, cancel, error);
    if (status == MB_OK && out != NULL)
        *out = p.stat;
    return status;
}

mb_status mb_storage_write(struct mb_storage *storage, const char *key, const void *data, size_t len,
                           const struct mb_put_options *opts, struct mb_stat *out, struct mb_cancel *cancel,
                           struct mb_error *error)
{
    struct mb_memory_source memory;
    struct mb_source source = mb_memory_source(&memory, data, len);
    return mb_storage_write_from(storage, key, &source, opts, out, cancel, error);
}
