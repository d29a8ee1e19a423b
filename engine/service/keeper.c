#include "service/keeper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST_LINE ((size_t)128 * 1024 * 1024)

/* --------------------------------------------------------------- history */

static void complain(struct mb_service *service, const struct mb_error *error)
{
    char text[sizeof error->message + 64];
    snprintf(text, sizeof text, "the history of tasks cannot be written: %s", error->message);
    mb_session_log(service->session, MB_LOG_ERROR, text);
}

void mb_keeper_write(struct mb_service *service, const struct mb_kept *kept)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_buf line;
    if (service->history == NULL || kept->object == NULL)
        return;
    mb_buf_init(&line, LONGEST_LINE);
    mb_kept_write(kept, &line);
    if (mb_buf_check(&line, "a task's record", &error) < 0 ||
        mb_history_append(service->history, line.data, line.len, &error) < 0)
        complain(service, &error);
    mb_buf_done(&line);
}

void mb_keeper_gather(void *ctx, struct mb_buf *lines)
{
    struct mb_service *service = ctx;
    pthread_mutex_lock(&service->lock);
    for (size_t i = 0; i < service->count; i++)
        if (service->entries[i]->kept.object != NULL)
            mb_kept_write(&service->entries[i]->kept, lines);
    pthread_mutex_unlock(&service->lock);
}

static void tidy(struct mb_service *service, size_t lines, size_t bytes)
{
    struct mb_error error = MB_ERROR_INIT;
    if (service->history != NULL && mb_history_is_stale(service->history, lines, bytes) &&
        mb_history_rewrite(service->history, mb_keeper_gather, service, &error) < 0)
        complain(service, &error);
}

/* ------------------------------------------------------- a task that ended */

struct end {
    int32_t state;
    bool resumable;
    struct mb_kept kept;
};

static mb_status look(struct mb_service *service, const struct mb_known *entry, struct mb_arena *arena,
                      struct mb_record *out, struct mb_error *error)
{
    pthread_mutex_lock(&service->lock);
    mb_status status = mb_known_look_at_end(entry, arena, out, error);
    pthread_mutex_unlock(&service->lock);
    return status;
}

/* Without memory the record says what it said when the task was accepted, and its state. */
static void make_record(struct mb_service *service, const struct mb_known *entry, struct end *out)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_arena *arena = mb_arena_new();
    struct mb_task_status now = {.struct_size = sizeof now};
    struct mb_record record;
    out->state = mb_task_poll(entry->running->task, &now, NULL) == MB_OK ? now.state : MB_TASK_FAILED;
    if (arena != NULL && look(service, entry, arena, &record, &error) == MB_OK) {
        out->state = record.state;
        out->resumable = record.resumable;
        mb_kept_of(&record, &out->kept, &error);
    }
    mb_arena_free(arena);
}

/* With the lock held. */
static void publish(struct mb_service *service, struct mb_known *entry, const struct end *end)
{
    if (end->kept.object != NULL) {
        mb_kept_done(&entry->kept);
        entry->kept = end->kept;
    }
    entry->state = end->state;
    entry->resumable = end->resumable;
    service->kept_bytes += mb_kept_size(&entry->kept);
    mb_tally_add(&service->ended, entry->running->task, entry->kind, entry->state);
    entry->running = NULL;
    mb_known_settle(service, entry);
}

/* What waits may ask a storage first: so it is told in a thread of its own, and the keeper goes on. */
static mb_status tell(void *ctx, struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_news *news = ctx;
    struct mb_service *service = news->service;
    struct mb_waiter *next;
    (void)cancel;
    (void)error;
    for (struct mb_waiter *waiter = news->running->waiters; waiter != NULL; waiter = next) {
        next = waiter->next;
        waiter->fn(waiter->ctx);
        free(waiter);
    }
    pthread_mutex_lock(&service->lock);
    mb_known_told(news->entry);
    mb_known_drop_oldest(service);
    mb_arena_free(news->running->arena);
    service->live--;
    pthread_cond_broadcast(&service->changed);
    pthread_mutex_unlock(&service->lock);
    return MB_OK;
}

static void spread(struct mb_news *news)
{
    struct mb_error error = MB_ERROR_INIT;
    if (news->running->waiters == NULL ||
        mb_group_submit(news->service->tellers, tell, news, &error) != MB_OK)
        tell(news, NULL, &error);
}

/* Those who wait are told when the record is on the disk, and before it may have to go for younger ones. */
static void take(struct mb_service *service, struct mb_known *entry)
{
    struct end end = {.state = MB_TASK_FAILED};
    struct mb_running *running = entry->running;
    running->news = (struct mb_news){service, entry, running};
    make_record(service, entry, &end);
    mb_keeper_write(service, &end.kept);

    pthread_mutex_lock(&service->lock);
    entry->telling = true;
    publish(service, entry, &end);
    size_t lines = service->count, bytes = service->kept_bytes;
    pthread_mutex_unlock(&service->lock);
    mb_task_free(running->task);
    mb_sessions_leave(service->sessions, running->session);
    spread(&running->news);
    tidy(service, lines, bytes);
}

/* ------------------------------------------------------------- the thread */

/* With the lock held. */
static struct mb_known *find_ended(const struct mb_service *service)
{
    for (size_t i = 0; service->live > 0 && i < service->count; i++) {
        struct mb_known *entry = service->entries[i];
        const struct mb_running *running = entry->running;
        if (running != NULL && running->accepted && mb_task_wait(running->task, 0, NULL) != MB_END)
            return entry;
    }
    return NULL;
}

/* Tells the keeper to look. */
static void wake(void *ctx, struct mb_task *task)
{
    struct mb_service *service = ctx;
    (void)task;
    pthread_mutex_lock(&service->lock);
    pthread_cond_broadcast(&service->changed);
    pthread_mutex_unlock(&service->lock);
}

void *mb_keeper_run(void *ctx)
{
    struct mb_service *service = ctx;
    mb_session_on_task_end(service->session, wake, service);
    pthread_mutex_lock(&service->lock);
    while (!service->over) {
        struct mb_known *entry = find_ended(service);
        if (entry == NULL) {
            pthread_cond_wait(&service->changed, &service->lock);
            continue;
        }
        pthread_mutex_unlock(&service->lock);
        take(service, entry);
        pthread_mutex_lock(&service->lock);
    }
    pthread_mutex_unlock(&service->lock);
    mb_session_on_task_end(service->session, NULL, NULL);
    return NULL;
}
