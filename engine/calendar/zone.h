/* zone.h - time zones: from points in time to what clocks on walls show, and back.
 *
 * Points in time are seconds since 1970.  A local time is counted the same way, as if the wall's clock were
 * UTC's: gmtime_r takes it apart.  Thread-safe. */
#ifndef MB_CALENDAR_ZONE_H
#define MB_CALENDAR_ZONE_H

#include "base/error.h"

#include <time.h>

struct mb_zone;

/* "Europe/Berlin" and all of that database, "UTC", "+02:00", or "Local" for the machine's.  MB_E_INVALID for
 * what is none. */
mb_status mb_zone_open(struct mb_zone **out, const char *name, struct mb_error *error);
void mb_zone_close(struct mb_zone *zone); /* NULL is allowed */

int64_t mb_zone_local(const struct mb_zone *zone, int64_t instant);

/* When clocks show that time for the first time; for one that they jump over, the moment of the jump.  Never
 * falls as local rises. */
int64_t mb_zone_instant(const struct mb_zone *zone, int64_t local);

/* Years, months and so on of a local time. */
struct tm mb_zone_fields(int64_t local);

#endif
