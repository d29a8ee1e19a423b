/* The steps of `restore`.  In: a complete backup, a running Milvus, and which collection becomes which.  Out:
 * collections that hold what the backup holds, and a report; after a failure, an error that names those which
 * hold a part and those that are as they were. */
#include "restore/restore.h"

#include "base/hint.h"
#include "base/pool.h"
#include "catalog/catalog.h"
#include "catalog/layout.h"
#include "restore/proof.h"
#include "restore/replace.h"
#include "restore/report.h"
#include "restore/run.h"
#include "restore/snapshot.h"
#include "restore/stage.h"
#include "restore/until.h"

#include <stdio.h>
#include <string.h>

#define PARALLEL_COLLECTIONS 2

/* ----------------------------------------------------------------- checking */

mb_status mb_restore_read(struct mb_restore *run, struct mb_arena *arena, struct mb_cancel *cancel,
                          struct mb_error *error)
{
    const struct mb_restore_env *env = run->env;
    const char *name = run->options->name;
    struct mb_catalog catalog = {.storage = env->backup_store, .root = env->backup_root, .log = env->log};

    MB_TRY(mb_layout_check_existing_name(name, error));
    run->dir = mb_layout_backup_dir(arena, env->backup_root, name);
    if (run->dir == NULL)
        return mb_fail_memory(error);
    return mb_catalog_read_fuller(&catalog, name, arena, &run->backup, &run->difference, cancel, error);
}

static mb_status read_backup(struct mb_restore *run, struct mb_arena *arena, struct mb_cancel *cancel,
                             struct mb_error *error)
{
    MB_TRY(mb_restore_read(run, arena, cancel, error));
    run->snapshot = mb_backup_is_snapshot(&run->backup);
    if (run->snapshot)
        return mb_snapshot_check(run, error);
    if (run->backup.format && *run->backup.format && strcmp(run->backup.format, "binlog") != 0)
        return mb_fail(error, MB_E_UNSUPPORTED,
                       "backup %s has the format %s, which this program cannot restore", run->options->name,
                       run->backup.format);
    return MB_OK;
}

/* A collection that is to be dropped, and not an alias, of which nobody knows whether it is meant. */
static mb_status check_old(struct mb_restore_work *work, struct mb_arena *arena, struct mb_cancel *cancel,
                           struct mb_error *error)
{
    const struct mb_restore_options *options = work->run->options;
    struct mb_collection old;
    MB_TRY(mb_milvus_describe_collection(work->run->env->milvus, MB_WORK_NAME(work), arena, &old, cancel,
                                         error));
    if (mb_strings_have(&old.aliases, work->target->name)) {
        mb_fail(error, MB_E_EXISTS, "%s.%s is an alias of another collection and is not replaced",
                MB_WORK_NAME(work));
        return mb_restore_hint(work, MB_HINT_TARGET_IS_ALIAS, error);
    }
    work->old_id = old.id;
    work->replaces = work->run->milvus->can[MB_MILVUS_RENAME] && !options->drop_first;
    return MB_OK;
}

/* Is the target there, and may it be? */
static mb_status check_target(struct mb_restore_work *work, const struct mb_strings *databases,
                              struct mb_arena *arena, struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_restore_options *options = work->run->options;

    if (mb_strings_have(databases, work->target->db)) {
        MB_TRY(mb_replace_mend(work, cancel, error));
        MB_TRY(mb_milvus_has_collection(work->run->env->milvus, MB_WORK_NAME(work), &work->exists, cancel,
                                        error));
    }
    if (work->exists && options->drop_exist_collection)
        MB_TRY(check_old(work, arena, cancel, error));
    if (work->exists && !options->drop_exist_collection && !options->skip_create_collection) {
        mb_fail(error, MB_E_EXISTS, "collection already exist, database %s collection %s",
                MB_WORK_NAME(work));
        return mb_restore_hint(work, MB_HINT_TARGET_EXISTS, error);
    }
    if (!work->exists && options->skip_create_collection && !options->drop_exist_collection) {
        mb_fail(error, MB_E_NOT_FOUND, "collection not exist, database %s collection %s", MB_WORK_NAME(work));
        return mb_restore_hint(work, MB_HINT_TARGET_MISSING, error);
    }
    return MB_OK;
}

static mb_status plan_work(struct mb_restore *run, struct mb_restore_work *work, struct mb_arena *arena,
                           struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_collection_backup *source = work->target->source;

    work->ezk = mb_restore_ezk(&run->backup, &run->options->ezk, source);
    if (run->snapshot)
        return mb_snapshot_plan(work, arena, error);
    if (run->options->meta_only)
        return MB_OK;
    mb_status status = mb_import_batches_make(source, run->dir, run->milvus->can[MB_MILVUS_IMPORT_SEGMENTS],
                                              arena, &work->batches, error);
    if (status != MB_OK)
        return mb_error_context(error, "backup %s, collection %s.%s", run->backup.name,
                                source->collection.db_name, source->collection.name);
    for (size_t i = 0; i < work->batches.count; i++)
        run->total_bytes += work->batches.items[i].bytes;
    MB_TRY(mb_restore_prove(work, arena, cancel, error));
    if (mb_restore_limit(work, error) < 0)
        return mb_error_context(error, "collection %s.%s", source->collection.db_name,
                                source->collection.name);
    return mb_restore_probe(work, cancel, error);
}

