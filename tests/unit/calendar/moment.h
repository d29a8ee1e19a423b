/* moment.h - points in time as people write them. */
#ifndef MB_TEST_MOMENT_H
#define MB_TEST_MOMENT_H

#include "calendar/zone.h"

/* "2026-03-29T01:00:00Z" in seconds since 1970. */
int64_t moment(const char *text);

/* Fails the test when there is no such zone. */
struct mb_zone *open_zone(const char *name);

#endif
