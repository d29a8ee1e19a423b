/* budget.h - the memory that bytes pass through: buffers of any size out of one sum.
 *
 * Buffers that are given back are kept for the next taker, so their pages are
 * touched once; what is kept counts.  Takers are served in the order in which they
 * came.  A taker that holds no other buffer cannot deadlock.  Thread-safe. */
#ifndef MB_COPY_BUDGET_H
#define MB_COPY_BUDGET_H

#include "base/cancel.h"
#include "base/error.h"

struct mb_budget;

struct mb_buffer {
    void *data;
    size_t cap;
    struct mb_buffer *next;
};

struct mb_budget *mb_budget_new(uint64_t bytes); /* NULL without memory */
void mb_budget_free(struct mb_budget *budget);   /* every buffer has been given back */

/* A buffer of at least size bytes, which is at most the whole budget.  Waits until there is room. */
mb_status mb_budget_take(struct mb_budget *budget, size_t size, struct mb_buffer **out,
                         struct mb_cancel *cancel, struct mb_error *error);
void mb_budget_give(struct mb_budget *budget, struct mb_buffer *buffer); /* NULL is fine */

/* Lets waiting takers see that they have been cancelled. */
void mb_budget_wake(struct mb_budget *budget);

/* How many takers have had to wait so far, and the most bytes that buffers ever held at once. */
uint64_t mb_budget_waits(struct mb_budget *budget);
uint64_t mb_budget_peak(struct mb_budget *budget);

#endif
