/* What is due is started; what runs is looked at. */
#include "base/clock.h"
#include "base/text.h"
#include "calendar/pattern.h"
#include "service/schedule_private.h"

#include <stdio.h>
#include <string.h>

enum { AGAIN_MS = 10 * 1000, LATE_MS = 60 * 1000 };

static mb_status start_job(struct mb_schedules *schedules, const struct mb_schedule *schedule, int32_t kind,
                           const void *request, struct mb_arena *arena, const char **id,
                           struct mb_error *error)
{
    const char *name = mb_arena_printf(arena, "schedule %s", schedule->row.name);
    const char *request_id =
        mb_arena_printf(arena, "schedule-%s-%lld", schedule->row.name, (long long)schedule->last_ms);
    if (name == NULL || request_id == NULL)
        return mb_fail_memory(error);
    const struct mb_caller caller = {
        .name = name, .role = MB_ROLE_WRITE, .address = "", .request_id = request_id};
    const struct mb_job job = {.kind = kind, .request = request, .schedule = schedule->row.name};
    return schedules->hands.start(schedules->hands.ctx, &caller, &job, arena, id, error);
}

/* ------------------------------------------------------------------ backups */

/* One that goes on has the name of what the last one left. */
static const char *name_for(const struct mb_schedule *schedule, bool resume, int64_t now_ms,
                            struct mb_arena *arena)
{
    return resume ? mb_arena_strdup(arena, schedule->backup)
                  : mb_pattern_make(schedule->row.backup_name, schedule->zone, now_ms / 1000, arena);
}

static mb_status start_create(struct mb_schedules *schedules, struct mb_schedule *schedule, bool resume,
                              struct mb_arena *arena, struct mb_error *error)
{
    const struct mb_schedule_row *row = &schedule->row;
    const char *id = NULL, *name = name_for(schedule, resume, schedule->last_ms, arena);
    const struct mb_create_request request = {.struct_size = sizeof request,
                                              .name = name,
                                              .filter = row->filter,
                                              .collections = row->collections,
                                              .collection_count = row->collection_count,
                                              .databases = row->databases,
                                              .database_count = row->database_count,
                                              .strategy = row->strategy,
                                              .resume = resume,
                                              .format = row->format};
    if (name == NULL)
        return mb_fail_memory(error);
    mb_text_fit(schedule->backup, sizeof schedule->backup, name);
    MB_TRY(start_job(schedules, schedule, MB_TASK_CREATE, &request, arena, &id, error));
    mb_text_fit(schedule->task, sizeof schedule->task, id);
    return MB_OK;
}

/* It goes into a file of JSON. */
static void keep_error(struct mb_schedule *schedule, const char *text)
{
    mb_text_fit(schedule->error, sizeof schedule->error, text);
    mb_text_clean(schedule->error);
}

/* The next time is worth more than another try of this one. */
static void plan_retry(struct mb_schedules *schedules, struct mb_schedule *schedule, int64_t now_ms)
{
    int64_t at_ms = now_ms + (int64_t)schedule->row.retry_seconds * 1000;
    char at[32];

    schedule->retry_ms = 0;
    if (schedule->tried >= schedule->row.retries || schedule->next_ms == 0 || at_ms >= schedule->next_ms)
        return;
    schedule->retry_ms = at_ms;
    mb_clock_format(at_ms * MB_NS_PER_MS, at, sizeof at);
    mb_schedule_log(schedules, MB_LOG_INFO, "schedule %s: retry %u of %u is at %s", schedule->row.name,
                    schedule->tried + 1, schedule->row.retries, at);
}

static void fail_run(struct mb_schedules *schedules, struct mb_schedule *schedule, const char *why,
                     int64_t now_ms)
{
    schedule->running = false;
    schedule->state = MB_TASK_FAILED;
    schedule->ended_ms = now_ms;
    schedule->failures++;
    keep_error(schedule, why);
    mb_schedule_log(schedules, MB_LOG_ERROR, "schedule %s: backup %s failed: %s", schedule->row.name,
                    schedule->backup, why);
}

static void begin_run(struct mb_schedule *schedule, uint32_t tried, int64_t now_ms)
{
    schedule->last_ms = now_ms;
    schedule->ended_ms = schedule->retry_ms = 0;
    schedule->tried = tried;
    schedule->task[0] = schedule->error[0] = '\0';
    schedule->state = MB_TASK_QUEUED;
    schedule->running = true;
}

/* tried: 0 for a run that is due, else so many times it was tried again.  False for a service that takes no
 * task just now: to be tried again. */
static bool run(struct mb_schedules *schedules, struct mb_schedule *schedule, uint32_t tried, int64_t now_ms,
                bool *refused)
{
    const struct mb_schedule before = *schedule;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_arena *arena = mb_arena_new();

    begin_run(schedule, tried, now_ms);
    mb_status status = arena == NULL
                           ? mb_fail_memory(&error)
                           : start_create(schedules, schedule, tried > 0 && before.resumable, arena, &error);
    mb_arena_free(arena);
    if (status == MB_E_THROTTLED || status == MB_E_CANCELLED) {
        *schedule = before;
        return false;
    }
    schedule->resumable = false;
    schedule->runs++;
    schedule->retries += tried > 0;
    *refused = status < 0;
    if (*refused)
        fail_run(schedules, schedule, error.message, now_ms);
    return true;
}

