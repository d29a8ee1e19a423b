#include "http/rate.h"

#include "base/clock.h"
#include "base/error.h"

#include <time.h>

static const int64_t second_ns = 1000000000;
static const int64_t burst_ns = 100 * 1000000;
static const int64_t nap_ns = 100 * 1000000; /* how late a cancelled call is noticed */

void mb_rate_init(struct mb_rate *rate, double per_second)
{
    *rate = (struct mb_rate){.per_second = per_second};
    pthread_mutex_init(&rate->lock, NULL);
}

void mb_rate_done(struct mb_rate *rate)
{
    pthread_mutex_destroy(&rate->lock);
}

/* When what is taken now is due. */
static int64_t reserve(struct mb_rate *rate, double amount)
{
    pthread_mutex_lock(&rate->lock);
    int64_t earliest = mb_clock_monotonic() - burst_ns;
    if (rate->next_ns < earliest)
        rate->next_ns = earliest;
    int64_t due = rate->next_ns;
    rate->next_ns += (int64_t)(amount / rate->per_second * (double)second_ns);
    pthread_mutex_unlock(&rate->lock);
    return due;
}

mb_status mb_rate_take(struct mb_rate *rate, double amount, const struct mb_call *call)
{
    if (!(rate->per_second > 0))
        return MB_OK;
    int64_t due = reserve(rate, amount);
    for (int64_t now; (now = mb_clock_monotonic()) < due;) {
        if (call->cancelled && call->cancelled(call))
            return mb_fail(call->error, MB_E_CANCELLED, "cancelled");
        if (call->deadline_ns != 0 && now >= call->deadline_ns)
            return mb_fail(call->error, MB_E_TIMEOUT, "the rate that is allowed leaves no time for this");
        int64_t rest = due - now < nap_ns ? due - now : nap_ns;
        nanosleep(&(struct timespec){.tv_nsec = (long)rest}, NULL);
    }
    return MB_OK;
}
