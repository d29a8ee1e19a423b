/* One collection of a backup of snapshots.  In: a collection of Milvus.  Out: its bundle in the backup's
 * folder, with as much in it as Milvus says; no snapshot of ours stays in Milvus, whatever happens. */
#include "backup/snapshot.h"

#include "base/clock.h"
#include "base/text.h"
#include "catalog/snapshot.h"

#include <inttypes.h>
#include <string.h>

#define TWICE ": a snapshot of that name stays in Milvus where an earlier create was killed; drop it there"

/* What a snapshot can hold: what is written out. */
static mb_status count_rows(struct mb_create_collection *job, struct mb_cancel *cancel,
                            struct mb_error *error)
{
    struct mb_segment *segments;
    size_t count;
    int64_t rows = 0;
    MB_TRY(mb_milvus_list_segments(job->create->env->milvus, job->db, job->name, job->arena, &segments,
                                   &count, cancel, error));
    for (size_t i = 0; i < count; i++)
        if (segments[i].level != 1 && segments[i].state == MB_SEGMENT_FLUSHED)
            rows += segments[i].rows;
    job->backup.row_count = rows;
    return MB_OK;
}

/* ------------------------------------------------------------------- export */

struct watching {
    struct mb_create_collection *job;
    struct mb_wait wait;
    const char *state;
};

static void look(void *ctx, const struct mb_snapshot_job *state)
{
    struct watching *watching = ctx;
    const struct mb_create_collection *job = watching->job;
    if (watching->state == NULL || strcmp(watching->state, state->state) != 0)
        mb_progress_wait_end(&watching->wait);
    watching->state = state->state; /* a constant */
    mb_progress_wait(job->create->env->progress, &watching->wait,
                     "waiting for the export of %s.%s: %s, %d %%, %" PRId64 " of %" PRId64 " files", job->db,
                     job->name, state->state, (int)state->percent, state->copied_files, state->total_files);
}

/* A job that says that it is complete need not be. */
static mb_status judge(const struct mb_create_collection *job, const struct mb_snapshot_job *state,
                       struct mb_snapshot *out, struct mb_error *error)
{
    const struct mb_create *create = job->create;
    const char *uri = create->options->snapshots->uri;
    if (state->copied_files != state->total_files)
        return mb_fail(error, MB_E_CORRUPT,
                       "milvus calls the export complete, but copied %" PRId64 " of %" PRId64 " files",
                       state->copied_files, state->total_files);
    if (state->total_files < 0 || state->total_bytes < 0 ||
        (state->total_files == 0 && job->backup.row_count > 0))
        return mb_fail(error, MB_E_CORRUPT,
                       "milvus calls the export complete, with %" PRId64 " files of %" PRId64
                       " bytes; the collection has %" PRId64 " rows",
                       state->total_files, state->total_bytes, job->backup.row_count);
    const char *path = mb_snapshot_path(state->metadata_uri, uri, create->dir);
    if (path == NULL)
        return mb_fail(
            error, MB_E_CORRUPT,
            "milvus wrote the snapshot's metadata to '%s', which is not in the backup's folder %s%s",
            state->metadata_uri, uri, create->dir);
    *out = (struct mb_snapshot){.metadata_path = mb_arena_strdup(job->arena, path),
                                .total_files = state->total_files,
                                .total_bytes = state->total_bytes};
    return out->metadata_path != NULL ? MB_OK : mb_fail_memory(error);
}

static mb_status await(struct mb_create_collection *job, int64_t number, struct mb_snapshot_job *state,
                       struct mb_cancel *cancel, struct mb_error *error)
{
    struct watching watching = {.job = job};
    const struct mb_snapshot_watcher watcher = {.look = look, .ctx = &watching};
    mb_status status = mb_milvus_await_snapshot(job->create->env->milvus, MB_SNAPSHOT_EXPORT, number,
                                                &watcher, job->arena, state, cancel, error);
    mb_progress_wait_end(&watching.wait);
    return status;
}

/* Of one run alone: see mb_snapshot_folder. */
static mb_status choose_folder(struct mb_create_collection *job, const char **path, struct mb_error *error)
{
    const struct mb_create *create = job->create;
    const char *run = create->resumed ? mb_arena_printf(job->arena, "%.8s", create->options->id) : "";
    if (run == NULL)
        return mb_fail_memory(error);
    job->bundle = mb_snapshot_folder(job->arena, job->backup.collection.id, run);
    if (job->bundle == NULL)
        return mb_fail_memory(error);
    *path = mb_arena_printf(job->arena, "%s/%.*s", create->dir, (int)strlen(job->bundle) - 1, job->bundle);
    return *path != NULL ? MB_OK : mb_fail_memory(error);
}

