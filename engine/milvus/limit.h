/* limit.h - calls that are made again, and what a server allows only so often.
 *
 * At its limit a server says so and does nothing: that is no failure.  The call is made again until the
 * server takes it, and once a limit has been met, calls of its kind are made one at a time, whichever task
 * makes them.  Retries and waits are counted in the progress of the thread's scope.  Thread-safe. */
#ifndef MB_MILVUS_LIMIT_H
#define MB_MILVUS_LIMIT_H

#include "base/cancel.h"
#include "base/log.h"
#include "base/meter.h"
#include "base/progress.h"
#include "base/retry.h"

struct mb_limits;

/* Kinds of calls that a server counts together. */
enum mb_limited {
    MB_LIMITED_OTHER, /* these never wait for each other */
    MB_LIMITED_FLUSH,
    MB_LIMITED_COLLECTION,
    MB_LIMITED_PARTITION,
    MB_LIMITED_INDEX,
    MB_LIMITED_IMPORT,
    MB_LIMITED_KINDS
};

struct mb_limits *mb_limits_new(struct mb_log *log); /* which may be NULL */
void mb_limits_free(struct mb_limits *limits);       /* no call is running */

struct mb_attempts {
    enum mb_limited limited;
    struct mb_retry_policy policy; /* for failures; they are counted anew after each limit */
    int64_t within_ns;             /* for deadline_ns of the policy, from now on; 0 for none */
    /* One attempt.  MB_E_THROTTLED is a limit. */
    mb_status (*attempt)(void *ctx, struct mb_cancel *cancel, struct mb_error *error);
    void *ctx;
    struct mb_meter *meter; /* or NULL */
};

mb_status mb_limits_attempts(struct mb_limits *limits, const struct mb_attempts *attempts,
                             struct mb_cancel *cancel, struct mb_error *error);

#endif
