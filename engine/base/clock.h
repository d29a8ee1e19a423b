/* clock.h - the two clocks, in nanoseconds, and times as text. */
#ifndef MB_BASE_CLOCK_H
#define MB_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MB_NS_PER_MS INT64_C(1000000)
#define MB_NS_PER_S  INT64_C(1000000000)

int64_t mb_clock_monotonic(void); /* for deadlines and durations */
int64_t mb_clock_wall(void);      /* since 1970, for people and files */

/* Earlier of the two deadlines, where 0 is "none". */
int64_t mb_deadline_min(int64_t a, int64_t b);

/* "2026-11-21T06:49:30Z"; buf of 32 bytes or more. */
void mb_clock_format(int64_t wall_ns, char *buf, size_t cap);

/* "2024-02-29T12:30:00.123Z", also with an offset, also without a fraction (ISO 8601 as RFC 3339 has it),
 * from 1970 to 2261; false for anything else. */
bool mb_clock_parse(const char *text, int64_t *wall_ns);

#endif