/* What Milvus knows by itself the configuration may say wrongly. */
static mb_status blame(const struct mb_create_collection *job, const char *path, struct mb_error *error)
{
    const struct mb_create *create = job->create;
    const struct mb_snapshot_place *place = create->options->snapshots;
    if (error->status != MB_E_CORRUPT)
        return error->status;
    if (*place->spec != '\0')
        return mb_error_context(error, "milvus calls the export to %s%s complete", place->uri, path);
    return mb_error_context(
        error, "milvus calls the export to %s%s complete, in its own storage, which %s has to name",
        place->uri, path, create->env->milvus_keys.address);
}

static mb_status export(struct mb_create_collection *job, const char *name, struct mb_cancel *cancel,
                        struct mb_error *error)
{
    struct mb_create *create = job->create;
    struct mb_collection_backup *backup = &job->backup;
    struct mb_snapshot_job state;
    struct mb_snapshot snapshot;
    const char *path;
    int64_t number;
    MB_TRY(choose_folder(job, &path, error));
    MB_TRY(mb_milvus_describe_snapshot(create->env->milvus, job->db, job->name, name,
                                       &backup->backup_timestamp, cancel, error));
    MB_TRY(mb_milvus_export_snapshot(create->env->milvus, job->db, job->name, name,
                                     create->options->snapshots, path, &number, cancel, error));
    atomic_store(&create->touched, true);
    atomic_store(&create->exporting, true);
    MB_TRY(await(job, number, &state, cancel, error));
    MB_TRY(judge(job, &state, &snapshot, error));
    if (mb_create_check_bundle(job, &snapshot, cancel, error) < 0)
        return blame(job, path, error);
    return mb_snapshot_to_json(&snapshot, job->arena, &backup->snapshot, error);
}

/* ----------------------------------------------------------------- snapshot */

static void drop(struct mb_create_collection *job, const char *name)
{
    struct mb_error error = MB_ERROR_INIT;
    mb_status status =
        mb_milvus_drop_snapshot(job->create->env->milvus, job->db, job->name, name, NULL, &error);
    if (status >= 0 || status == MB_E_NOT_FOUND)
        return;
    mb_log(job->create->env->log, MB_LOG_WARN, "snapshot %s of %s.%s stays in milvus: %s", name, job->db,
           job->name, error.message);
    job->undropped = mb_arena_strdup(job->arena, error.message);
}

/* What a killed create left under the name is of another moment. */
static mb_status drop_left(struct mb_create_collection *job, const char *name, struct mb_cancel *cancel,
                           struct mb_error *error)
{
    if (!job->create->resumed)
        return MB_OK;
    mb_status status =
        mb_milvus_drop_snapshot(job->create->env->milvus, job->db, job->name, name, cancel, error);
    if (status == MB_E_CANCELLED || status == MB_E_NO_MEMORY)
        return status;
    mb_error_clear(error);
    return MB_OK;
}

static mb_status take(struct mb_create_collection *job, const char *name, struct mb_cancel *cancel,
                      struct mb_error *error)
{
    struct mb_milvus *milvus = job->create->env->milvus;
    MB_TRY(drop_left(job, name, cancel, error));
    mb_status status = mb_milvus_create_snapshot(milvus, job->db, job->name, name, cancel, error);
    if (status < 0 && error->flags & MB_ERR_AMBIGUOUS)
        drop(job, name);
    if (status < 0)
        return strstr(error->message, "exist") != NULL && status != MB_E_UNSUPPORTED
                   ? mb_fail(error, status, "%.800s%s", error->message, TWICE)
                   : status;
    status = export(job, name, cancel, error);
    drop(job, name);
    return status;
}

mb_status mb_create_snapshot(void *ctx, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_create_collection *job = ctx;
    const char *name = mb_arena_printf(job->arena, "mbk_%s", job->create->options->name);
    if (name == NULL)
        return mb_fail_memory(error);
    job->started_ns = mb_clock_monotonic();
    MB_TRY(mb_create_flush_if_due(job, cancel, error));
    mb_progress_row_does(job->row, "export");
    MB_TRY(mb_create_describe_partitions(job, cancel, error));
    MB_TRY(count_rows(job, cancel, error));
    if (take(job, name, cancel, error) < 0)
        return mb_error_context(error, "collection %s.%s", job->db, job->name);
    atomic_store(&job->ended_ns, mb_clock_monotonic());
    mb_progress_row_ends(job->row);
    atomic_fetch_add(&job->create->env->progress->collections_done, 1);
    return MB_OK;
}
