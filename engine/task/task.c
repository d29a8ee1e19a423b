#include "task/task.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t mb_task_ns(const struct mb_task *task)
{
    return mb_clock_monotonic() - task->started_ns;
}

/* ------------------------------------------------------------ life of one */

static void init_locks(struct mb_task *task)
{
    pthread_condattr_t attributes;

    pthread_mutex_init(&task->lock, NULL);
    pthread_mutex_init(&task->told_lock, NULL);
    pthread_mutex_init(&task->progress.lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&task->ended, &attributes);
    pthread_condattr_destroy(&attributes);
}

static void dispose(struct mb_task *task)
{
    mb_cancel_free(task->cancel);
    mb_progress_done(&task->progress);
    free(task->warnings.items);
    free(task->faults.items);
    mb_arena_free(task->told);
    mb_arena_free(task->arena);
    pthread_cond_destroy(&task->ended);
    pthread_mutex_destroy(&task->told_lock);
    pthread_mutex_destroy(&task->lock);
    free(task);
}

static int64_t wall_ms(void)
{
    return mb_clock_wall() / MB_NS_PER_MS;
}

static mb_status make_parts(struct mb_task *task, const void *request, struct mb_error *error)
{
    const struct mb_work *work = task->work;
    task->cancel = mb_cancel_new(NULL);
    task->arena = mb_arena_new();
    task->told = mb_arena_new();
    task->plan = task->arena != NULL ? mb_arena_alloc(task->arena, 1, work->plan_size) : NULL;
    if (task->cancel == NULL || task->told == NULL || task->plan == NULL)
        return mb_fail_memory(error);
    MB_TRY(mb_random_uuid(task->id, error));
    return work->take(request, task->arena, task->plan, error);
}

static mb_status make_task(const struct mb_work *work, struct mb_session *session, const void *request,
                           struct mb_task **out, struct mb_error *error)
{
    struct mb_task *task = calloc(1, sizeof *task);
    if (task == NULL)
        return mb_fail_memory(error);
    init_locks(task);
    task->work = work;
    task->session = session;
    task->state = MB_TASK_QUEUED;
    task->queued_ms = wall_ms();
    task->error = MB_ERROR_INIT;
    task->scope = (struct mb_scope){.id = task->id,
                                    .log = session->common->log,
                                    .progress = &task->progress,
                                    .temporary_folder = session->common->temporary_folder};
    mb_status status = make_parts(task, request, error);
    if (status != MB_OK) {
        dispose(task);
        return status;
    }
    *out = task;
    return MB_OK;
}

static void begin(struct mb_task *task)
{
    pthread_mutex_lock(&task->lock);
    task->state = MB_TASK_RUNNING;
    task->started_ns = mb_clock_monotonic();
    task->started_ms = wall_ms();
    pthread_mutex_unlock(&task->lock);
}

/* Its place in the line is as old as the task. */
static void ask_for_turn(struct mb_task *task)
{
    if (!task->work->waits || mb_turn_ask(&task->session->common->turns, &task->turn))
        begin(task);
}

static void leave_turn(struct mb_task *task)
{
    if (task->work->waits)
        mb_turn_leave(&task->session->common->turns, &task->turn);
}

static void cancel_task(void *ctx)
{
    struct mb_task *task = ctx;
    mb_cancel_request(task->cancel);
}

/* From now on the handle alone is left. */
static void leave_session(struct mb_task *task)
{
    struct mb_session *session = task->session;

    mb_users_leave(&session->common->users, &task->user);
    mb_cancel_unwatch(task->watch);
    pthread_mutex_lock(&session->lock);
    session->running--;
    pthread_cond_broadcast(&session->idle);
    pthread_mutex_unlock(&session->lock);
    mb_session_release(session);
    mb_session_release(task->plan->peer);
}

