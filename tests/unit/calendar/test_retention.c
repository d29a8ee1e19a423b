#include "base/hint.h"
#include "calendar/retention.h"
#include "moment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 400 };

struct bed {
    struct mb_arena *arena;
    struct mb_zone *zone;
    struct mb_retention_item items[MOST];
    size_t count;
};

static int set_up(void **state)
{
    static struct bed bed;
    memset(&bed, 0, sizeof bed);
    bed.arena = mb_arena_new();
    bed.zone = open_zone("UTC");
    *state = &bed;
    return bed.arena == NULL;
}

static int tear_down(void **state)
{
    struct bed *bed = *state;
    mb_zone_close(bed->zone);
    mb_arena_free(bed->arena);
    return 0;
}

static void put(struct bed *bed, const char *made)
{
    bed->items[bed->count++] =
        (struct mb_retention_item){.name = made, .made_ms = moment(made) * 1000, .complete = true};
}

static void decide(struct bed *bed, const struct mb_retention *rules, const char *now)
{
    struct mb_error error = MB_ERROR_INIT;
    assert_int_equal(
        mb_retention_decide(rules, bed->zone, moment(now) * 1000, bed->items, bed->count, bed->arena, &error),
        MB_OK);
}

static const struct mb_retention_item *find(struct bed *bed, const char *name)
{
    for (size_t i = 0; i < bed->count; i++)
        if (strcmp(bed->items[i].name, name) == 0)
            return &bed->items[i];
    fail_msg("no %s", name);
    return NULL;
}

static size_t kept(const struct bed *bed)
{
    size_t n = 0;
    for (size_t i = 0; i < bed->count; i++)
        n += bed->items[i].keep;
    return n;
}

static void the_last_stay_in_any_order(void **state)
{
    struct bed *bed = *state;
    put(bed, "2026-11-27T03:00:00Z");
    put(bed, "2026-11-29T03:00:00Z");
    put(bed, "2026-11-28T03:00:00Z");
    decide(bed, &(struct mb_retention){.last = 2}, "2026-11-30T00:00:00Z");
    assert_false(bed->items[0].keep);
    assert_string_equal(bed->items[0].why, "no rule keeps it");
    assert_string_equal(bed->items[1].why, "last 1");
    assert_string_equal(bed->items[2].why, "last 2");
}

static void a_day_keeps_its_last_one_and_days_without_do_not_count(void **state)
{
    struct bed *bed = *state;
    put(bed, "2026-11-20T01:00:00Z");
    put(bed, "2026-11-20T23:00:00Z");
    put(bed, "2026-11-28T01:00:00Z");
    put(bed, "2026-11-28T02:00:00Z");
    put(bed, "2026-11-19T02:00:00Z");
    decide(bed, &(struct mb_retention){.daily = 2}, "2026-11-30T00:00:00Z");
    assert_int_equal(kept(bed), 2);
    assert_string_equal(find(bed, "2026-11-28T02:00:00Z")->why, "daily 2026-11-28");
    assert_string_equal(find(bed, "2026-11-20T23:00:00Z")->why, "daily 2026-11-20");
}

static void days_are_those_of_the_zone(void **state)
{
    struct bed *bed = *state;
    mb_zone_close(bed->zone);
    bed->zone = open_zone("America/New_York");
    put(bed, "2026-11-28T03:00:00Z"); /* the 27th there */
    put(bed, "2026-11-28T06:00:00Z");
    decide(bed, &(struct mb_retention){.daily = 5}, "2026-11-30T00:00:00Z");
    assert_int_equal(kept(bed), 2);
    assert_string_equal(bed->items[0].why, "daily 2026-11-27");
}

static void rules_are_joined(void **state)
{
    struct bed *bed = *state;
    char names[MOST][32];
    for (int i = 0; i < 365; i++) { /* one a day, at three */
        const struct tm day = mb_zone_fields(moment("2026-01-01T03:00:00Z") + i * INT64_C(86400));
        strftime(names[i], sizeof names[i], "%Y-%m-%dT%H:%M:%SZ", &day);
        put(bed, names[i]);
    }
    decide(bed, &(struct mb_retention){.daily = 7, .weekly = 4, .monthly = 12}, "2026-12-31T12:00:00Z");
    /* Seven days back to the 25th; Sundays the 27th, 20th and 13th, of which the first is a day; the last of
     * eleven months. */
    assert_int_equal(kept(bed), 7 + 2 + 11);
    assert_string_equal(find(bed, "2026-12-31T03:00:00Z")->why,
                        "daily 2026-12-31, weekly 2026-W53, monthly 2026-12");
    assert_string_equal(find(bed, "2026-12-13T03:00:00Z")->why, "weekly 2026-W50");
    assert_string_equal(find(bed, "2026-02-28T03:00:00Z")->why, "monthly 2026-02");
    assert_false(find(bed, "2026-12-24T03:00:00Z")->keep);
}

