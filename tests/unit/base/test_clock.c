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

static void test_parse(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ns;
    } good[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2024-02-29T12:30:00.000Z", INT64_C(1709209800000000000)},
        {"2024-02-29T12:30:00.123456789Z", INT64_C(1709209800123456789)},
        {"2024-02-29T12:30:00.1234567891234Z", INT64_C(1709209800123456789)},
        {"2024-02-29T14:30:00+02:00", INT64_C(1709209800000000000)},
        {"2024-02-29T07:00:00.5-0530", INT64_C(1709209800500000000)},
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        int64_t ns = -1;
        assert_true(mb_clock_parse(good[i].text, &ns));
        assert_int_equal(ns, good[i].ns);
    }
    static const char *const bad[] = {"",
                                      "2024",
                                      "2024-02-29",
                                      "2024-02-29T12:30:00",
                                      "2024-13-29T12:30:00Z",
                                      "2024-02-29T24:30:00Z",
                                      "2024-02-29T12:30:00.Z",
                                      "2024-02-29T12:30:00Zx",
                                      "2024-02-29T12:30:00+1",
                                      "2024-02-29T12:30:00+99:00",
                                      "9999-02-29T12:30:00Z",
                                      "0001-01-01T00:00:00Z",
                                      "aaaa-bb-ccTdd:ee:ffZ",
                                      "2024-02-29 12:30:00Z"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int64_t ns = -7;
        assert_false(mb_clock_parse(bad[i], &ns));
        assert_int_equal(ns, -7);
    }
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
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_deadline_min_takes_zero_for_none),
        cmocka_unit_test(test_monotonic_does_not_go_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
