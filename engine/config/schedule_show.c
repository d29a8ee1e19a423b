/* Schedules as rows of `config show`. */
#include "base/arena.h"
#include "config/schedule.h"
#include "config/schedule_key.h"

#include <string.h>

static const char *list_text(struct mb_settings *settings, const struct mb_strings *list)
{
    const char *text = "";

    for (size_t i = 0; i < list->count; i++)
        text = mb_settings_keep(
            settings, mb_arena_printf(settings->arena, "%s%s%s", text, i > 0 ? "," : "", list->items[i]));
    return text;
}

static const char *number_text(struct mb_settings *settings, unsigned number)
{
    return number == 0 ? "" : mb_settings_keep(settings, mb_arena_printf(settings->arena, "%u", number));
}

/* NULL for what every row has already. */
static const char *value_of(struct mb_settings *settings, const struct mb_config_schedule *schedule,
                            size_t key)
{
    switch ((enum mb_schedule_key)key) {
    case MB_SCHEDULE_CRON:
        return schedule->cron;
    case MB_SCHEDULE_TIMEZONE:
        return schedule->timezone;
    case MB_SCHEDULE_BACKUP_NAME:
        return schedule->backup_name;
    case MB_SCHEDULE_COLLECTIONS:
        return list_text(settings, &schedule->collections);
    case MB_SCHEDULE_DATABASES:
        return list_text(settings, &schedule->databases);
    case MB_SCHEDULE_FILTER:
        return schedule->filter;
    case MB_SCHEDULE_STRATEGY:
        return schedule->strategy_name;
    case MB_SCHEDULE_FORMAT:
        return schedule->format_name;
    case MB_SCHEDULE_ENABLED:
        return schedule->enabled ? "true" : "false";
    case MB_SCHEDULE_RETRIES:
        return mb_settings_keep(settings, mb_arena_printf(settings->arena, "%u", schedule->retries));
    case MB_SCHEDULE_RETRY_AFTER:
        return schedule->retry_after;
    case MB_SCHEDULE_KEEP_LAST:
        return number_text(settings, schedule->retention.last);
    case MB_SCHEDULE_KEEP_DAILY:
        return number_text(settings, schedule->retention.daily);
    case MB_SCHEDULE_KEEP_WEEKLY:
        return number_text(settings, schedule->retention.weekly);
    case MB_SCHEDULE_KEEP_MONTHLY:
        return number_text(settings, schedule->retention.monthly);
    case MB_SCHEDULE_KEEP_WITHIN:
        return schedule->retention.within;
    case MB_SCHEDULE_NAME:
    case MB_SCHEDULE_KEYS:
    default:
        return "";
    }
}

/* What is not set and has no default is left out. */
void mb_schedules_show(struct mb_settings *settings, struct mb_config_values *values)
{
    const struct mb_config_schedule *schedules = settings->schedules;

    for (size_t i = 0; i < settings->schedule_count; i++)
        for (size_t key = 0; key < MB_SCHEDULE_KEYS; key++) {
            const char *value = value_of(settings, &schedules[i], key);
            const char *name =
                mb_settings_keep(settings, mb_arena_printf(settings->arena, MB_SCHEDULES ".%s.%s",
                                                           schedules[i].name, mb_schedule_keys[key].name));
            const char *parameter = mb_settings_keep(
                settings, mb_arena_printf(settings->arena, "Schedules.%s.%s", schedules[i].name,
                                          mb_schedule_keys[key].parameter));
            if (*value != '\0')
                values->items[values->count++] = (struct mb_config_value){.parameter = parameter,
                                                                          .key = name,
                                                                          .value = value,
                                                                          .source = "config",
                                                                          .source_key = MB_SCHEDULES,
                                                                          .where = schedules[i].where};
        }
}
