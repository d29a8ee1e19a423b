#include "base/hint.h"
#include "moment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static void walls_show_the_time_of_their_zone(void **state)
{
    (void)state;
    struct mb_zone *berlin = open_zone("Europe/Berlin");
    struct mb_zone *kolkata = open_zone("Asia/Kolkata");
    assert_int_equal(mb_zone_local(berlin, moment("2026-01-01T00:00:00Z")), moment("2026-01-01T01:00:00Z"));
    assert_int_equal(mb_zone_local(berlin, moment("2026-07-01T00:00:00Z")), moment("2026-07-01T02:00:00Z"));
    assert_int_equal(mb_zone_local(kolkata, moment("2026-07-01T00:00:00Z")), moment("2026-07-01T05:30:00Z"));
    assert_int_equal(mb_zone_instant(berlin, moment("2026-07-01T02:00:00Z")), moment("2026-07-01T00:00:00Z"));
    mb_zone_close(berlin);
    mb_zone_close(kolkata);
}

static void a_time_that_is_jumped_over_is_the_jump(void **state)
{
    (void)state;
    struct mb_zone *zone = open_zone("Europe/Berlin");
    assert_int_equal(mb_zone_instant(zone, moment("2026-03-29T02:30:00Z")), moment("2026-03-29T01:00:00Z"));
    assert_int_equal(mb_zone_instant(zone, moment("2026-03-29T03:30:00Z")), moment("2026-03-29T01:30:00Z"));
    mb_zone_close(zone);
}

static void a_time_that_comes_twice_is_the_first(void **state)
{
    (void)state;
    struct mb_zone *zone = open_zone("Europe/Berlin");
    assert_int_equal(mb_zone_instant(zone, moment("2026-10-25T02:30:00Z")), moment("2026-10-25T00:30:00Z"));
    mb_zone_close(zone);
}

/* What cron.c stands on, where zones do what Berlin does not: half hours, days that do not exist, summer time
 * that is the standard, offsets that change without any summer. */
static void points_in_time_never_fall_as_local_ones_rise(void **state)
{
    (void)state;
    static const char *const names[] = {"Australia/Lord_Howe", "Pacific/Apia",      "Europe/Dublin",
                                        "America/Caracas",     "Africa/Casablanca", "Asia/Pyongyang"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct mb_zone *zone = open_zone(names[i]);
        int64_t last = INT64_MIN;
        for (int64_t local = moment("2007-01-01T00:00:00Z"); local < moment("2019-01-01T00:00:00Z");
             local += 1800) {
            int64_t at = mb_zone_instant(zone, local);
            assert_true(at >= last);
            assert_true(mb_zone_local(zone, at) >= local);
            last = at;
        }
        mb_zone_close(zone);
    }
}

static void what_is_no_zone_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",      "Europe/Berlni", "/etc/localtime", "../../etc/passwd", "Europe/Berlin\n", "Mars/Olympus",
        "local", "Europe"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct mb_error error = MB_ERROR_INIT;
        struct mb_zone *zone = NULL;
        assert_int_equal(mb_zone_open(&zone, names[i], &error), MB_E_INVALID);
        assert_null(zone);
        assert_int_equal(error.hint, MB_HINT_INPUT);
        assert_string_equal(error.subject, "timezone");
    }
}

static void local_and_offsets_are_zones(void **state)
{
    (void)state;
    struct mb_zone *zone = open_zone("+02:00");
    assert_int_equal(mb_zone_local(zone, 0), 7200);
    mb_zone_close(zone);
    mb_zone_close(open_zone("Local"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walls_show_the_time_of_their_zone),
        cmocka_unit_test(a_time_that_is_jumped_over_is_the_jump),
        cmocka_unit_test(a_time_that_comes_twice_is_the_first),
        cmocka_unit_test(points_in_time_never_fall_as_local_ones_rise),
        cmocka_unit_test(what_is_no_zone_is_refused),
        cmocka_unit_test(local_and_offsets_are_zones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
