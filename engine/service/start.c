/* Starting a task: judged, given its place, kept apart from those that are at work on the same backup. */
#include "base/clock.h"
#include "base/hint.h"
#include "service/keeper.h"
#include "service/known.h"

#include <stdio.h>
#include <string.h>

/* What is remembered, and shown with every list of tasks. */
enum { LONGEST_ID = 200, LONGEST_NAME = 1024 };

/* A task on its way. */
struct launch {
    struct mb_service *service;
    const struct mb_caller *caller;
    const struct mb_job *job;
    struct mb_arena *arena;
    struct mb_place place;
    struct mb_session *session, *peer;
    int64_t asked_ms;
    struct mb_running *running;
    struct mb_known *entry; /* the keeper's, once it is accepted */
    const char *id;
};

/* ------------------------------------------------- one writer for a backup */

static bool exclude_each_other(enum mb_use a, enum mb_use b)
{
    if (a == MB_REMOVES || b == MB_REMOVES)
        return true;
    return a == MB_WRITES && b == MB_WRITES;
}

static bool keeps_off(const struct mb_known *entry, const char *backup, enum mb_use use)
{
    return (strcmp(entry->backup, backup) == 0 && exclude_each_other(entry->running->use, use)) ||
           (strcmp(entry->running->output, backup) == 0 && exclude_each_other(MB_WRITES, use));
}

static bool is_in_the_way(const struct mb_known *entry, const struct launch *launch, const char *backup)
{
    const struct mb_running *theirs = entry->running;
    const struct mb_job *job = launch->job;
    const char *output = mb_job_output(job);
    if (theirs == NULL)
        return false;
    bool same_place = strcmp(entry->bucket, launch->place.bucket) == 0 &&
                      strcmp(entry->root_path, launch->place.root_path) == 0;
    if (same_place && (keeps_off(entry, backup, mb_job_use(job)) ||
                       (output != NULL && keeps_off(entry, output, MB_WRITES))))
        return true;
    return strcmp(entry->backup, backup) == 0 && job->transfer_config != NULL &&
           strcmp(theirs->peer, job->transfer_config) == 0 &&
           exclude_each_other(theirs->peer_use, mb_job_peer_use(job));
}

/* With the lock held. */
static mb_status check_name(const struct launch *launch, struct mb_error *error)
{
    const struct mb_service *service = launch->service;
    const char *name = mb_job_backup(launch->job);
    for (size_t i = 0; name != NULL && i < service->count; i++) {
        const struct mb_known *entry = service->entries[i];
        if (is_in_the_way(entry, launch, name))
            return mb_fail_hint(error, MB_E_EXISTS, MB_HINT_NONE, entry->id,
                                "a %s of backup %s is under way; wait for it or cancel it",
                                mb_task_kind_name(entry->kind), entry->backup);
    }
    return MB_OK;
}

/* With the lock held. */
static mb_status check_id(const struct launch *launch, struct mb_error *error)
{
    const char *id = launch->job->id;
    const struct mb_known *entry = id != NULL && *id != '\0' ? mb_known_find(launch->service, id) : NULL;
    if (entry != NULL && entry->running != NULL)
        return mb_fail_hint(error, MB_E_EXISTS, MB_HINT_NONE, id, "task %s has not ended; give another id",
                            id);
    return MB_OK;
}

/* With the lock held.  Those that never wait count for themselves. */
static mb_status check_room(const struct launch *launch, struct mb_error *error)
{
    const struct mb_service *service = launch->service;
    size_t most = (size_t)service->options.tasks + service->options.queue, live = 0;
    if (service->stopping)
        return mb_fail(error, MB_E_CANCELLED, "the server is stopping and takes no work");
    for (size_t i = 0; i < service->count; i++)
        live += service->entries[i]->running != NULL &&
                mb_job_waits(service->entries[i]->kind) == mb_job_waits(launch->job->kind);
    if (live < most)
        return MB_OK;
    return mb_fail(error, MB_E_THROTTLED,
                   "%zu tasks run or wait, and no more are taken; try again later or raise server.queue",
                   live);
}

/* -------------------------------------------------------------- its record */

