#include "service/schedule.h"

#include "base/clock.h"
#include "base/thread.h"
#include "service/schedule_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    BUSY_MS = 500,       /* between two looks while something runs */
    IDLE_MS = 20 * 1000, /* at most, so that a clock that jumps is noticed */
    RECOUNT_MS = 3600 * 1000,
    JUMP_MS = 3 * 3600 * 1000 /* backwards, beyond which the clock was wrong before */
};

/* ------------------------------------------------------------------- steps */

/* A clock that was far ahead must not keep schedules from running until it is there again. */
static void notice_jump(struct mb_schedules *schedules, int64_t now_ms)
{
    if (schedules->looked_ms - now_ms > JUMP_MS)
        for (size_t i = 0; i < schedules->count; i++)
            if (schedules->items[i].next_ms != 0) {
                schedules->items[i].anchor_ms = now_ms;
                schedules->items[i].retry_ms = schedules->items[i].retry_ms != 0 ? now_ms : 0;
                mb_schedule_set_next(&schedules->items[i]);
            }
    schedules->looked_ms = now_ms;
}

static int64_t delay_of(const struct mb_schedules *schedules, int64_t now_ms)
{
    int64_t delay = IDLE_MS;

    for (size_t i = 0; i < schedules->count; i++) {
        const struct mb_schedule *schedule = &schedules->items[i];
        if ((schedule->running || *schedule->pruning != '\0') && delay > BUSY_MS)
            delay = BUSY_MS;
        if (schedule->next_ms != 0 && schedule->next_ms - now_ms < delay)
            delay = schedule->next_ms - now_ms;
        if (schedule->retry_ms != 0 && schedule->retry_ms - now_ms < delay)
            delay = schedule->retry_ms - now_ms;
    }
    return delay > 1 ? delay : 1;
}

int64_t mb_schedules_step(struct mb_schedules *schedules)
{
    int64_t now_ms = schedules->hands.now_ms(schedules->hands.ctx);

    pthread_mutex_lock(&schedules->lock);
    notice_jump(schedules, now_ms);
    for (size_t i = 0; i < schedules->count; i++) {
        mb_schedule_look(schedules, &schedules->items[i], now_ms);
        mb_schedule_start_due(schedules, &schedules->items[i], now_ms);
        mb_schedule_retry_due(schedules, &schedules->items[i], now_ms);
    }
    if (schedules->dirty)
        mb_schedule_save(schedules);
    bool recount = schedules->counted_ms == 0 || now_ms - schedules->counted_ms > RECOUNT_MS ||
                   schedules->counted_ms > now_ms;
    schedules->counted_ms = recount ? now_ms : schedules->counted_ms;
    int64_t delay = delay_of(schedules, now_ms);
    pthread_mutex_unlock(&schedules->lock);
    if (recount)
        mb_schedule_find_latest(schedules);
    return delay;
}

static void sleep_for(struct mb_schedules *schedules, int64_t ms)
{
    int64_t until = mb_clock_monotonic() + ms * MB_NS_PER_MS;
    const struct timespec time = {.tv_sec = (time_t)(until / MB_NS_PER_S),
                                  .tv_nsec = (long)(until % MB_NS_PER_S)};
    int timed_out = 0;

    pthread_mutex_lock(&schedules->lock);
    while (!schedules->closing && timed_out == 0)
        timed_out = pthread_cond_timedwait(&schedules->changed, &schedules->lock, &time);
    pthread_mutex_unlock(&schedules->lock);
}

static bool is_closing(struct mb_schedules *schedules)
{
    pthread_mutex_lock(&schedules->lock);
    bool closing = schedules->closing;
    pthread_mutex_unlock(&schedules->lock);
    return closing;
}

static void *work(void *arg)
{
    struct mb_schedules *schedules = arg;

    while (!is_closing(schedules))
        sleep_for(schedules, mb_schedules_step(schedules));
    return NULL;
}

/* ------------------------------------------------------------------ opening */

static int64_t wall_ms(void *ctx)
{
    (void)ctx;
    return mb_clock_wall() / MB_NS_PER_MS;
}

static mb_status start_task(void *ctx, const struct mb_caller *caller, const struct mb_job *job,
                            struct mb_arena *arena, const char **id, struct mb_error *error)
{
    return mb_service_start(ctx, caller, job, arena, id, error);
}

static mb_status look_at_task(void *ctx, const char *id, struct mb_arena *arena, struct mb_record *out,
                              struct mb_error *error)
{
    return mb_service_get(ctx, id, false, arena, out, error);
}

/* What the configuration could not judge: the names of collections. */
static mb_status check(const struct mb_schedule_row *row, struct mb_error *error)
{
    const struct mb_create_request request = {.struct_size = sizeof request,
                                              .filter = row->filter,
                                              .collections = row->collections,
                                              .collection_count = row->collection_count,
                                              .databases = row->databases,
                                              .database_count = row->database_count,
                                              .strategy = row->strategy,
                                              .format = row->format};
    return mb_create_check(&request, error);
}

static mb_status read_parts(struct mb_schedule *out, struct mb_error *error)
{
    MB_TRY(mb_cron_parse(out->row.cron, &out->cron, error));
    MB_TRY(mb_zone_open(&out->zone, out->row.timezone, error));
    return check(&out->row, error);
}

static mb_status read_one(struct mb_session *session, size_t i, struct mb_schedule *out,
                          struct mb_error *error)
{
    struct mb_schedule_row *row = &out->row;

