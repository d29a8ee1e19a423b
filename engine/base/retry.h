/* retry.h - the one retry policy: exponential with full jitter, Retry-After honoured. */
#ifndef MB_BASE_RETRY_H
#define MB_BASE_RETRY_H

#include "base/cancel.h"
#include "base/error.h"

#include <stdint.h>

struct mb_retry_policy {
    unsigned attempts;   /* all in all, at least 1 */
    int64_t base_ns;     /* the first wait is up to this, each later one up to twice the one before */
    int64_t cap_ns;      /* no wait is longer, Retry-After apart */
    int64_t deadline_ns; /* CLOCK_MONOTONIC; no attempt is begun after it; 0 for none */
};

extern const struct mb_retry_policy mb_retry_default; /* 8 attempts, 100 ms doubling, at most 10 s */

/* Failed attempts with the same text: counted, not repeated. */
struct mb_retry_kind {
    unsigned count;
    char message[160];
};

struct mb_retry {
    struct mb_retry_policy policy;
    unsigned attempt; /* how many have failed */
    uint64_t random;
    uint32_t ambiguous; /* MB_ERR_AMBIGUOUS once any attempt was */
    unsigned kind_count;
    unsigned others; /* attempts of kinds that had no room */
    struct mb_retry_kind kinds[4];
};

void mb_retry_init(struct mb_retry *retry, const struct mb_retry_policy *policy);

/* After a failed attempt: waits and returns MB_OK when another is due.  Otherwise leaves in error the one
 * folded message that names every attempt and returns its status; MB_ERR_AMBIGUOUS is set when it was in any
 * of them.  Cancelled while waiting: MB_E_CANCELLED.  An error without MB_ERR_RETRYABLE is final at once. */
mb_status mb_retry_again(struct mb_retry *retry, struct mb_cancel *cancel, struct mb_error *error);

/* The wait after the given attempt (from 1), without Retry-After; random is advanced.  For tests. */
int64_t mb_retry_wait_ns(const struct mb_retry_policy *policy, unsigned attempt, uint64_t *random);

#endif
