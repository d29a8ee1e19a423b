/* Has Milvus import a collection.  In: batches of directories.  Out: the rows that it says it imported,
 * compared with the backup's.  An import that was begun is watched to its end, or until the restore is
 * cancelled. */
#include "base/clock.h"
#include "restore/run.h"
#include "restore/stage.h"
#include "restore/wait.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define IMPORT_JOBS      768
#define SEGMENTS_PER_JOB 256

/* Makes the imports of one collection, keeps some of them under way and looks after them. */
struct importer {
    struct mb_restore_work *work;
    struct mb_import_watch *jobs;
    size_t count; /* made, in the order of the batches */
    size_t next;  /* the first one that is not submitted */
    size_t running;
    size_t window;
    bool in_doubt; /* a number of rows that cannot be */
};

/* ---------------------------------------------------------------- submitting */

static mb_status make_options(const struct mb_restore_work *work, const struct mb_import_batch *batch,
                              struct mb_arena *arena, struct mb_properties *out, struct mb_error *error)
{
    struct mb_properties list = {.items = mb_arena_alloc(arena, 5, sizeof *list.items)};
    const char *version = mb_arena_printf(arena, "%" PRId64, batch->storage_version);

    if (list.items == NULL || version == NULL)
        return mb_fail_memory(error);
    list.items[list.count++] = (struct mb_property){"skip_disk_quota_check", "true"};
    list.items[list.count++] =
        (struct mb_property){batch->phase == MB_BATCH_DATA ? "backup" : "l0_import", "true"};
    if (batch->storage_version > 0)
        list.items[list.count++] = (struct mb_property){"storage_version", version};
    if (*work->ezk)
        list.items[list.count++] = (struct mb_property){"ezk", work->ezk};
    if (batch->until > 0) {
        const char *end = mb_milvus_import_end(work->run->env->milvus, batch->until, arena);
        if (end == NULL)
            return mb_fail_memory(error);
        list.items[list.count++] = (struct mb_property){"end_ts", end};
    }
    *out = list;
    return MB_OK;
}

static mb_status submit_task(struct importer *importer, struct mb_import_watch *job, struct mb_arena *arena,
                             struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_restore_work *work = importer->work;
    bool always = !work->run->milvus->can[MB_MILVUS_IMPORT_SEGMENTS];
    struct mb_import import = {
        .db = work->target->db, .collection = work->place, .partition = job->batches->partition};

    MB_TRY(mb_stage_batch(work, job->batches, always, arena, &import.files, cancel, error));
    MB_TRY(make_options(work, job->batches, arena, &import.options, error));
    return mb_milvus_import(work->run->env->milvus, &import, &job->task, cancel, error);
}

static mb_status submit_job(struct importer *importer, struct mb_import_watch *job, struct mb_arena *arena,
                            struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_restore_work *work = importer->work;
    struct mb_import_job request = {.db = work->target->db,
                                    .collection = work->place,
                                    .partition = job->batches->partition,
                                    .file_count = job->batch_count};

    request.files = mb_arena_alloc(arena, job->batch_count, sizeof *request.files);
    if (request.files == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < job->batch_count; i++)
        MB_TRY(mb_stage_batch(work, &job->batches[i], false, arena, &request.files[i], cancel, error));
    MB_TRY(make_options(work, job->batches, arena, &request.options, error));
    return mb_milvus_import_job(work->run->env->milvus, &request, work->arena, &job->id, cancel, error);
}

static mb_status submit(struct importer *importer, struct mb_import_watch *job, struct mb_cancel *cancel,
                        struct mb_error *error)
{
    struct mb_restore_work *work = importer->work;
    struct mb_arena *arena = mb_arena_new();
    if (arena == NULL)
        return mb_fail_memory(error);
    work->filling = true;
    mb_status status = work->run->options->use_jobs ? submit_job(importer, job, arena, cancel, error)
                                                    : submit_task(importer, job, arena, cancel, error);
    mb_arena_free(arena);
    if (status != MB_OK)
        return status;
    mb_import_watch_begin(work, job);
    importer->running++;
    work->line.imports++;
    if (work->row != NULL)
        atomic_fetch_add(&work->row->imports, 1);
    return MB_OK;
}

/* --------------------------------------------------------------------- jobs */

static bool fit_together(const struct mb_import_batch *a, const struct mb_import_batch *b)
{
    return a->phase == b->phase && strcmp(a->partition, b->partition) == 0 &&
           a->storage_version == b->storage_version && a->until == b->until &&
           strcmp(a->virtual_channel, b->virtual_channel) == 0;
}

static size_t most_in_one_job(const struct mb_restore_work *work, const struct mb_import_batch *batch)
{
    const struct mb_restore_options *options = work->run->options;
    if (!options->use_jobs ||
        (batch->phase != MB_BATCH_DATA && !work->run->milvus->can[MB_MILVUS_IMPORT_DELETES_TOGETHER]))
        return 1;
    return options->max_segments_per_job ? options->max_segments_per_job : SEGMENTS_PER_JOB;
}

