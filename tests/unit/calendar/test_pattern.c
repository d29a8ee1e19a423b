#include "calendar/pattern.h"
#include "moment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static void a_name_has_the_time_of_its_zone(void **state)
{
    (void)state;
    struct mb_arena *arena = mb_arena_new();
    struct mb_zone *berlin = open_zone("Europe/Berlin");
    int64_t at = moment("2026-12-31T23:05:09Z");
    assert_string_equal(mb_pattern_make("nightly_%Y%m%d_%H%M%S", berlin, at, arena),
                        "nightly_20270101_000509");
    assert_string_equal(mb_pattern_make("%y_%j", berlin, at, arena), "27_001");
    mb_zone_close(berlin);
    mb_arena_free(arena);
}

static void only_what_a_pattern_makes_is_its_own(void **state)
{
    (void)state;
    static const char pattern[] = "nightly_%Y%m%d_%H%M%S";
    assert_true(mb_pattern_made(pattern, "nightly_20261128_030000"));
    assert_false(mb_pattern_made(pattern, "nightly_20261128_030000_x"));
    assert_false(mb_pattern_made(pattern, "nightly_20261128_03000"));
    assert_false(mb_pattern_made(pattern, "nightly_20261328_030000"));
    assert_false(mb_pattern_made(pattern, "nightly_2026112a_030000"));
    assert_false(mb_pattern_made(pattern, "weekly_20261128_030000"));
    assert_false(mb_pattern_made(pattern, "nightly_"));
    assert_false(mb_pattern_made(pattern, ""));
}

static void patterns_are_checked(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    assert_int_equal(mb_pattern_check("n_%Y%m%d", &error), MB_OK);
    assert_int_equal(mb_pattern_check("n_%Q", &error), MB_E_INVALID);
    assert_int_equal(mb_pattern_check("n_%", &error), MB_E_INVALID);
    assert_int_equal(mb_pattern_check("n", &error), MB_E_INVALID);
    assert_non_null(strstr(error.message, "n_%Y%m%d_%H%M%S"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_has_the_time_of_its_zone),
        cmocka_unit_test(only_what_a_pattern_makes_is_its_own),
        cmocka_unit_test(patterns_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
