#include "calendar/cron.h"

enum {
    MINUTE = 60,
    HOUR = 60 * MINUTE,
    DAY = 24 * HOUR,
    MOST_DAYS = 41 * 366 /* between two 29ths of February that are Mondays, say, and across a 2100 without */
};

static bool has_day(const struct mb_cron *cron, int64_t local)
{
    const struct tm day = mb_zone_fields(local);
    bool by_date = (cron->days >> day.tm_mday & 1) != 0;
    bool by_weekday = (cron->weekdays >> day.tm_wday & 1) != 0;

    if ((cron->months >> (day.tm_mon + 1) & 1) == 0)
        return false;
    return cron->any_day || cron->any_weekday ? by_date && by_weekday : by_date || by_weekday;
}

/* The first time from that one on, as walls show it, on the same day; -1 when there is none. */
static int64_t on_day(const struct mb_cron *cron, int64_t local)
{
    int64_t midnight = local - local % DAY;

    for (int64_t hour = local % DAY / HOUR; hour < 24; hour++)
        for (int64_t minute = 0; (cron->hours >> hour & 1) != 0 && minute < 60; minute++) {
            int64_t at = midnight + hour * HOUR + minute * MINUTE;
            if (at >= local && (cron->minutes >> minute & 1) != 0)
                return at;
        }
    return -1;
}

static int64_t next_local(const struct mb_cron *cron, int64_t local)
{
    for (int i = 0; i < MOST_DAYS; i++, local += DAY - local % DAY) {
        int64_t at = has_day(cron, local) ? on_day(cron, local) : -1;
        if (at >= 0)
            return at;
    }
    return INT64_MAX;
}

/* A point in time rises with what walls show, so the first one that has not passed is the answer. */
int64_t mb_cron_next(const struct mb_cron *cron, const struct mb_zone *zone, int64_t after)
{
    int64_t local = mb_zone_local(zone, after);

    for (local -= local % MINUTE;;) {
        local = next_local(cron, local + MINUTE);
        if (local == INT64_MAX)
            return INT64_MAX;
        int64_t at = mb_zone_instant(zone, local);
        if (at > after)
            return at;
    }
}