static void end(struct mb_task *task, mb_status status, const struct mb_error *error)
{
    pthread_mutex_lock(&task->lock);
    if (status < 0)
        task->error = *error;
    task->ended_ns = mb_clock_monotonic();
    task->ended_ms = wall_ms();
    task->state = status >= 0                ? MB_TASK_SUCCEEDED
                  : status == MB_E_CANCELLED ? MB_TASK_CANCELLED
                                             : MB_TASK_FAILED;
    pthread_cond_broadcast(&task->ended);
    pthread_mutex_unlock(&task->lock);
}

/* Whoever cancelled it knows, so that is no error. */
static void log_end(const struct mb_task *task, mb_status status, const struct mb_error *error)
{
    struct mb_log *log = task->session->common->log;
    const char *kind = mb_task_kind_name(task->work->kind), *name = task->plan->name;
    char took[32];

    mb_text_duration(task->started_ns != 0 ? mb_task_ns(task) : 0, took, sizeof took);
    if (status >= 0)
        mb_log(log, MB_LOG_INFO, "%s of backup %s: done in %s", kind, name, took);
    else if (status == MB_E_CANCELLED)
        mb_log(log, MB_LOG_INFO, "%s of backup %s was cancelled after %s: %s", kind, name, took,
               error->message);
    else
        mb_log(log, MB_LOG_ERROR, "%s of backup %s failed after %s: %s", kind, name, took, error->message);
}

static mb_status await_turn(struct mb_task *task, struct mb_error *error)
{
    struct mb_wait wait = {0};

    if (task->started_ns != 0)
        return MB_OK;
    mb_log(task->session->common->log, MB_LOG_INFO, "%s of backup %s waits until other tasks have ended",
           mb_task_kind_name(task->work->kind), task->plan->name);
    mb_progress_wait(&task->progress, &wait, "other tasks to end");
    mb_status status = mb_turn_await(&task->session->common->turns, &task->turn, task->cancel, error);
    mb_progress_wait_end(&wait);
    if (status == MB_OK)
        begin(task);
    return status;
}

static mb_status run(struct mb_task *task, struct mb_error *error)
{
    mb_log(task->session->common->log, MB_LOG_INFO, "%s of backup %s begins",
           mb_task_kind_name(task->work->kind), task->plan->name);
    return task->work->run(task, task->plan, error);
}

static void tell_end(struct mb_task *task)
{
    struct mb_common *common = task->session->common;

    pthread_mutex_lock(&common->end_lock);
    mb_task_end_fn *fn = common->on_end;
    void *ctx = common->on_end_ctx;
    pthread_mutex_unlock(&common->end_lock);
    if (fn != NULL)
        fn(ctx, task);
}

static void *work(void *arg)
{
    struct mb_task *task = arg;
    struct mb_error error = MB_ERROR_INIT;

    const struct mb_scope *before = mb_scope_enter(&task->scope);
    mb_status status = await_turn(task, &error);
    if (status == MB_OK)
        status = run(task, &error);
    log_end(task, status, &error);
    mb_scope_enter(before);
    end(task, status, &error);
    leave_turn(task);
    tell_end(task);
    leave_session(task);
    return NULL;
}

/* The thread, and those that it starts, take no signals: they are the program's, and no call of a driver is
 * cut short. */
static int start_thread(struct mb_task *task)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int failed = pthread_create(&task->thread, NULL, work, task);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

static mb_status join_session(struct mb_task *task, struct mb_error *error)
{
    struct mb_session *session = task->session;

    task->watch = mb_cancel_watch(session->cancel, cancel_task, task);
    if (task->watch == NULL)
        return mb_fail_memory(error);
    mb_session_hold(session);
    if (task->plan->peer != NULL)
        mb_session_hold(task->plan->peer);
    pthread_mutex_lock(&session->lock);
    session->running++;
    pthread_mutex_unlock(&session->lock);
    task->user = (struct mb_user){.backup = task->plan->name, .kind = task->work->kind};
    mb_users_join(&session->common->users, &task->user);
    return MB_OK;
}

static mb_status launch(struct mb_task *task, struct mb_error *error)
{
    MB_TRY(join_session(task, error));
    ask_for_turn(task);
    int failed = start_thread(task);
    if (failed == 0) {
        task->started = true;
        return MB_OK;
    }
    leave_turn(task);
    leave_session(task);
    return mb_fail_errno(error, failed, "start a thread");
}

