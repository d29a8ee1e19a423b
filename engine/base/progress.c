#include "base/progress.h"

#include "base/clock.h"

void mb_progress_phase(struct mb_progress *progress, const char *phase)
{
    unsigned i = atomic_fetch_add(&progress->ended_count, 1) % MB_PROGRESS_ENDED;
    atomic_store(&progress->ended[i].objects, atomic_load(&progress->objects_done));
    atomic_store(&progress->ended[i].bytes, atomic_load(&progress->bytes_done));
    atomic_store(&progress->ended[i].started_ns, atomic_load(&progress->phase_started_ns));
    atomic_store(&progress->listed, false);
    atomic_store(&progress->objects_done, 0);
    atomic_store(&progress->objects_total, 0);
    atomic_store(&progress->bytes_done, 0);
    atomic_store(&progress->bytes_total, 0);
    atomic_store(&progress->percent_x100, 0);
    atomic_store(&progress->phase_started_ns, mb_clock_monotonic());
    atomic_store(&progress->phase, phase);
}
