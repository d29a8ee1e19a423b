#include "storage/store_private.h"

#include <string.h>

struct pair {
    struct mb_storage *dst, *src;
    bool can;
};

static void ask_can_copy(void *ctx)
{
    struct pair *pair = ctx;
    pair->can = pair->dst->plugin->can_copy(pair->dst->store, pair->src->store) != 0;
}

bool mb_storage_can_copy(struct mb_storage *dst, struct mb_storage *src)
{
    struct pair pair = {.dst = dst, .src = src};
    const struct mb_storage_plugin *plugin = dst->plugin;
    if (dst->driver != src->driver || plugin->can_copy == NULL ||
        (plugin->copy == NULL && plugin->mpu_copy_part == NULL))
        return false;
    mb_storage_run_both_locked(dst, src, ask_can_copy, &pair);
    return pair.can;
}

struct copying {
    struct mb_storage *dst, *src;
    const char *dst_key, *src_key;
    struct mb_stat stat;
};

static mb_status attempt_copy(void *ctx, const struct mb_call *call)
{
    struct copying *c = ctx;
    const struct mb_put_options options = {.struct_size = sizeof(options)};
    c->stat = MB_STAT_INIT;
    mb_status status =
        c->dst->plugin->copy(c->dst->store, c->dst_key, c->src->store, c->src_key, &options, &c->stat, call);
    return status == MB_OK ? mb_storage_check_stat(&c->stat, UINT64_MAX, call->error) : status;
}

mb_status mb_storage_copy(struct mb_storage *dst, const char *dst_key, struct mb_storage *src,
                          const char *src_key, uint64_t size, struct mb_stat *out, struct mb_cancel *cancel,
                          struct mb_error *error)
{
    if (dst->plugin->copy == NULL || !mb_storage_can_copy(dst, src))
        return mb_fail(error, MB_E_UNSUPPORTED, "copy %s from %s to %s: not within the service", src_key,
                       src->info.location, dst->info.location);
    struct copying c = {.dst = dst, .src = src, .dst_key = dst_key, .src_key = src_key};
    struct mb_request request = {
        .operation = MB_OP_COPY,
        .key = dst_key,
        .other = src,
        .other_key = src_key,
        .timeout_ns = mb_storage_time_for(dst, size),
        .attempt = attempt_copy,
        .ctx = &c,
    };
    MB_TRY(mb_storage_run(dst, &request, cancel, error));
    mb_counters_bytes(dst, MB_OP_COPY, c.stat.size);
    if (out != NULL)
        *out = c.stat;
    return MB_OK;
}

bool mb_storage_same_object(const struct mb_storage *a, const char *key, const struct mb_storage *b,
                            struct mb_arena *arena, const char **out)
{
    if (a->info.realm[0] == '\0' || strcmp(a->info.realm, b->info.realm) != 0)
        return false;
    const char *path = mb_arena_printf(arena, "%s%s", a->info.native_root, key);
    const char *root = b->info.native_root;
    if (path == NULL || !mb_text_starts_with(path, root) || path[strlen(root)] == '\0')
        return false;
    *out = path + strlen(root);
    return true;
}
