#include "restore/wait.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FIRST_LOOK_NS   (100 * MB_NS_PER_MS)
#define LONGEST_WAIT_NS MB_NS_PER_S
#define PER_IMPORT_NS \
    (5 * MB_NS_PER_MS) /* with more than 200 under way the looks themselves would be a load */
#define UNKNOWN_NS    (15 * MB_NS_PER_S)
#define FAILING_NS    (120 * MB_NS_PER_S)
#define STANDSTILL_NS (600 * MB_NS_PER_S)

void mb_import_watch_begin(struct mb_restore_work *work, struct mb_import_watch *job)
{
    struct mb_import_pace *pace = &work->run->pace;
    job->started_ns = job->moved_ns = mb_clock_monotonic();
    mb_import_pace_begin(pace, &job->turn, job->batch_count, job->started_ns);
    job->not_before_ns = mb_import_pace_expect(pace, &job->turn, job->started_ns, &job->since_ns);
}

void mb_import_watch_end(struct mb_restore_work *work, struct mb_import_watch *job)
{
    mb_progress_wait_end(&job->wait);
    mb_import_pace_leave(&work->run->pace, &job->turn);
}

static int64_t due_by_itself(const struct mb_import_watch *job, size_t running)
{
    if (job->looked_ns == 0)
        return job->started_ns + FIRST_LOOK_NS;
    int64_t wait = (job->looked_ns - job->since_ns) / 40;
    if (wait < FIRST_LOOK_NS || job->nearly)
        wait = FIRST_LOOK_NS;
    if (wait > LONGEST_WAIT_NS)
        wait = LONGEST_WAIT_NS;
    int64_t least = (int64_t)running * PER_IMPORT_NS;
    return job->looked_ns + (wait > least ? wait : least);
}

int64_t mb_import_watch_due(const struct mb_import_watch *job, size_t running)
{
    int64_t due = due_by_itself(job, running);
    return due > job->not_before_ns ? due : job->not_before_ns;
}

static mb_status ask(struct mb_restore_work *work, const struct mb_import_watch *job, struct mb_arena *arena,
                     struct mb_import_state *out, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_milvus *milvus = work->run->env->milvus;
    if (job->id)
        return mb_milvus_import_job_state(milvus, work->target->db, job->id, arena, out, cancel, error);
    return mb_milvus_import_state(milvus, job->task, arena, out, cancel, error);
}

/* A server tells in words only why an import failed. */
static bool reason_is_damage(const char *reason)
{
    static const char *const words[] = {"corrupt", "magic number", "checksum"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasestr(reason, words[i]))
            return true;
    return false;
}

mb_status mb_import_watch_judge(struct mb_import_watch *job, const struct mb_import_state *state, int64_t now,
                                struct mb_error *error)
{
    if (state->phase == MB_IMPORT_UNKNOWN) {
        if (job->unknown_since_ns == 0)
            job->unknown_since_ns = now;
        if (now - job->unknown_since_ns < (job->may_be_unknown_ns ? job->may_be_unknown_ns : UNKNOWN_NS))
            return MB_OK;
        return mb_fail(error, MB_E_NOT_FOUND, "milvus does not know the import any more (was it restarted?)");
    }
    job->unknown_since_ns = 0;
    if (state->phase == MB_IMPORT_FAILED)
        return mb_fail(error,
                       reason_is_damage(state->detail ? state->detail : state->reason) ? MB_E_CORRUPT
                                                                                       : MB_E_INTERNAL,
                       "milvus says: %s", *state->reason ? state->reason : "it failed, without a reason");
    if (state->percent > job->percent) {
        job->percent = state->percent;
        job->moved_ns = now;
    }
    job->nearly = strcmp(state->state, "Persisted") == 0;
    job->imported = state->rows;
    if (state->phase == MB_IMPORT_COMPLETED) {
        job->percent = 100;
        job->done = true;
    }
    return MB_OK;
}

/* A new state is waited for anew. */
static void show(struct mb_restore_work *work, struct mb_import_watch *job,
                 const struct mb_import_state *state)
{
    char number[32], id[64];
    snprintf(number, sizeof number, "%" PRId64, job->task);
    snprintf(id, sizeof id, "%s", job->id != NULL ? job->id : number);
    if (strncmp(job->state, state->state, sizeof job->state - 1) != 0) {
        mb_log(work->run->env->log, MB_LOG_DEBUG, "import %s of %s.%s: %s, %d %%", id, MB_WORK_NAME(work),
               state->state, (int)state->percent);
        mb_progress_wait_end(&job->wait);
        snprintf(job->state, sizeof job->state, "%s", state->state);
    }
    if (job->done)
        mb_progress_wait_end(&job->wait);
    else
        mb_progress_wait(work->run->env->progress, &job->wait, "waiting for import %s of %s.%s: %s, %d %%",
                         id, MB_WORK_NAME(work), job->state, (int)job->percent);
}

static bool may_pass(mb_status status)
{
    return status != MB_E_CANCELLED && status != MB_E_UNAUTHENTICATED && status != MB_E_FORBIDDEN &&
           status != MB_E_NO_MEMORY;
}

static void keep_pace(struct mb_restore_work *work, struct mb_import_watch *job, int64_t now)
{
    struct mb_import_pace *pace = &work->run->pace;
    if (job->done)
        mb_import_pace_end(pace, &job->turn, now);
    else
        job->not_before_ns = mb_import_pace_expect(pace, &job->turn, now, &job->since_ns);
}

static mb_status look(struct mb_restore_work *work, struct mb_import_watch *job, struct mb_arena *arena,
                      struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_import_state state;
    struct mb_log *log = work->run->env->log;

    mb_status status = ask(work, job, arena, &state, cancel, error);
    int64_t now = job->looked_ns = mb_clock_monotonic();
    if (status != MB_OK) {
        if (job->failing_since_ns == 0)
            job->failing_since_ns = now;
        if (!may_pass(status) || now - job->failing_since_ns > FAILING_NS)
            return status;
        mb_log(log, MB_LOG_WARN, "%s", error->message);
        return MB_OK;
    }
    job->failing_since_ns = 0;
    MB_TRY(mb_import_watch_judge(job, &state, now, error));
    show(work, job, &state);
    keep_pace(work, job, now);
    if (!job->done && now - job->moved_ns > STANDSTILL_NS) {
        mb_log(log, MB_LOG_WARN,
               "the import into %s.%s, partition \"%s\", has stood at %d %% (%s) for a long time",
               MB_WORK_NAME(work), job->batches->partition, (int)job->percent, state.state);
        job->moved_ns = now;
    }
    return MB_OK;
}

mb_status mb_import_watch_look(struct mb_restore_work *work, struct mb_import_watch *job,
                               struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_arena *arena = mb_arena_new();
    mb_status status = arena ? look(work, job, arena, cancel, error) : mb_fail_memory(error);
    mb_arena_free(arena);
    if (status == MB_OK || status == MB_E_CANCELLED)
        return status;
    return mb_error_context(error, "import into %s.%s, partition \"%s\"", MB_WORK_NAME(work),
                            job->batches->partition);
}
