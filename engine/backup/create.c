/* The steps of `create`.  In: a running Milvus, its storage, and a selection of collections.  Out: a complete
 * backup under a name that was free, and a report; or, after a failure, a backup whose claim record says when
 * and why it failed and that can be resumed, or nothing where no object had been written yet. */
#include "backup/create.h"
#include "backup/snapshot.h"
#include "base/crc32c.h"
#include "base/hint.h"
#include "catalog/layout.h"
#include "catalog/rbac.h"

#include <stdio.h>
#include <string.h>

enum { FLUSHES = 4 };

/* ------------------------------------------------------------- the record */

/* What a resumed create must have in common with the one that was interrupted. */
static const char *plan_digest(const struct mb_create *create)
{
    uint32_t crc = 0;
    enum mb_backup_strategy strategy = create->options->strategy;
    if (strategy > MB_STRATEGY_SERIAL_FLUSH)
        strategy = MB_STRATEGY_SERIAL_FLUSH; /* however it is flushed, the same is copied */
    for (size_t i = 0; i < create->collection_count; i++) {
        const struct mb_collection *collection = &create->collections[i].backup.collection;
        crc = mb_crc32c(crc, &collection->id, sizeof(collection->id));
    }
    return mb_arena_printf(create->arena, "%zu collections, crc32c %08x, strategy %d%s",
                           create->collection_count, crc, strategy, mb_create_format_mark(create));
}

static mb_status take_over(struct mb_create *create, const struct mb_claim_record *record,
                           const struct mb_claim_wish *wish, struct mb_cancel *cancel, struct mb_error *error)
{
    const char *name = create->options->name;
    if (strcmp(record->plan_digest, wish->plan_digest) != 0)
        return mb_fail(
            error, MB_E_EXISTS,
            "the interrupted backup %s was of something else (%s, now %s): give the same collections, "
            "strategy and format, or delete it first",
            name, record->plan_digest, wish->plan_digest);
    MB_TRY(mb_claim_take_over(&create->claim, &create->catalog, name, record, wish, cancel, error));
    create->backup.id = mb_claim_backup_id(create->claim);
    create->resumed = true;
    atomic_store(&create->touched, true);
    MB_TRY(mb_catalog_abort_uploads(&create->catalog, name, cancel, error));
    return mb_create_find_present(create, cancel, error);
}

static mb_status claim(struct mb_create *create, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_claim_record record;
    const char *name = create->options->name;
    const struct mb_claim_wish wish = {.backup_id = create->backup.id,
                                       .plan_digest = plan_digest(create),
                                       .force = create->options->take_over};
    if (wish.plan_digest == NULL)
        return mb_fail_memory(error);
    if (create->options->resume) {
        mb_status status =
            mb_claim_record_read(&create->catalog, name, create->arena, &record, cancel, error);
        if (status == MB_OK)
            return take_over(create, &record, &wish, cancel, error);
        if (status != MB_E_NOT_FOUND)
            return status;
        mb_error_clear(error);
    }
    return mb_claim_begin(&create->claim, &create->catalog, name, &wish, cancel, error);
}

/* A taken name is told before Milvus is asked for anything. */
static mb_status check_name(struct mb_create *create, struct mb_cancel *cancel, struct mb_error *error)
{
    enum mb_backup_state state;
    const char *name = create->options->name;
    MB_TRY(mb_layout_check_name(name, error));
    MB_TRY(mb_catalog_state(&create->catalog, name, &state, cancel, error));
    atomic_store(&create->env->progress->resumable,
                 create->options->resume && state == MB_BACKUP_IN_PROGRESS);
    switch (state) {
    case MB_BACKUP_ABSENT:
        return MB_OK;
    case MB_BACKUP_IN_PROGRESS:
        if (create->options->resume)
            return MB_OK;
        return mb_claim_fail_taken(&create->catalog, name, cancel, error);
    case MB_BACKUP_FOREIGN:
        return mb_fail_hint(error, MB_E_EXISTS, MB_HINT_DELETE, name,
                            "%s already holds objects that are no complete backup; choose another name",
                            create->dir);
    case MB_BACKUP_COMPLETE:
        break;
    }
    return mb_fail(error, MB_E_EXISTS, "backup %s already exists; choose another name or delete it first",
                   name);
}

/* ------------------------------------------------------------- the data */

static mb_status list_all(struct mb_create *create, struct mb_group *group, struct mb_error *error)
{
    for (size_t i = 0; i < create->collection_count; i++)
        MB_TRY(mb_group_submit(group, mb_create_segments, &create->collections[i], error));
    return mb_group_wait(group, error);
}

/* A flush is mostly waiting: more of them are made at once than collections are copied.  Where Milvus allows
 * few, they are made one at a time (milvus/limit.h). */
