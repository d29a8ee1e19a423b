/* cron.h - when something is due: expressions as crontab(5) has them.
 *
 * Five fields: minute, hour, day of the month, month, day of the week.  Lists, ranges, steps, names of months
 * and days, 0 and 7 for Sunday; @hourly, @daily (@midnight), @weekly, @monthly, @yearly (@annually).  Where
 * both days are restricted (neither begins with '*') one of them suffices.  A time that clocks jump over is
 * due at the jump; one that comes twice, the first time only. */
#ifndef MB_CALENDAR_CRON_H
#define MB_CALENDAR_CRON_H

#include "calendar/zone.h"

struct mb_cron {
    uint64_t minutes; /* bit n is minute n */
    uint32_t hours, days, months;
    uint8_t weekdays; /* bit 0 is Sunday */
    bool any_day;     /* the field begins with '*' */
    bool any_weekday;
};

/* MB_E_INVALID names the field and what it takes; also for a day that never comes, the 31st of February. */
mb_status mb_cron_parse(const char *text, struct mb_cron *out, struct mb_error *error);

/* The first time after that one, both in seconds since 1970. */
int64_t mb_cron_next(const struct mb_cron *cron, const struct mb_zone *zone, int64_t after);

#endif
