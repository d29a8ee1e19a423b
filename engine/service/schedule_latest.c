/* The last complete backup of each schedule: asked of the storage, which alone knows. */
#include "base/text.h"
#include "calendar/pattern.h"
#include "service/schedule_private.h"

#include <stdlib.h>
#include <string.h>

struct latest {
    const char *name;
    int64_t made_ms, size;
};

static void note(const struct mb_schedules *schedules, const struct mb_backup_entry *entry,
                 struct latest *latest)
{
    for (size_t i = 0; i < schedules->count; i++)
        if (mb_pattern_made(schedules->items[i].row.backup_name, entry->name) &&
            entry->made_ms >= latest[i].made_ms)
            latest[i] = (struct latest){entry->name, entry->made_ms, entry->size};
}

static void keep(struct mb_schedules *schedules, const struct latest *latest)
{
    pthread_mutex_lock(&schedules->lock);
    for (size_t i = 0; i < schedules->count; i++) {
        struct mb_schedule *schedule = &schedules->items[i];
        mb_text_fit(schedule->latest, sizeof schedule->latest, latest[i].name != NULL ? latest[i].name : "");
        schedule->latest_ms = latest[i].made_ms;
        schedule->latest_size = latest[i].size;
    }
    pthread_mutex_unlock(&schedules->lock);
}

void mb_schedule_find_latest(struct mb_schedules *schedules)
{
    const struct mb_list_request request = {.struct_size = sizeof request, .with_details = true};
    struct latest *latest = calloc(schedules->count + 1, sizeof *latest);
    struct mb_backup_list *list = NULL;
    struct mb_error error = MB_ERROR_INIT;

    mb_status status = latest == NULL ? mb_fail_memory(&error)
                                      : mb_session_list(schedules->session, &request, &list, &error);
    for (size_t i = 0; status == MB_OK && i < mb_backup_list_count(list); i++) {
        struct mb_backup_entry entry = {.struct_size = sizeof entry};
        if (mb_backup_list_at(list, i, &entry, NULL) == MB_OK && entry.state == MB_STATE_COMPLETE)
            note(schedules, &entry, latest);
    }
    if (status >= 0)
        keep(schedules, latest);
    else if (status != MB_E_CANCELLED)
        mb_schedule_log(schedules, MB_LOG_WARN, "the last backups of the schedules cannot be looked up: %s",
                        error.message);
    mb_backup_list_free(list);
    free(latest);
}