/* --------------------------------------------------------------- the run */

/* Collections that are not there would leave their share of memory unused. */
static void divide(struct mb_restore *run)
{
    const struct mb_restore_options *options = run->options;
    unsigned most = options->parallel_collections ? options->parallel_collections : PARALLEL_COLLECTIONS;
    if (most > run->plan.count)
        most = run->plan.count ? (unsigned)run->plan.count : 1;
    run->copy = options->copy;
    run->parallel = run->staged ? mb_stage_divide(&run->copy, most) : most;
}

static bool any_strays(const struct mb_restore *run, const struct mb_restore_work *works)
{
    for (size_t i = 0; i < run->plan.count; i++)
        for (size_t k = 0; k < works[i].batches.count; k++)
            if (works[i].batches.items[k].strays > 0)
                return true;
    return false;
}

static size_t count_batches(const struct mb_restore *run, const struct mb_restore_work *works)
{
    size_t count = 0;
    for (size_t i = 0; i < run->plan.count; i++)
        count += works[i].batches.count;
    return count;
}

static mb_status run_all(struct mb_restore *run, struct mb_restore_work *works, struct mb_cancel *cancel,
                         struct mb_error *error)
{
    struct mb_pool *pool = mb_pool_new(run->parallel);
    struct mb_group *group = pool ? mb_group_new(pool, cancel) : NULL;
    mb_status status = group ? MB_OK : mb_fail_memory(error);

    for (size_t i = 0; status == MB_OK && i < run->plan.count; i++)
        status = mb_group_submit(group, mb_restore_collection, &works[i], error);
    if (group) {
        struct mb_error first = MB_ERROR_INIT;
        if (mb_group_wait(group, &first) != MB_OK) {
            *error = first;
            status = first.status;
        }
    }
    mb_group_free(group);
    mb_pool_free(pool);
    return status;
}

static bool is_partial(const struct mb_restore_work *work)
{
    return !work->complete && !work->replaces && (work->created || work->filling);
}

static bool is_whole(const struct mb_restore_work *work)
{
    return work->complete;
}

static bool is_untouched(const struct mb_restore_work *work)
{
    return !work->complete && work->replaces && !work->stranded;
}

/* What is to be known of it beside its name. */
static const char *remark(const struct mb_restore_work *work)
{
    const struct mb_strings *aliases = &work->target->source->collection.aliases;
    bool lacks_aliases = work->created && work->aliases.count + work->lost_aliases.count < aliases->count;
    bool lacks_load = work->run->options->load && mb_restore_was_loaded(work) && !work->loaded;
    if (!work->complete)
        return work->created && !work->replaces ? " (made by this restore)" : "";
    if (lacks_load)
        return lacks_aliases ? " (not loaded, without aliases)" : " (not loaded)";
    return lacks_aliases ? " (without aliases)" : "";
}

/* Says behind the error which collections are what. */
static void name_some(const struct mb_restore *run, const struct mb_restore_work *works,
                      bool (*choose)(const struct mb_restore_work *work), const char *what,
                      struct mb_error *error)
{
    size_t len = strlen(error->message), cap = sizeof error->message, named = 0, left = 0;

    for (size_t i = 0; i < run->plan.count; i++) {
        const struct mb_restore_work *work = &works[i];
        if (!choose(work))
            continue;
        char name[160];
        int n = snprintf(name, sizeof name, "%s%s %s.%s%s", named ? "," : "; ", named ? "" : what,
                         MB_WORK_NAME(work), remark(work));
        if (n < 0 || (size_t)n >= sizeof name || len + (size_t)n + 32 >= cap) {
            left++;
            continue;
        }
        memcpy(error->message + len, name, (size_t)n + 1);
        len += (size_t)n;
        named++;
    }
    if (left)
        snprintf(error->message + len, cap - len, " and %zu more", left);
}

static mb_status make_works(struct mb_restore *run, struct mb_arena *arena, struct mb_restore_work **out,
                            const struct mb_strings *databases, struct mb_cancel *cancel,
                            struct mb_error *error)
{
    struct mb_restore_work *works = mb_arena_alloc(arena, run->plan.count + 1, sizeof *works);
    if (works == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < run->plan.count; i++) {
        const struct mb_restore_target *target = &run->plan.targets[i];
        works[i] = (struct mb_restore_work){.run = run, .target = target, .place = target->name};
        MB_TRY(check_target(&works[i], databases, arena, cancel, error));
    }
    for (size_t i = 0; i < run->plan.count; i++)
        MB_TRY(plan_work(run, &works[i], arena, cancel, error));
    *out = works;
    return MB_OK;
}

