#include "base/clock.h"

#include <ctype.h>
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

/* Exactly `digits` digits; NULL for anything else. */
static const char *number(const char *text, int digits, int *out)
{
    int value = 0;
    for (int i = 0; i < digits; i++, text++) {
        if (!isdigit((unsigned char)*text))
            return NULL;
        value = value * 10 + (*text - '0');
    }
    *out = value;
    return text;
}

static const char *fraction(const char *text, int64_t *out_ns)
{
    int64_t unit = MB_NS_PER_S / 10;
    *out_ns = 0;
    if (*text != '.' && *text != ',')
        return text;
    text++;
    if (!isdigit((unsigned char)*text))
        return NULL;
    for (; isdigit((unsigned char)*text); text++, unit /= 10)
        *out_ns += unit * (*text - '0');
    return text;
}

/* "Z" or "+hh:mm" or "-hh:mm" up to the end of the text. */
static bool zone(const char *text, int *out_seconds)
{
    int hours = 0, minutes = 0;
    *out_seconds = 0;
    if ((*text == 'Z' || *text == 'z') && text[1] == '\0')
        return true;
    if (*text != '+' && *text != '-')
        return false;
    int sign = *text == '-' ? -1 : 1;
    text = number(text + 1, 2, &hours);
    if (!text)
        return false;
    text = number(*text == ':' ? text + 1 : text, 2, &minutes);
    if (!text || *text != '\0' || hours > 23 || minutes > 59)
        return false;
    *out_seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

bool mb_clock_parse(const char *text, int64_t *wall_ns)
{
    static const struct {
        int digits;
        char then;
    } parts[] = {{4, '-'}, {2, '-'}, {2, 'T'}, {2, ':'}, {2, ':'}, {2, '\0'}};
    int value[6];
    int64_t nanos;
    int offset;

    for (int i = 0; i < 6; i++) {
        text = number(text, parts[i].digits, &value[i]);
        if (!text)
            return false;
        if (parts[i].then != '\0' && *text != parts[i].then)
            return false;
        if (parts[i].then != '\0')
            text++;
    }
    if (value[0] < 1970 || value[1] < 1 || value[1] > 12 || value[2] < 1 || value[2] > 31 || value[3] > 23 ||
        value[4] > 59 || value[5] > 60)
        return false;
    text = fraction(text, &nanos);
    if (!text || !zone(text, &offset))
        return false;
    if (value[0] > 2261)
        return false;
    struct tm tm = {.tm_year = value[0] - 1900,
                    .tm_mon = value[1] - 1,
                    .tm_mday = value[2],
                    .tm_hour = value[3],
                    .tm_min = value[4],
                    .tm_sec = value[5]};
    *wall_ns = ((int64_t)timegm(&tm) - offset) * MB_NS_PER_S + nanos;
    return true;
}
