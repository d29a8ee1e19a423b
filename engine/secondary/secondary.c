/* The steps of `restore secondary`.  In: a backup of a whole cluster, and a cluster that waits for its
 * messages.  Out: collections as the source had them, and a secondary that goes on where the backup ends; or
 * an error that says how far it came. */
#include "secondary/secondary.h"

#include "restore/report.h"
#include "restore/stage.h"
#include "secondary/run.h"

/* ------------------------------------------------------------------ progress */

static mb_status begin_counting(struct mb_secondary *run, struct mb_error *error)
{
    struct mb_progress *progress = run->restore.env->progress;
    if (progress == NULL)
        return MB_OK;
    mb_progress_phase(progress, "restore");
    atomic_store(&progress->collections_total, run->restore.plan.count);
    for (size_t i = 0; i < run->restore.plan.count; i++) {
        const struct mb_collection_backup *source = run->works[i].target->source;
        const struct mb_progress_names names = {run->works[i].target->db, run->works[i].target->name,
                                                source->collection.db_name, source->collection.name};
        MB_TRY(mb_progress_add_row(progress, &names, &run->works[i].row, error));
        mb_progress_row_expect(run->works[i].row, source->size > 0 ? (uint64_t)source->size : 0);
    }
    return MB_OK;
}

static void describe_line(struct mb_restore_work *work)
{
    const struct mb_collection_backup *source = work->target->source;
    work->line.source_db = source->collection.db_name;
    work->line.source_name = source->collection.name;
    work->line.db = work->target->db;
    work->line.name = work->target->name;
    work->line.bytes = source->size;
    work->line.segments = source->l0_count;
    for (size_t i = 0; i < source->partition_count; i++)
        work->line.segments += source->partitions[i].segment_count;
}

static void end_rows(struct mb_secondary *run)
{
    struct mb_progress *progress = run->restore.env->progress;
    for (size_t i = 0; i < run->restore.plan.count; i++) {
        struct mb_restore_work *work = &run->works[i];
        work->complete = true;
        if (work->row != NULL)
            atomic_store(&work->row->rows, work->line.rows);
        mb_progress_row_ends(work->row);
        if (progress != NULL)
            atomic_fetch_add(&progress->collections_done, 1);
    }
}

/* --------------------------------------------------------------------- steps */

static mb_status tell_all(struct mb_secondary *run, struct mb_cancel *cancel, struct mb_error *error)
{
    MB_TRY(mb_secondary_tell_before(run, cancel, error));
    MB_TRY(mb_secondary_import(run, cancel, error));
    return mb_secondary_tell_after(run, cancel, error);
}

/* What has been said cannot be taken back, and nobody but the source may say more. */
static mb_status name_state(const struct mb_secondary *run, struct mb_error *error)
{
    unsigned long long sent = mb_replication_sent(run->replication);
    unsigned long long confirmed = mb_replication_confirmed(run->replication);
    const char *cluster = run->options->target_cluster;
    if (sent == 0)
        return error->status;
    if (confirmed == 0)
        return mb_error_advise(
            error,
            "cluster %s has confirmed none of the %llu messages that it was sent; another try "
            "says whether it has taken one",
            cluster, sent);
    return mb_error_advise(
        error,
        "cluster %s has confirmed %llu of the %llu messages that it was sent and holds a part of "
        "backup %s: it cannot go on from here, so set up an empty cluster in its place and "
        "restore again",
        cluster, confirmed, sent, run->options->name);
}

static mb_status replicate(struct mb_secondary *run, struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_replication_options options = {.source = run->options->source_cluster,
                                                   .channels = run->restore.backup.physical_channels,
                                                   .control_channel = run->restore.backup.control_channel};
    MB_TRY(mb_replication_open(&run->replication, run->restore.env->milvus, &options, error));
    mb_status status = tell_all(run, cancel, error);
    if (status != MB_OK)
        status = name_state(run, error);
    mb_replication_close(run->replication);
    return status;
}

static bool any_strays(const struct mb_secondary *run)
{
    for (size_t i = 0; i < run->restore.plan.count; i++)
        if (run->works[i].strays.count > 0)
            return true;
    return false;
}

static mb_status carry_out(struct mb_secondary *run, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_restore *restore = &run->restore;
    restore->foreign = mb_stage_is_needed(restore->env, restore->dir, run->arena);
    restore->staged = restore->foreign || any_strays(run);
    restore->copy = run->options->copy;
    if (restore->staged)
        mb_stage_divide(&restore->copy, 1);
    MB_TRY(mb_stage_begin(restore, cancel, error));
    mb_status status = replicate(run, cancel, error);
    for (size_t i = 0; i < restore->plan.count; i++)
        mb_stage_clean(&run->works[i]);
    mb_stage_end(restore);
    return status;
}

mb_status mb_secondary_run(const struct mb_restore_env *env, const struct mb_secondary_options *options,
                           struct mb_arena *arena, struct mb_restore_report *report, struct mb_cancel *cancel,
                           struct mb_error *error)
{
    struct mb_secondary run = {.options = options, .arena = arena};
    run.restore_options = (struct mb_restore_options){.name = options->name,
                                                      .id = options->id,
                                                      .rbac = true,
                                                      .keep_temp_files = options->keep_temp_files,
                                                      .copy = options->copy};
    run.restore.env = env;
    run.restore.options = &run.restore_options;
    run.restore.milvus = mb_milvus_info(env->milvus);
    if (env->progress)
        mb_progress_phase(env->progress, "check");
    MB_TRY(mb_secondary_check(&run, cancel, error));
    MB_TRY(begin_counting(&run, error));
    for (size_t i = 0; i < run.restore.plan.count; i++)
        describe_line(&run.works[i]);
    MB_TRY(carry_out(&run, cancel, error));
    end_rows(&run);
    return mb_restore_report_make(&run.restore, run.works, arena, report, error);
}
