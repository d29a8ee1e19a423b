#include "calendar/pause.h"

#include "base/text.h"

#include <string.h>

enum { A_MINUTE = 60, AN_HOUR = 3600, A_WEEK = 7 * 24 * AN_HOUR };

static int64_t seconds_of(const char *unit)
{
    return strcmp(unit, "s") == 0     ? 1
           : strcmp(unit, "min") == 0 ? A_MINUTE
           : strcmp(unit, "h") == 0   ? AN_HOUR
                                      : 0;
}

mb_status mb_pause_parse(const char *text, unsigned *seconds, struct mb_error *error)
{
    char number[8];
    int64_t amount = 0;
    size_t digits = strspn(text, "0123456789");
    int64_t unit = seconds_of(text + digits);
    if (digits > 0 && digits < sizeof number) {
        memcpy(number, text, digits);
        number[digits] = '\0';
        mb_text_to_int64(number, &amount);
    }
    if (unit == 0 || amount < 1 || amount > A_WEEK / unit)
        return mb_fail(
            error, MB_E_INVALID,
            "it takes a number with s, min or h behind it, a week at most, as in 90s, 10min or 2h");
    *seconds = (unsigned)(amount * unit);
    return MB_OK;
}
