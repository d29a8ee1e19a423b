#include "restore/snapshot.h"

#include "base/clock.h"
#include "base/text.h"
#include "restore/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PATIENCE_NS (5 * MB_NS_PER_S)
#define PAUSE_NS    (250 * MB_NS_PER_MS)

/* ----------------------------------------------------------------- checking */

static mb_status check_server(const struct mb_restore *run, struct mb_error *error)
{
    if (!run->milvus->can[MB_MILVUS_SNAPSHOTS])
        return mb_fail(error, MB_E_UNSUPPORTED, "backup %s is one of snapshots: they need %s, this is %s",
                       run->backup.name, mb_milvus_needs(MB_MILVUS_SNAPSHOTS), run->milvus->version_text);
    if (run->options->snapshots == NULL)
        return mb_fail(error, MB_E_UNSUPPORTED,
                       "backup %s is one of snapshots: %s; transfer it to a storage that Milvus reaches",
                       run->backup.name, run->options->no_snapshots);
    return MB_OK;
}

mb_status mb_snapshot_check(const struct mb_restore *run, struct mb_error *error)
{
    static const char whole[] =
        "Milvus restores a snapshot as a whole, as a collection that it makes: leave it out";
    const struct mb_restore_options *options = run->options;
    const struct {
        bool given;
        const char *member;
    } refused[] = {
        {options->skip_create_collection, "skip_create_collection"},
        {options->meta_only, "meta_only"},
        {options->until_ms != 0, "until"},
        {options->until_checkpoints, "until_checkpoints"},
        {options->ezk.from.count > 0, "ezk_mapping"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (refused[i].given)
            return mb_fail_hint(error, MB_E_UNSUPPORTED, MB_HINT_INPUT, refused[i].member, "%s", whole);
    return check_server(run, error);
}

static mb_status check_shards(const struct mb_restore_work *work, struct mb_error *error)
{
    int32_t shards = work->target->source->collection.shards_num,
            most = work->run->options->wishes.max_shards;
    if (work->target->shards > 0)
        return mb_fail_hint(error, MB_E_UNSUPPORTED, MB_HINT_INPUT, "mappings",
                            "%s.%s is restored from a snapshot, with the %d shards that it had: choose none",
                            MB_WORK_NAME(work), (int)shards);
    if (most > 0 && shards > most)
        return mb_fail_hint(
            error, MB_E_UNSUPPORTED, MB_HINT_INPUT, "max_shards",
            "%s.%s is restored from a snapshot, with the %d shards that it had, which are more "
            "than %d",
            MB_WORK_NAME(work), (int)shards, (int)most);
    return MB_OK;
}

mb_status mb_snapshot_plan(struct mb_restore_work *work, struct mb_arena *arena, struct mb_error *error)
{
    const struct mb_collection_backup *source = work->target->source;
    MB_TRY(check_shards(work, error));
    if (mb_snapshot_from_json(source->snapshot, arena, &work->bundle, error) < 0)
        return mb_error_context(error, "backup %s, collection %s.%s", work->run->backup.name,
                                source->collection.db_name, source->collection.name);
    work->run->total_bytes += source->size;
    return MB_OK;
}

/* ------------------------------------------------------------------- filling */

struct watching {
    struct mb_restore_work *work;
    struct mb_wait wait;
    const char *state;
    int64_t told; /* bytes */
};

static void advance(struct watching *watching, int32_t percent)
{
    int64_t size = watching->work->target->source->size, done = size / 100 * percent;
    if (percent >= 100)
        done = size;
    if (done > watching->told)
        mb_restore_advance(watching->work, done - watching->told);
    watching->told = done > watching->told ? done : watching->told;
}

static void look(void *ctx, const struct mb_snapshot_job *job)
{
    struct watching *watching = ctx;
    const struct mb_restore_work *work = watching->work;
    if (watching->state == NULL || strcmp(watching->state, job->state) != 0)
        mb_progress_wait_end(&watching->wait);
    watching->state = job->state; /* a constant */
    mb_progress_wait(work->run->env->progress, &watching->wait,
                     "waiting for the snapshot of %s.%s: %s, %d %%", MB_WORK_NAME(work), job->state,
                     (int)job->percent);
    if (job->phase != MB_SNAPSHOT_FAILED)
        advance(watching, job->phase == MB_SNAPSHOT_COMPLETED ? 100 : job->percent);
}

static mb_status await(struct mb_restore_work *work, int64_t number, struct mb_cancel *cancel,
                       struct mb_error *error)
{
    struct watching watching = {.work = work};
    const struct mb_snapshot_watcher watcher = {.look = look, .ctx = &watching};
    struct mb_snapshot_job job;
    mb_status status = mb_milvus_await_snapshot(work->run->env->milvus, MB_SNAPSHOT_RESTORE, number, &watcher,
                                                work->arena, &job, cancel, error);
    mb_progress_wait_end(&watching.wait);
    return status;
}

static mb_status make(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_restore *run = work->run;
    int64_t job;
    const char *path = mb_arena_printf(work->arena, "%s/%s", run->dir, work->bundle.metadata_path);
    if (path == NULL)
        return mb_fail_memory(error);
    mb_status status = mb_milvus_restore_snapshot(run->env->milvus, MB_WORK_PLACE(work),
                                                  run->options->snapshots, path, &job, cancel, error);
    work->created = work->filling = status >= 0 || (error->flags & MB_ERR_AMBIGUOUS) != 0;
    MB_TRY(status);
    work->line.imports = 1;
    return await(work, job, cancel, error);
}

/* Rows that have outlived their time are gone as soon as Milvus looks. */
static bool ages(const struct mb_restore_work *work)
{
    int64_t seconds;
    const char *ttl =
        mb_properties_get(&work->target->source->collection.properties, "collection.ttl.seconds");
    return ttl != NULL && mb_text_to_int64(ttl, &seconds) && seconds > 0;
}

/* The segments of the snapshot were copied one by one, so there are as many rows; but what was deleted may be
 * cleared away by now. */
static mb_status check_rows(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error)
{
    int64_t wanted = work->target->source->row_count, rows = 0, end = mb_clock_monotonic() + PATIENCE_NS;
    for (;;) {
        MB_TRY(mb_restore_rows(work, &rows, cancel, error));
        if (rows < 0 || rows >= wanted || mb_clock_monotonic() >= end)
            break;
        MB_TRY(mb_cancel_sleep(cancel, PAUSE_NS, error));
    }
    if (rows == 0 && wanted > 0 && !ages(work))
        return mb_fail(error, MB_E_CORRUPT,
                       "milvus calls the snapshot restored, but %s.%s has no rows, and had %" PRId64
                       " when it was backed up",
                       MB_WORK_NAME(work), wanted);
    work->line.rows = rows < 0 ? wanted : rows;
    work->rows_missing = rows >= 0 && rows < wanted ? wanted - rows : 0;
    return MB_OK;
}

mb_status mb_snapshot_fill(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_collection there;
    mb_progress_row_does(work->row, "import");
    MB_TRY(make(work, cancel, error));
    MB_TRY(mb_milvus_describe_collection(work->run->env->milvus, MB_WORK_PLACE(work), work->arena, &there,
                                         cancel, error));
    work->place_id = there.id;
    MB_TRY(mb_restore_schema_check(work->target->source, &there, error));
    MB_TRY(check_rows(work, cancel, error));
    return mb_snapshot_change(work, cancel, error);
}