static mb_status flush_and_list(struct mb_create *create, struct mb_cancel *cancel, struct mb_error *error)
{
    unsigned at_once = mb_create_parallel(create);
    struct mb_pool *pool = mb_pool_new(at_once > 1 ? at_once * FLUSHES : 1);
    struct mb_group *group = pool != NULL ? mb_group_new(pool, cancel) : NULL;
    mb_create_turns_init(&create->turns, at_once);
    mb_status status = group != NULL ? list_all(create, group, error) : mb_fail_memory(error);
    mb_group_free(group);
    mb_pool_free(pool);
    mb_create_turns_done(&create->turns);
    return status;
}

static mb_status copy_segments(struct mb_create *create, struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_backup_env *env = create->env;
    struct mb_copy_options options = create->options->copy;
    options.moved = mb_create_moved;
    options.ctx = create;
    options.progress = env->progress;
    options.log = env->log;
    MB_TRY(mb_copy_open(&create->copy, env->milvus_store, env->backup_store, &options, cancel, error));

    mb_status status = flush_and_list(create, cancel, error);
    atomic_store(&env->progress->listed, true);
    MB_TRY(status);
    return mb_copy_finish(create->copy, error);
}

static mb_status assemble(struct mb_create *create, struct mb_error *error)
{
    struct mb_backup *backup = &create->backup;
    backup->collections =
        mb_arena_alloc(create->arena, create->collection_count, sizeof(*backup->collections));
    if (backup->collections == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < create->collection_count; i++) {
        backup->collections[i] = create->collections[i].backup;
        if (!create->snapshots)
            backup->size += create->collections[i].backup.size;
    }
    backup->collection_count = create->collection_count;
    return MB_OK;
}

static void describe_line(const struct mb_create_collection *job, struct mb_backup_line *out)
{
    const struct mb_collection_backup *backup = &job->backup;
    out->bytes = backup->size;
    out->segments = backup->l0_count;
    out->objects = job->bundle_files + (job->binlogs ? mb_binlogs_count(job->binlogs) : 0);
    out->rows = backup->row_count;
    int64_t ended = atomic_load(&job->ended_ns);
    out->ns = ended ? ended - job->started_ns : 0;
    for (size_t i = 0; i < backup->partition_count; i++) {
        out->segments += backup->partitions[i].segment_count;
        for (size_t k = 0; k < backup->partitions[i].segment_count; k++)
            if (!backup->partitions[i].segments[k].is_l0)
                out->rows += backup->partitions[i].segments[k].rows;
    }
}

static mb_status make_report(const struct mb_create *create, struct mb_arena *arena,
                             struct mb_backup_report *report, struct mb_error *error)
{
    char how[128] = "";
    struct mb_backup_report made = {.count = create->collection_count,
                                    .users = create->rbac.user_count,
                                    .roles = create->rbac.roles.count,
                                    .grants = create->rbac.grant_count,
                                    .privilege_groups = create->rbac.group_count};
    made.lines = mb_arena_alloc(arena, create->collection_count, sizeof(*made.lines));
    if (create->copy != NULL)
        mb_copy_describe(create->copy, how, sizeof(how));
    else if (create->snapshots)
        snprintf(how, sizeof(how), "written by milvus, as snapshots");
    made.how = mb_arena_strdup(arena, how);
    made.id = mb_arena_strdup(arena, create->backup.id);
    if (made.lines == NULL || made.how == NULL || made.id == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < create->warnings.count; i++)
        if (!mb_strings_add(&made.warnings, arena, mb_arena_strdup(arena, create->warnings.items[i])))
            return mb_fail_memory(error);
    for (size_t i = 0; i < create->collection_count; i++) {
        made.lines[i].db = mb_arena_strdup(arena, create->collections[i].db);
        made.lines[i].collection = mb_arena_strdup(arena, create->collections[i].name);
        if (made.lines[i].db == NULL || made.lines[i].collection == NULL)
            return mb_fail_memory(error);
        describe_line(&create->collections[i], &made.lines[i]);
    }
    *report = made;
    return MB_OK;
}

static bool has_rows(const struct mb_create *create)
{
    for (size_t i = 0; i < create->collection_count; i++)
        for (size_t s = 0; s < create->collections[i].segment_count; s++)
            if (create->collections[i].segments[s].rows > 0)
                return true;
    return false;
}

/* What was deleted and is not in the binlogs would come back with the backup. */
static mb_status warn_of_deletes(struct mb_create *create, struct mb_error *error)
{
    const struct mb_milvus_info *milvus = mb_milvus_info(create->env->milvus);
    if (milvus->can[MB_MILVUS_FLUSH_DELETES] || !has_rows(create))
        return MB_OK;
    return mb_create_warn(create, error,
                          "milvus %s does not write deletes out when it is flushed: rows that were deleted "
                          "lately may be in the backup, and come back with it (%s writes them out)",
                          milvus->version_text, mb_milvus_needs(MB_MILVUS_FLUSH_DELETES));
}