static void within_is_counted_from_now(void **state)
{
    struct bed *bed = *state;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_retention rules = {0};
    assert_int_equal(mb_span_parse("1w", "keep_within", &rules.within, &error), MB_OK);
    put(bed, "2026-11-22T23:59:59Z");
    put(bed, "2026-11-23T00:00:00Z");
    put(bed, "2026-12-01T00:00:00Z"); /* by a clock that is ahead */
    decide(bed, &rules, "2026-11-30T00:00:00Z");
    assert_false(bed->items[0].keep);
    assert_string_equal(bed->items[1].why, "within 7d");
    assert_true(bed->items[2].keep);
}

static void the_last_complete_one_always_stays(void **state)
{
    struct bed *bed = *state;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_retention rules = {0};
    assert_int_equal(mb_span_parse("1h", "keep_within", &rules.within, &error), MB_OK);
    put(bed, "2026-11-20T00:00:00Z");
    put(bed, "2026-11-21T00:00:00Z");
    put(bed, "2026-11-22T00:00:00Z");
    bed->items[2].complete = false;
    decide(bed, &rules, "2026-11-30T00:00:00Z");
    assert_false(bed->items[0].keep);
    assert_string_equal(bed->items[1].why, "the last complete one");
    assert_true(bed->items[2].keep);
    assert_string_equal(bed->items[2].why, "not complete");
}

/* An incomplete one counts for nothing: it does not use up one of the last. */
static void what_is_not_complete_takes_no_place(void **state)
{
    struct bed *bed = *state;
    put(bed, "2026-11-20T00:00:00Z");
    put(bed, "2026-11-21T00:00:00Z");
    put(bed, "2026-11-22T00:00:00Z");
    bed->items[2].complete = false;
    bed->items[1].made_ms = 0;
    decide(bed, &(struct mb_retention){.last = 1}, "2026-11-30T00:00:00Z");
    assert_int_equal(kept(bed), 3);
    assert_string_equal(bed->items[0].why, "last 1");
    assert_string_equal(bed->items[1].why, "when it was made is not known");
}

static void no_rule_is_none(void **state)
{
    (void)state;
    assert_true(mb_retention_is_none(&(struct mb_retention){0}));
    assert_false(mb_retention_is_none(&(struct mb_retention){.weekly = 1}));
    assert_false(mb_retention_is_none(&(struct mb_retention){.within = {.hours = 1}}));
}

static void spans_follow_the_calendar(void **state)
{
    struct bed *bed = *state;
    static const struct {
        const char *span, *before, *want;
    } rows[] = {{"36h", "2026-11-28T12:00:00Z", "2026-11-27T00:00:00Z"},
                {"7d", "2026-03-01T12:00:00Z", "2026-02-22T12:00:00Z"},
                {"4w", "2026-11-28T12:00:00Z", "2026-10-31T12:00:00Z"},
                {"6m", "2026-08-31T12:00:00Z", "2026-02-28T12:00:00Z"},
                {"1y", "2028-02-29T12:00:00Z", "2027-02-28T12:00:00Z"},
                {"1m1d12h", "2026-03-31T12:00:00Z", "2026-02-27T00:00:00Z"},
                {"1m", "2026-01-15T12:00:00Z", "2025-12-15T12:00:00Z"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mb_error error = MB_ERROR_INIT;
        struct mb_span span;
        assert_int_equal(mb_span_parse(rows[i].span, "keep_within", &span, &error), MB_OK);
        int64_t at = mb_span_before(&span, bed->zone, moment(rows[i].before));
        if (at != moment(rows[i].want))
            fail_msg("%s before %s: %lld s off", rows[i].span, rows[i].before,
                     (long long)(at - moment(rows[i].want)));
    }
}

static void what_is_no_span_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "0d", "7", "d", "7 d", "7d ", "-7d", "7x", "1000000d", "7D"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct mb_error error = MB_ERROR_INIT;
        struct mb_span span;
        assert_int_equal(mb_span_parse(texts[i], "keep_within", &span, &error), MB_E_INVALID);
        assert_string_equal(error.subject, "keep_within");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_last_stay_in_any_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_day_keeps_its_last_one_and_days_without_do_not_count, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(days_are_those_of_the_zone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rules_are_joined, set_up, tear_down),
        cmocka_unit_test_setup_teardown(within_is_counted_from_now, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_last_complete_one_always_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_complete_takes_no_place, set_up, tear_down),
        cmocka_unit_test(no_rule_is_none),
        cmocka_unit_test_setup_teardown(spans_follow_the_calendar, set_up, tear_down),
        cmocka_unit_test(what_is_no_span_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
