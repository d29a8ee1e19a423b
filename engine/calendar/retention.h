/* retention.h - which backups stay: rules that are joined, so that what one of them keeps is kept.
 *
 * Only what is complete and has a known time takes part; everything else stays, and so does the last complete
 * one whatever the rules say. */
#ifndef MB_CALENDAR_RETENTION_H
#define MB_CALENDAR_RETENTION_H

#include "base/arena.h"
#include "calendar/span.h"

/* Zero is no rule.  daily: of each of the last so many days that have a backup, the last one; weekly (weeks
 * begin on Monday) and monthly likewise. */
struct mb_retention {
    uint32_t last, daily, weekly, monthly;
    struct mb_span within; /* before now */
};

struct mb_retention_item {
    const char *name;
    int64_t made_ms; /* since 1970; 0 when it is not known */
    bool complete;

    bool keep;       /* what was decided, */
    const char *why; /* "last 1, daily 2026-11-28"; never NULL */
};

bool mb_retention_is_none(const struct mb_retention *rules);

/* Fills in keep and why; the items stay where they are. */
mb_status mb_retention_decide(const struct mb_retention *rules, const struct mb_zone *zone, int64_t now_ms,
                              struct mb_retention_item *items, size_t count, struct mb_arena *arena,
                              struct mb_error *error);

#endif
