#include "storage/store_private.h"

#include "base/clock.h"
#include "base/memory.h"

#include <string.h>

#define ABORT_WITHIN_NS (30 * MB_NS_PER_S)

/* Only the answer to begin tells the id by which an upload can be aborted, so it is waited for. */
#define BEGIN_UNCUT_NS (10 * MB_NS_PER_S)

bool mb_storage_has_multipart(const struct mb_storage *storage)
{
    return storage->plugin->mpu_begin != NULL;
}

bool mb_storage_has_part_copy(const struct mb_storage *storage)
{
    return mb_storage_has_multipart(storage) && storage->plugin->mpu_copy_part != NULL;
}

/* All that the calls of one upload take; each uses its share. */
struct upload {
    struct mb_storage *storage;
    const char *key;
    const char *id;
    char new_id[2048]; /* begin's */
    size_t new_id_cap;
    bool answer_lost; /* an attempt to begin may have begun an upload that nobody can name */
    uint32_t number;
    const void *data;
    size_t len;
    struct mb_put_options options;
    struct mb_storage *src;
    const char *src_key;
    uint64_t offset;
    uint64_t length;
    struct mb_part part;
    const struct mb_part *parts;
    size_t count;
    struct mb_stat stat;
};

static uint64_t size_of_parts(const struct upload *u)
{
    uint64_t size = 0;
    for (size_t i = 0; i < u->count; i++)
        size += u->parts[i].size;
    return size;
}

static mb_status run(struct upload *u, enum mb_operation operation,
                     mb_status (*attempt)(void *ctx, const struct mb_call *call), uint64_t bytes,
                     struct mb_cancel *cancel, unsigned *attempts, struct mb_error *error)
{
    if (!mb_storage_has_multipart(u->storage))
        return mb_fail(error, MB_E_UNSUPPORTED, "storage driver \"%s\" takes no uploads in parts",
                       u->storage->plugin->name);
    struct mb_request request = {
        .operation = operation,
        .key = u->key,
        .other = u->src,
        .other_key = u->src_key,
        .timeout_ns = mb_storage_time_for(u->storage, bytes + size_of_parts(u)),
        .uncut_ns = operation == MB_OP_MPU_BEGIN ? BEGIN_UNCUT_NS : 0,
        .bytes = bytes,
        .deadline_ns = operation == MB_OP_MPU_ABORT ? mb_clock_monotonic() + ABORT_WITHIN_NS : 0,
        .attempt = attempt,
        .ctx = u,
    };
    mb_status status = mb_storage_run(u->storage, &request, cancel, error);
    if (attempts != NULL)
        *attempts = request.attempts;
    return status;
}

/* May a service that was answered so have begun an upload all the same? */
static bool answer_is_lost(mb_status status, const struct mb_error *error)
{
    return status == MB_E_TIMEOUT || status == MB_E_UNAVAILABLE || status == MB_E_CANCELLED ||
           status == MB_E_PROTOCOL || (error->flags & MB_ERR_AMBIGUOUS) != 0;
}

static mb_status attempt_begin(void *ctx, const struct mb_call *call)
{
    struct upload *u = ctx;
    memset(u->new_id, 0, u->new_id_cap);
    mb_status status =
        u->storage->plugin->mpu_begin(u->storage->store, u->key, &u->options, u->new_id, u->new_id_cap, call);
    bool unnamed = u->new_id[0] == '\0' || memchr(u->new_id, '\0', u->new_id_cap) == NULL;
    if (status == MB_OK ? unnamed : answer_is_lost(status, call->error))
        u->answer_lost = true;
    if (status == MB_OK && unnamed)
        return mb_storage_fail_driver(u->storage, call->error,
                                      "an upload was begun without an id that fits %zu bytes", u->new_id_cap);
    return status;
}

static mb_status check_part(struct upload *u, uint64_t size, struct mb_error *error)
{
    if (u->part.number == 0)
        u->part.number = u->number;
    if (u->part.size == 0)
        u->part.size = size;
    if (u->part.number != u->number || u->part.size != size)
        return mb_storage_fail_driver(
            u->storage, error, "part %u of %llu bytes was stored as part %u of %llu", u->number,
            (unsigned long long)size, u->part.number, (unsigned long long)u->part.size);
    if (memchr(u->part.receipt, '\0', sizeof(u->part.receipt)) == NULL)
        return mb_storage_fail_driver(u->storage, error, "the receipt of part %u has no end", u->number);
    return MB_OK;
}

static mb_status attempt_part(void *ctx, const struct mb_call *call)
{
    struct upload *u = ctx;
    struct mb_memory_source memory;
    struct mb_source bytes = mb_memory_source(&memory, u->data, u->len);
    struct mb_counted_source counted;
    struct mb_source source;
    MB_TRY(mb_counted_source_begin(&counted, &bytes, &source, call->error));
    u->part = (struct mb_part){0};
    mb_status status = u->storage->plugin->mpu_part(u->storage->store, u->key, u->id, u->number, &u->options,
                                                    &source, &u->part, call);
    status = mb_counted_source_end(&counted, u->storage, status, call->error);
    return status == MB_OK ? check_part(u, u->len, call->error) : status;
}

