/* Has the secondary import the data.  In: batches of directories.  Out: rows that can be seen, as many as the
 * backup explains.  A job is begun by a message, is looked at over HTTP, and shows what it has brought when
 * another message commits it. */
#include "secondary/run.h"

#include "base/clock.h"
#include "restore/stage.h"
#include "restore/wait.h"

#include <inttypes.h>
#include <string.h>

#define UNDER_WAY        64
#define SEGMENTS_PER_JOB 256
#define APPEAR_NS        (60 * MB_NS_PER_S)
#define ALL_PARTITIONS   INT64_C(-1)

struct job {
    struct mb_restore_work *work;
    const struct mb_secondary_collection *told;
    struct mb_import_watch watch;
    int64_t id;
    bool committed;
};

struct importer {
    struct mb_secondary *run;
    struct job *jobs; /* by phase, and in it by collection */
    size_t count, next, running, window;
};

/* ------------------------------------------------------------------------ jobs */

static bool fit_together(const struct mb_import_batch *a, const struct mb_import_batch *b)
{
    return a->phase == b->phase && strcmp(a->partition, b->partition) == 0 &&
           a->storage_version == b->storage_version && a->until == b->until;
}

static struct job *new_job(struct importer *importer, struct mb_restore_work *work, size_t which,
                           const struct mb_import_batch *first)
{
    struct job *job = &importer->jobs[importer->count++];
    *job = (struct job){.work = work, .told = &importer->run->collections[which]};
    job->watch.batches = first;
    job->watch.may_be_unknown_ns = APPEAR_NS;
    return job;
}

static void add_jobs(struct importer *importer, size_t which, enum mb_batch_phase phase)
{
    struct mb_restore_work *work = &importer->run->works[which];
    unsigned most = importer->run->options->max_segments_per_job;
    struct job *job = NULL;
    for (size_t i = 0; i < work->batches.count; i++) {
        const struct mb_import_batch *batch = &work->batches.items[i];
        if (batch->phase != phase)
            continue;
        if (job == NULL || job->watch.batch_count >= (most ? most : SEGMENTS_PER_JOB) ||
            !fit_together(job->watch.batches, batch))
            job = new_job(importer, work, which, batch);
        job->watch.batch_count++;
        job->watch.bytes += batch->bytes;
        job->watch.rows += batch->rows;
    }
}

static mb_status make_jobs(struct importer *importer, struct mb_error *error)
{
    struct mb_secondary *run = importer->run;
    size_t most = 0;
    for (size_t i = 0; i < run->restore.plan.count; i++)
        most += run->works[i].batches.count;
    importer->jobs = mb_arena_alloc(run->arena, most + 1, sizeof *importer->jobs);
    if (importer->jobs == NULL)
        return mb_fail_memory(error);
    for (int phase = MB_BATCH_DATA; phase < MB_BATCH_PHASES; phase++)
        for (size_t i = 0; i < run->restore.plan.count; i++)
            add_jobs(importer, i, (enum mb_batch_phase)phase);
    return MB_OK;
}

static mb_status make_options(const struct mb_import_batch *batch, struct mb_arena *arena,
                              struct mb_properties *out, struct mb_error *error)
{
    struct mb_properties list = {.items = mb_arena_alloc(arena, 5, sizeof *list.items)};
    const char *version = mb_arena_printf(arena, "%" PRId64, batch->storage_version);
    const char *end = mb_arena_printf(arena, "%" PRIu64, batch->until);
    if (list.items == NULL || version == NULL || end == NULL)
        return mb_fail_memory(error);
    list.items[list.count++] = (struct mb_property){"skip_disk_quota_check", "true"};
    list.items[list.count++] =
        (struct mb_property){batch->phase == MB_BATCH_DATA ? "backup" : "l0_import", "true"};
    list.items[list.count++] = (struct mb_property){"storage_version", version};
    list.items[list.count++] = (struct mb_property){"end_ts", end};
    list.items[list.count++] = (struct mb_property){"auto_commit", "false"};
    *out = list;
    return MB_OK;
}

