#include "storage/store_private.h"

#include "storage/options.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

struct opening {
    struct mb_storage *storage;
    const struct mb_kv *pairs;
    size_t count;
};

static mb_status attempt_open(void *ctx, const struct mb_call *call)
{
    struct opening *opening = ctx;
    struct mb_storage *storage = opening->storage;
    struct mb_store *store = NULL;
    struct mb_store_info info = {.struct_size = sizeof(info)};
    mb_status status = storage->plugin->open(&store, &info, opening->pairs, opening->count, call);
    if (status != MB_OK)
        return status;
    if (store == NULL)
        return mb_storage_fail_driver(storage, call->error, "open succeeded without a store");
    info.struct_size = sizeof(info);
    info.location[sizeof(info.location) - 1] = '\0';
    info.realm[sizeof(info.realm) - 1] = '\0';
    info.native_root[sizeof(info.native_root) - 1] = '\0';
    if (info.location[0] == '\0')
        strncpy(info.location, storage->plugin->name, sizeof(info.location) - 1);
    storage->store = store;
    storage->info = info;
    if (info.lacks != 0) {
        storage->slots = *storage->driver;
        mb_driver_slots_without(&storage->slots, info.lacks);
        storage->plugin = &storage->slots;
    }
    return MB_OK;
}

static struct mb_storage *new_storage(const struct mb_storage_plugin *plugin,
                                      const struct mb_storage_options *options)
{
    struct mb_storage *storage = calloc(1, sizeof(*storage));
    if (storage == NULL)
        return NULL;
    storage->driver = plugin;
    storage->plugin = plugin;
    storage->retry = options->retry.attempts > 0 ? options->retry : mb_retry_default;
    storage->call_timeout_ns = options->call_timeout_ns > 0 ? options->call_timeout_ns : 300 * MB_NS_PER_S;
    storage->patience_ns = options->patience_ns == 0 ? 10 * MB_NS_PER_S : options->patience_ns;
    storage->log = options->log;
    for (enum mb_operation i = 0; i < MB_OP_COUNT; i++)
        storage->shared[i] =
            mb_meters_get(options->meters, options->service, plugin->name, mb_operation_name(i));
    strncpy(storage->info.location, plugin->name, sizeof(storage->info.location) - 1);
    mb_gate_init(&storage->gate);
    return storage;
}

static mb_status open_among(struct mb_storage **out, struct mb_drivers *drivers,
                            const struct mb_storage_plugin *plugin, const struct mb_kv *config, size_t count,
                            const struct mb_storage_options *options, struct mb_error *error)
{
    static const struct mb_storage_options defaults;
    if (options == NULL)
        options = &defaults;
    struct mb_arena *arena = mb_arena_new();
    struct mb_storage *storage = new_storage(plugin, options);
    mb_status status = arena != NULL && storage != NULL ? MB_OK : mb_fail_memory(error);
    struct mb_kv *pairs = NULL;
    size_t pair_count = 0;
    if (storage != NULL)
        storage->drivers = drivers;
    if (status == MB_OK)
        status = mb_options_resolve(plugin, config, count, options->log, arena, &pairs, &pair_count, error);
    if (status == MB_OK) {
        struct opening opening = {storage, pairs, pair_count};
        struct mb_request request = {.operation = MB_OP_OPEN,
                                     .timeout_ns = storage->call_timeout_ns,
                                     .attempt = attempt_open,
                                     .ctx = &opening};
        status = mb_storage_run(storage, &request, NULL, error);
    }
    mb_arena_free(arena);
    if (status != MB_OK) {
        mb_storage_close(storage);
        return status;
    }
    *out = storage;
    return MB_OK;
}

mb_status mb_storage_open_plugin(struct mb_storage **out, const struct mb_storage_plugin *plugin,
                                 const struct mb_kv *config, size_t count,
                                 const struct mb_storage_options *options, struct mb_error *error)
{
    return open_among(out, NULL, plugin, config, count, options, error);
}