mb_status mb_storage_upload_part(struct mb_storage *storage, const char *key, const char *upload_id,
                                 uint32_t number, const void *data, size_t len, const uint8_t *crc32c,
                                 struct mb_part *out, struct mb_cancel *cancel, struct mb_error *error)
{
    struct upload u = {
        .storage = storage, .key = key, .id = upload_id, .number = number, .data = data, .len = len};
    u.options = (struct mb_put_options){.struct_size = sizeof(u.options), .crc32c = crc32c};
    MB_TRY(run(&u, MB_OP_MPU_PART, attempt_part, len, cancel, NULL, error));
    *out = u.part;
    return MB_OK;
}

static mb_status attempt_copy_part(void *ctx, const struct mb_call *call)
{
    struct upload *u = ctx;
    u->part = (struct mb_part){0};
    mb_status status =
        u->storage->plugin->mpu_copy_part(u->storage->store, u->key, u->id, u->number, u->src->store,
                                          u->src_key, u->offset, u->length, &u->part, call);
    return status == MB_OK ? check_part(u, u->length, call->error) : status;
}

mb_status mb_storage_upload_copy_part(struct mb_storage *dst, const char *key, const char *upload_id,
                                      uint32_t number, struct mb_storage *src, const char *src_key,
                                      uint64_t offset, uint64_t length, struct mb_part *out,
                                      struct mb_cancel *cancel, struct mb_error *error)
{
    if (!mb_storage_has_part_copy(dst) || !mb_storage_can_copy(dst, src))
        return mb_fail(error, MB_E_UNSUPPORTED, "copy a part of %s from %s to %s: not within the service",
                       src_key, src->info.location, dst->info.location);
    struct upload u = {.storage = dst,
                       .key = key,
                       .id = upload_id,
                       .number = number,
                       .src = src,
                       .src_key = src_key,
                       .offset = offset,
                       .length = length};
    MB_TRY(run(&u, MB_OP_MPU_COPY_PART, attempt_copy_part, length, cancel, NULL, error));
    *out = u.part;
    return MB_OK;
}

static mb_status attempt_complete(void *ctx, const struct mb_call *call)
{
    struct upload *u = ctx;
    u->stat = MB_STAT_INIT;
    mb_status status = u->storage->plugin->mpu_complete(u->storage->store, u->key, u->id, u->parts, u->count,
                                                        &u->stat, call);
    if (status != MB_OK)
        return status;
    if (u->stat.size == 0)
        u->stat.size = size_of_parts(u);
    return mb_storage_check_stat(&u->stat, size_of_parts(u), call->error);
}

/* Of an upload that an earlier attempt has completed services say that it is unknown, forbidden, wrong in its
 * parts.  What went wrong with the store itself went wrong, whatever can be seen there. */
static bool may_be_done(const struct mb_error *error, unsigned attempts)
{
    switch (error->status) {
    case MB_E_CANCELLED:
    case MB_E_CALLBACK:
    case MB_E_INTERNAL:
    case MB_E_NO_MEMORY:
    case MB_E_NO_SPACE:
        return false;
    default:
        return !mb_status_retryable(error->status) &&
               (attempts > 1 || (error->flags & MB_ERR_AMBIGUOUS) != 0);
    }
}

mb_status mb_storage_upload_complete(struct mb_storage *storage, const char *key, const char *upload_id,
                                     const struct mb_part *parts, size_t count, struct mb_stat *out,
                                     struct mb_cancel *cancel, struct mb_error *error)
{
    struct upload u = {.storage = storage, .key = key, .id = upload_id, .parts = parts, .count = count};
    unsigned attempts = 0;
    struct mb_sight before;
    mb_storage_look(storage, key, &before, cancel);
    mb_status status = run(&u, MB_OP_MPU_COMPLETE, attempt_complete, 0, cancel, &attempts, error);
    if (status != MB_OK && may_be_done(error, attempts) &&
        mb_storage_appeared(storage, key, size_of_parts(&u), &before, &u.stat, cancel))
        status = MB_OK;
    if (status == MB_OK && out != NULL)
        *out = u.stat;
    return status;
}

static mb_status attempt_abort(void *ctx, const struct mb_call *call)
{
    struct upload *u = ctx;
    mb_status status = u->storage->plugin->mpu_abort(u->storage->store, u->key, u->id, call);
    return status == MB_E_NOT_FOUND ? MB_OK : status;
}

mb_status mb_storage_upload_abort(struct mb_storage *storage, const char *key, const char *upload_id,
                                  struct mb_error *error)
{
    struct upload u = {.storage = storage, .key = key, .id = upload_id};
    return run(&u, MB_OP_MPU_ABORT, attempt_abort, 0, NULL, NULL, error);
}

struct found_upload {
    struct found_upload *next;
    const char *key, *id;
};

struct finding {
    struct mb_storage *storage;
    const char *prefix;
    int64_t deadline_ns; /* instead of the store's own; or 0 */
    struct mb_arena *arena;
    struct found_upload *first, **last;
    bool no_memory;
};

