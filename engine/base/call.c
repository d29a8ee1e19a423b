#include "base/call.h"

#include "base/clock.h"

#include <time.h>

mb_status mb_call_wanted(const struct mb_call *call)
{
    if (call->cancelled != NULL && call->cancelled(call))
        return mb_fail(call->error, MB_E_CANCELLED, "cancelled");
    if (call->deadline_ns != 0 && mb_clock_monotonic() >= call->deadline_ns)
        return mb_fail(call->error, MB_E_TIMEOUT, "the deadline has passed");
    return MB_OK;
}

/* In short steps, since nobody wakes us. */
mb_status mb_call_rest(const struct mb_call *call, int64_t ns)
{
    const int64_t step = 20 * MB_NS_PER_MS;
    int64_t until = mb_clock_monotonic() + ns;
    for (;;) {
        int64_t now = mb_clock_monotonic();
        MB_TRY(mb_call_wanted(call));
        if (now >= until)
            return MB_OK;
        int64_t left = mb_deadline_min(until, call->deadline_ns) - now;
        struct timespec pause = {.tv_nsec = (long)(left < step ? left : step)};
        nanosleep(&pause, NULL);
    }
}
