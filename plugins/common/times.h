/* times.h - clocks, and the ways in which services write a time. */
#ifndef MB_COMMON_TIMES_H
#define MB_COMMON_TIMES_H

#include <stdbool.h>
#include <stdint.h>

int64_t mb_time_monotonic_ns(void);
int64_t mb_time_real_ns(void);

/* "2024-02-29T12:30:00.123Z", also with an offset, also without a fraction (ISO 8601 as RFC 3339 has it):
 * nanoseconds since 1970.  False for anything else. */
bool mb_time_parse_iso(const char *text, int64_t *out_ns);

/* "Thu, 29 Feb 2024 12:30:00 GMT" (RFC 9110 section 5.6.7). */
bool mb_time_parse_http(const char *text, int64_t *out_ns);

/* The reverse, in whole seconds.  Years up to 9999; out takes at least 48 bytes. */
void mb_time_format_http(int64_t unix_seconds, char *out);

#endif
