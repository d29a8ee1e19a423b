#include "calendar/span.h"

#include "base/hint.h"

#include <ctype.h>
#include <stdio.h>

enum { MOST = 100000 };

bool mb_span_is_none(const struct mb_span *span)
{
    return span->hours == 0 && span->days == 0 && span->months == 0;
}

static bool add(struct mb_span *span, uint32_t amount, char unit)
{
    switch (unit) {
    case 'h':
        span->hours += amount;
        return true;
    case 'd':
        span->days += amount;
        return true;
    case 'w':
        span->days += 7 * amount;
        return true;
    case 'm':
        span->months += amount;
        return true;
    case 'y':
        span->months += 12 * amount;
        return true;
    default:
        return false;
    }
}

static bool read(const char *text, struct mb_span *out)
{
    for (int i = 0; *text != '\0'; i++) {
        uint32_t amount = 0;
        if (!isdigit((unsigned char)*text) || i == 8)
            return false;
        for (; isdigit((unsigned char)*text); text++)
            if ((amount = amount * 10 + (uint32_t)(*text - '0')) > MOST)
                return false;
        if (!add(out, amount, *text++))
            return false;
    }
    return !mb_span_is_none(out);
}

mb_status mb_span_parse(const char *text, const char *member, struct mb_span *out, struct mb_error *error)
{
    *out = (struct mb_span){0};
    if (read(text, out))
        return MB_OK;
    return mb_fail_hint(error, MB_E_INVALID, MB_HINT_INPUT, member,
                        "'%.64s' is no length of time; it takes 36h, 7d, 4w, 6m (months) or 1y", text);
}

void mb_span_format(const struct mb_span *span, char *buf, size_t cap)
{
    const struct {
        uint32_t amount;
        char unit;
    } parts[] = {{span->months, 'm'}, {span->days, 'd'}, {span->hours, 'h'}};
    size_t len = 0;

    *buf = '\0';
    for (size_t i = 0; i < 3 && len < cap; i++)
        if (parts[i].amount > 0)
            len += (size_t)snprintf(buf + len, cap - len, "%u%c", (unsigned)parts[i].amount, parts[i].unit);
}

int64_t mb_span_before(const struct mb_span *span, const struct mb_zone *zone, int64_t instant)
{
    struct tm fields = mb_zone_fields(mb_zone_local(zone, instant));

    if (span->months > 0 || span->days > 0) {
        int month = fields.tm_year * 12 + fields.tm_mon - (int)span->months;
        struct tm last = {.tm_year = month / 12, .tm_mon = month % 12 + 1, .tm_mday = 0};
        timegm(&last); /* normalises: the day before the first of the next month */
        fields.tm_mday = fields.tm_mday < last.tm_mday ? fields.tm_mday : last.tm_mday;
        fields.tm_year = month / 12;
        fields.tm_mon = month % 12;
        fields.tm_mday -= (int)span->days;
        instant = mb_zone_instant(zone, (int64_t)timegm(&fields));
    }
    return instant - INT64_C(3600) * span->hours;
}
