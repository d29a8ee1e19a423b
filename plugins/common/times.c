#include "common/times.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>
#include <time.h>

static const int64_t second_ns = 1000000000;

static int64_t now_ns(clockid_t clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts);
    return (int64_t)ts.tv_sec * second_ns + ts.tv_nsec;
}

int64_t mb_time_monotonic_ns(void)
{
    return now_ns(CLOCK_MONOTONIC);
}

int64_t mb_time_real_ns(void)
{
    return now_ns(CLOCK_REALTIME);
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
    int64_t unit = second_ns / 10;
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

bool mb_time_parse_iso(const char *text, int64_t *out_ns)
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
    *out_ns = ((int64_t)timegm(&tm) - offset) * second_ns + nanos;
    return true;
}

bool mb_time_parse_http(const char *text, int64_t *out_ns)
{
    time_t seconds = curl_getdate(text, NULL);
    if (seconds < 0 || seconds > INT64_MAX / second_ns)
        return false;
    *out_ns = (int64_t)seconds * second_ns;
    return true;
}

void mb_time_format_http(int64_t unix_seconds, char *out)
{
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t when = (time_t)unix_seconds;
    struct tm tm;
    gmtime_r(&when, &tm);
    snprintf(out, 48, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
             tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}