static int64_t partition_id(const struct job *job)
{
    const struct mb_collection_backup *source = job->work->target->source;
    for (size_t i = 0; i < source->partition_count; i++)
        if (strcmp(source->partitions[i].name, job->watch.batches->partition) == 0)
            return source->partitions[i].id;
    return ALL_PARTITIONS;
}

/* ------------------------------------------------------------------ submitting */

static mb_status submit_in(struct importer *importer, struct job *job, struct mb_arena *arena,
                           struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_secondary *run = importer->run;
    const struct mb_import_batch *batches = job->watch.batches;
    size_t count = 0, at = 0;
    struct mb_strings *files = mb_arena_alloc(arena, job->watch.batch_count, sizeof *files);
    struct mb_replicated_import import = {.partition_id = partition_id(job), .files = files};
    if (files == NULL)
        return mb_fail_memory(error);
    for (; count < job->watch.batch_count; at++)
        MB_TRY(mb_stage_batch(job->work, &batches[at], false, arena, &files[count++], cancel, error));
    import.file_count = count;
    MB_TRY(mb_secondary_number(&job->id, error));
    import.job_id = job->id;
    MB_TRY(make_options(batches, arena, &import.options, error));
    MB_TRY(mb_replicate_import(run->replication, &job->told->imported, &import, cancel, error));
    return mb_secondary_settle(run, cancel, error);
}

static mb_status submit(struct importer *importer, struct job *job, struct mb_cancel *cancel,
                        struct mb_error *error)
{
    struct mb_restore_work *work = job->work;
    struct mb_arena *arena = mb_arena_new();
    if (arena == NULL)
        return mb_fail_memory(error);
    work->filling = true;
    mb_progress_row_does(work->row, "import");
    mb_status status = submit_in(importer, job, arena, cancel, error);
    mb_arena_free(arena);
    if (status != MB_OK)
        return status;
    job->watch.id = mb_arena_printf(importer->run->arena, "%" PRId64, job->id);
    if (job->watch.id == NULL)
        return mb_fail_memory(error);
    mb_import_watch_begin(work, &job->watch);
    importer->running++;
    work->line.imports++;
    if (work->row != NULL)
        atomic_fetch_add(&work->row->imports, 1);
    return MB_OK;
}

/* -------------------------------------------------------------------- waiting */

static mb_status commit(struct importer *importer, struct job *job, struct mb_cancel *cancel,
                        struct mb_error *error)
{
    MB_TRY(mb_replicate_commit(importer->run->replication, &job->told->born, job->id, cancel, error));
    job->committed = true;
    return mb_secondary_settle(importer->run, cancel, error);
}

static mb_status look_at(struct importer *importer, struct job *job, struct mb_cancel *cancel,
                         struct mb_error *error)
{
    int64_t before = job->watch.percent;
    MB_TRY(mb_import_watch_look(job->work, &job->watch, cancel, error));
    job->watch.not_before_ns = 0; /* it waits for us as much as for others */
    mb_restore_advance(job->work, job->watch.bytes * (job->watch.percent - before) / 100);
    if (!job->watch.done && !job->committed && strcmp(job->watch.state, "Uncommitted") == 0)
        return commit(importer, job, cancel, error);
    if (!job->watch.done)
        return MB_OK;
    importer->running--;
    job->work->line.rows += job->watch.imported;
    return job->committed ? MB_OK
                          : mb_fail(error, MB_E_PROTOCOL,
                                    "import %s of %s.%s ended before it was committed: this milvus does not "
                                    "know auto_commit",
                                    job->watch.id, MB_WORK_NAME(job->work));
}

