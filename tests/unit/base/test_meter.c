/* What calls cost: counted one by one, and found by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/meter.h"
#include "base/pool.h"

#include <stdio.h>

static void test_bounds_rise(void **state)
{
    (void)state;
    for (size_t i = 1; i < MB_METER_BOUNDS; i++)
        assert_true(mb_meter_bound_ns(i) > mb_meter_bound_ns(i - 1));
    assert_int_equal(mb_meter_bound_ns(0), MB_NS_PER_MS);
    assert_int_equal(mb_meter_bound_ns(MB_METER_BOUNDS - 1), 300 * MB_NS_PER_S);
    assert_int_equal(mb_meter_bound_ns(MB_METER_BOUNDS), -1);
}

static void test_each_attempt_has_its_place(void **state)
{
    struct mb_meter meter = {0};

    (void)state;
    mb_meter_attempt(&meter, 0, MB_OK);
    mb_meter_attempt(&meter, MB_NS_PER_MS, MB_END);
    mb_meter_attempt(&meter, MB_NS_PER_MS + 1, MB_E_THROTTLED);
    mb_meter_retry(&meter, MB_E_THROTTLED);
    mb_meter_attempt(&meter, 301 * MB_NS_PER_S, MB_E_TIMEOUT);
    mb_meter_attempt(&meter, -5, (mb_status)-1000);
    mb_meter_bytes(&meter, 7);
    mb_meter_attempt(NULL, 1, MB_OK);
    mb_meter_retry(NULL, MB_OK);
    mb_meter_bytes(NULL, 1);
    assert_int_equal(meter.calls, 5);
    assert_int_equal(meter.took[0], 3);
    assert_int_equal(meter.took[1], 1);
    assert_int_equal(meter.took[MB_METER_BOUNDS - 1], 0); /* one was slower than all bounds */
    assert_int_equal(meter.failed[-MB_E_THROTTLED], 1);
    assert_int_equal(meter.failed[-MB_E_TIMEOUT], 1);
    assert_int_equal(meter.failed[0], 1);
    assert_int_equal(mb_meter_sum(meter.failed), 3);
    assert_int_equal(mb_meter_sum(meter.retried), 1);
    assert_int_equal(meter.bytes, 7);
    assert_int_equal(meter.max_ns, 301 * MB_NS_PER_S);
    assert_int_equal(meter.total_ns, 301 * MB_NS_PER_S + 2 * MB_NS_PER_MS + 1);
}

static mb_status count_often(void *ctx, struct mb_cancel *cancel, struct mb_error *error)
{
    char operation[16];
    (void)cancel, (void)error;
    for (int i = 0; i < 1000; i++) {
        snprintf(operation, sizeof operation, "op%d", i % 100);
        mb_meter_attempt(mb_meters_get(ctx, "s", "d", operation), 1, MB_OK);
    }
    return MB_OK;
}

static void test_one_meter_for_a_name_whoever_asks(void **state)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_meters *meters = mb_meters_new();
    struct mb_pool *pool = mb_pool_new(4);
    struct mb_group *group = mb_group_new(pool, NULL);
    struct mb_meter_name name;

    (void)state;
    assert_null(mb_meters_at(meters, 0, &name));
    const struct mb_meter *first = mb_meters_get(meters, "s", "e", "op0");
    for (int i = 0; i < 4; i++)
        assert_int_equal(mb_group_submit(group, count_often, meters, &error), MB_OK);
    assert_int_equal(mb_group_wait(group, &error), MB_OK);
    assert_int_equal(mb_meters_count(meters), 101);
    assert_ptr_equal(mb_meters_at(meters, 0, &name), first);
    assert_int_equal(first->calls, 0);
    assert_string_equal(name.driver, "e");
    for (size_t i = 1; i < 101; i++)
        assert_int_equal(mb_meters_at(meters, i, &name)->calls, 40);
    assert_null(mb_meters_get(NULL, "s", "d", "op"));
    mb_group_free(group);
    mb_pool_free(pool);
    mb_meters_free(meters);
    mb_meters_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounds_rise),
        cmocka_unit_test(test_each_attempt_has_its_place),
        cmocka_unit_test(test_one_meter_for_a_name_whoever_asks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
