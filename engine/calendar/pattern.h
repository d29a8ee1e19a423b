/* pattern.h - names made from the time: a part of what strftime knows.
 *
 * %Y %m %d %H %M %S %j (day of the year) %y (two digits); everything else stands for itself. */
#ifndef MB_CALENDAR_PATTERN_H
#define MB_CALENDAR_PATTERN_H

#include "base/arena.h"
#include "calendar/zone.h"

/* MB_E_INVALID for another letter behind %, and for a pattern without any: it would make one name only. */
mb_status mb_pattern_check(const char *pattern, struct mb_error *error);

/* NULL without memory.  The pattern has been checked. */
const char *mb_pattern_make(const char *pattern, const struct mb_zone *zone, int64_t instant,
                            struct mb_arena *arena);

/* Can the pattern have made that name? */
bool mb_pattern_made(const char *pattern, const char *name);

#endif
