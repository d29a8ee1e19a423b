/* schedules.json: when each schedule ran last. */
#include "base/file.h"
#include "base/text.h"
#include "service/schedule_private.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void mb_schedule_set_next(struct mb_schedule *schedule)
{
    int64_t next = mb_cron_next(&schedule->cron, schedule->zone, schedule->anchor_ms / 1000);
    schedule->next_ms = !schedule->row.enabled || next == INT64_MAX ? 0 : next * 1000;
}

/* ------------------------------------------------------------------ reading */

static json_t *read_file(struct mb_schedules *schedules)
{
    json_error_t error;
    json_t *file = schedules->path != NULL ? json_load_file(schedules->path, 0, &error) : NULL;

    if (schedules->path != NULL && file == NULL && access(schedules->path, F_OK) == 0)
        mb_schedule_log(schedules, MB_LOG_WARN,
                        "%s cannot be read, so nothing is known of the last runs of schedules: line %d: %s",
                        schedules->path, error.line, error.text);
    return file;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static int64_t number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static json_t *find(json_t *file, const char *name)
{
    json_t *list = json_object_get(file, "schedules"), *item;
    size_t i;

    json_array_foreach(list, i, item)
    {
        if (strcmp(text_of(item, "name"), name) == 0)
            return item;
    }
    return NULL;
}

/* A time that is still to come was told by a clock that was wrong. */
static int64_t past(int64_t ms, int64_t now_ms)
{
    return ms > now_ms ? now_ms : ms;
}

static void read_schedule(struct mb_schedule *schedule, const json_t *item, int64_t now_ms)
{
    bool same = strcmp(text_of(item, "cron"), schedule->row.cron) == 0 &&
                strcmp(text_of(item, "timezone"), schedule->row.timezone) == 0;

    if (same && number_of(item, "due_after_ms") > 0)
        schedule->anchor_ms = past(number_of(item, "due_after_ms"), now_ms);
    schedule->last_ms = number_of(item, "last_ms");
    schedule->ended_ms = number_of(item, "ended_ms");
    schedule->state = (int32_t)number_of(item, "state");
    schedule->running = json_is_true(json_object_get(item, "running"));
    schedule->resumable = json_is_true(json_object_get(item, "resumable"));
    schedule->tried = (uint32_t)number_of(item, "tried");
    schedule->retry_ms = schedule->row.enabled && schedule->row.retries > 0 ? number_of(item, "retry_ms") : 0;
    mb_text_fit(schedule->task, sizeof schedule->task, text_of(item, "task"));
    mb_text_fit(schedule->backup, sizeof schedule->backup, text_of(item, "backup"));
    mb_text_fit(schedule->error, sizeof schedule->error, text_of(item, "error"));
}

void mb_schedule_load(struct mb_schedules *schedules, int64_t now_ms)
{
    json_t *file = read_file(schedules);

    schedules->looked_ms = now_ms;
    for (size_t i = 0; i < schedules->count; i++) {
        struct mb_schedule *schedule = &schedules->items[i];
        const json_t *item = find(file, schedule->row.name);
        schedule->anchor_ms = now_ms;
        if (item != NULL)
            read_schedule(schedule, item, now_ms);
        mb_schedule_set_next(schedule);
    }
    json_decref(file);
    mb_schedule_save(schedules);
}

/* ------------------------------------------------------------------ writing */

/* What one that is not enabled misses is not made up for. */
static json_t *schedule_json(const struct mb_schedule *schedule)
{
    int64_t due_after = schedule->row.enabled ? schedule->anchor_ms : 0;
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:i, s:b, s:s, s:s, s:s, s:I, s:I, s:b}", "name",
                     schedule->row.name, "cron", schedule->row.cron, "timezone", schedule->row.timezone,
                     "due_after_ms", (json_int_t)due_after, "last_ms", (json_int_t)schedule->last_ms,
                     "ended_ms", (json_int_t)schedule->ended_ms, "state", (int)schedule->state, "running",
                     (int)schedule->running, "task", schedule->task, "backup", schedule->backup, "error",
                     schedule->error, "retry_ms", (json_int_t)schedule->retry_ms, "tried",
                     (json_int_t)schedule->tried, "resumable", (int)schedule->resumable);
}

static char *file_text(const struct mb_schedules *schedules)
{
    json_t *list = json_array(), *file = json_pack("{s:o}", "schedules", list);

    for (size_t i = 0; i < schedules->count; i++)
        json_array_append_new(list, schedule_json(&schedules->items[i]));
    char *text = json_dumps(file, JSON_INDENT(2));
    json_decref(file);
    return text;
}

/* Whole or not at all; a server goes on without it. */
void mb_schedule_save(struct mb_schedules *schedules)
{
    struct mb_error error = MB_ERROR_INIT;
    char *text = schedules->path != NULL ? file_text(schedules) : NULL;

    schedules->dirty = false;
    if (schedules->path == NULL)
        return;
    if (text == NULL)
        mb_fail_memory(&error);
    else
        mb_file_put(schedules->path, text, strlen(text), MB_FILE_OWN, NULL, &error);
    if (error.status != MB_OK)
        mb_schedule_log(schedules, MB_LOG_WARN, "%s cannot be written: %s", schedules->path, error.message);
    free(text);
}
