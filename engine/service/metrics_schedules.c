/* Schedules: is there a backup of each, how old and large is it, and when is the next? */
#include "base/clock.h"
#include "service/metrics_private.h"

#include <stddef.h>

#define PREFIX "milvus_backup_schedule_"
#define MS     1e3

enum value { MOMENT, AGE, BYTES, COUNT, ENABLED, SUCCESS };

struct family {
    const char *name, *type, *help;
    enum value value;
    size_t offset; /* of a 64-bit number in the status */
};

#define AT(member) offsetof(struct mb_schedule_status, member)

/* A moment that has not been, and what there is none of, is left out. */
static const struct family families[] = {
    {PREFIX "enabled", "gauge", "Is it run?  0 or 1.", ENABLED, 0},
    {PREFIX "next_run_timestamp_seconds", "gauge", "When it runs next.", MOMENT, AT(next_ms)},
    {PREFIX "last_run_timestamp_seconds", "gauge", "When its last run began.", MOMENT, AT(last_ms)},
    {PREFIX "last_run_success", "gauge", "Has its last run succeeded, or not failed yet?  0 or 1.", SUCCESS,
     0},
    {PREFIX "last_complete_timestamp_seconds", "gauge", "When its last complete backup was completed.",
     MOMENT, AT(latest_ms)},
    {PREFIX "last_complete_age_seconds", "gauge", "How long ago that was.", AGE, AT(latest_ms)},
    {PREFIX "last_complete_size_bytes", "gauge", "The size of that backup's data.", BYTES, AT(latest_size)},
    {PREFIX "runs_total", "counter", "Runs since the server was started.", COUNT, AT(runs)},
    {PREFIX "failures_total", "counter", "Of these, those that failed.", COUNT, AT(failures)},
    {PREFIX "retries_total", "counter", "Of the runs, those that repeated one which had failed.", COUNT,
     AT(retries)},
    {PREFIX "skipped_total", "counter", "Times that were left out since the run before still went on.", COUNT,
     AT(skipped)},
};

static int64_t number_at(const struct mb_schedule_status *status, size_t offset)
{
    return *(const int64_t *)(const void *)((const char *)status + offset);
}

static void write_moment(struct mb_exposition *exposition, int64_t ms, bool as_age)
{
    int64_t now_ms = mb_clock_wall() / MB_NS_PER_MS;
    int64_t value = as_age ? (now_ms > ms ? now_ms - ms : 0) : ms;
    if (ms != 0)
        mb_exposition_seconds(exposition, "", (double)value / MS);
}

static void write_value(struct mb_exposition *exposition, const struct family *family,
                        const struct mb_schedule_status *status)
{
    switch (family->value) {
    case MOMENT:
    case AGE:
        write_moment(exposition, number_at(status, family->offset), family->value == AGE);
        break;
    case BYTES:
        if (*status->latest != '\0')
            mb_exposition_count(exposition, "", (uint64_t)number_at(status, family->offset));
        break;
    case COUNT:
        mb_exposition_count(exposition, "", (uint64_t)number_at(status, family->offset));
        break;
    case ENABLED:
        mb_exposition_count(exposition, "", status->enabled);
        break;
    case SUCCESS:
        if (status->last_ms != 0)
            mb_exposition_count(exposition, "",
                                status->last_state != MB_TASK_FAILED &&
                                    status->last_state != MB_TASK_CANCELLED);
        break;
    }
}

static mb_status write_all(struct mb_exposition *exposition, struct mb_schedules *schedules,
                           struct mb_arena *arena, struct mb_error *error)
{
    struct mb_schedule_status *items = NULL;
    size_t count = 0;
    if (schedules != NULL)
        MB_TRY(mb_schedules_list(schedules, arena, &items, &count, error));
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        mb_exposition_family(exposition, families[i].name, families[i].type, families[i].help);
        for (size_t j = 0; j < count; j++) {
            mb_exposition_labels(exposition, "schedule", items[j].name, NULL);
            write_value(exposition, &families[i], &items[j]);
        }
    }
    return MB_OK;
}

mb_status mb_metrics_write_schedules(struct mb_exposition *exposition, struct mb_schedules *schedules,
                                     struct mb_error *error)
{
    struct mb_arena *arena = mb_arena_new();
    mb_status status = arena != NULL ? write_all(exposition, schedules, arena, error) : mb_fail_memory(error);
    mb_arena_free(arena);
    return status;
}