static mb_status make_jobs(struct importer *importer, struct mb_error *error)
{
    struct mb_restore_work *work = importer->work;
    const struct mb_import_batches *batches = &work->batches;

    importer->jobs = mb_arena_alloc(work->arena, batches->count + 1, sizeof *importer->jobs);
    if (importer->jobs == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < batches->count;) {
        struct mb_import_watch *job = &importer->jobs[importer->count++];
        size_t most = most_in_one_job(work, &batches->items[i]);
        job->batches = &batches->items[i];
        while (i < batches->count && job->batch_count < most &&
               fit_together(job->batches, &batches->items[i])) {
            job->bytes += batches->items[i].bytes;
            job->rows += batches->items[i].rows;
            job->least_rows += batches->items[i].least_rows;
            job->batch_count++;
            i++;
        }
    }
    return MB_OK;
}

/* --------------------------------------------------------------------- waiting */

/* What a server of MB_MILVUS_COUNT_ROWS_EXACTLY says is the number of rows it wrote, deleted ones left out.
 * Others may count in other ways: the segments decide, at the end. */
static mb_status check_rows(struct importer *importer, const struct mb_import_watch *job,
                            struct mb_error *error)
{
    const struct mb_restore_work *work = importer->work;
    bool exact = work->run->milvus->can[MB_MILVUS_COUNT_ROWS_EXACTLY];
    bool plausible = job->imported >= job->least_rows && job->imported <= job->rows;

    if (plausible && job->imported == 0 && job->rows > 0)
        mb_log(work->run->env->log, MB_LOG_WARN,
               "milvus imported no rows into partition %s of %s.%s: by the backup %" PRId64
               " were written and, it seems, all deleted",
               job->batches->partition, MB_WORK_NAME(work), job->rows);
    if (plausible)
        return MB_OK;
    if (exact)
        return mb_fail(error, MB_E_CORRUPT,
                       "milvus imported %" PRId64 " rows into partition %s of %s.%s, the backup has %" PRId64
                       "%s%s%s",
                       job->imported, job->batches->partition, MB_WORK_NAME(work), job->rows,
                       job->imported ? "" : " (is ",
                       job->imported ? "" : mb_storage_info(work->run->env->milvus_store)->location,
                       job->imported ? "" : " where this milvus keeps its data?)");
    importer->in_doubt = true;
    mb_log(work->run->env->log, MB_LOG_WARN,
           "milvus says that it imported %" PRId64
           " rows into partition \"%s\" of %s.%s, the backup has %" PRId64,
           job->imported, job->batches->partition, MB_WORK_NAME(work), job->rows);
    return MB_OK;
}

static mb_status look_at(struct importer *importer, struct mb_import_watch *job, struct mb_cancel *cancel,
                         struct mb_error *error)
{
    struct mb_restore_work *work = importer->work;
    int64_t before = job->percent;

    MB_TRY(mb_import_watch_look(work, job, cancel, error));
    mb_restore_advance(work, job->bytes * (job->percent - before) / 100);
    if (!job->done)
        return MB_OK;
    importer->running--;
    work->line.rows += job->imported;
    return check_rows(importer, job, error);
}

/* Looks at every import whose time has come and sleeps until the next one's. */
static mb_status look_around(struct importer *importer, struct mb_cancel *cancel, struct mb_error *error)
{
    int64_t now = mb_clock_monotonic(), next = INT64_MAX;
    for (size_t i = 0; i < importer->next; i++) {
        struct mb_import_watch *job = &importer->jobs[i];
        if (job->done)
            continue;
        int64_t due = mb_import_watch_due(job, importer->running);
        if (due <= now) {
            MB_TRY(look_at(importer, job, cancel, error));
            if (job->done)
                return MB_OK;
            due = mb_import_watch_due(job, importer->running);
        }
        next = due < next ? due : next;
    }
    now = mb_clock_monotonic();
    return next > now && next != INT64_MAX ? mb_cancel_sleep(cancel, next - now, error) : MB_OK;
}

/* May the next import begin?  Deletes wait until all rows are in. */
static bool may_submit(const struct importer *importer)
{
    if (importer->next == importer->count || importer->running >= importer->window)
        return false;
    if (importer->next == 0 || importer->running == 0)
        return true;
    return importer->jobs[importer->next].batches->phase == importer->jobs[importer->next - 1].batches->phase;
}

static mb_status import_all(struct importer *importer, struct mb_cancel *cancel, struct mb_error *error)
{
    while (importer->next < importer->count || importer->running > 0) {
        if (may_submit(importer)) {
            MB_TRY(submit(importer, &importer->jobs[importer->next], cancel, error));
            importer->next++;
        } else {
            MB_TRY(look_around(importer, cancel, error));
        }
    }
    return MB_OK;
}

mb_status mb_restore_import(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error)
{
    struct importer importer = {.work = work};
    unsigned jobs = work->run->options->import_jobs;

    importer.window = jobs ? jobs : IMPORT_JOBS;
    MB_TRY(make_jobs(&importer, error));
    if (!work->created)
        MB_TRY(mb_restore_rows(work, &work->rows_before, cancel, error));
    mb_status status = import_all(&importer, cancel, error);
    for (size_t i = 0; i < importer.next; i++)
        mb_import_watch_end(work, &importer.jobs[i]);
    MB_TRY(status);
    return mb_restore_check_rows(work, importer.in_doubt, cancel, error);
}
