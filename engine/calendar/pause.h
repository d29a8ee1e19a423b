/* pause.h - short lengths of time as people write them: "90s", "10min", "2h". */
#ifndef MB_CALENDAR_PAUSE_H
#define MB_CALENDAR_PAUSE_H

#include "base/error.h"

/* From one second to a week; MB_E_INVALID, with what it takes, for anything else.  "10m" is refused, since it
 * is ten months elsewhere (span.h). */
mb_status mb_pause_parse(const char *text, unsigned *seconds, struct mb_error *error);

#endif