static mb_status copy_caller(struct launch *launch, struct mb_error *error)
{
    const struct mb_job *job = launch->job;
    struct mb_arena *arena = mb_arena_new();
    struct mb_running *running = arena != NULL ? mb_arena_alloc(arena, 1, sizeof *running) : NULL;
    if (running == NULL) {
        mb_arena_free(arena);
        return mb_fail_memory(error);
    }
    launch->running = running;
    running->arena = arena;
    running->session = launch->session;
    running->word = launch->service->options.word;
    running->caller = mb_arena_strdup(arena, launch->caller->name);
    running->request_id = mb_arena_strdup(arena, launch->caller->request_id);
    running->schedule = mb_arena_strdup(arena, job->schedule != NULL ? job->schedule : "");
    running->peer = mb_arena_strdup(arena, job->transfer_config != NULL ? job->transfer_config : "");
    running->output = mb_arena_strdup(arena, mb_job_output(job) != NULL ? mb_job_output(job) : "");
    if (running->output == NULL || running->caller == NULL || running->request_id == NULL ||
        running->schedule == NULL || running->peer == NULL)
        return mb_fail_memory(error);
    running->use = mb_job_use(job);
    running->peer_use = mb_job_peer_use(job);
    return MB_OK;
}

/* "restore_2026_11_21_06_49_30_123456789" */
static const char *restore_id(struct mb_arena *arena)
{
    int64_t now = mb_clock_wall();
    char text[32];
    mb_clock_format(now, text, sizeof text); /* "2026-11-21T06:49:30Z" */
    for (char *at = text; *at != '\0'; at++)
        if (*at == '-' || *at == 'T' || *at == ':' || *at == 'Z')
            *at = '_';
    return mb_arena_printf(arena, "restore_%s%09d", text, (int)(now % MB_NS_PER_S));
}

static const char *id_of(const struct launch *launch, const struct mb_task *task)
{
    const struct mb_job *job = launch->job;
    if (job->id != NULL && *job->id != '\0')
        return job->id;
    const char *made = job->kind == MB_TASK_RESTORE ? restore_id(launch->arena) : NULL;
    return made != NULL ? made : mb_task_id(task);
}

/* With the lock held: the task is known from now on; one of its id that has ended makes room for it. */
static mb_status enter(struct launch *launch, struct mb_task *task, struct mb_error *error)
{
    struct mb_running *running = launch->running;
    struct mb_task_status now = {.struct_size = sizeof now};
    MB_TRY(mb_task_poll(task, &now, error));
    bool begun = now.state != MB_TASK_QUEUED;
    launch->id = mb_arena_strdup(launch->arena, id_of(launch, task));
    const struct mb_record record = {.id = launch->id,
                                     .kind = launch->job->kind,
                                     .state = begun ? MB_TASK_RUNNING : MB_TASK_QUEUED,
                                     .backup = mb_task_backup(task),
                                     .bucket = launch->place.bucket,
                                     .root_path = launch->place.root_path,
                                     .caller = running->caller,
                                     .request_id = running->request_id,
                                     .schedule = running->schedule,
                                     .queued_ms = launch->asked_ms,
                                     .started_ms = now.started_ms,
                                     .phase = "",
                                     .error = "",
                                     .hint_subject = "",
                                     .result = ""};
    struct mb_known *before = record.id != NULL ? mb_known_find(launch->service, record.id) : NULL;
    if (before != NULL)
        mb_known_remove(launch->service, before);
    launch->entry = record.id != NULL ? mb_known_add(launch->service, &record) : NULL;
    if (launch->entry == NULL)
        return mb_fail_memory(error);
    if (mb_kept_of(&record, &launch->entry->kept, error) < 0) {
        mb_known_remove(launch->service, launch->entry);
        return error->status;
    }
    running->task = task;
    launch->entry->running = running;
    launch->service->live++;
    return MB_OK;
}

/* With the lock held. */
static mb_status check(const struct launch *launch, struct mb_error *error)
{
    MB_TRY(check_room(launch, error));
    MB_TRY(check_name(launch, error));
    return check_id(launch, error);
}

/* With the lock held. */
static mb_status begin(struct launch *launch, struct mb_task **task, struct mb_error *error)
{
    MB_TRY(check(launch, error));
    launch->asked_ms = mb_clock_wall() / MB_NS_PER_MS;
    MB_TRY(mb_job_start(launch->job, launch->session, launch->peer, task, error));
    return enter(launch, *task, error);
}

