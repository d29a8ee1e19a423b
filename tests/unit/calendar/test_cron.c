#include "base/hint.h"
#include "calendar/cron.h"
#include "moment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* The time after `after` at which text is due; both of UTC. */
static int64_t next(const char *text, const char *zone_name, int64_t after)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_zone *zone = open_zone(zone_name);
    struct mb_cron cron;
    if (mb_cron_parse(text, &cron, &error) != MB_OK)
        fail_msg("%s", error.message);
    int64_t at = mb_cron_next(&cron, zone, after);
    mb_zone_close(zone);
    return at;
}

static void expect(const char *text, const char *zone, const char *after, const char *want)
{
    int64_t at = next(text, zone, moment(after));
    if (at != moment(want))
        fail_msg("%s in %s after %s: %lld s from %s", text, zone, after, (long long)(at - moment(want)),
                 want);
}

static void fields_are_what_crontab_says(void **state)
{
    (void)state;
    static const struct {
        const char *text, *after, *want;
    } rows[] = {
        {"* * * * *", "2026-11-28T12:00:00Z", "2026-11-28T12:01:00Z"},
        {"* * * * *", "2026-11-28T12:00:59Z", "2026-11-28T12:01:00Z"},
        {"0 3 * * *", "2026-11-28T02:59:59Z", "2026-11-28T03:00:00Z"},
        {"0 3 * * *", "2026-11-28T03:00:00Z", "2026-11-29T03:00:00Z"},
        {"*/15 * * * *", "2026-11-28T12:46:00Z", "2026-11-28T13:00:00Z"},
        {"7/20 * * * *", "2026-11-28T12:27:00Z", "2026-11-28T12:47:00Z"},
        {"5,10-12 4 * * *", "2026-11-28T04:10:00Z", "2026-11-28T04:11:00Z"},
        {"5,10-12 4 * * *", "2026-11-28T04:12:00Z", "2026-11-29T04:05:00Z"},
        {"0 0-23/6 * * *", "2026-11-28T12:00:00Z", "2026-11-28T18:00:00Z"},
        {"0 0 1 jan-mar *", "2026-11-28T00:00:00Z", "2027-01-01T00:00:00Z"},
        {"0 0 * * Mon-FRI", "2026-11-28T00:00:00Z", "2026-11-30T00:00:00Z"},
        {"0 0 * * 7", "2026-11-28T00:00:00Z", "2026-11-29T00:00:00Z"},
        {"0 0 * * 0", "2026-11-28T00:00:00Z", "2026-11-29T00:00:00Z"},
        {"0 0 * * 5-7", "2026-11-28T00:00:00Z", "2026-11-29T00:00:00Z"},
        {"0 0 29 2 *", "2026-11-28T00:00:00Z", "2028-02-29T00:00:00Z"},
        {"0 0 31 * *", "2026-11-28T00:00:00Z", "2026-12-31T00:00:00Z"},
        {"  0\t0  1 * *  ", "2026-11-28T00:00:00Z", "2026-12-01T00:00:00Z"},
        {"@hourly", "2026-11-28T12:30:00Z", "2026-11-28T13:00:00Z"},
        {"@daily", "2026-11-28T12:30:00Z", "2026-11-29T00:00:00Z"},
        {"@Weekly", "2026-11-28T12:30:00Z", "2026-11-29T00:00:00Z"},
        {"@monthly", "2026-11-28T12:30:00Z", "2026-12-01T00:00:00Z"},
        {"@yearly", "2026-11-28T12:30:00Z", "2027-01-01T00:00:00Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect(rows[i].text, "UTC", rows[i].after, rows[i].want);
}

static void either_day_suffices_where_both_are_restricted(void **state)
{
    (void)state;
    /* 2026-11-28 is a Saturday. */
    expect("0 0 13 * fri", "UTC", "2026-11-28T00:00:00Z", "2026-12-04T00:00:00Z");
    expect("0 0 2 * fri", "UTC", "2026-11-28T00:00:00Z", "2026-12-02T00:00:00Z");
    expect("0 0 */2 * fri", "UTC", "2026-11-28T00:00:00Z", "2026-12-11T00:00:00Z");
    expect("0 0 31 2 mon", "UTC", "2026-11-28T00:00:00Z", "2027-02-01T00:00:00Z");
}

static void a_time_that_clocks_jump_over_is_due_at_the_jump(void **state)
{
    (void)state;
    expect("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z");
    expect("30 2 * * *", "Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z");
    expect("*/15 * * * *", "Europe/Berlin", "2026-03-29T00:45:00Z", "2026-03-29T01:00:00Z");
    expect("*/15 * * * *", "Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29T01:15:00Z");
    expect("0 0 * * *", "America/Santiago", "2026-09-05T05:00:00Z", "2026-09-06T04:00:00Z");
}

static void a_time_that_comes_twice_is_due_once(void **state)
{
    (void)state;
    expect("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z");
    expect("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z");
    expect("30 2 * * *", "Europe/Berlin", "2026-10-25T01:00:00Z", "2026-10-26T01:30:00Z");
    expect("0 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z");
}

/* A day that a zone left out: Samoa had no 30th of December in 2011. */
static void a_day_that_is_left_out_is_due_at_its_end(void **state)
{
    (void)state;
    expect("0 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z", "2011-12-30T10:00:00Z");
}

/* Whatever the zone does, time goes on, and over a year a daily one is due every day. */
static void each_day_has_one(void **state)
{
    (void)state;
    static const char *const zones[] = {"UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/New_York",
                                        "Asia/Kathmandu"};
    static const char *const times[] = {"0 0 * * *", "30 2 * * *", "45 1 * * *", "59 23 * * *"};
    for (size_t z = 0; z < sizeof zones / sizeof *zones; z++)
        for (size_t t = 0; t < sizeof times / sizeof *times; t++) {
            struct mb_error error = MB_ERROR_INIT;
            struct mb_zone *zone = open_zone(zones[z]);
            struct mb_cron cron;
            int64_t at = moment("2025-01-01T12:00:00Z");
            assert_int_equal(mb_cron_parse(times[t], &cron, &error), MB_OK);
            for (int i = 0; i < 365; i++) {
                int64_t after = mb_cron_next(&cron, zone, at);
                assert_in_range(after - at, 1, 25 * 3600 + 12 * 3600);
                at = after;
            }
            mb_zone_close(zone);
            assert_in_range(at - moment("2025-12-31T00:00:00Z"), 1, 24 * 3600 * 2);
        }
}

static void what_is_wrong_names_its_field(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"60 * * * *", "the minute '60'"},
        {"* 24 * * *", "the hour '24'"},
        {"* * 0 * *", "the day of the month '0'"},
        {"* * * 13 *", "the month '13'"},
        {"* * * * 8", "the day of the week '8'"},
        {"* * * foo *", "the month 'foo'"},
        {"* * * * mond", "the day of the week 'mond'"},
        {"*/0 * * * *", "the minute '*/0'"},
        {"1,,2 * * * *", "the minute '1,,2'"},
        {"5-1 * * * *", "the minute '5-1'"},
        {"1- * * * *", "the minute '1-'"},
        {"1-5- * * * *", "the minute '1-5-'"},
        {"*5 * * * *", "the minute '*5'"},
        {"*-5 * * * *", "the minute '*-5'"},
        {"-1 * * * *", "the minute '-1'"},
        {"1/ * * * *", "the minute '1/'"},
        {"+1 * * * *", "the minute '+1'"},
        {"0 0 * *", "five fields"},
        {"0 0 * * * *", "five fields"},
        {"", "five fields"},
        {"@often", "five fields"},
        {"0 0 31 2 *", "never comes"},
        {"0 0 31 feb,apr *", "never comes"},
        {"0 0 30 2 *", "never comes"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mb_error error = MB_ERROR_INIT;
        struct mb_cron cron;
        assert_int_equal(mb_cron_parse(rows[i].text, &cron, &error), MB_E_INVALID);
        if (strstr(error.message, rows[i].says) == NULL)
            fail_msg("%s: %s", rows[i].text, error.message);
        assert_string_equal(error.subject, "cron");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_what_crontab_says),
        cmocka_unit_test(either_day_suffices_where_both_are_restricted),
        cmocka_unit_test(a_time_that_clocks_jump_over_is_due_at_the_jump),
        cmocka_unit_test(a_time_that_comes_twice_is_due_once),
        cmocka_unit_test(a_day_that_is_left_out_is_due_at_its_end),
        cmocka_unit_test(each_day_has_one),
        cmocka_unit_test(what_is_wrong_names_its_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
