/* progress.h - how far a task is: counters that any thread may raise and any may read. */
#ifndef MB_BASE_PROGRESS_H
#define MB_BASE_PROGRESS_H

#include "base/error.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { MB_PROGRESS_ENDED = 8 };

/* Something that holds the task up: "import 4512 of db.books: Importing, 40 %". */
struct mb_wait {
    struct mb_progress *progress; /* NULL while nothing waits */
    struct mb_wait *next;
    int64_t since_ns;
    char what[200];
};

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
    atomic_bool resumable;         /* what it would leave if it failed now can be gone on with */
    pthread_mutex_t lock;          /* over the waits and the list of rows */
    struct mb_wait *waits;         /* the oldest comes first */
    struct mb_progress_row **rows; /* see progress_row.h */
    size_t row_count, row_cap;
    /* What the last phases had done at their ends, by when they began: a reader looks too seldom to have seen
     * it. */
    struct mb_progress_ended {
        _Atomic(const char *) phase; /* NULL before the first */
        atomic_int_fast64_t started_ns;
        atomic_uint_fast64_t objects, bytes;
    } ended[MB_PROGRESS_ENDED];
    atomic_uint ended_count;
};

#define MB_PROGRESS_INIT                  \
    {                                     \
        .lock = PTHREAD_MUTEX_INITIALIZER \
    }

/* Frees the rows; no wait is under way. */
void mb_progress_done(struct mb_progress *progress);

/* A new phase, which stands in the log of the thread's scope with the time of the one before: the counters of
 * objects, bytes and percent begin again. */
void mb_progress_phase(struct mb_progress *progress, const char *phase);

/* The waits that are under way.  A wait is the caller's, all zero before it begins, and ended before it goes;
 * progress may be NULL, and a wait that is none may be ended. */
void mb_progress_wait(struct mb_progress *progress, struct mb_wait *wait, const char *fmt, ...)
    MB_PRINTF(3, 4);
void mb_progress_wait_end(struct mb_wait *wait);

/* What the task has waited for longest, and how many waits there are; 0 for none. */
unsigned mb_progress_waiting(struct mb_progress *progress, char *what, size_t cap, int64_t *since_ns);

#endif
