#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_format(void **state)
{
    (void)state;
    char text[32];
    mb_clock_format(INT64_C(1795243770999999999), text, sizeof(text));
    assert_string_equal(text, "2026-11-21T06:49:30Z");
    mb_clock_format(0, text, sizeof(text));
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    mb_clock_format(-1, text, sizeof(text));
    assert_string_equal(text, "1969-12-31T23:59:59Z");
    mb_clock_format(INT64_MAX, text, sizeof(text));
    assert_string_equal(text, "2262-04-11T23:47:16Z");
    mb_clock_format(0, text, 4);
    assert_string_equal(text, "");
}

static void test_deadline_min_takes_zero_for_none(void **state)
{
    (void)state;
    assert_int_equal(mb_deadline_min(0, 0), 0);
    assert_int_equal(mb_deadline_min(5, 0), 5);
    assert_int_equal(mb_deadline_min(0, 7), 7);
    assert_int_equal(mb_deadline_min(5, 7), 5);
    assert_int_equal(mb_deadline_min(7, 5), 5);
}

static void test_monotonic_does_not_go_back(void **state)
{
    (void)state;
    int64_t last = mb_clock_monotonic();
    for (int i = 0; i < 1000; i++) {
        int64_t now = mb_clock_monotonic();
        assert_true(now >= last);
        last = now;
    }
    assert_true(mb_clock_wall() > INT64_C(1600000000) * MB_NS_PER_S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_deadline_min_takes_zero_for_none),
        cmocka_unit_test(test_monotonic_does_not_go_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
