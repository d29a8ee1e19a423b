/* schedule_key.h - the keys of one schedule. */
#ifndef MB_CONFIG_SCHEDULE_KEY_H
#define MB_CONFIG_SCHEDULE_KEY_H

#include "config/option.h"

enum mb_schedule_key {
    MB_SCHEDULE_NAME,
    MB_SCHEDULE_CRON,
    MB_SCHEDULE_TIMEZONE,
    MB_SCHEDULE_BACKUP_NAME,
    MB_SCHEDULE_COLLECTIONS,
    MB_SCHEDULE_DATABASES,
    MB_SCHEDULE_FILTER,
    MB_SCHEDULE_STRATEGY,
    MB_SCHEDULE_FORMAT,
    MB_SCHEDULE_ENABLED,
    MB_SCHEDULE_RETRIES,
    MB_SCHEDULE_RETRY_AFTER,
    MB_SCHEDULE_KEEP_LAST,
    MB_SCHEDULE_KEEP_DAILY,
    MB_SCHEDULE_KEEP_WEEKLY,
    MB_SCHEDULE_KEEP_MONTHLY,
    MB_SCHEDULE_KEEP_WITHIN,
    MB_SCHEDULE_KEYS
};

struct mb_schedule_key_row {
    const char *name;      /* "retention.keepLast" */
    const char *parameter; /* "Retention.KeepLast" */
    enum mb_option_type type;
};

extern const struct mb_schedule_key_row mb_schedule_keys[MB_SCHEDULE_KEYS];

#endif
