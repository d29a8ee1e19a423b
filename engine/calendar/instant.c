#include "calendar/instant.h"

#include "base/hint.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST = 40 }; /* with nine digits of a second and a zone */

/* As this program's lists write it. */
static void cut_utc(char *text)
{
    static const char utc[] = " UTC";
    size_t len = strlen(text);
    if (len > sizeof utc - 1 && strcmp(text + len - (sizeof utc - 1), utc) == 0)
        text[len - (sizeof utc - 1)] = '\0';
}

static bool parse(const char *text, int64_t *ms)
{
    char own[LONGEST + 1];
    if (strlen(text) > LONGEST)
        return false;
    snprintf(own, sizeof own, "%s", text);
    cut_utc(own);
    GTimeZone *utc = g_time_zone_new_utc();
    GDateTime *at = g_date_time_new_from_iso8601(own, utc);
    g_time_zone_unref(utc);
    if (at == NULL)
        return false;
    *ms = g_date_time_to_unix(at) * 1000 + g_date_time_get_microsecond(at) / 1000;
    g_date_time_unref(at);
    return *ms >= 0;
}

mb_status mb_instant_parse(const char *text, const char *member, int64_t *ms, struct mb_error *error)
{
    int64_t at;
    if (!parse(text, &at))
        return mb_fail_hint(
            error, MB_E_INVALID, MB_HINT_INPUT, member,
            "'%.64s' is no point in time; it takes 2026-11-28T22:30:00Z, with +01:00 instead of "
            "Z for another zone",
            text);
    *ms = at;
    return MB_OK;
}
