#include "storage/store_private.h"

#include <stdlib.h>
#include <string.h>

enum { LARGEST_BATCH = 1000, MOST_PASSES = 5 };

struct removing {
    struct mb_storage *storage;
    const char **keys; /* those not known to be gone */
    size_t count;
    uint8_t *done; /* room for as many */
};

static mb_status attempt_remove(void *ctx, const struct mb_call *call)
{
    struct removing *r = ctx;
    mb_status status = r->storage->plugin->remove(r->storage->store, r->keys[0], call);
    return status == MB_E_NOT_FOUND ? MB_OK : status;
}

mb_status mb_storage_remove(struct mb_storage *storage, const char *key, struct mb_cancel *cancel,
                            struct mb_error *error)
{
    struct removing r = {.storage = storage, .keys = &key, .count = 1};
    struct mb_request request = {
        .operation = MB_OP_REMOVE,
        .key = key,
        .timeout_ns = storage->call_timeout_ns,
        .attempt = attempt_remove,
        .ctx = &r,
    };
    return mb_storage_run(storage, &request, cancel, error);
}

mb_status mb_storage_discard(struct mb_storage *storage, const char *key, struct mb_error *error)
{
    struct mb_error ignored = MB_ERROR_INIT;
    if (mb_storage_remove(storage, key, NULL, error) == MB_OK)
        return MB_OK;
    if (mb_storage_write(storage, key, "", 0, NULL, NULL, NULL, &ignored) != MB_OK)
        return error->status;
    mb_error_clear(error);
    return MB_OK;
}

static size_t keep_those_left(struct removing *r)
{
    size_t left = 0;
    for (size_t i = 0; i < r->count; i++) {
        if (!r->done[i])
            r->keys[left++] = r->keys[i];
    }
    return left;
}

/* A retry asks for what is left, not for what the attempt before has removed. */
static mb_status attempt_remove_many(void *ctx, const struct mb_call *call)
{
    struct removing *r = ctx;
    memset(r->done, 0, r->count);
    mb_status status = r->storage->plugin->remove_many(r->storage->store, r->keys, r->count, r->done, call);
    size_t asked = r->count;
    r->count = keep_those_left(r);
    if (status == MB_OK && r->count > 0)
        return mb_storage_fail_driver(r->storage, call->error,
                                      "remove_many reports success and has marked %zu of %zu keys",
                                      asked - r->count, asked);
    return status;
}

static mb_status remove_one_by_one(struct removing *r, struct mb_cancel *cancel, struct mb_error *error)
{
    for (size_t i = 0; i < r->count; i++)
        MB_TRY(mb_storage_remove(r->storage, r->keys[i], cancel, error));
    return MB_OK;
}

/* r->count is at most what the service takes. */
static mb_status remove_batch(struct removing *r, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_storage *storage = r->storage;
    if (storage->plugin->remove_many == NULL || r->count == 1 || atomic_load(&storage->without_remove_many))
        return remove_one_by_one(r, cancel, error);
    struct mb_request request = {
        .operation = MB_OP_REMOVE,
        .timeout_ns = storage->call_timeout_ns,
        .attempt = attempt_remove_many,
        .ctx = r,
    };
    mb_status status = mb_storage_run(storage, &request, cancel, error);
    if (status != MB_E_UNSUPPORTED)
        return status;
    atomic_store(&storage->without_remove_many, true);
    mb_log(storage->log, MB_LOG_INFO, "objects are removed one by one: %s", error->message);
    return remove_one_by_one(r, cancel, error);
}

mb_status mb_storage_remove_many(struct mb_storage *storage, const char *const *keys, size_t count,
                                 struct mb_cancel *cancel, struct mb_error *error)
{
    size_t batch = storage->info.max_remove;
    if (batch == 0 || batch > LARGEST_BATCH)
        batch = LARGEST_BATCH;
    struct removing r = {.storage = storage};
    r.keys = malloc(batch * sizeof(*r.keys));
    r.done = malloc(batch);
    mb_status status = r.keys != NULL && r.done != NULL ? MB_OK : mb_fail_memory(error);
    for (size_t i = 0; i < count && status == MB_OK; i += batch) {
        r.count = count - i < batch ? count - i : batch;
        memcpy(r.keys, keys + i, r.count * sizeof(*r.keys));
        status = remove_batch(&r, cancel, error);
    }
    free(r.done);
    free(r.keys);
    return status;
}

