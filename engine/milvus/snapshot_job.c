/* Waiting for what Milvus does with snapshots by itself: exports and restores. */
#include "base/clock.h"
#include "milvus/client.h"

#include <inttypes.h>
#include <string.h>

#define FIRST_LOOK_NS (100 * MB_NS_PER_MS)
#define LAST_LOOK_NS  (3 * MB_NS_PER_S)
#define FAILING_NS    (120 * MB_NS_PER_S)
#define UNKNOWN_NS    (10 * MB_NS_PER_S)

static const struct mb_method method_export_state = {
    .name = "GetExportSnapshotState",
    .doing = "ask for the state of an export",
    .answer = &pb__get_export_snapshot_state_response__descriptor,
    .again = MB_AGAIN_ANY,
};
static const struct mb_method method_restore_state = {
    .name = "GetRestoreSnapshotState",
    .doing = "ask for the state of a restore",
    .answer = &pb__get_restore_snapshot_state_response__descriptor,
    .again = MB_AGAIN_ANY,
};

/* ------------------------------------------------------------------ answers */

static void take_state(int32_t number, int32_t percent, struct mb_snapshot_job *out)
{
    static const struct {
        const char *name;
        enum mb_snapshot_phase phase;
    } states[] = {{"None", MB_SNAPSHOT_UNKNOWN},
                  {"Pending", MB_SNAPSHOT_RUNNING},
                  {"Executing", MB_SNAPSHOT_RUNNING},
                  {"Completed", MB_SNAPSHOT_COMPLETED},
                  {"Failed", MB_SNAPSHOT_FAILED}};
    bool known = number >= 0 && (size_t)number < sizeof states / sizeof *states;
    out->state = known ? states[number].name : "Unknown";
    out->phase = known ? states[number].phase : MB_SNAPSHOT_RUNNING;
    out->percent = percent < 0 ? 0 : percent > 100 ? 100 : percent;
}

/* What a server repeats may hold what it was told. */
static mb_status take_reason(struct mb_milvus *milvus, const char *told, struct mb_arena *arena,
                             struct mb_snapshot_job *out, struct mb_error *error)
{
    out->reason = *told != '\0' ? mb_status_reason(&milvus->peer, told, arena) : "";
    return out->reason != NULL ? MB_OK : mb_fail_memory(error);
}

static mb_status ask_export(struct mb_milvus *milvus, const ProtobufCMessage *request, struct mb_arena *arena,
                            struct mb_snapshot_job *out, struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__GetExportSnapshotStateResponse *answer;
    MB_TRY(
        mb_rpc(milvus, &method_export_state, (struct mb_subject){0}, request, arena, &answer, cancel, error));
    const Pb__ExportSnapshotInfo *info = answer->info;
    if (info == NULL)
        return MB_OK;
    take_state(info->state, info->progress, out);
    out->total_files = info->total_files;
    out->copied_files = info->copied_files;
    out->total_bytes = info->total_bytes;
    out->metadata_uri = info->snapshot_metadata_uri;
    return take_reason(milvus, info->reason, arena, out, error);
}

static mb_status ask_restore(struct mb_milvus *milvus, const ProtobufCMessage *request,
                             struct mb_arena *arena, struct mb_snapshot_job *out, struct mb_cancel *cancel,
                             struct mb_error *error)
{
    Pb__GetRestoreSnapshotStateResponse *answer;
    MB_TRY(mb_rpc(milvus, &method_restore_state, (struct mb_subject){0}, request, arena, &answer, cancel,
                  error));
    const Pb__RestoreSnapshotInfo *info = answer->info;
    if (info == NULL)
        return MB_OK;
    take_state(info->state, info->progress, out);
    return take_reason(milvus, info->reason, arena, out, error);
}

/* An answer without a job in it is one of a server that knows none. */
static mb_status ask(struct mb_milvus *milvus, enum mb_snapshot_work work, int64_t job,
                     struct mb_arena *arena, struct mb_snapshot_job *out, struct mb_cancel *cancel,
                     struct mb_error *error)
{
    Pb__GetSnapshotStateRequest request = PB__GET_SNAPSHOT_STATE_REQUEST__INIT;
    struct mb_snapshot_job told = {
        .phase = MB_SNAPSHOT_UNKNOWN, .state = "Unknown", .reason = "", .metadata_uri = ""};
    request.job_id = job;
    mb_status status = (work == MB_SNAPSHOT_EXPORT ? ask_export : ask_restore)(milvus, &request.base, arena,
                                                                               &told, cancel, error);
    if (status == MB_E_NOT_FOUND)
        mb_error_clear(error);
    else
        MB_TRY(status);
    *out = told;
    return MB_OK;
}