static mb_status describe_rbac(struct mb_create *create, struct mb_cancel *cancel, struct mb_error *error)
{
    if (!create->options->rbac)
        return MB_OK;
    MB_TRY(mb_milvus_backup_rbac(create->env->milvus, create->arena, &create->rbac, cancel, error));
    return mb_rbac_to_json(&create->rbac, create->arena, &create->backup.rbac_meta, error);
}

/* Of the collections that are backed up where the server can tell them apart; else of all, from the start.  A
 * snapshot keeps its files by itself.
 */
static mb_status pause_gc(struct mb_create *create, bool described, struct mb_cancel *cancel,
                          struct mb_error *error)
{
    struct mb_milvus *milvus = create->env->milvus;
    if (!create->options->pause_gc || create->options->strategy == MB_STRATEGY_META_ONLY ||
        create->snapshots || mb_milvus_info(milvus)->can[MB_MILVUS_PAUSE_GC_OF_ONE] != described)
        return MB_OK;
    size_t count = described ? create->collection_count : 0;
    int64_t *ids = mb_arena_alloc(create->arena, count + 1, sizeof(*ids));
    if (ids == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < count; i++)
        ids[i] = create->collections[i].backup.collection.id;
    create->gc_scope = (struct mb_gc_scope){.milvus = milvus, .collections = {.items = ids, .count = count}};
    if (described && count == 0)
        return MB_OK;
    const struct mb_gc_calls calls = mb_gc_calls_of(&create->gc_scope);
    return mb_gc_lease_begin(&create->gc_lease, &calls, &mb_gc_times_default, create->env->log, cancel,
                             error);
}

static mb_status copy_binlogs(struct mb_create *create, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_progress *progress = create->env->progress;
    mb_progress_phase(progress, "copy");
    MB_TRY(copy_segments(create, cancel, error));
    MB_TRY(warn_of_deletes(create, error));
    mb_progress_phase(progress, "verify");
    MB_TRY(mb_claim_check(create->claim, cancel, error)); /* verifying removes strays */
    return mb_create_verify(create, cancel, error);
}

static mb_status save_data(struct mb_create *create, struct mb_cancel *cancel, struct mb_error *error)
{
    bool snapshots = create->snapshots;
    MB_TRY(mb_create_flush_all(create, cancel, error));
    if (snapshots)
        MB_TRY(mb_create_snapshots(create, cancel, error));
    if (create->snapshots)
        return MB_OK;
    if (snapshots)
        MB_TRY(pause_gc(create, true, cancel, error));
    return copy_binlogs(create, cancel, error);
}

/* From the claim on: what fails here leaves a backup that is marked as in progress, unless nothing was
 * copied. */
static mb_status fill(struct mb_create *create, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_progress *progress = create->env->progress;
    MB_TRY(mb_objects_new(&create->objects, create->env->log, error));
    if (create->options->strategy != MB_STRATEGY_META_ONLY)
        MB_TRY(save_data(create, cancel, error));
    MB_TRY(mb_create_note_channel(create, cancel, error));
    mb_progress_phase(progress, "commit");
    MB_TRY(assemble(create, error));
    if (create->present != NULL)
        MB_TRY(mb_catalog_abort_uploads(&create->catalog, create->options->name, cancel, error));
    atomic_store(&create->touched, true);
    return mb_catalog_write(&create->catalog, create->claim, &create->backup, create->objects, cancel, error);
}

/* What is left of a create that failed: nothing, or a record that says why. */
static mb_status abandon(struct mb_create *create, struct mb_error *error)
{
    struct mb_error later = MB_ERROR_INIT;
    if (create->claim == NULL) {
        if (error->status == MB_E_EXISTS) /* another's, or of something else */
            atomic_store(&create->env->progress->resumable, false);
        return error->status;
    }
    atomic_store(&create->env->progress->resumable, false);
    mb_claim_explain(create->claim, error);
    if (!atomic_load(&create->touched)) {
        if (mb_claim_abandon(create->claim, &later) < 0)
            mb_log(create->env->log, MB_LOG_WARN, "%s could not be cleaned up: %s", create->dir,
                   later.message);
        return error->status;
    }
    if (mb_claim_is_lost(create->claim))
        return error->status;
    mb_claim_fail(create->claim, error);
    atomic_store(&create->env->progress->resumable, true);
    mb_error_hint(error, MB_HINT_RESUME, create->options->name);
    return mb_error_context(error, "backup %s is incomplete and can be resumed or deleted",
                            create->options->name);
}

