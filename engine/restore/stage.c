#include "restore/stage.h"

#include <string.h>

static const char *key_in_milvus(const struct mb_restore_env *env, const char *key, struct mb_arena *arena)
{
    const char *out;
    return mb_storage_same_object(env->backup_store, key, env->milvus_store, arena, &out) ? out : NULL;
}

bool mb_stage_is_needed(const struct mb_restore_env *env, const char *dir, struct mb_arena *arena)
{
    return key_in_milvus(env, dir, arena) == NULL;
}

/* Milvus' own name for a key of its store. */
static const char *path_of(const struct mb_restore_env *env, const char *key, struct mb_arena *arena)
{
    if (env->import_root == NULL)
        return mb_arena_printf(arena, "%s%s", mb_storage_info(env->milvus_store)->native_root, key);
    size_t len = strlen(env->import_root);
    bool slash = len > 0 && env->import_root[len - 1] != '/';
    return mb_arena_printf(arena, "%s%s%s", env->import_root, slash ? "/" : "", key);
}

/* ------------------------------------------------------------------- copies */

static const char *temporary_prefix(const struct mb_restore_work *work, struct mb_arena *arena)
{
    return mb_arena_printf(arena, "restore-temp-%s-%s-%s/", work->run->options->id, MB_WORK_NAME(work));
}

/* Queues what lies in a directory of the backup for its place in the copy. */
static mb_status add_directory(struct mb_restore *run, struct mb_transfer *transfer, const char *dir,
                               const char *prefix, size_t *count, struct mb_cancel *cancel,
                               struct mb_error *error)
{
    struct mb_listing *listing = NULL;
    const struct mb_entry *entry;
    struct mb_buf key;
    size_t skip = strlen(run->dir) + 1;
    mb_status status;

    mb_buf_init(&key, 64 << 10);
    status = mb_listing_open(&listing, run->env->backup_store, dir, NULL, cancel, error);
    while (status == MB_OK && (status = mb_listing_next(listing, &entry, error)) == MB_OK) {
        mb_buf_reset(&key);
        mb_buf_printf(&key, "%s%s", prefix, entry->key + skip);
        status = mb_buf_status(&key, error);
        if (status == MB_OK)
            status = mb_transfer_add(transfer, entry->key, key.data, entry->size, entry->etag, NULL, error);
        (*count)++;
    }
    mb_listing_close(listing);
    mb_buf_done(&key);
    return status == MB_END ? MB_OK : status;
}

static mb_status copy_unit(struct mb_restore_work *work, const struct mb_import_unit *unit,
                           const char *prefix, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_restore *run = work->run;
    const struct mb_restore_env *env = run->env;
    struct mb_transfer_options options = run->options->transfer;
    struct mb_transfer *transfer = NULL;
    size_t inserts = 0, deletes = 0;

    options.progress = env->progress;
    options.log = env->log;
    MB_TRY(mb_transfer_open(&transfer, env->backup_store, env->milvus_store, &options, cancel, error));
    mb_status status = MB_OK;
    if (unit->insert_dir)
        status = add_directory(run, transfer, unit->insert_dir, prefix, &inserts, cancel, error);
    if (status == MB_OK)
        status = add_directory(run, transfer, unit->delta_dir, prefix, &deletes, cancel, error);
    if (status == MB_OK && inserts + deletes == 0)
        status = mb_fail(error, MB_E_CORRUPT, "nothing lies under %s",
                         unit->insert_dir ? unit->insert_dir : unit->delta_dir);
    if (status == MB_OK)
        status = mb_transfer_finish(transfer, error);
    mb_transfer_close(transfer);
    return status == MB_OK ? MB_OK
                           : mb_error_context(error, "copy the data of %s.%s to %s", MB_WORK_NAME(work),
                                              mb_storage_info(env->milvus_store)->location);
}

void mb_stage_clean(struct mb_restore_work *work)
{
    struct mb_restore *run = work->run;
    struct mb_error error = MB_ERROR_INIT;

    if (!run->staged || run->options->keep_temp_files)
        return;
    const char *prefix = temporary_prefix(work, work->arena);
    if (prefix && mb_storage_remove_prefix(run->env->milvus_store, prefix, NULL, NULL, &error) == MB_OK)
        return;
    mb_log(run->env->log, MB_LOG_WARN, "the temporary objects under %s in %s are left behind: %s",
           prefix ? prefix : "restore-temp-", mb_storage_info(run->env->milvus_store)->location,
           error.message);
}

/* -------------------------------------------------------------------- units */

static mb_status path_to(struct mb_restore_work *work, const char *dir, const char *prefix,
                         struct mb_arena *arena, const char **out, struct mb_error *error)
{
    const struct mb_restore_env *env = work->run->env;
    const char *key = prefix ? mb_arena_printf(arena, "%s%s", prefix, dir + strlen(work->run->dir) + 1)
                             : key_in_milvus(env, dir, arena);
    *out = key ? path_of(env, key, arena) : NULL;
    return *out ? MB_OK : mb_fail_memory(error);
}

/* Only a look into the storage says for sure that there are no deletes: descriptions of older tools have left
 * them out. */
static mb_status has_deletes(struct mb_restore_work *work, const struct mb_import_unit *unit, bool *out,
                             struct mb_cancel *cancel, struct mb_error *error)
{
    *out = true;
    if (unit->has_deletes)
        return MB_OK;
    return mb_storage_any(work->run->env->backup_store, unit->delta_dir, out, cancel, error);
}

mb_status mb_stage_unit(struct mb_restore_work *work, const struct mb_import_unit *unit, bool always_deletes,
                        struct mb_arena *arena, struct mb_strings *out, struct mb_cancel *cancel,
                        struct mb_error *error)
{
    const char *prefix = NULL;
    bool deletes = true;
    struct mb_strings paths = {.items = mb_arena_alloc(arena, 2, sizeof *paths.items)};

    if (paths.items == NULL)
        return mb_fail_memory(error);
    if (work->run->staged) {
        prefix = temporary_prefix(work, arena);
        if (prefix == NULL)
            return mb_fail_memory(error);
        MB_TRY(copy_unit(work, unit, prefix, cancel, error));
    }
    if (!always_deletes)
        MB_TRY(has_deletes(work, unit, &deletes, cancel, error));
    if (unit->insert_dir)
        MB_TRY(path_to(work, unit->insert_dir, prefix, arena, &paths.items[paths.count++], error));
    if (deletes)
        MB_TRY(path_to(work, unit->delta_dir, prefix, arena, &paths.items[paths.count++], error));
    *out = paths;
    return MB_OK;
}

mb_status mb_stage_prove(struct mb_restore *run, const struct mb_import_units *units,
                         struct mb_cancel *cancel, struct mb_error *error)
{
    const char *proven = NULL;
    for (size_t i = 0; i < units->count; i++) {
        const struct mb_import_unit *unit = &units->items[i];
        bool any = false;
        if (unit->insert_dir == NULL || unit->rows == 0 || unit->partition == proven)
            continue;
        MB_TRY(mb_storage_any(run->env->backup_store, unit->insert_dir, &any, cancel, error));
        if (!any)
            return mb_fail(error, MB_E_CORRUPT, "backup %s is damaged: nothing lies under %s in %s",
                           run->backup.name, unit->insert_dir,
                           mb_storage_info(run->env->backup_store)->location);
        proven = unit->partition;
    }
    return MB_OK;
}
