/* quirks.h - tests that a driver is known to fail, each with the reason. */
#ifndef MB_DRIVER_CHECK_QUIRKS_H
#define MB_DRIVER_CHECK_QUIRKS_H

#include "base/arena.h"

struct quirk {
    const char *test;
    const char *reason;
    const char *file;
    unsigned line;
    bool at_times; /* the test may pass, or not apply */
};

struct quirks {
    struct mb_arena *arena;
    struct quirk *items;
    size_t count;
};

/* Adds what a file holds: lines of "NAME: REASON", or "NAME?: REASON" for what fails at times only, blank
 * lines, and comments after '#'. */
mb_status quirks_read(struct quirks *quirks, const char *path, struct mb_error *error);
const struct quirk *quirks_find(const struct quirks *quirks, const char *test);

#endif
