/* date.h - how HTTP writes a time: "Thu, 29 Feb 2024 12:30:00 GMT" (RFC 9110 section 5.6.7). */
#ifndef MB_HTTP_DATE_H
#define MB_HTTP_DATE_H

#include <stdbool.h>
#include <stdint.h>

/* Nanoseconds since 1970; false for what is no date. */
bool mb_http_date_parse(const char *text, int64_t *out_ns);

/* The reverse, in whole seconds.  Years up to 9999; out takes at least 48 bytes. */
void mb_http_date_format(int64_t unix_seconds, char *out);

#endif