static mb_status look_around(struct importer *importer, size_t first, struct mb_cancel *cancel,
                             struct mb_error *error)
{
    int64_t now = mb_clock_monotonic(), next = INT64_MAX;
    for (size_t i = first; i < importer->next; i++) {
        struct job *job = &importer->jobs[i];
        if (job->watch.done)
            continue;
        if (mb_import_watch_due(&job->watch, importer->running) <= now) {
            MB_TRY(look_at(importer, job, cancel, error));
            if (job->watch.done)
                return MB_OK;
        }
        int64_t due = mb_import_watch_due(&job->watch, importer->running);
        next = due < next ? due : next;
    }
    now = mb_clock_monotonic();
    return next > now && next != INT64_MAX ? mb_cancel_sleep(cancel, next - now, error) : MB_OK;
}

/* Deletes wait until all rows are in. */
static mb_status import_phase(struct importer *importer, struct mb_cancel *cancel, struct mb_error *error)
{
    size_t first = importer->next, end = first;
    while (end < importer->count &&
           importer->jobs[end].watch.batches->phase == importer->jobs[first].watch.batches->phase)
        end++;
    while (importer->next < end || importer->running > 0) {
        if (importer->next < end && importer->running < importer->window)
            MB_TRY(submit(importer, &importer->jobs[importer->next++], cancel, error));
        else
            MB_TRY(look_around(importer, first, cancel, error));
    }
    return MB_OK;
}

/* --------------------------------------------------------------------- counting */

static int64_t rows_of(const struct mb_restore_work *work)
{
    int64_t rows = 0;
    for (size_t i = 0; i < work->batches.count; i++)
        rows += work->batches.items[i].rows;
    return rows;
}

static mb_status warn_of_fewer(struct mb_secondary *run, const struct mb_restore_work *work, int64_t least,
                               struct mb_error *error)
{
    const char *text = mb_arena_printf(
        run->arena,
        "%s.%s has %lld rows, the backup %lld: those that are younger than its flush come by the replication",
        MB_WORK_NAME(work), (long long)work->line.rows, (long long)least);
    return mb_strings_add(&run->restore.plan.warnings, run->arena, text) ? MB_OK : mb_fail_memory(error);
}

static mb_status count(struct mb_secondary *run, size_t which, struct mb_cancel *cancel,
                       struct mb_error *error)
{
    struct mb_restore_work *work = &run->works[which];
    int64_t least = run->collections[which].least_rows;
    MB_TRY(mb_restore_check_rows(work, work->line.rows > rows_of(work), cancel, error));
    if (work->line.rows == 0 && least > 0)
        return mb_fail(
            error, MB_E_CORRUPT,
            "milvus imported no rows of %s.%s, the backup has %lld (is %s where it keeps its data?)",
            MB_WORK_NAME(work), (long long)least, mb_storage_info(run->restore.env->milvus_store)->location);
    return work->line.rows < least ? warn_of_fewer(run, work, least, error) : MB_OK;
}

static mb_status import_all(struct importer *importer, struct mb_cancel *cancel, struct mb_error *error)
{
    while (importer->next < importer->count)
        MB_TRY(import_phase(importer, cancel, error));
    for (size_t i = 0; i < importer->run->restore.plan.count; i++)
        MB_TRY(count(importer->run, i, cancel, error));
    return MB_OK;
}

mb_status mb_secondary_import(struct mb_secondary *run, struct mb_cancel *cancel, struct mb_error *error)
{
    unsigned jobs = run->options->import_jobs;
    struct importer importer = {.run = run, .window = jobs && jobs < UNDER_WAY ? jobs : UNDER_WAY};
    MB_TRY(make_jobs(&importer, error));
    mb_import_pace_init(&run->restore.pace, importer.count);
    mb_status status = import_all(&importer, cancel, error);
    for (size_t i = 0; i < importer.next; i++)
        mb_import_watch_end(importer.jobs[i].work, &importer.jobs[i].watch);
    mb_import_pace_done(&run->restore.pace);
    return status;
}
