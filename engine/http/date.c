#include "http/date.h"

#include "base/clock.h"

#include <curl/curl.h>
#include <stdio.h>
#include <time.h>

bool mb_http_date_parse(const char *text, int64_t *out_ns)
{
    time_t seconds = curl_getdate(text, NULL);
    if (seconds < 0 || seconds > INT64_MAX / MB_NS_PER_S)
        return false;
    *out_ns = (int64_t)seconds * MB_NS_PER_S;
    return true;
}

void mb_http_date_format(int64_t unix_seconds, char *out)
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
