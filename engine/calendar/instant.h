/* instant.h - points in time as people and programs write them. */
#ifndef MB_CALENDAR_INSTANT_H
#define MB_CALENDAR_INSTANT_H

#include "base/error.h"

/* "2026-11-28T22:30:00Z", "2026-11-28 22:30:00.250+01:00", "2026-11-28 22:30:00 UTC" or, in UTC too, without
 * a zone: milliseconds since 1970.  MB_E_INVALID, about the given member of a request, for anything else and
 * for what lies before 1970. */
mb_status mb_instant_parse(const char *text, const char *member, int64_t *ms, struct mb_error *error);

#endif