/* The next keys of the listing, at most max; *count is 0 at its end. */
static mb_status collect_keys(struct mb_listing *listing, struct mb_arena *arena, const char **keys,
                              size_t max, size_t *count, struct mb_error *error)
{
    const struct mb_entry *entry;
    *count = 0;
    while (*count < max) {
        mb_status status = mb_listing_next(listing, &entry, error);
        if (status == MB_END)
            return MB_OK;
        if (status != MB_OK)
            return status;
        keys[*count] = mb_arena_strdup(arena, entry->key);
        if (keys[*count] == NULL)
            return mb_fail_memory(error);
        (*count)++;
    }
    return MB_OK;
}

/* Where listings lag, they go on showing what is gone. */
static mb_status keep_existing(struct mb_storage *storage, const char **keys, size_t *count,
                               struct mb_cancel *cancel, struct mb_error *error)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        struct mb_stat stat;
        mb_status status = mb_storage_stat(storage, keys[i], &stat, cancel, error);
        if (status == MB_OK)
            keys[kept++] = keys[i];
        else if (status != MB_E_NOT_FOUND)
            return status;
    }
    mb_error_clear(error);
    *count = kept;
    return MB_OK;
}

static mb_status remove_batch_of(struct mb_storage *storage, struct mb_listing *listing, bool again,
                                 size_t *listed, uint64_t *removed, struct mb_cancel *cancel,
                                 struct mb_error *error)
{
    const char *keys[LARGEST_BATCH];
    struct mb_arena *arena = mb_arena_new();
    mb_status status = arena != NULL ? collect_keys(listing, arena, keys, LARGEST_BATCH, listed, error)
                                     : mb_fail_memory(error);
    size_t count = *listed;
    if (status == MB_OK && again)
        status = keep_existing(storage, keys, &count, cancel, error);
    if (status == MB_OK)
        status = mb_storage_remove_many(storage, keys, count, cancel, error);
    if (status == MB_OK)
        *removed += count;
    mb_arena_free(arena);
    return status;
}

static mb_status remove_listed(struct mb_storage *storage, const char *prefix, bool again, uint64_t *removed,
                               struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_listing *listing = NULL;
    MB_TRY(mb_listing_open(&listing, storage, prefix, NULL, cancel, error));
    mb_status status;
    size_t listed = 0;
    do
        status = remove_batch_of(storage, listing, again, &listed, removed, cancel, error);
    while (status == MB_OK && listed > 0);
    mb_listing_close(listing);
    return status;
}

/* Listing and removing at once may skip objects on some services, so it is over when a listing shows nothing
 * that is still there. */
mb_status mb_storage_remove_prefix(struct mb_storage *storage, const char *prefix, uint64_t *removed,
                                   struct mb_cancel *cancel, struct mb_error *error)
{
    char place[400];
    uint64_t total = 0;
    if (prefix[0] == '\0')
        return mb_fail(error, MB_E_INVALID, "remove everything in %s: refused, for no prefix was named",
                       storage->info.location);
    MB_TRY(mb_storage_abort_uploads(storage, prefix, NULL, cancel, error));
    for (int pass = 0; pass < MOST_PASSES; pass++) {
        uint64_t before = total;
        MB_TRY(remove_listed(storage, prefix, pass > 0, &total, cancel, error));
        if (total != before)
            continue;
        if (removed != NULL)
            *removed = total;
        return MB_OK;
    }
    return mb_fail(error, MB_E_UNAVAILABLE,
                   "remove %s: objects are still listed after they were removed %d times",
                   mb_storage_where(storage, prefix, place, sizeof(place)), MOST_PASSES);
}
