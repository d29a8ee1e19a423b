/* What is known of tasks, and telling them to stop. */
#include "service/known.h"

#include <stdlib.h>
#include <string.h>

static mb_status not_known(const char *id, struct mb_error *error)
{
    return mb_fail(error, MB_E_NOT_FOUND, "task not found: %s", id);
}

mb_status mb_service_get(struct mb_service *service, const char *id, bool with_collections,
                         struct mb_arena *arena, struct mb_record *out, struct mb_error *error)
{
    pthread_mutex_lock(&service->lock);
    struct mb_known *entry = mb_known_find(service, id);
    mb_status status =
        entry != NULL ? mb_known_look(entry, with_collections, arena, out, error) : not_known(id, error);
    pthread_mutex_unlock(&service->lock);
    return status;
}

/* ------------------------------------------------------------------ find */

/* Does a task of that kind write the backup that it is about? */
static bool is_of(const struct mb_known *entry, int32_t kind)
{
    if (kind != 0)
        return entry->kind == kind;
    return entry->kind == MB_TASK_CREATE || entry->kind == MB_TASK_TRANSFER || entry->kind == MB_TASK_DELETE;
}

mb_status mb_service_find(struct mb_service *service, const char *backup, int32_t kind, const char *bucket,
                          const char *root_path, struct mb_arena *arena, struct mb_record *out,
                          struct mb_error *error)
{
    struct mb_place place;
    MB_TRY(mb_place_settle(&service->places, &(struct mb_place){.bucket = bucket, .root_path = root_path},
                           arena, &place, error));
    const struct mb_known asked = {.backup = backup, .bucket = place.bucket, .root_path = place.root_path};
    mb_status status = MB_E_NOT_FOUND;
    pthread_mutex_lock(&service->lock);
    for (size_t i = service->count; i-- > 0;)
        if (is_of(service->entries[i], kind) && mb_known_same_backup(service->entries[i], &asked)) {
            status = mb_known_look(service->entries[i], true, arena, out, error);
            break;
        }
    pthread_mutex_unlock(&service->lock);
    return status == MB_E_NOT_FOUND ? mb_fail(error, status, "no task about backup %s", backup) : status;
}

/* ------------------------------------------------------------------ list */

static bool matches(const struct mb_known *entry, const struct mb_record_filter *filter)
{
    return (filter->kind == 0 || entry->kind == filter->kind) &&
           (filter->states == 0 || (filter->states & (UINT32_C(1) << entry->state)) != 0) &&
           (filter->backup == NULL || strcmp(entry->backup, filter->backup) == 0);
}

/* With the lock held: which of those that were queued run now. */
static void refresh(struct mb_service *service)
{
    for (size_t i = 0; i < service->count; i++) {
        struct mb_known *entry = service->entries[i];
        struct mb_task_status now = {.struct_size = sizeof now};
        if (entry->running != NULL && entry->state == MB_TASK_QUEUED &&
            mb_task_poll(entry->running->task, &now, NULL) == MB_OK && now.started_ms != 0)
            entry->state = MB_TASK_RUNNING;
    }
}

/* With the lock held: room for those that match, and their number. */
static size_t count_matching(const struct mb_service *service, const struct mb_record_filter *filter)
{
    size_t count = 0;
    for (size_t i = 0; i < service->count; i++)
        count += matches(service->entries[i], filter);
    return count;
}

/* With the lock held. */
static mb_status list(struct mb_service *service, const struct mb_record_filter *filter,
                      struct mb_arena *arena, struct mb_record **out, size_t *count, size_t *total,
                      struct mb_error *error)
{
    refresh(service);
    size_t matching = count_matching(service, filter), passed = 0, taken = 0;
    size_t wanted = matching > filter->skip ? matching - filter->skip : 0;
    if (filter->limit > 0 && filter->limit < wanted)
        wanted = filter->limit;
    struct mb_record *records = mb_arena_alloc(arena, wanted + 1, sizeof *records);
    if (records == NULL)
        return mb_fail_memory(error);
    for (size_t i = service->count; i-- > 0 && taken < wanted;)
        if (matches(service->entries[i], filter) && passed++ >= filter->skip)
            MB_TRY(mb_known_look(service->entries[i], false, arena, &records[taken++], error));
    *out = records;
    *count = taken;
    *total = matching;
    return MB_OK;
}

mb_status mb_service_list(struct mb_service *service, const struct mb_record_filter *filter,
                          struct mb_arena *arena, struct mb_record **out, size_t *count, size_t *total,
                          struct mb_error *error)
{
    pthread_mutex_lock(&service->lock);
    mb_status status = list(service, filter, arena, out, count, total, error);
    pthread_mutex_unlock(&service->lock);
    return status;
}

void mb_service_tally(struct mb_service *service, struct mb_tally *out)
{
    pthread_mutex_lock(&service->lock);
    refresh(service);
    *out = service->ended;
    for (size_t i = 0; i < service->count; i++) {
        const struct mb_known *entry = service->entries[i];
        if (entry->running != NULL)
            mb_tally_add(out, entry->running->task, entry->kind, entry->state);
    }
    pthread_mutex_unlock(&service->lock);
}

void mb_service_limits(const struct mb_service *service, unsigned *tasks, unsigned *queue)
{
    *tasks = service->options.tasks;
    *queue = service->options.queue;
}

/* ------------------------------------------------------ cancel and await */

mb_status mb_service_cancel(struct mb_service *service, const char *id, struct mb_error *error)
{
    pthread_mutex_lock(&service->lock);
    const struct mb_known *entry = mb_known_find(service, id);
    if (entry != NULL && entry->running != NULL) {
        entry->running->told = true;
        mb_task_cancel(entry->running->task);
    }
    pthread_mutex_unlock(&service->lock);
    return entry != NULL ? MB_OK : not_known(id, error);
}

/* With the lock held.  *at_once when it has ended. */
static mb_status join(struct mb_service *service, const char *id, mb_ended_task_fn *fn, void *ctx,
                      bool *at_once, struct mb_error *error)
{
    struct mb_known *entry = mb_known_find(service, id);
    if (entry == NULL)
        return not_known(id, error);
    *at_once = entry->running == NULL;
    if (*at_once)
        return MB_OK;
    struct mb_waiter *waiter = calloc(1, sizeof *waiter);
    if (waiter == NULL)
        return mb_fail_memory(error);
    *waiter = (struct mb_waiter){.fn = fn, .ctx = ctx, .next = entry->running->waiters};
    entry->running->waiters = waiter;
    return MB_OK;
}

mb_status mb_service_await(struct mb_service *service, const char *id, mb_ended_task_fn *fn, void *ctx,
                           struct mb_error *error)
{
    bool at_once = false;
    pthread_mutex_lock(&service->lock);
    mb_status status = join(service, id, fn, ctx, &at_once, error);
    pthread_mutex_unlock(&service->lock);
    if (at_once)
        fn(ctx);
    return status;
}
