/* pool.h - threads that run queued jobs.  Thread-safe. */
#ifndef MB_BASE_POOL_H
#define MB_BASE_POOL_H

#include "base/cancel.h"
#include "base/error.h"

struct mb_pool;
struct mb_group;

/* Threads are started as jobs come, up to max_threads. */
struct mb_pool *mb_pool_new(unsigned max_threads);
void mb_pool_free(struct mb_pool *pool); /* waits for what is queued; its groups are freed before */

/* A group is a set of jobs that one caller waits for.  The first job that fails cancels the group's token
 * (made as a child of parent) and its error is the group's: what the siblings say afterwards is dropped. */
struct mb_group *mb_group_new(struct mb_pool *pool, struct mb_cancel *parent);
void mb_group_free(struct mb_group *group); /* waits */

typedef mb_status mb_job_fn(void *ctx, struct mb_cancel *cancel, struct mb_error *error);

/* Queues fn(ctx, ...), to run in the caller's scope (see scope.h).  Jobs of a group that has failed or whose
 * token is cancelled are not started, so ctx stays the caller's; submitting to a failed group returns its
 * failure.  A job must not wait for another job of the same pool. */
mb_status mb_group_submit(struct mb_group *group, mb_job_fn *fn, void *ctx, struct mb_error *error);

/* Until every job of the group has ended; the first failure, or MB_OK. */
mb_status mb_group_wait(struct mb_group *group, struct mb_error *error);

struct mb_cancel *mb_group_cancel(struct mb_group *group);

#endif
