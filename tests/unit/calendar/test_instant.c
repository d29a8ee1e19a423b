#include "calendar/instant.h"

#include "base/hint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static void points_in_time_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-11-28T22:30:00Z", INT64_C(1795905000000)},
        {"2026-11-28 22:30:00", INT64_C(1795905000000)},
        {"2026-11-28 22:30:00 UTC", INT64_C(1795905000000)},
        {"2026-11-28T23:30:00+01:00", INT64_C(1795905000000)},
        {"2026-11-29T04:00:00+05:30", INT64_C(1795905000000)},
        {"2026-11-28T22:30:00.250Z", INT64_C(1795905000250)},
        {"2026-11-28T22:30:00.2509999Z", INT64_C(1795905000250)},
        {"20261128T223000Z", INT64_C(1795905000000)},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mb_error error = MB_ERROR_INIT;
        int64_t ms = -1;
        if (mb_instant_parse(cases[i].text, "until", &ms, &error) != MB_OK || ms != cases[i].ms)
            fail_msg("%s: %lld %s", cases[i].text, (long long)ms, error.message);
    }
}

static void anything_else_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "yesterday",
        "2026-11-28",
        "22:30",
        "2026-11-28T22:30:00 CET",
        "2026-13-28T22:30:00Z",
        "2026-11-28T25:30:00Z",
        "1969-12-31T23:59:59Z",
        "1795905000000",
        "2026-11-28T22:30:00Z and more of what nobody needs to know",
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mb_error error = MB_ERROR_INIT;
        int64_t ms = -7;
        if (mb_instant_parse(cases[i], "until", &ms, &error) != MB_E_INVALID)
            fail_msg("'%s' is taken for %lld", cases[i], (long long)ms);
        assert_int_equal(ms, -7);
        assert_int_equal(error.hint, MB_HINT_INPUT);
        assert_string_equal(error.subject, "until");
        assert_non_null(strstr(error.message, "2026-11-28T22:30:00Z"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_in_time_are_read),
        cmocka_unit_test(anything_else_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
