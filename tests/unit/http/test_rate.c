#include "test.h"

#include "base/clock.h"
#include "http/rate.h"

static const int64_t ms_ns = 1000000;

static int cancelled(const struct mb_call *call)
{
    return call->host_data != NULL;
}

static struct mb_call call_with(struct mb_error *error)
{
    *error = MB_TEST_ERROR;
    return (struct mb_call){.struct_size = sizeof(struct mb_call), .error = error, .cancelled = cancelled};
}

static void no_ceiling_never_waits(void **state)
{
    (void)state;
    struct mb_error error;
    struct mb_call call = call_with(&error);
    struct mb_rate rate;
    mb_rate_init(&rate, 0);
    int64_t begun = mb_clock_monotonic();
    assert_int_equal(mb_rate_take(&rate, 1e15, &call), MB_OK);
    assert_int_equal(mb_rate_take(&rate, 1e15, &call), MB_OK);
    assert_true(mb_clock_monotonic() - begun < 500 * ms_ns);
    mb_rate_done(&rate);
}

/* 10 of 20 a second take half a second, less the tenth that may come at once. */
static void takes_are_spread(void **state)
{
    (void)state;
    struct mb_error error;
    struct mb_call call = call_with(&error);
    struct mb_rate rate;
    mb_rate_init(&rate, 20);
    int64_t begun = mb_clock_monotonic();
    for (int i = 0; i < 11; i++)
        assert_int_equal(mb_rate_take(&rate, 1, &call), MB_OK);
    assert_true(mb_clock_monotonic() - begun >= 395 * ms_ns);
    mb_rate_done(&rate);
}

static void waiting_ends_by_cancel_or_deadline(void **state)
{
    (void)state;
    struct mb_error error;
    struct mb_call call = call_with(&error);
    struct mb_rate rate;
    mb_rate_init(&rate, 0.001);
    assert_int_equal(mb_rate_take(&rate, 1, &call), MB_OK);
    call.deadline_ns = mb_clock_monotonic() + 100 * ms_ns;
    assert_int_equal(mb_rate_take(&rate, 1, &call), MB_E_TIMEOUT);
    call.deadline_ns = 0;
    call.host_data = &rate;
    assert_int_equal(mb_rate_take(&rate, 1, &call), MB_E_CANCELLED);
    mb_rate_done(&rate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_ceiling_never_waits),
        cmocka_unit_test(takes_are_spread),
        cmocka_unit_test(waiting_ends_by_cancel_or_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
