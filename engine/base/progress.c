#include "base/progress.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/progress_row.h"
#include "base/scope.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void mb_progress_done(struct mb_progress *progress)
{
    for (size_t i = 0; i < progress->row_count; i++)
        free(progress->rows[i]);
    free(progress->rows);
    pthread_mutex_destroy(&progress->lock);
}

static void log_phase(const char *phase, const char *before, int64_t took_ns)
{
    char time[32];
    struct mb_log *log = mb_scope_current()->log;
    if (before != NULL)
        mb_log(log, MB_LOG_INFO, "phase %s; %s took %s", phase, before,
               mb_text_duration(took_ns, time, sizeof(time)));
    else
        mb_log(log, MB_LOG_INFO, "phase %s", phase);
}

void mb_progress_phase(struct mb_progress *progress, const char *phase)
{
    unsigned i = atomic_fetch_add(&progress->ended_count, 1) % MB_PROGRESS_ENDED;
    log_phase(phase, atomic_load(&progress->phase),
              mb_clock_monotonic() - atomic_load(&progress->phase_started_ns));
    atomic_store(&progress->ended[i].objects, atomic_load(&progress->objects_done));
    atomic_store(&progress->ended[i].bytes, atomic_load(&progress->bytes_done));
    atomic_store(&progress->ended[i].phase, atomic_load(&progress->phase));
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

void mb_progress_wait(struct mb_progress *progress, struct mb_wait *wait, const char *fmt, ...)
{
    va_list args;
    if (progress == NULL)
        return;
    pthread_mutex_lock(&progress->lock);
    va_start(args, fmt);
    vsnprintf(wait->what, sizeof(wait->what), fmt, args);
    va_end(args);
    if (wait->progress == NULL) {
        struct mb_wait **last = &progress->waits;
        while (*last != NULL)
            last = &(*last)->next;
        *last = wait;
        wait->next = NULL;
        wait->progress = progress;
        wait->since_ns = mb_clock_monotonic();
    }
    pthread_mutex_unlock(&progress->lock);
}

void mb_progress_wait_end(struct mb_wait *wait)
{
    struct mb_progress *progress = wait->progress;
    if (progress == NULL)
        return;
    pthread_mutex_lock(&progress->lock);
    struct mb_wait **at = &progress->waits;
    while (*at != wait)
        at = &(*at)->next;
    *at = wait->next;
    wait->progress = NULL;
    pthread_mutex_unlock(&progress->lock);
}

unsigned mb_progress_waiting(struct mb_progress *progress, char *what, size_t cap, int64_t *since_ns)
{
    unsigned count = 0;
    pthread_mutex_lock(&progress->lock);
    for (const struct mb_wait *wait = progress->waits; wait != NULL; wait = wait->next)
        count++;
    if (count > 0) {
        snprintf(what, cap, "%s", progress->waits->what);
        *since_ns = progress->waits->since_ns;
    }
    pthread_mutex_unlock(&progress->lock);
    return count;
}
