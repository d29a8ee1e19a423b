/* budget.h - the memory that bytes pass through: buffers of any size out of one sum.
 *
 * Any number of copies and tasks may share one.  Buffers that are given back are
 * kept for the next taker, so their pages are touched once; what is kept counts.
 * Takers are served in the order in which they came, whoever they work for.  A
 * taker that holds no other buffer, and no lock that a holder waits for, cannot
 * deadlock.  Thread-safe. */
#ifndef MB_COPY_BUDGET_H
#define MB_COPY_BUDGET_H

#include "base/cancel.h"
#include "base/error.h"

#include <stdatomic.h>

struct mb_budget;

struct mb_buffer {
    void *data;
    size_t cap;
    struct mb_buffer *next;
};

struct mb_budget *mb_budget_new(uint64_t bytes); /* NULL without memory */
void mb_budget_free(struct mb_budget *budget);   /* every buffer has been given back */

/* What all buffers together may take; no buffer is larger. */
uint64_t mb_budget_limit(const struct mb_budget *budget);

/* A buffer of at least size bytes, which is at most the whole budget.  Waits until there is room; waits,
 * which several threads may count in and which may be NULL, is raised when it had to. */
mb_status mb_budget_take(struct mb_budget *budget, size_t size, struct mb_buffer **out,
                         atomic_uint_fast64_t *waits, struct mb_cancel *cancel, struct mb_error *error);

void mb_budget_give(struct mb_budget *budget, struct mb_buffer *buffer); /* NULL is fine */

/* Lets waiting takers see that they have been cancelled. */
void mb_budget_wake(struct mb_budget *budget);

/* Gives what is kept back to the machine, as long as nobody has a buffer. */
void mb_budget_trim(struct mb_budget *budget);

/* The most bytes that buffers ever held at once, those that were kept included. */
uint64_t mb_budget_peak(struct mb_budget *budget);

/* What they hold now. */
uint64_t mb_budget_used(struct mb_budget *budget);

#endif