mb_status mb_work_start(const struct mb_work *work, struct mb_session *session, const void *request,
                        struct mb_task **out, struct mb_error *error)
{
    struct mb_task *task = NULL;

    if (session == NULL || out == NULL)
        return mb_abi_missing(session == NULL ? "session" : "place for the task", error);
    MB_TRY(make_task(work, session, request, &task, error));
    if (launch(task, error) < 0) {
        dispose(task);
        return error->status;
    }
    *out = task;
    return MB_OK;
}

mb_status mb_work_check(const struct mb_work *work, const void *request, struct mb_error *error)
{
    struct mb_arena *arena = mb_arena_new();
    void *plan = arena != NULL ? mb_arena_alloc(arena, 1, work->plan_size) : NULL;
    mb_status status = plan != NULL ? work->take(request, arena, plan, error) : mb_fail_memory(error);
    mb_arena_free(arena);
    return status;
}

void mb_task_free(struct mb_task *task)
{
    if (task == NULL)
        return;
    mb_cancel_request(task->cancel);
    if (task->started)
        pthread_join(task->thread, NULL);
    dispose(task);
}

/* ------------------------------------------------------------- its handle */

const char *mb_task_id(const struct mb_task *task)
{
    return task != NULL ? task->id : "";
}

int32_t mb_task_kind(const struct mb_task *task)
{
    return task != NULL ? task->work->kind : 0;
}

const char *mb_task_backup(const struct mb_task *task)
{
    return task != NULL ? task->plan->name : "";
}

void mb_task_cancel(struct mb_task *task)
{
    if (task != NULL)
        mb_cancel_request(task->cancel);
}

/* With the lock held. */
static bool is_over(const struct mb_task *task)
{
    return task->state != MB_TASK_RUNNING && task->state != MB_TASK_QUEUED;
}

/* With the lock held: false when the time has passed. */
static bool await_end(struct mb_task *task, int64_t timeout_ms)
{
    int64_t until = mb_clock_monotonic() + timeout_ms * MB_NS_PER_MS;
    const struct timespec time = {.tv_sec = (time_t)(until / MB_NS_PER_S),
                                  .tv_nsec = (long)(until % MB_NS_PER_S)};

    while (!is_over(task))
        if (timeout_ms < 0)
            pthread_cond_wait(&task->ended, &task->lock);
        else if (pthread_cond_timedwait(&task->ended, &task->lock, &time) == ETIMEDOUT)
            return is_over(task);
    return true;
}

/* Longer is for ever. */
static int64_t bounded(int64_t timeout_ms)
{
    const int64_t century_ms = INT64_C(3155760000000);
    return timeout_ms > century_ms ? -1 : timeout_ms;
}

bool mb_task_has_ended(struct mb_task *task)
{
    pthread_mutex_lock(&task->lock);
    bool ended = is_over(task);
    pthread_mutex_unlock(&task->lock);
    return ended;
}

static mb_status wait_for(struct mb_task *task, int64_t timeout_ms, struct mb_error *error)
{
    if (task == NULL)
        return mb_abi_missing("task", error);
    pthread_mutex_lock(&task->lock);
    bool ended = await_end(task, bounded(timeout_ms));
    mb_status status = ended ? task->error.status : MB_END;
    if (status < 0)
        *error = task->error;
    pthread_mutex_unlock(&task->lock);
    return status;
}

mb_status mb_task_wait(struct mb_task *task, int64_t timeout_ms, struct mb_error *error)
{
    MB_ANSWER(error, wait_for(task, timeout_ms, &own));
}

static mb_status error_of(struct mb_task *task, struct mb_error *error)
{
    mb_status status = wait_for(task, 0, error);
    return status == MB_END ? MB_OK : status;
}

mb_status mb_task_error(struct mb_task *task, struct mb_error *error)
{
    MB_ANSWER(error, error_of(task, &own));
}
