#include "base/clock.h"
#include "base/thread.h"
#include "service/keeper.h"
#include "service/known.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TELLERS = 8 };

/* ----------------------------------------------------------- its history */

/* The last line of an id counts, so one that comes later takes the place of those before. */
static mb_status take_record(struct mb_service *service, const struct mb_record *record,
                             struct mb_error *error)
{
    struct mb_kept kept = {0};
    MB_TRY(mb_kept_of(record, &kept, error));
    struct mb_known *before = mb_known_find(service, record->id);
    if (before != NULL)
        mb_known_remove(service, before);
    struct mb_known *entry = mb_known_add(service, record);
    if (entry == NULL) {
        mb_kept_done(&kept);
        return mb_fail_memory(error);
    }
    entry->kept = kept;
    service->kept_bytes += mb_kept_size(&kept);
    mb_known_shorten(service);
    return MB_OK;
}

static mb_status take_line(void *ctx, const char *line, size_t len, struct mb_error *error)
{
    struct mb_arena *arena = mb_arena_new();
    struct mb_record record;
    if (arena == NULL)
        return mb_fail_memory(error);
    mb_status status = mb_record_parse(line, len, arena, &record, error) < 0
                           ? error->status
                           : take_record(ctx, &record, error);
    mb_arena_free(arena);
    return status;
}

static mb_status interrupted(const struct mb_known *entry, int64_t now_ms, struct mb_arena *arena,
                             struct mb_kept *out, struct mb_error *error)
{
    struct mb_record record;
    MB_TRY(mb_kept_read(&entry->kept, true, arena, &record, error));
    mb_record_interrupt(&record, now_ms);
    return mb_kept_of(&record, out, error);
}

static mb_status interrupt(struct mb_service *service, struct mb_known *entry, int64_t now_ms,
                           struct mb_error *error)
{
    struct mb_arena *arena = mb_arena_new();
    struct mb_kept kept;
    mb_status status =
        arena == NULL ? mb_fail_memory(error) : interrupted(entry, now_ms, arena, &kept, error);
    mb_arena_free(arena);
    MB_TRY(status);
    service->kept_bytes += mb_kept_size(&kept) - mb_kept_size(&entry->kept);
    mb_kept_done(&entry->kept);
    entry->kept = kept;
    entry->state = MB_TASK_FAILED;
    entry->resumable = mb_record_can_resume(entry->kind);
    return MB_OK;
}

static int by_age(const void *a, const void *b)
{
    const struct mb_known *left = *(struct mb_known *const *)a, *right = *(struct mb_known *const *)b;
    return (left->queued_ms > right->queued_ms) - (left->queued_ms < right->queued_ms);
}

/* What the last process left unfinished has failed. */
static mb_status settle_all(struct mb_service *service, struct mb_error *error)
{
    int64_t now_ms = mb_clock_wall() / MB_NS_PER_MS;
    if (service->count > 0)
        qsort(service->entries, service->count, sizeof(struct mb_known *), by_age);
    for (size_t i = 0; i < service->count; i++) {
        struct mb_known *entry = service->entries[i];
        if (entry->state == MB_TASK_QUEUED || entry->state == MB_TASK_RUNNING)
            MB_TRY(interrupt(service, entry, now_ms, error));
        mb_known_settle(service, entry);
    }
    mb_known_drop_oldest(service);
    return MB_OK;
}

static mb_status remember(struct mb_service *service, struct mb_error *error)
{
    char text[256];
    size_t damaged = 0;
    if (*service->options.state_dir == '\0')
        return MB_OK;
    MB_TRY(
        mb_history_open(&service->history, service->options.state_dir, take_line, service, &damaged, error));
    if (damaged > 0) {
        snprintf(
            text, sizeof text,
            "the history of tasks has %zu damaged lines, which are passed over: tasks may be missing in it",
            damaged);
        mb_session_log(service->session, MB_LOG_WARN, text);
    }
    MB_TRY(settle_all(service, error));
    return mb_history_rewrite(service->history, mb_keeper_gather, service, error);
}

/* ------------------------------------------------------------ life of one */

