/* calls.h - workers that serve calls, in two lanes, and how many calls are under way.  Thread-safe.
 *
 * What waits for a storage or for Milvus has many workers, which all may wait at once; what does not has some
 * of its own, so that a server whose storage is gone still says how it is. */
#ifndef MB_SERVER_CALLS_H
#define MB_SERVER_CALLS_H

#include "base/pool.h"

struct mb_calls;

mb_status mb_calls_new(struct mb_calls **out, struct mb_error *error);
void mb_calls_free(struct mb_calls *calls); /* waits for the workers */

/* fn(ctx) in a worker: one call more that is neither answered nor over. */
mb_status mb_calls_start(struct mb_calls *calls, bool quick, mb_job_fn *fn, void *ctx,
                         struct mb_error *error);

/* Its answer is there; and has left the house, or will never. */
void mb_calls_answered(struct mb_calls *calls);
void mb_calls_over(struct mb_calls *calls);

/* Until all are answered; and then until all are over, but not longer than so. */
void mb_calls_wait(struct mb_calls *calls, int64_t grace_ns);

#endif
