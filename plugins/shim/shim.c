#include "shim/store.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The only thing a driver keeps outside of a store: where its host is, set once by load. */
static const struct mb_host *_Atomic loaded_by;

mb_status shim_load(const struct mb_host *host, struct mb_error *error)
{
    if (!MB_HAS(host, struct mb_host, open_driver) || host->open_driver == NULL)
        return mb_fail(error, MB_E_UNSUPPORTED, "this program does not let a driver wrap another");
    atomic_store(&loaded_by, host);
    return MB_OK;
}

void shim_log(int level, const char *text)
{
    const struct mb_host *host = atomic_load(&loaded_by);
    if (host != NULL && host->log != NULL)
        host->log(host->log_ctx, level, "%s", text);
}

const char *shim_operation_name(enum shim_operation operation)
{
    static const char *const names[SHIM_OPERATION_COUNT] = {
        [SHIM_OPEN] = "open",
        [SHIM_CHECK] = "check",
        [SHIM_STAT] = "stat",
        [SHIM_GET] = "get",
        [SHIM_PUT] = "put",
        [SHIM_REMOVE] = "remove",
        [SHIM_REMOVE_MANY] = "remove_many",
        [SHIM_LIST_OPEN] = "list_open",
        [SHIM_LIST] = "list",
        [SHIM_CREATE_BUCKET] = "create_bucket",
        [SHIM_COPY] = "copy",
        [SHIM_MPU_BEGIN] = "mpu_begin",
        [SHIM_MPU_PART] = "mpu_part",
        [SHIM_MPU_COPY_PART] = "mpu_copy_part",
        [SHIM_MPU_COMPLETE] = "mpu_complete",
        [SHIM_MPU_ABORT] = "mpu_abort",
        [SHIM_MPU_LIST] = "mpu_list",
    };
    return names[operation];
}

mb_status shim_begin(struct mb_store *store, struct shim_event *event, enum shim_operation operation,
                     const char *key, const struct mb_call *call)
{
    *event = (struct shim_event){
        .operation = operation, .key = key, .call = call, .begun_ns = mb_clock_monotonic()};
    return store->hooks->before != NULL ? store->hooks->before(store->state, event) : MB_OK;
}

mb_status shim_end(struct mb_store *store, struct shim_event *event, mb_status status)
{
    event->status = status;
    event->took_ns = mb_clock_monotonic() - event->begun_ns;
    return store->hooks->after != NULL ? store->hooks->after(store->state, event) : status;
}

mb_status shim_unsupported(const struct mb_store *store, const struct mb_call *call,
                           enum shim_operation operation)
{
    return mb_fail(call->error, MB_E_UNSUPPORTED, "storage driver \"%s\" has no %s", store->table->name,
                   shim_operation_name(operation));
}

/* Is name among the names in over, "trace/minio"? */
static bool names(const char *over, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = over; *at != '\0';) {
        size_t n = strcspn(at, "/");
        if (n == len && strncmp(at, name, n) == 0)
            return true;
        at += n + (at[n] == '/');
    }
    return false;
}

/* The first name in over, and the options for that driver: what is left of over, and all but our own. */
static mb_status split(const char *over, const struct mb_kv *config, size_t count,
                       const struct shim_hooks *hooks, struct mb_arena *arena, const char **name,
                       struct mb_kv **out, size_t *out_count, struct mb_error *error)
{
    size_t len = strcspn(over, "/");
    struct mb_kv *pairs = mb_arena_alloc(arena, count + 1, sizeof(*pairs));
    const char *first = mb_arena_strndup(arena, over, len);
    size_t found = 0;
    if (pairs == NULL || first == NULL)
        return mb_fail_memory(error);
    if (names(over, hooks->name))
        return mb_fail(error, MB_E_CONFIG,
                       "option \"over\": \"%.100s\" names \"%s\" again, which cannot wrap itself", over,
                       hooks->name);
    if (over[len] == '/')
        pairs[found++] = (struct mb_kv){"over", over + len + 1};
    for (size_t i = 0; i < count; i++) {
        if (strcmp(config[i].key, "over") != 0 && !mb_text_starts_with(config[i].key, hooks->prefix))
            pairs[found++] = config[i];
    }
    *name = first;
    *out = pairs;
    *out_count = found;
    return MB_OK;
}

static uint64_t lacks_of(const struct mb_storage_plugin *table)
{
    uint64_t lacks = 0;
    lacks |= table->create_bucket == NULL ? MB_LACKS_CREATE_BUCKET : 0u;
    lacks |= table->remove_many == NULL ? MB_LACKS_REMOVE_MANY : 0u;
    lacks |= table->can_copy == NULL || table->copy == NULL ? MB_LACKS_COPY : 0u;
    lacks |= table->mpu_begin == NULL ? MB_LACKS_MULTIPART : 0u;
    lacks |= table->mpu_copy_part == NULL ? MB_LACKS_PART_COPY : 0u;
    lacks |= table->mpu_list == NULL ? MB_LACKS_UPLOAD_LIST : 0u;
    lacks |= table->thread_model == MB_THREADS_SERIAL ? MB_LACKS_THREADS : 0u;
    lacks |= table->thread_model == MB_THREADS_PER_STORE ? MB_LACKS_PARALLEL : 0u;
    return lacks;
}

static mb_status open_inner(struct mb_store *store, struct mb_store_info *info, const struct mb_kv *config,
                            size_t count, const struct mb_call *call)
{
    const struct mb_host *host = atomic_load(&loaded_by);
    const char *over = mb_kv_find(config, count, "over");
    const char *name = NULL;
    struct mb_kv *pairs = NULL;
    size_t pair_count = 0;
    struct shim_event event;
    if (host == NULL || over == NULL)
        return mb_fail(call->error, MB_E_INVALID, "open without load, or without the option \"over\"");
    struct mb_arena *arena = mb_arena_new();
    if (arena == NULL)
        return mb_fail_memory(call->error);
    mb_status status =
        split(over, config, count, store->hooks, arena, &name, &pairs, &pair_count, call->error);
    if (status == MB_OK)
        status = shim_begin(store, &event, SHIM_OPEN, "", call);
    if (status == MB_OK)
        status = shim_end(store, &event,
                          host->open_driver(host->open_ctx, &store->inner, &store->table, info, name, pairs,
                                            pair_count, call));
    mb_arena_free(arena);
    return status;
}

mb_status shim_open(struct mb_store **out, struct mb_store_info *info, const struct mb_kv *config,
                    size_t count, const struct shim_hooks *hooks, const struct mb_call *call)
{
    struct mb_store *store = calloc(1, sizeof(*store));
    if (store == NULL)
        return mb_fail_memory(call->error);
    store->hooks = hooks;
    struct mb_store_info inner = *info;
    mb_status status = hooks->start(&store->state, config, count, call);
    if (status == MB_OK)
        status = open_inner(store, &inner, config, count, call);
    if (status != MB_OK) {
        shim_close(store);
        return status;
    }
    *info = inner;
    info->lacks |= lacks_of(store->table);
    *out = store;
    return MB_OK;
}

void shim_close(struct mb_store *store)
{
    if (store == NULL)
        return;
    if (store->inner != NULL)
        store->table->close(store->inner);
    if (store->state != NULL && store->hooks->stop != NULL)
        store->hooks->stop(store->state);
    free(store);
}
