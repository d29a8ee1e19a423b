#include "restore/run.h"

#include <stdio.h>

#define PERCENT_WHOLE 10000

void mb_restore_advance(struct mb_restore_work *work, int64_t bytes)
{
    struct mb_restore *run = work->run;
    struct mb_progress *progress = run->env->progress;
    int64_t done = atomic_fetch_add(&run->done_bytes, bytes) + bytes;
    mb_progress_row_moved(work->row, 0, (uint64_t)bytes);
    if (progress == NULL || run->total_bytes <= 0)
        return;
    double share = (double)done / (double)run->total_bytes;
    atomic_store(&progress->percent_x100, (uint64_t)(share < 1 ? share * PERCENT_WHOLE : PERCENT_WHOLE));
}

mb_status mb_restore_hint(const struct mb_restore_work *work, enum mb_hint hint, struct mb_error *error)
{
    char subject[sizeof(error->subject)];
    snprintf(subject, sizeof(subject), "%s.%s", MB_WORK_NAME(work));
    return mb_error_hint(error, hint, subject);
}
