#include "calendar/pattern.h"

#include "base/hint.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct part {
    char letter;
    int digits, low, high;
} parts[] = {{'Y', 4, 0, 9999}, {'m', 2, 1, 12}, {'d', 2, 1, 31},  {'H', 2, 0, 23},
             {'M', 2, 0, 59},   {'S', 2, 0, 60}, {'j', 3, 1, 366}, {'y', 2, 0, 99}};

static const struct part *part_of(char letter)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].letter == letter)
            return &parts[i];
    return NULL;
}

static int value_of(const struct part *part, const struct tm *time)
{
    switch (part->letter) {
    case 'Y':
        return time->tm_year + 1900;
    case 'm':
        return time->tm_mon + 1;
    case 'd':
        return time->tm_mday;
    case 'H':
        return time->tm_hour;
    case 'M':
        return time->tm_min;
    case 'S':
        return time->tm_sec;
    case 'j':
        return time->tm_yday + 1;
    default:
        return time->tm_year % 100;
    }
}

mb_status mb_pattern_check(const char *pattern, struct mb_error *error)
{
    bool any = false;

    for (const char *at = strchr(pattern, '%'); at != NULL; at = strchr(at + 1, '%')) {
        if (part_of(at[1]) == NULL)
            return mb_fail_hint(error, MB_E_INVALID, MB_HINT_INPUT, "pattern",
                                "'%.64s' has a %% that is not followed by one of Y m d H M S j y", pattern);
        any = true;
    }
    if (!any)
        return mb_fail_hint(error, MB_E_INVALID, MB_HINT_INPUT, "pattern",
                            "'%.64s' makes the same name each time; put the time into it, as in "
                            "%.32s_%%Y%%m%%d_%%H%%M%%S",
                            pattern, pattern);
    return MB_OK;
}

const char *mb_pattern_make(const char *pattern, const struct mb_zone *zone, int64_t instant,
                            struct mb_arena *arena)
{
    const struct tm time = mb_zone_fields(mb_zone_local(zone, instant));
    const char *name = "";

    while (*pattern != '\0' && name != NULL) {
        const struct part *part = *pattern == '%' ? part_of(pattern[1]) : NULL;
        size_t len = strcspn(pattern, "%");
        if (part != NULL) {
            name = mb_arena_printf(arena, "%s%0*d", name, part->digits, value_of(part, &time));
            pattern += 2;
        } else {
            name = mb_arena_printf(arena, "%s%.*s", name, (int)(len > 0 ? len : 1), pattern);
            pattern += len > 0 ? len : 1;
        }
    }
    return name;
}

/* Takes the digits of the part off *name. */
static bool take(const struct part *part, const char **name)
{
    int value = 0;

    for (int i = 0; i < part->digits; i++, (*name)++) {
        if (!isdigit((unsigned char)**name))
            return false;
        value = value * 10 + (**name - '0');
    }
    return value >= part->low && value <= part->high;
}

bool mb_pattern_made(const char *pattern, const char *name)
{
    for (; *pattern != '\0'; pattern++) {
        const struct part *part = *pattern == '%' ? part_of(pattern[1]) : NULL;
        if (part != NULL) {
            if (!take(part, &name))
                return false;
            pattern++;
        } else if (*name++ != *pattern) {
            return false;
        }
    }
    return *name == '\0';
}
