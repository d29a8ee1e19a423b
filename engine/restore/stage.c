/* Copies what Milvus cannot read where it lies.  In: the objects of a collection's batches.  Out: copies in
 * Milvus' own store below a prefix that a mark there claims; unless it is to be kept it goes at the end, and
 * what killed restores left goes, too. */
#include "restore/stage.h"

#include "base/owner.h"
#include "restore/batch_objects.h"
#include "verify/folder.h"

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

/* -------------------------------------------------------------- whose they are */

#define TEMPORARY "restore-temp-"

/* After the id; '~' comes after the names of databases, so that the mark is what goes last. */
#define OWNER_SUFFIX "-~owner"
#define MAX_OWNER    ((size_t)4096)
#define MAX_KEY      ((size_t)64 << 10)

static const char *owner_key(const struct mb_restore *run, struct mb_arena *arena)
{
    return mb_arena_printf(arena, TEMPORARY "%s" OWNER_SUFFIX, run->options->id);
}

static bool owner_is_gone(const struct mb_restore *run, const char *key, struct mb_cancel *cancel,
                          struct mb_error *error)
{
    struct mb_buf text;
    mb_buf_init(&text, MAX_OWNER);
    bool gone = mb_storage_read_all(run->env->milvus_store, key, &text, cancel, error) == MB_OK &&
                mb_owner_fate_of(text.data) == MB_OWNER_GONE;
    mb_buf_done(&text);
    return gone;
}

/* Everything of the restore that left the mark, which is the last of it. */
static mb_status remove_orphans(const struct mb_restore *run, const char *mark, struct mb_arena *arena,
                                struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_storage *storage = run->env->milvus_store;
    size_t id_len = strlen(mark) - strlen(OWNER_SUFFIX);
    const char *prefix = mb_arena_printf(arena, "%.*s-", (int)id_len, mark);
    if (prefix == NULL)
        return mb_fail_memory(error);
    MB_TRY(mb_storage_remove_prefix(storage, prefix, NULL, cancel, error));
    mb_log(run->env->log, MB_LOG_INFO, "removed %s... from %s: left by a restore that was killed", prefix,
           mb_storage_info(storage)->location);
    return MB_OK;
}

static mb_status clean_up_after_others(const struct mb_restore *run, struct mb_arena *arena,
                                       struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_listing *listing = NULL;
    const struct mb_entry *entry;
    MB_TRY(mb_listing_open(&listing, run->env->milvus_store, TEMPORARY, "/", cancel, error));
    mb_status status;
    while ((status = mb_listing_next(listing, &entry, error)) == MB_OK) {
        if (!mb_text_ends_with(entry->key, OWNER_SUFFIX) || !owner_is_gone(run, entry->key, cancel, error))
            continue;
        const char *mark = mb_arena_strdup(arena, entry->key);
        status = mark != NULL ? remove_orphans(run, mark, arena, cancel, error) : mb_fail_memory(error);
        if (status < 0)
            break;
    }
    mb_listing_close(listing);
    return status == MB_END ? MB_OK : status;
}

static mb_status leave_mark(struct mb_restore *run, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_error ignored = MB_ERROR_INIT;
    struct mb_arena *arena = mb_arena_new();
    const char *key = arena != NULL ? owner_key(run, arena) : NULL;
    mb_status status = MB_OK;
    run->owner = mb_owner_new();
    const char *self = run->owner != NULL ? mb_owner_text(run->owner) : NULL;
    if (key == NULL || self == NULL)
        status = mb_fail_memory(error);
    else if (clean_up_after_others(run, arena, cancel, &ignored) < 0)
        mb_log(run->env->log, MB_LOG_WARN, "copies that killed restores left could not be cleaned up: %s",
               ignored.message);
    if (status == MB_OK)
        status = mb_storage_write(run->env->milvus_store, key, self, strlen(self), NULL, NULL, cancel, error);
    mb_arena_free(arena);
    return status;
}

static void drop_checksums(struct mb_restore *run)
{
    mb_checksums_free(run->checksums);
    run->checksums = NULL;
}

/* Damage to the list of checksums is none to the data, which may be all that is left of it. */
static mb_status read_checksums(struct mb_restore *run, struct mb_cancel *cancel, struct mb_error *error)
{
    mb_status status = mb_checksums_read(&run->checksums, run->env->backup_store, run->dir, cancel, error);
    if (status != MB_E_CORRUPT)
        return status;
    mb_log(run->env->log, MB_LOG_WARN, "the data that is copied is not compared with checksums: %s",
           error->message);
    mb_error_clear(error);
    return MB_OK;
}

/* The copies of all collections share one budget. */
static mb_status prepare(struct mb_restore *run, struct mb_cancel *cancel, struct mb_error *error)
{
    if (run->copy.budget == NULL)
        run->copy.budget = run->own_budget = mb_copy_budget_new(run->copy.memory_bytes);
    if (run->copy.budget == NULL)
        return mb_fail_memory(error);
    MB_TRY(read_checksums(run, cancel, error));
    return run->options->keep_temp_files ? MB_OK : leave_mark(run, cancel, error);
}

