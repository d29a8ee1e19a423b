#include "base/clock.h"

#include <time.h>

static int64_t read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * MB_NS_PER_S + now.tv_nsec;
}

int64_t mb_clock_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t mb_clock_wall(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t mb_deadline_min(int64_t a, int64_t b)
{
    if (a == 0 || b == 0)
        return a == 0 ? b : a;
    return a < b ? a : b;
}

void mb_clock_format(int64_t wall_ns, char *buf, size_t cap)
{
    time_t seconds = (time_t)(wall_ns / MB_NS_PER_S);
    if (wall_ns % MB_NS_PER_S < 0)
        seconds--;
    struct tm tm;
    if (gmtime_r(&seconds, &tm) == NULL || strftime(buf, cap, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0) {
        if (cap > 0)
            buf[0] = '\0';
    }
}

bool mb_clock_parse(const char *text, int64_t *wall_ns)
{
    struct tm tm = {0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    if (end == NULL || *end != '\0')
        return false;
    *wall_ns = (int64_t)timegm(&tm) * MB_NS_PER_S;
    return true;
}
