#include "config/schedule_key.h"

const struct mb_schedule_key_row mb_schedule_keys[MB_SCHEDULE_KEYS] = {
    [MB_SCHEDULE_NAME] = {"name", "Name", MB_KEY_TEXT},
    [MB_SCHEDULE_CRON] = {"cron", "Cron", MB_KEY_TEXT},
    [MB_SCHEDULE_TIMEZONE] = {"timezone", "Timezone", MB_KEY_TEXT},
    [MB_SCHEDULE_BACKUP_NAME] = {"backupName", "BackupName", MB_KEY_TEXT},
    [MB_SCHEDULE_COLLECTIONS] = {"collections", "Collections", MB_KEY_LIST},
    [MB_SCHEDULE_DATABASES] = {"databases", "Databases", MB_KEY_LIST},
    [MB_SCHEDULE_FILTER] = {"filter", "Filter", MB_KEY_TEXT},
    [MB_SCHEDULE_STRATEGY] = {"strategy", "Strategy", MB_KEY_TEXT},
    [MB_SCHEDULE_FORMAT] = {"format", "Format", MB_KEY_TEXT},
    [MB_SCHEDULE_ENABLED] = {"enabled", "Enabled", MB_KEY_BOOL},
    [MB_SCHEDULE_RETRIES] = {"retries", "Retries", MB_KEY_INT},
    [MB_SCHEDULE_RETRY_AFTER] = {"retryAfter", "RetryAfter", MB_KEY_TEXT},
    [MB_SCHEDULE_KEEP_LAST] = {"retention.keepLast", "Retention.KeepLast", MB_KEY_INT},
    [MB_SCHEDULE_KEEP_DAILY] = {"retention.keepDaily", "Retention.KeepDaily", MB_KEY_INT},
    [MB_SCHEDULE_KEEP_WEEKLY] = {"retention.keepWeekly", "Retention.KeepWeekly", MB_KEY_INT},
    [MB_SCHEDULE_KEEP_MONTHLY] = {"retention.keepMonthly", "Retention.KeepMonthly", MB_KEY_INT},
    [MB_SCHEDULE_KEEP_WITHIN] = {"retention.keepWithin", "Retention.KeepWithin", MB_KEY_TEXT},
};