static void drop(struct mb_restore *run)
{
    mb_budget_free(run->own_budget);
    run->own_budget = NULL;
    mb_owner_free(run->owner);
    run->owner = NULL;
    drop_checksums(run);
}

mb_status mb_stage_begin(struct mb_restore *run, struct mb_cancel *cancel, struct mb_error *error)
{
    if (!run->staged)
        return MB_OK;
    mb_status status = prepare(run, cancel, error);
    if (status != MB_OK)
        drop(run);
    return status;
}

void mb_stage_end(struct mb_restore *run)
{
    struct mb_error error = MB_ERROR_INIT;
    drop(run);
    if (!run->staged || run->options->keep_temp_files)
        return;
    struct mb_arena *arena = mb_arena_new();
    const char *key = arena != NULL ? owner_key(run, arena) : NULL;
    if (key == NULL)
        mb_fail_memory(&error);
    else
        mb_storage_remove(run->env->milvus_store, key, NULL, &error);
    if (error.status < 0)
        mb_log(run->env->log, MB_LOG_WARN, "the mark of this restore's temporary objects stays: %s",
               error.message);
    mb_arena_free(arena);
}

/* ------------------------------------------------------------------- copies */

unsigned mb_stage_divide(struct mb_copy_options *copy, unsigned collections)
{
    uint64_t memory = copy->memory_bytes ? copy->memory_bytes : MB_COPY_MEMORY_BYTES;
    if (copy->budget != NULL)
        memory = mb_budget_limit(copy->budget);
    uint64_t parts = memory / (copy->part_bytes ? copy->part_bytes : MB_COPY_PART_BYTES);
    unsigned workers = copy->max_concurrency ? copy->max_concurrency : MB_COPY_CONCURRENCY;

    if (collections > parts)
        collections = (unsigned)parts;
    if (collections > workers)
        collections = workers;
    if (collections == 0)
        collections = 1;
    copy->max_concurrency = workers / collections;
    return collections;
}

static const char *temporary_prefix(const struct mb_restore_work *work, struct mb_arena *arena)
{
    return mb_arena_printf(arena, TEMPORARY "%s-%s-%s/", work->run->options->id, MB_WORK_NAME(work));
}

/* The copy of one batch on its way. */
struct staging {
    const struct mb_restore *run;
    const struct mb_import_batch *batch;
    const char *prefix; /* of the keys in Milvus' store; behind it they are those in the backup */
    size_t prefix_len;
    struct mb_copy *copy;
    size_t count;
    struct mb_folder folder;         /* of the backup */
    struct mb_batch_objects objects; /* of the kind at hand */
};

static mb_status add_object(struct staging *staging, const char *from, uint64_t size, const char *etag,
                            struct mb_error *error)
{
    struct mb_buf to;
    mb_buf_init(&to, MAX_KEY);
    mb_buf_printf(&to, "%s%s", staging->prefix, from + strlen(staging->folder.prefix));
    mb_status status = mb_buf_status(&to, error);
    staging->count++;
    if (status == MB_OK)
        status = mb_copy_add(staging->copy, from, to.data, size, etag, NULL, error);
    mb_buf_done(&to);
    return status;
}

static mb_status add_listed(void *ctx, const char *name, const struct mb_entry *entry, struct mb_error *error)
{
    (void)name;
    return add_object(ctx, entry->key, entry->size, entry->etag, error);
}

static mb_status add_left_out(void *ctx, const char *name, const struct mb_entry *entry,
                              struct mb_error *error)
{
    const struct staging *staging = ctx;
    return mb_batch_objects_left_out(&staging->objects, name) ? add_listed(ctx, name, entry, error) : MB_OK;
}

/* What the listing does not show although it is there (see mb_restore_prove). */
static mb_status add_unlisted(void *ctx, const char *name, const struct mb_stat *stat, struct mb_error *error)
{
    struct staging *staging = ctx;
    struct mb_buf from;
    mb_buf_init(&from, MAX_KEY);
    mb_buf_printf(&from, "%s%s", staging->folder.prefix, name);
    mb_status status = mb_buf_status(&from, error);
    if (status == MB_OK)
        status = add_object(staging, from.data, stat->size, stat->etag, error);
    mb_buf_done(&from);
    return status;
}

static mb_status add_objects(struct staging *staging, const char *dir, struct mb_cancel *cancel,
                             struct mb_error *error)
{
    const struct mb_folder_visitor visitor = {.seen = add_listed, .stray = add_left_out, .ctx = staging};
    const struct mb_looker looker = {.found = add_unlisted, .ctx = staging};
    struct mb_expected *named = staging->objects.named;
    struct mb_missing missing;
    MB_TRY(mb_folder_list(&staging->folder, dir + strlen(staging->folder.prefix), named, &visitor, cancel,
                          error));
    MB_TRY(mb_folder_look_again(&staging->folder, named, &looker, &missing, cancel, error));
    return mb_folder_judge(&staging->folder, "objects", named, &missing, error);
}