static mb_status add_rows(struct mb_create *create, struct mb_error *error)
{
    struct mb_progress *progress = create->env->progress;
    atomic_store(&progress->collections_total, create->collection_count);
    for (size_t i = 0; i < create->collection_count; i++) {
        struct mb_create_collection *job = &create->collections[i];
        const struct mb_progress_names names = {job->db, job->name, job->db, job->name};
        MB_TRY(mb_progress_add_row(progress, &names, &job->row, error));
    }
    return MB_OK;
}

static mb_status run(struct mb_create *create, struct mb_pool *pool, struct mb_cancel *cancel,
                     struct mb_error *error)
{
    mb_progress_phase(create->env->progress, "describe");
    MB_TRY(mb_create_describe(create, pool, cancel, error));
    MB_TRY(mb_create_check_described(create, error));
    MB_TRY(describe_rbac(create, cancel, error));
    MB_TRY(add_rows(create, error));
    MB_TRY(mb_create_choose_format(create, cancel, error));
    MB_TRY(pause_gc(create, true, cancel, error));
    if (claim(create, cancel, error) < 0 || fill(create, mb_claim_cancel(create->claim), error) < 0)
        return abandon(create, error);
    return MB_OK;
}

/* ------------------------------------------------------------- the whole */

static mb_status begin(struct mb_create *create, struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_backup_env *env = create->env;
    create->arena = mb_arena_new();
    if (create->arena == NULL)
        return mb_fail_memory(error);
    create->dir = mb_layout_backup_dir(create->arena, env->backup_root, create->options->name);
    create->backup = (struct mb_backup){
        .id = create->options->id,
        .name = create->options->name,
        .milvus_version = mb_milvus_info(env->milvus)->version_text,
        .format = "",
        .source_root = mb_arena_printf(create->arena, "%s%s", mb_storage_info(env->milvus_store)->native_root,
                                       env->milvus_root)};
    if (create->dir == NULL || create->backup.source_root == NULL)
        return mb_fail_memory(error);
    return check_name(create, cancel, error);
}

/* That it went on is news only of a milvus that could have paused it. */
static mb_status resume_gc(struct mb_create *create, struct mb_error *error)
{
    struct mb_gc_report report;
    mb_gc_lease_end(create->gc_lease, create->arena, &report);
    if (*report.unpaused != '\0' && mb_milvus_info(create->env->milvus)->can[MB_MILVUS_PAUSE_GC])
        MB_TRY(mb_create_warn(create, error,
                              "garbage collection went on in milvus while the backup was made, and segments "
                              "that it removed would have failed it: %s",
                              report.unpaused));
    if (*report.unresumed != '\0')
        MB_TRY(mb_create_warn(create, error,
                              "garbage collection in milvus stays paused for up to an hour, since it could "
                              "not be resumed: %s",
                              report.unresumed));
    return MB_OK;
}

static void end(struct mb_create *create)
{
    mb_copy_close(create->copy);
    mb_objects_free(create->objects);
    mb_binlogs_free(create->present);
    for (size_t i = 0; i < create->collection_count; i++) {
        mb_binlogs_free(create->collections[i].binlogs);
        mb_arena_free(create->collections[i].arena);
    }
    mb_claim_free(create->claim);
    mb_arena_free(create->arena);
    pthread_mutex_destroy(&create->storage_lock);
}

static mb_status run_paused(struct mb_create *create, struct mb_pool *pool, struct mb_cancel *cancel,
                            struct mb_error *error)
{
    struct mb_error later = MB_ERROR_INIT;
    mb_status status = pause_gc(create, false, cancel, error);
    if (status >= 0)
        status = run(create, pool, cancel, error);
    if (resume_gc(create, &later) == MB_OK || status < 0)
        return status;
    *error = later;
    return later.status;
}

static mb_status steps(struct mb_create *create, struct mb_cancel *cancel, struct mb_error *error)
{
    MB_TRY(begin(create, cancel, error));
    struct mb_pool *pool = mb_pool_new(mb_create_parallel(create));
    if (pool == NULL)
        return mb_fail_memory(error);
    mb_status status = run_paused(create, pool, cancel, error);
    mb_pool_free(pool);
    return status;
}

mb_status mb_backup_create(const struct mb_backup_env *env, const struct mb_backup_options *options,
                           struct mb_arena *arena, struct mb_backup_report *report, struct mb_cancel *cancel,
                           struct mb_error *error)
{
    struct mb_create create = {
        .env = env,
        .options = options,
        .catalog = {.storage = env->backup_store, .root = env->backup_root, .log = env->log}};
    pthread_mutex_init(&create.storage_lock, NULL);
    mb_progress_phase(env->progress, "check");
    mb_status status = steps(&create, cancel, error);
    if (status == MB_OK)
        status = make_report(&create, arena, report, error);
    end(&create);
    return status;
}