/* The answer waits for the disk; other tasks do not.  The keeper leaves the task alone until then, so that
 * its end is written behind its beginning. */
static mb_status accept(struct launch *launch, struct mb_error *error)
{
    struct mb_service *service = launch->service;
    struct mb_task *task = NULL;
    pthread_mutex_lock(&service->lock);
    mb_status status = begin(launch, &task, error);
    pthread_mutex_unlock(&service->lock);
    if (status != MB_OK) {
        mb_task_free(task);
        return status;
    }
    mb_keeper_write(service, &launch->entry->kept);
    pthread_mutex_lock(&service->lock);
    launch->running->accepted = true;
    pthread_cond_broadcast(&service->changed);
    pthread_mutex_unlock(&service->lock);
    return MB_OK;
}

/* ------------------------------------------------------------- its places */

/* Neither the environment nor overrides speak of the second file: they would make both the same. */
static mb_status open_peer(struct launch *launch, struct mb_error *error)
{
    const struct mb_session_options options = {.struct_size = sizeof options,
                                               .config_path = launch->job->transfer_config,
                                               .parent = launch->service->session};
    if (launch->job->kind != MB_TASK_TRANSFER)
        return MB_OK;
    if (launch->job->transfer_config == NULL)
        return mb_fail_hint(error, MB_E_INVALID, MB_HINT_INPUT, "peer", "the other side has to be given");
    if (mb_session_open(&launch->peer, &options, error) < 0)
        return mb_error_context(error, "the other side");
    return MB_OK;
}

static mb_status check_lengths(const struct mb_job *job, struct mb_error *error)
{
    const char *name = mb_job_backup(job);
    if (job->id != NULL && strlen(job->id) > LONGEST_ID)
        return mb_fail_hint(error, MB_E_INVALID, MB_HINT_INPUT, "id", "it is longer than %d bytes",
                            LONGEST_ID);
    if (name != NULL && strlen(name) > LONGEST_NAME)
        return mb_fail_hint(error, MB_E_INVALID, MB_HINT_INPUT,
                            job->kind == MB_TASK_PRUNE ? "pattern" : "name", "it is longer than %d bytes",
                            LONGEST_NAME);
    const char *output = mb_job_output(job);
    if (output != NULL && strlen(output) > LONGEST_NAME)
        return mb_fail_hint(error, MB_E_INVALID, MB_HINT_INPUT, "output", "it is longer than %d bytes",
                            LONGEST_NAME);
    return MB_OK;
}

static mb_status judge(struct launch *launch, struct mb_error *error)
{
    const struct mb_job *job = launch->job;
    const struct mb_place asked = {
        .bucket = job->bucket, .root_path = job->root_path, .gc_address = job->gc_address};
    MB_TRY(mb_job_check(job, error));
    MB_TRY(check_lengths(job, error));
    return mb_place_settle(&launch->service->places, &asked, launch->arena, &launch->place, error);
}

static mb_status launch_task(struct launch *launch, struct mb_error *error)
{
    MB_TRY(judge(launch, error));
    MB_TRY(open_peer(launch, error));
    MB_TRY(mb_sessions_use(launch->service->sessions, &launch->place, &launch->session, error));
    MB_TRY(copy_caller(launch, error));
    return accept(launch, error);
}

mb_status mb_service_check(struct mb_service *service, const struct mb_job *job, struct mb_arena *arena,
                           struct mb_error *error)
{
    struct launch launch = {.service = service, .job = job, .arena = arena};
    MB_TRY(judge(&launch, error));
    pthread_mutex_lock(&service->lock);
    mb_status status = check(&launch, error);
    pthread_mutex_unlock(&service->lock);
    return status;
}

mb_status mb_service_start(struct mb_service *service, const struct mb_caller *caller,
                           const struct mb_job *job, struct mb_arena *arena, const char **id,
                           struct mb_error *error)
{
    struct launch launch = {.service = service, .caller = caller, .job = job, .arena = arena};
    mb_status status = launch_task(&launch, error);
    mb_session_close(launch.peer); /* the task holds it */
    if (status == MB_OK) {
        *id = launch.id;
        return MB_OK;
    }
    if (launch.running != NULL)
        mb_arena_free(launch.running->arena);
    if (launch.session != NULL)
        mb_sessions_leave(service->sessions, launch.session);
    return status;
}