static void init_locks(struct mb_service *service)
{
    pthread_condattr_t attributes;
    pthread_mutex_init(&service->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&service->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

static mb_status fill(struct mb_service *service, struct mb_error *error)
{
    MB_TRY(mb_places_read(&service->places, service->session, error));
    MB_TRY(mb_sessions_new(&service->sessions, service->session, &service->places, error));
    MB_TRY(remember(service, error));
    service->tellers_pool = mb_pool_new(TELLERS);
    service->tellers = service->tellers_pool != NULL ? mb_group_new(service->tellers_pool, NULL) : NULL;
    if (service->tellers == NULL)
        return mb_fail_memory(error);
    mb_session_limit_tasks(service->session, service->options.tasks);
    int failed = mb_thread_start(&service->keeper, mb_keeper_run, service);
    if (failed != 0)
        return mb_fail_errno(error, failed, "start a thread");
    service->kept = true;
    return MB_OK;
}

mb_status mb_service_open(struct mb_service **out, struct mb_session *session,
                          const struct mb_service_options *options, struct mb_error *error)
{
    struct mb_service *service = calloc(1, sizeof *service);
    if (service == NULL)
        return mb_fail_memory(error);
    service->session = session;
    service->options = *options;
    init_locks(service);
    mb_status status = fill(service, error);
    if (status != MB_OK) {
        mb_service_close(service);
        return status;
    }
    *out = service;
    return MB_OK;
}

struct mb_session *mb_service_session(struct mb_service *service)
{
    return service->session;
}

/* With the lock held; those that wait for their turn need not be waited for. */
static void cancel_all(struct mb_service *service, bool running)
{
    for (size_t i = 0; i < service->count; i++) {
        struct mb_known *entry = service->entries[i];
        struct mb_task_status now = {.struct_size = sizeof now};
        if (entry->running == NULL || (!running && (mb_task_poll(entry->running->task, &now, NULL) != MB_OK ||
                                                    now.state != MB_TASK_QUEUED)))
            continue;
        entry->running->cut = !entry->running->told;
        mb_task_cancel(entry->running->task);
    }
}

static void log_stop(struct mb_service *service, int64_t timeout_ms)
{
    char text[128];
    snprintf(text, sizeof text, "no task is taken any more; the %zu under way get %lld s to end",
             service->live, (long long)(timeout_ms / 1000));
    mb_session_log(service->session, MB_LOG_INFO, text);
}

void mb_service_stop(struct mb_service *service, int64_t timeout_ms)
{
    int64_t until = mb_clock_monotonic() + timeout_ms * MB_NS_PER_MS;
    const struct timespec time = {.tv_sec = (time_t)(until / MB_NS_PER_S),
                                  .tv_nsec = (long)(until % MB_NS_PER_S)};
    int timed_out = 0;

    pthread_mutex_lock(&service->lock);
    if (!service->stopping && service->live > 0)
        log_stop(service, timeout_ms);
    service->stopping = true;
    cancel_all(service, false);
    while (service->live > 0 && timed_out == 0)
        timed_out = pthread_cond_timedwait(&service->changed, &service->lock, &time);
    cancel_all(service, true);
    while (service->live > 0)
        pthread_cond_wait(&service->changed, &service->lock);
    pthread_mutex_unlock(&service->lock);
    mb_sessions_cancel(service->sessions);
}

bool mb_service_is_stopping(struct mb_service *service)
{
    pthread_mutex_lock(&service->lock);
    bool stopping = service->stopping;
    pthread_mutex_unlock(&service->lock);
    return stopping;
}

void mb_service_close(struct mb_service *service)
{
    if (service == NULL)
        return;
    if (service->kept) {
        mb_service_stop(service, 0);
        pthread_mutex_lock(&service->lock);
        service->over = true;
        pthread_cond_broadcast(&service->changed);
        pthread_mutex_unlock(&service->lock);
        pthread_join(service->keeper, NULL);
    }
    mb_group_free(service->tellers);
    mb_pool_free(service->tellers_pool);
    for (size_t i = 0; i < service->count; i++)
        mb_known_free(service->entries[i]);
    free(service->entries);
    mb_history_close(service->history);
    mb_sessions_free(service->sessions);
    pthread_cond_destroy(&service->changed);
    pthread_mutex_destroy(&service->lock);
    free(service);
}
