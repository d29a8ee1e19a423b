#include "server/calls.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { WORKERS = 32, QUICK_WORKERS = 4, SLOW = 0, QUICK = 1, LANES = 2 };

struct mb_calls {
    struct mb_pool *workers[LANES];
    struct mb_group *groups[LANES];
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t unanswered, open;
};

static bool open_lanes(struct mb_calls *calls)
{
    static const unsigned workers[LANES] = {[SLOW] = WORKERS, [QUICK] = QUICK_WORKERS};
    for (size_t i = 0; i < LANES; i++) {
        calls->workers[i] = mb_pool_new(workers[i]);
        calls->groups[i] = calls->workers[i] != NULL ? mb_group_new(calls->workers[i], NULL) : NULL;
        if (calls->groups[i] == NULL)
            return false;
    }
    return true;
}

mb_status mb_calls_new(struct mb_calls **out, struct mb_error *error)
{
    struct mb_calls *calls = calloc(1, sizeof *calls);
    pthread_condattr_t clock;
    if (calls == NULL)
        return mb_fail_memory(error);
    pthread_mutex_init(&calls->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&calls->changed, &clock);
    pthread_condattr_destroy(&clock);
    if (!open_lanes(calls)) {
        mb_calls_free(calls);
        return mb_fail_memory(error);
    }
    *out = calls;
    return MB_OK;
}

void mb_calls_free(struct mb_calls *calls)
{
    if (calls == NULL)
        return;
    for (size_t i = 0; i < LANES; i++) {
        mb_group_free(calls->groups[i]);
        mb_pool_free(calls->workers[i]);
    }
    pthread_cond_destroy(&calls->changed);
    pthread_mutex_destroy(&calls->lock);
    free(calls);
}

static void count(struct mb_calls *calls, int unanswered, int open)
{
    pthread_mutex_lock(&calls->lock);
    calls->unanswered += (size_t)unanswered;
    calls->open += (size_t)open;
    pthread_cond_broadcast(&calls->changed);
    pthread_mutex_unlock(&calls->lock);
}

mb_status mb_calls_start(struct mb_calls *calls, bool quick, mb_job_fn *fn, void *ctx, struct mb_error *error)
{
    count(calls, 1, 1);
    return mb_group_submit(calls->groups[quick ? QUICK : SLOW], fn, ctx, error);
}

void mb_calls_answered(struct mb_calls *calls)
{
    count(calls, -1, 0);
}

void mb_calls_over(struct mb_calls *calls)
{
    count(calls, 0, -1);
}

void mb_calls_wait(struct mb_calls *calls, int64_t grace_ns)
{
    pthread_mutex_lock(&calls->lock);
    while (calls->unanswered > 0)
        pthread_cond_wait(&calls->changed, &calls->lock);
    int64_t end = mb_clock_monotonic() + grace_ns;
    struct timespec then = {.tv_sec = (time_t)(end / MB_NS_PER_S), .tv_nsec = (long)(end % MB_NS_PER_S)};
    while (calls->open > 0 && mb_clock_monotonic() < end)
        pthread_cond_timedwait(&calls->changed, &calls->lock, &then);
    pthread_mutex_unlock(&calls->lock);
}