/* ------------------------------------------------------------------ looking */

struct wait {
    struct mb_milvus *milvus;
    enum mb_snapshot_work work;
    int64_t job;
    const struct mb_snapshot_watcher *watcher;
    int64_t failing_since_ns; /* looks that got no answer; 0 for none */
    int64_t unknown_since_ns;
};

static bool may_pass(mb_status status)
{
    return status != MB_E_CANCELLED && status != MB_E_UNAUTHENTICATED && status != MB_E_FORBIDDEN &&
           status != MB_E_NO_MEMORY && status != MB_E_UNSUPPORTED;
}

static mb_status forgive(struct wait *wait, int64_t now, struct mb_error *error)
{
    if (wait->failing_since_ns == 0)
        wait->failing_since_ns = now;
    if (!may_pass(error->status) || now - wait->failing_since_ns > FAILING_NS)
        return error->status;
    mb_log(wait->milvus->options.log, MB_LOG_WARN, "%s", error->message);
    mb_error_clear(error);
    return MB_OK;
}

static mb_status judge(struct wait *wait, const struct mb_snapshot_job *job, int64_t now,
                       struct mb_error *error)
{
    if (job->phase == MB_SNAPSHOT_FAILED)
        return mb_fail(error, MB_E_INTERNAL, "milvus says: %s",
                       *job->reason != '\0' ? job->reason : "it failed, without a reason");
    if (job->phase != MB_SNAPSHOT_UNKNOWN) {
        wait->unknown_since_ns = 0;
        return MB_OK;
    }
    if (wait->unknown_since_ns == 0)
        wait->unknown_since_ns = now;
    if (now - wait->unknown_since_ns < UNKNOWN_NS)
        return MB_OK;
    return mb_fail(error, MB_E_NOT_FOUND, "milvus does not know job %" PRId64 " any more (was it restarted?)",
                   wait->job);
}

static mb_status keep(const struct mb_snapshot_job *job, struct mb_arena *arena, struct mb_snapshot_job *out,
                      struct mb_error *error)
{
    struct mb_snapshot_job kept = *job;
    kept.reason = mb_arena_strdup(arena, job->reason);
    kept.metadata_uri = mb_arena_strdup(arena, job->metadata_uri);
    if (kept.reason == NULL || kept.metadata_uri == NULL)
        return mb_fail_memory(error);
    *out = kept;
    return MB_OK;
}

static mb_status take_answer(struct wait *wait, const struct mb_snapshot_job *job, int64_t now,
                             struct mb_arena *arena, struct mb_snapshot_job *out, bool *ended,
                             struct mb_error *error)
{
    wait->failing_since_ns = 0;
    wait->watcher->look(wait->watcher->ctx, job);
    MB_TRY(judge(wait, job, now, error));
    *ended = job->phase == MB_SNAPSHOT_COMPLETED;
    return *ended ? keep(job, arena, out, error) : MB_OK;
}

static mb_status look(struct wait *wait, struct mb_arena *arena, struct mb_snapshot_job *out, bool *ended,
                      struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_snapshot_job job;
    struct mb_arena *scratch = mb_arena_new();
    if (scratch == NULL)
        return mb_fail_memory(error);
    mb_status status = ask(wait->milvus, wait->work, wait->job, scratch, &job, cancel, error);
    int64_t now = mb_clock_monotonic();
    status = status < 0 ? forgive(wait, now, error) : take_answer(wait, &job, now, arena, out, ended, error);
    mb_arena_free(scratch);
    return status;
}

mb_status mb_milvus_await_snapshot(struct mb_milvus *milvus, enum mb_snapshot_work work, int64_t job,
                                   const struct mb_snapshot_watcher *watcher, struct mb_arena *arena,
                                   struct mb_snapshot_job *out, struct mb_cancel *cancel,
                                   struct mb_error *error)
{
    struct wait wait = {.milvus = milvus, .work = work, .job = job, .watcher = watcher};
    int64_t pause = FIRST_LOOK_NS;
    bool ended = false;
    while (!ended) {
        MB_TRY(mb_cancel_sleep(cancel, pause, error));
        MB_TRY(look(&wait, arena, out, &ended, cancel, error));
        pause = pause * 3 / 2 < LAST_LOOK_NS ? pause * 3 / 2 : LAST_LOOK_NS;
    }
    return MB_OK;
}