static mb_status begin_counting(const struct mb_restore *run, struct mb_restore_work *works,
                                struct mb_error *error)
{
    struct mb_progress *progress = run->env->progress;
    if (progress == NULL)
        return MB_OK;
    mb_progress_phase(progress, "restore");
    atomic_store(&progress->collections_total, run->plan.count);
    for (size_t i = 0; i < run->plan.count; i++) {
        const struct mb_collection_backup *source = works[i].target->source;
        const struct mb_progress_names names = {works[i].target->db, works[i].target->name,
                                                source->collection.db_name, source->collection.name};
        MB_TRY(mb_progress_add_row(progress, &names, &works[i].row, error));
        mb_progress_row_expect(works[i].row, source->size > 0 ? (uint64_t)source->size : 0);
    }
    return MB_OK;
}

/* Changes nothing yet. */
static mb_status check(struct mb_restore *run, struct mb_arena *arena, struct mb_strings *databases,
                       struct mb_restore_work **works, struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_restore_env *env = run->env;
    MB_TRY(read_backup(run, arena, cancel, error));
    MB_TRY(mb_restore_plan_make(&run->backup, &run->options->plan, arena, &run->plan, error));
    MB_TRY(
        mb_restore_ezk_check(&run->backup, &run->options->ezk, env->log, arena, &run->plan.warnings, error));
    MB_TRY(mb_restore_check_databases(run, error));
    MB_TRY(mb_restore_plan_rbac(run, arena, cancel, error));
    MB_TRY(mb_milvus_list_databases(env->milvus, arena, databases, cancel, error));
    MB_TRY(make_works(run, arena, works, databases, cancel, error));
    if (run->snapshot)
        MB_TRY(mb_snapshot_prove(run, *works, arena, cancel, error));
    run->foreign = !run->options->meta_only && !run->snapshot && mb_stage_is_needed(env, run->dir, arena);
    run->staged = run->foreign || any_strays(run, *works);
    divide(run);
    if (run->foreign)
        mb_log(env->log, MB_LOG_INFO,
               "milvus cannot read the backup in %s: it is copied to %s for the import",
               mb_storage_info(env->backup_store)->location, mb_storage_info(env->milvus_store)->location);
    return MB_OK;
}

static mb_status fill(struct mb_restore *run, struct mb_restore_work *works,
                      const struct mb_strings *databases, struct mb_arena *arena, struct mb_cancel *cancel,
                      struct mb_error *error)
{
    MB_TRY(mb_restore_rbac(run, cancel, error));
    MB_TRY(mb_restore_databases(run, databases, arena, cancel, error));
    return run_all(run, works, cancel, error);
}

static mb_status carry_out(struct mb_restore *run, struct mb_restore_work *works,
                           const struct mb_strings *databases, struct mb_arena *arena,
                           struct mb_cancel *cancel, struct mb_error *error)
{
    MB_TRY(mb_restore_aliases_begin(run, works, error));
    MB_TRY(mb_stage_begin(run, cancel, error));
    mb_import_pace_init(&run->pace, count_batches(run, works));
    mb_status status = fill(run, works, databases, arena, cancel, error);
    mb_import_pace_done(&run->pace);
    mb_stage_end(run);
    struct mb_error later = MB_ERROR_INIT;
    if (mb_restore_aliases(run, works, &later) == MB_OK)
        return status;
    if (status < 0)
        mb_log(run->env->log, MB_LOG_WARN, "%s", later.message);
    else
        *error = later;
    return error->status;
}

static mb_status steps(struct mb_restore *run, struct mb_arena *arena, struct mb_restore_report *report,
                       struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_restore_env *env = run->env;
    struct mb_restore_work *works = NULL;
    struct mb_strings databases;

    if (run->options->use_jobs && !run->milvus->can[MB_MILVUS_IMPORT_JOBS])
        return mb_fail_hint(error, MB_E_UNSUPPORTED, MB_HINT_NO_JOBS, NULL, "import jobs need %s, this is %s",
                            mb_milvus_needs(MB_MILVUS_IMPORT_JOBS), run->milvus->version_text);
    if (env->progress)
        mb_progress_phase(env->progress, "check");
    MB_TRY(check(run, arena, &databases, &works, cancel, error));
    MB_TRY(begin_counting(run, works, error));
    if (carry_out(run, works, &databases, arena, cancel, error) < 0) {
        name_some(run, works, is_partial, "incomplete:", error);
        name_some(run, works, is_untouched, "as before:", error);
        name_some(run, works, is_whole, "restored:", error);
        struct mb_error later = MB_ERROR_INIT; /* that something failed is known */
        mb_restore_report_make(run, works, run->arena, report, &later);
        return error->status;
    }
    return mb_restore_report_make(run, works, run->arena, report, error);
}

mb_status mb_restore_run(const struct mb_restore_env *env, const struct mb_restore_options *options,
                         struct mb_arena *arena, struct mb_restore_report *report, struct mb_cancel *cancel,
                         struct mb_error *error)
{
    struct mb_restore run = {.env = env,
                             .options = options,
                             .milvus = mb_milvus_info(env->milvus),
                             .arena = arena,
                             .cancel = cancel,
                             .lock = PTHREAD_MUTEX_INITIALIZER};
    *report = (struct mb_restore_report){0};
    mb_status status = steps(&run, arena, report, cancel, error);
    pthread_mutex_destroy(&run.lock);
    return status;
}