/* Aborting the uploads of others would be worse than leaving some: what is not below prefix is passed over.
 */
static mb_status note_upload(void *ctx, const struct mb_upload *upload)
{
    struct finding *f = ctx;
    if (upload->key == NULL || upload->upload_id == NULL || !mb_text_starts_with(upload->key, f->prefix))
        return MB_OK;
    struct found_upload *found = mb_arena_alloc(f->arena, 1, sizeof(*found));
    if (found != NULL) {
        found->key = mb_arena_strdup(f->arena, upload->key);
        found->id = mb_arena_strdup(f->arena, upload->upload_id);
    }
    if (found == NULL || found->key == NULL || found->id == NULL) {
        f->no_memory = true;
        return MB_E_NO_MEMORY;
    }
    *f->last = found;
    f->last = &found->next;
    return MB_OK;
}

static mb_status attempt_find_uploads(void *ctx, const struct mb_call *call)
{
    struct finding *f = ctx;
    f->first = NULL;
    f->last = &f->first;
    mb_status status = f->storage->plugin->mpu_list(f->storage->store, f->prefix, note_upload, f, call);
    return f->no_memory ? mb_fail_memory(call->error) : status;
}

static mb_status find_uploads(struct finding *f, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_request request = {
        .operation = MB_OP_MPU_LIST,
        .key = f->prefix,
        .timeout_ns = f->storage->call_timeout_ns,
        .deadline_ns = f->deadline_ns,
        .attempt = attempt_find_uploads,
        .ctx = f,
    };
    f->arena = mb_arena_new();
    return f->arena != NULL ? mb_storage_run(f->storage, &request, cancel, error) : mb_fail_memory(error);
}

mb_status mb_storage_abort_uploads(struct mb_storage *storage, const char *prefix, uint64_t *aborted,
                                   struct mb_cancel *cancel, struct mb_error *error)
{
    struct finding f = {.storage = storage, .prefix = prefix};
    uint64_t count = 0;
    mb_status status = MB_OK;
    if (storage->plugin->mpu_list != NULL && mb_storage_has_multipart(storage))
        status = find_uploads(&f, cancel, error);
    if (status == MB_E_UNSUPPORTED)
        status = MB_OK;
    for (struct found_upload *u = f.first; u != NULL && status == MB_OK; u = u->next) {
        if (mb_cancel_requested(cancel))
            status = mb_fail(error, MB_E_CANCELLED, "cancelled");
        else if ((status = mb_storage_upload_abort(storage, u->key, u->id, error)) == MB_OK)
            count++;
    }
    mb_arena_free(f.arena);
    if (status == MB_OK && aborted != NULL)
        *aborted = count;
    return status;
}

/* Uploads of the key that attempts began whose answers were lost: nobody knows their ids, and the service
 * would keep them, and bill for them, for good. */
static void abort_strays(struct mb_storage *storage, const char *key, const char *kept_id)
{
    struct mb_error error = MB_ERROR_INIT;
    struct finding f = {
        .storage = storage, .prefix = key, .deadline_ns = mb_clock_monotonic() + ABORT_WITHIN_NS};
    mb_status status = storage->plugin->mpu_list != NULL ? find_uploads(&f, NULL, &error) : MB_OK;
    for (struct found_upload *u = f.first; u != NULL && status == MB_OK; u = u->next)
        if (strcmp(u->key, key) == 0 && (kept_id == NULL || strcmp(u->id, kept_id) != 0))
            status = mb_storage_upload_abort(storage, u->key, u->id, &error);
    mb_arena_free(f.arena);
    if (status < 0 && status != MB_E_UNSUPPORTED)
        mb_log(storage->log, MB_LOG_WARN, "an unfinished upload of %s may stay: %s", key, error.message);
}

static mb_status begin(struct mb_storage *storage, const char *key, uint32_t flags, char *upload_id,
                       size_t cap, struct mb_cancel *cancel, struct mb_error *error)
{
    struct upload u = {.storage = storage, .key = key};
    u.options = (struct mb_put_options){.struct_size = sizeof(u.options), .flags = flags};
    u.new_id_cap = cap < sizeof(u.new_id) ? cap : sizeof(u.new_id);
    mb_status status = run(&u, MB_OP_MPU_BEGIN, attempt_begin, 0, cancel, NULL, error);
    if (u.answer_lost)
        abort_strays(storage, key, status == MB_OK ? u.new_id : NULL);
    if (status == MB_OK)
        strcpy(upload_id, u.new_id);
    return status;
}

mb_status mb_storage_upload_begin(struct mb_storage *storage, const char *key, char *upload_id, size_t cap,
                                  struct mb_cancel *cancel, struct mb_error *error)
{
    return begin(storage, key, 0, upload_id, cap, cancel, error);
}

mb_status mb_storage_upload_begin_copied(struct mb_storage *storage, const char *key, char *upload_id,
                                         size_t cap, struct mb_cancel *cancel, struct mb_error *error)
{
    return begin(storage, key, MB_PUT_PARTS_COPIED, upload_id, cap, cancel, error);
}