void mb_schedule_start_due(struct mb_schedules *schedules, struct mb_schedule *schedule, int64_t now_ms)
{
    char due[32];
    bool refused = false;

    if (schedule->next_ms == 0 || schedule->next_ms > now_ms)
        return;
    mb_clock_format(schedule->next_ms * MB_NS_PER_MS, due, sizeof due);
    if (schedule->running) {
        schedule->skipped++;
        mb_schedule_log(schedules, MB_LOG_WARN,
                        "schedule %s: the run of %s is skipped, for backup %s is still being made",
                        schedule->row.name, due, schedule->backup);
    } else if (!run(schedules, schedule, 0, now_ms, &refused)) {
        schedule->next_ms = now_ms + AGAIN_MS;
        return;
    } else if (now_ms - schedule->next_ms > LATE_MS) {
        mb_schedule_log(schedules, MB_LOG_INFO,
                        "schedule %s: the run of %s was missed and is made up for now", schedule->row.name,
                        due);
    }
    schedule->anchor_ms = now_ms;
    mb_schedule_set_next(schedule);
    if (refused)
        plan_retry(schedules, schedule, now_ms);
    schedules->dirty = true;
}

void mb_schedule_retry_due(struct mb_schedules *schedules, struct mb_schedule *schedule, int64_t now_ms)
{
    bool refused = false;

    if (schedule->retry_ms == 0 || schedule->retry_ms > now_ms || schedule->running)
        return;
    if (!run(schedules, schedule, schedule->tried + 1, now_ms, &refused)) {
        schedule->retry_ms = now_ms + AGAIN_MS;
        return;
    }
    if (refused)
        plan_retry(schedules, schedule, now_ms);
    schedules->dirty = true;
}

/* ---------------------------------------------------------------- retention */

static bool has_rules(const struct mb_schedule_row *row)
{
    return row->keep_last > 0 || row->keep_daily > 0 || row->keep_weekly > 0 || row->keep_monthly > 0 ||
           *row->keep_within != '\0';
}

static void start_prune(struct mb_schedules *schedules, struct mb_schedule *schedule)
{
    const struct mb_schedule_row *row = &schedule->row;
    const struct mb_prune_request request = {.struct_size = sizeof request,
                                             .made_by = row->backup_name,
                                             .keep_last = row->keep_last,
                                             .keep_daily = row->keep_daily,
                                             .keep_weekly = row->keep_weekly,
                                             .keep_monthly = row->keep_monthly,
                                             .keep_within =
                                                 *row->keep_within != '\0' ? row->keep_within : NULL,
                                             .timezone = row->timezone};
    struct mb_error error = MB_ERROR_INIT;
    const char *id = NULL;
    struct mb_arena *arena;

    if (!has_rules(row) || *schedule->pruning != '\0')
        return;
    arena = mb_arena_new();
    mb_status status = arena == NULL
                           ? mb_fail_memory(&error)
                           : start_job(schedules, schedule, MB_TASK_PRUNE, &request, arena, &id, &error);
    if (status >= 0)
        mb_text_fit(schedule->pruning, sizeof schedule->pruning, id);
    else
        mb_schedule_log(schedules, MB_LOG_WARN, "schedule %s: old backups are not removed this time: %s",
                        row->name, error.message);
    mb_arena_free(arena);
}

/* --------------------------------------------------------- what became of it */

static bool is_over(int32_t state)
{
    return state != MB_TASK_QUEUED && state != MB_TASK_RUNNING;
}

static void end_run(struct mb_schedules *schedules, struct mb_schedule *schedule,
                    const struct mb_record *record, int64_t now_ms)
{
    schedules->dirty = true;
    schedules->counted_ms = 0;
    if (record->state == MB_TASK_FAILED) {
        fail_run(schedules, schedule, record->error, now_ms);
        schedule->resumable = record->resumable;
        plan_retry(schedules, schedule, now_ms);
    } else {
        schedule->running = false;
        schedule->state = record->state;
        keep_error(schedule, record->error);
    }
    schedule->ended_ms = record->ended_ms != 0 ? record->ended_ms : now_ms;
    if (record->state == MB_TASK_SUCCEEDED)
        start_prune(schedules, schedule);
}

static void look_at_run(struct mb_schedules *schedules, struct mb_schedule *schedule, struct mb_arena *arena,
                        int64_t now_ms)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_record record = {0};
    mb_status status = schedules->hands.look(schedules->hands.ctx, schedule->task, arena, &record, &error);

    if (status == MB_E_NOT_FOUND) {
        schedules->dirty = true;
        fail_run(schedules, schedule, "the server was stopped before it ended", now_ms);
        plan_retry(schedules, schedule, now_ms);
    } else if (status == MB_OK && is_over(record.state)) {
        end_run(schedules, schedule, &record, now_ms);
    } else if (status == MB_OK) {
        schedule->state = record.state;
    }
}

static void look_at_prune(struct mb_schedules *schedules, struct mb_schedule *schedule,
                          struct mb_arena *arena)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_record record = {0};
    mb_status status = schedules->hands.look(schedules->hands.ctx, schedule->pruning, arena, &record, &error);

    if (status != MB_E_NOT_FOUND && (status != MB_OK || !is_over(record.state)))
        return;
    schedule->pruning[0] = '\0';
    schedules->counted_ms = 0;
    if (status == MB_OK && record.state == MB_TASK_FAILED)
        mb_schedule_log(schedules, MB_LOG_WARN, "schedule %s: old backups are not all removed: %s",
                        schedule->row.name, record.error);
}

void mb_schedule_look(struct mb_schedules *schedules, struct mb_schedule *schedule, int64_t now_ms)
{
    struct mb_arena *arena;

    if (!schedule->running && *schedule->pruning == '\0')
        return;
    arena = mb_arena_new();
    if (arena == NULL)
        return;
    if (*schedule->pruning != '\0')
        look_at_prune(schedules, schedule, arena);
    if (schedule->running)
        look_at_run(schedules, schedule, arena, now_ms);
    mb_arena_free(arena);
}