mb_status mb_storage_open(struct mb_storage **out, struct mb_drivers *drivers, const char *driver_name,
                          const struct mb_kv *config, size_t count, const struct mb_storage_options *options,
                          struct mb_error *error)
{
    const struct mb_storage_plugin *plugin = NULL;
    MB_TRY(mb_drivers_load(drivers, driver_name, &plugin, error));
    return open_among(out, drivers, plugin, config, count, options, error);
}

static void close_store(void *ctx)
{
    struct mb_storage *storage = ctx;
    storage->plugin->close(storage->store);
}

void mb_storage_close(struct mb_storage *storage)
{
    if (storage == NULL)
        return;
    if (storage->store != NULL)
        mb_storage_run_locked(storage, close_store, storage);
    mb_gate_done(&storage->gate);
    free(storage);
}

struct mb_log *mb_storage_log(const struct mb_storage *storage)
{
    return storage->log;
}

const struct mb_store_info *mb_storage_info(const struct mb_storage *storage)
{
    return &storage->info;
}

bool mb_storage_lists_in_order(const struct mb_storage *storage)
{
    return (storage->info.caps & MB_CAP_LIST_SORTED) != 0 && !atomic_load(&storage->unordered);
}

const char *mb_storage_driver_name(const struct mb_storage *storage)
{
    return storage->plugin->name;
}

static mb_status attempt_check(void *ctx, const struct mb_call *call)
{
    struct mb_storage *storage = ctx;
    return storage->plugin->check(storage->store, call);
}

mb_status mb_storage_check(struct mb_storage *storage, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_request request = {.operation = MB_OP_CHECK,
                                 .timeout_ns = storage->call_timeout_ns / 5,
                                 .attempt = attempt_check,
                                 .ctx = storage};
    return mb_storage_run(storage, &request, cancel, error);
}

static mb_status attempt_create_bucket(void *ctx, const struct mb_call *call)
{
    struct mb_storage *storage = ctx;
    return storage->plugin->create_bucket(storage->store, call);
}

mb_status mb_storage_create_bucket(struct mb_storage *storage, struct mb_cancel *cancel,
                                   struct mb_error *error)
{
    if (storage->plugin->create_bucket == NULL)
        return mb_fail(error, MB_E_UNSUPPORTED, "create %s: storage driver \"%s\" cannot",
                       storage->info.location, storage->plugin->name);
    struct mb_request request = {.operation = MB_OP_CREATE_BUCKET,
                                 .timeout_ns = storage->call_timeout_ns,
                                 .attempt = attempt_create_bucket,
                                 .ctx = storage};
    mb_status status = mb_storage_run(storage, &request, cancel, error);
    if (status != MB_E_EXISTS || request.attempts == 1)
        return status;
    struct mb_error ignored = MB_ERROR_INIT; /* an earlier attempt made it, or it belongs to somebody else */
    return mb_storage_check(storage, cancel, &ignored) == MB_OK ? MB_OK : status;
}

struct keyed {
    struct mb_storage *storage;
    const char *key;
    struct mb_stat stat;
};

static mb_status attempt_stat(void *ctx, const struct mb_call *call)
{
    struct keyed *keyed = ctx;
    keyed->stat = MB_STAT_INIT;
    mb_status status = keyed->storage->plugin->stat(keyed->storage->store, keyed->key, &keyed->stat, call);
    return status == MB_OK ? mb_storage_check_stat(&keyed->stat, UINT64_MAX, call->error) : status;
}

mb_status mb_storage_stat(struct mb_storage *storage, const char *key, struct mb_stat *out,
                          struct mb_cancel *cancel, struct mb_error *error)
{
    struct keyed keyed = {.storage = storage, .key = key};
    struct mb_request request = {.operation = MB_OP_STAT,
                                 .key = key,
                                 .timeout_ns = storage->call_timeout_ns / 5,
                                 .attempt = attempt_stat,
                                 .ctx = &keyed};
    MB_TRY(mb_storage_run(storage, &request, cancel, error));
    *out = keyed.stat;
    return MB_OK;
}