    row->struct_size = sizeof *row;
    MB_TRY(mb_session_schedule_at(session, i, row, error));
    if (read_parts(out, error) >= 0)
        return MB_OK;
    mb_error_context(error, "%s: schedule %s", row->where, row->name);
    return mb_fail_as(error, MB_E_CONFIG);
}

static mb_status read_all(struct mb_schedules *schedules, struct mb_session *session, struct mb_error *error)
{
    size_t count = mb_session_schedule_count(session);

    schedules->items = calloc(count + 1, sizeof *schedules->items);
    if (schedules->items == NULL)
        return mb_fail_memory(error);
    for (; schedules->count < count; schedules->count++)
        MB_TRY(read_one(session, schedules->count, &schedules->items[schedules->count], error));
    return MB_OK;
}

static void init(struct mb_schedules *schedules, struct mb_service *service,
                 const struct mb_schedules_options *options)
{
    pthread_condattr_t attributes;

    pthread_mutex_init(&schedules->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&schedules->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    schedules->service = service;
    schedules->hands = options->hands != NULL
                           ? *options->hands
                           : (struct mb_schedule_hands){wall_ms, start_task, look_at_task, service};
}

static mb_status fill(struct mb_schedules *schedules, struct mb_session *session,
                      const struct mb_schedules_options *options, struct mb_error *error)
{
    const struct mb_session_options like = {
        .struct_size = sizeof like, .parent = session, .like_parent = true};

    MB_TRY(read_all(schedules, session, error));
    if (schedules->count == 0)
        return MB_OK;
    MB_TRY(mb_session_open(&schedules->session, &like, error));
    if (*options->state_dir != '\0' &&
        asprintf(&schedules->path, "%s/schedules.json", options->state_dir) < 0) {
        schedules->path = NULL;
        return mb_fail_memory(error);
    }
    mb_schedule_load(schedules, schedules->hands.now_ms(schedules->hands.ctx));
    if (options->hands != NULL)
        return MB_OK;
    int failed = mb_thread_start(&schedules->thread, work, schedules);
    if (failed != 0)
        return mb_fail_errno(error, failed, "start a thread");
    schedules->started = true;
    return MB_OK;
}

mb_status mb_schedules_open(struct mb_schedules **out, struct mb_session *session, struct mb_service *service,
                            const struct mb_schedules_options *options, struct mb_error *error)
{
    struct mb_schedules *schedules = calloc(1, sizeof *schedules);
    if (schedules == NULL)
        return mb_fail_memory(error);
    init(schedules, service, options);
    mb_status status = fill(schedules, session, options, error);
    if (status != MB_OK) {
        mb_schedules_close(schedules);
        return status;
    }
    *out = schedules;
    return MB_OK;
}

void mb_schedules_stop(struct mb_schedules *schedules)
{
    if (schedules == NULL || !schedules->started)
        return;
    pthread_mutex_lock(&schedules->lock);
    schedules->closing = true;
    pthread_cond_broadcast(&schedules->changed);
    pthread_mutex_unlock(&schedules->lock);
    mb_session_cancel(schedules->session);
    pthread_join(schedules->thread, NULL);
    schedules->started = false;
}

void mb_schedules_close(struct mb_schedules *schedules)
{
    if (schedules == NULL)
        return;
    mb_schedules_stop(schedules);
    mb_session_close(schedules->session);
    for (size_t i = 0; schedules->items != NULL && i <= schedules->count; i++)
        mb_zone_close(schedules->items[i].zone);
    free(schedules->items);
    free(schedules->path);
    pthread_cond_destroy(&schedules->changed);
    pthread_mutex_destroy(&schedules->lock);
    free(schedules);
}

/* ---------------------------------------------------------------- telling */

static bool tell(const struct mb_schedule *schedule, struct mb_arena *arena, struct mb_schedule_status *out)
{
    *out = (struct mb_schedule_status){.name = schedule->row.name,
                                       .cron = schedule->row.cron,
                                       .timezone = schedule->row.timezone,
                                       .enabled = schedule->row.enabled,
                                       .next_ms = schedule->next_ms,
                                       .last_ms = schedule->last_ms,
                                       .ended_ms = schedule->ended_ms,
                                       .last_state = schedule->state,
                                       .last_task = mb_arena_strdup(arena, schedule->task),
                                       .last_backup = mb_arena_strdup(arena, schedule->backup),
                                       .error = mb_arena_strdup(arena, schedule->error),
                                       .runs = schedule->runs,
                                       .failures = schedule->failures,
                                       .skipped = schedule->skipped,
                                       .retries = schedule->retries,
                                       .last_retry = schedule->tried,
                                       .retry_ms = schedule->retry_ms,
                                       .latest = mb_arena_strdup(arena, schedule->latest),
                                       .latest_ms = schedule->latest_ms,
                                       .latest_size = schedule->latest_size};
    return out->last_task != NULL && out->last_backup != NULL && out->error != NULL && out->latest != NULL;
}

mb_status mb_schedules_list(struct mb_schedules *schedules, struct mb_arena *arena,
                            struct mb_schedule_status **out, size_t *count, struct mb_error *error)
{
    bool whole = true;

    *count = 0;
    *out = mb_arena_alloc(arena, schedules->count + 1, sizeof **out);
    if (*out == NULL)
        return mb_fail_memory(error);
    pthread_mutex_lock(&schedules->lock);
    for (; *count < schedules->count; (*count)++)
        whole = tell(&schedules->items[*count], arena, &(*out)[*count]) && whole;
    pthread_mutex_unlock(&schedules->lock);
    return whole ? MB_OK : mb_fail_memory(error);
}