/* Queues what the backup has in a directory of the batch for its place in the copy. */
static mb_status add_directory(struct staging *staging, bool is_delta, struct mb_cancel *cancel,
                               struct mb_error *error)
{
    const char *dir = is_delta ? staging->batch->delta_dir : staging->batch->insert_dir;
    struct mb_import_batch batch = *staging->batch;
    const struct mb_import_batches batches = {.items = &batch, .count = 1};
    if (dir == NULL)
        return MB_OK;
    mb_status status = mb_batch_objects_init(&staging->objects, &batches, is_delta, cancel, error);
    if (status == MB_OK)
        status = add_objects(staging, dir, cancel, error);
    mb_batch_objects_done(&staging->objects);
    return status;
}

static mb_status compare_moved(void *ctx, const struct mb_object_moved *object, struct mb_error *error)
{
    const struct staging *staging = ctx;
    const struct mb_checksums *checksums = staging->run->checksums;
    bool compared;
    if (checksums == NULL || !object->has_crc32c)
        return MB_OK;
    return mb_checksums_compare(checksums, object->key + staging->prefix_len, object->crc32c, &compared,
                                error);
}

static mb_status copy_batch(struct mb_restore_work *work, const struct mb_import_batch *batch,
                            const char *prefix, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_restore *run = work->run;
    const struct mb_restore_env *env = run->env;
    struct mb_copy_options options = run->copy;
    struct staging staging = {.run = run,
                              .batch = batch,
                              .prefix = prefix,
                              .prefix_len = strlen(prefix),
                              .folder = {env->backup_store, mb_arena_printf(work->arena, "%s/", run->dir)}};

    if (staging.folder.prefix == NULL)
        return mb_fail_memory(error);
    options.moved = compare_moved;
    options.ctx = &staging;
    options.progress = env->progress;
    options.log = env->log;
    MB_TRY(mb_copy_open(&staging.copy, env->backup_store, env->milvus_store, &options, cancel, error));
    mb_status status = add_directory(&staging, false, cancel, error);
    if (status == MB_OK)
        status = add_directory(&staging, true, cancel, error);
    if (status == MB_OK && staging.count == 0)
        status = mb_fail(error, MB_E_CORRUPT, "nothing lies under %s",
                         batch->insert_dir ? batch->insert_dir : batch->delta_dir);
    if (status == MB_OK)
        status = mb_copy_finish(staging.copy, error);
    mb_copy_close(staging.copy);
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
           prefix ? prefix : TEMPORARY, mb_storage_info(run->env->milvus_store)->location, error.message);
}

/* -------------------------------------------------------------------- batches */

static mb_status path_to(struct mb_restore_work *work, const char *dir, const char *prefix,
                         struct mb_arena *arena, const char **out, struct mb_error *error)
{
    const struct mb_restore_env *env = work->run->env;
    const char *key = prefix ? mb_arena_printf(arena, "%s%s", prefix, dir + strlen(work->run->dir) + 1)
                             : key_in_milvus(env, dir, arena);
    *out = key ? path_of(env, key, arena) : NULL;
    return *out ? MB_OK : mb_fail_memory(error);
}

bool mb_stage_has_copy(const struct mb_restore *run, const struct mb_import_batch *batch)
{
    return run->foreign || batch->strays > 0;
}

mb_status mb_stage_all(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error)
{
    const char *prefix = temporary_prefix(work, work->arena);
    if (prefix == NULL)
        return mb_fail_memory(error);
    if (work->copied)
        return MB_OK;
    for (size_t i = 0; i < work->batches.count; i++)
        if (mb_stage_has_copy(work->run, &work->batches.items[i]))
            MB_TRY(copy_batch(work, &work->batches.items[i], prefix, cancel, error));
    work->copied = true;
    return MB_OK;
}

mb_status mb_stage_batch(struct mb_restore_work *work, const struct mb_import_batch *batch,
                         bool always_deletes, struct mb_arena *arena, struct mb_strings *out,
                         struct mb_cancel *cancel, struct mb_error *error)
{
    const char *prefix = NULL;
    struct mb_strings paths = {.items = mb_arena_alloc(arena, 2, sizeof *paths.items)};

    if (paths.items == NULL)
        return mb_fail_memory(error);
    if (mb_stage_has_copy(work->run, batch)) {
        prefix = temporary_prefix(work, arena);
        if (prefix == NULL)
            return mb_fail_memory(error);
        if (!work->copied)
            MB_TRY(copy_batch(work, batch, prefix, cancel, error));
    }
    if (batch->insert_dir)
        MB_TRY(path_to(work, batch->insert_dir, prefix, arena, &paths.items[paths.count++], error));
    if (always_deletes || batch->has_deletes)
        MB_TRY(path_to(work, batch->delta_dir, prefix, arena, &paths.items[paths.count++], error));
    *out = paths;
    return MB_OK;
}
