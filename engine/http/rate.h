/* rate.h - a ceiling on something per second, shared by all callers.  Thread-safe. */
#ifndef MB_HTTP_RATE_H
#define MB_HTTP_RATE_H

#include "milvus_backup/storage_plugin.h"

#include <pthread.h>

struct mb_rate {
    pthread_mutex_t lock;
    double per_second; /* 0: no ceiling */
    int64_t next_ns;   /* CLOCK_MONOTONIC; when everything granted so far is used up */
};

void mb_rate_init(struct mb_rate *rate, double per_second);
void mb_rate_done(struct mb_rate *rate);

/* Takes so many and sleeps until they are due: MB_OK, or MB_E_CANCELLED or MB_E_TIMEOUT in call->error.  Up
 * to a tenth of a second's worth may be taken at once after a rest. */
mb_status mb_rate_take(struct mb_rate *rate, double amount, const struct mb_call *call);

#endif
