/* progress.h - how far a task is: counters that any thread may raise and any may read. */
#ifndef MB_BASE_PROGRESS_H
#define MB_BASE_PROGRESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { MB_PROGRESS_ENDED = 8 };

/* Totals grow while listing runs ahead of copying; listed is set once they are final. */
struct mb_progress {
    _Atomic(const char *) phase; /* a constant: "flush", "copy", "import" */
    atomic_int_fast64_t phase_started_ns;
    atomic_uint_fast64_t collections_total, collections_done;
    atomic_uint_fast64_t objects_total, objects_done;
    atomic_uint_fast64_t bytes_total, bytes_done;
    atomic_uint_fast64_t percent_x100; /* of work that bytes do not measure (imports) */
    atomic_bool listed;
    atomic_uint_fast64_t retries;
    _Atomic(const char *) waiting_for; /* a constant: what holds the task up, while it does; otherwise NULL */
    atomic_int_fast64_t waiting_since_ns;
    /* What the last phases had done at their ends, by when they began: a reader looks too seldom to have seen
     * it. */
    struct mb_progress_ended {
        atomic_int_fast64_t started_ns;
        atomic_uint_fast64_t objects, bytes;
    } ended[MB_PROGRESS_ENDED];
    atomic_uint ended_count;
};

/* A new phase: the counters of objects, bytes and percent begin again. */
void mb_progress_phase(struct mb_progress *progress, const char *phase);

#endif
