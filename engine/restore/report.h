/* report.h - what a restore that has ended well tells of itself: a line a collection, and warnings. */
#ifndef MB_RESTORE_REPORT_H
#define MB_RESTORE_REPORT_H

#include "restore/run.h"

/* Lives in arena. */
mb_status mb_restore_report_make(const struct mb_restore *run, const struct mb_restore_work *works,
                                 struct mb_arena *arena, struct mb_restore_report *out,
                                 struct mb_error *error);

#endif
