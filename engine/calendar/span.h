/* span.h - lengths of time as people write them: "36h", "7d", "4w", "6m", "1y". */
#ifndef MB_CALENDAR_SPAN_H
#define MB_CALENDAR_SPAN_H

#include "calendar/zone.h"

struct mb_span {
    uint32_t hours, days, months; /* days and months as long as the calendar has them */
};

bool mb_span_is_none(const struct mb_span *span);

/* One or more numbers, each with h, d, w, m (months) or y behind it; MB_E_INVALID for anything else, also for
 * none at all.  member is what it was given as, for the error. */
mb_status mb_span_parse(const char *text, const char *member, struct mb_span *out, struct mb_error *error);

/* "6m7d"; buf of 48 bytes or more. */
void mb_span_format(const struct mb_span *span, char *buf, size_t cap);

/* So long before that point in time. */
int64_t mb_span_before(const struct mb_span *span, const struct mb_zone *zone, int64_t instant);

#endif
