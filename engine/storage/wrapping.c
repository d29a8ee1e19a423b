#include "storage/wrapping.h"

#include "storage/options.h"
#include "storage/store_private.h"

#include "base/clock.h"

enum { DEEPEST = 8 };

/* The call that a wrapped driver's open gets: it knows how deep it lies. */
struct inner_call {
    struct mb_call call;
    const struct mb_call *outer;
    unsigned depth;
    bool serial; /* the gate before serial drivers is held */
};

static int is_cancelled(const struct mb_call *call)
{
    const struct mb_call *outer = ((const struct inner_call *)call)->outer;
    return outer->cancelled(outer);
}

static struct inner_call inner_of(const struct mb_call *outer, uint32_t thread_model)
{
    struct inner_call inner = {.call = *outer, .outer = outer, .depth = 1};
    if (outer->cancelled == is_cancelled) {
        inner.depth = ((const struct inner_call *)outer)->depth + 1;
        inner.serial = ((const struct inner_call *)outer)->serial;
    }
    inner.serial = inner.serial || thread_model == MB_THREADS_SERIAL;
    inner.call.cancelled = is_cancelled;
    return inner;
}

static mb_status enter_serial(const struct mb_call *call)
{
    while (!mb_serial_gate_try()) {
        if (call->cancelled(call))
            return mb_fail(call->error, MB_E_CANCELLED, "cancelled");
        mb_cancel_sleep(NULL, 20 * MB_NS_PER_MS, NULL);
    }
    return MB_OK;
}

static mb_status open_inner(const struct mb_storage_plugin *plugin, struct mb_store **out,
                            struct mb_store_info *info, const struct mb_kv *config, size_t count,
                            const struct inner_call *inner)
{
    bool gate = plugin->thread_model == MB_THREADS_SERIAL && !inner->serial;
    struct mb_store *store = NULL;
    if (gate)
        MB_TRY(enter_serial(&inner->call));
    mb_status status = plugin->open(&store, info, config, count, &inner->call);
    if (gate)
        mb_serial_gate_leave();
    if (status != MB_OK)
        return status;
    if (store == NULL)
        return mb_fail(inner->call.error, MB_E_INTERNAL,
                       "bug in storage driver \"%s\": open succeeded without a store", plugin->name);
    *out = store;
    return MB_OK;
}

mb_status mb_wrapping_open(const struct mb_wrapping *wrapping, struct mb_store **out,
                           const struct mb_storage_plugin **table, struct mb_store_info *info,
                           const char *name, const struct mb_kv *config, size_t count,
                           const struct mb_call *call)
{
    struct inner_call inner = inner_of(call, wrapping->thread_model);
    if (inner.depth > DEEPEST)
        return mb_fail(call->error, MB_E_CONFIG,
                       "storage drivers wrap each other more than %d deep: do they go in a circle?", DEEPEST);
    const struct mb_storage_plugin *plugin = NULL;
    MB_TRY(mb_drivers_load(wrapping->drivers, name, &plugin, call->error));

    struct mb_kv *pairs = NULL;
    size_t pair_count = 0;
    struct mb_arena *arena = mb_arena_new();
    mb_status status = arena != NULL ? mb_options_resolve(plugin, config, count, wrapping->log, arena, &pairs,
                                                          &pair_count, call->error)
                                     : mb_fail_memory(call->error);
    if (status == MB_OK)
        status = open_inner(plugin, out, info, pairs, pair_count, &inner);
    mb_arena_free(arena);
    if (status == MB_OK)
        *table = plugin;
    return status;
}
