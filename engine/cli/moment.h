/* moment.h - points in time for people. */
#ifndef MB_CLI_MOMENT_H
#define MB_CLI_MOMENT_H

#include "base/arena.h"

#include <stdint.h>

/* "2026-11-21 06:49:30 UTC" of milliseconds since 1970; "-" for 0, which is not known.  NULL without memory.
 */
const char *mb_moment_text(struct mb_arena *arena, int64_t ms);

#endif
