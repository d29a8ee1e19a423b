#include "restore/wait.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct mb_import_state told(enum mb_import_phase phase, const char *state, int32_t percent)
{
    return (struct mb_import_state){
        .phase = phase, .state = state, .percent = percent, .rows = 7, .reason = ""};
}

static mb_status judge(struct mb_import_watch *watch, struct mb_import_state state, int64_t second,
                       struct mb_error *error)
{
    return mb_import_watch_judge(watch, &state, second * MB_NS_PER_S, error);
}

static void test_first_look_and_back_off(void **state)
{
    (void)state;
    struct mb_import_watch watch = {.started_ns = 1000 * MB_NS_PER_S, .since_ns = 1000 * MB_NS_PER_S};
    assert_int_equal(mb_import_watch_due(&watch, 1) - watch.started_ns, 100 * MB_NS_PER_MS);

    int64_t last = 0;
    for (int64_t elapsed = 1; elapsed < 3600; elapsed *= 2) {
        watch.looked_ns = watch.started_ns + elapsed * MB_NS_PER_S;
        int64_t wait = mb_import_watch_due(&watch, 1) - watch.looked_ns;
        assert_in_range(wait, 100 * MB_NS_PER_MS, MB_NS_PER_S);
        assert_true(wait >= last);
        assert_true(wait <= 100 * MB_NS_PER_MS || wait <= elapsed * MB_NS_PER_S / 40);
        last = wait;
    }
    assert_int_equal(last, MB_NS_PER_S);

    watch.nearly = true;
    assert_int_equal(mb_import_watch_due(&watch, 1) - watch.looked_ns, 100 * MB_NS_PER_MS);
}

static void test_many_imports_are_looked_at_more_rarely(void **state)
{
    (void)state;
    struct mb_import_watch watch = {.started_ns = 1, .since_ns = 1, .looked_ns = 2};
    assert_true(mb_import_watch_due(&watch, 768) > mb_import_watch_due(&watch, 1));
}

static void test_completed(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_import_watch watch = {0};
    assert_int_equal(judge(&watch, told(MB_IMPORT_RUNNING, "Started", 40), 1, &error), MB_OK);
    assert_false(watch.done);
    assert_int_equal(watch.percent, 40);
    assert_int_equal(judge(&watch, told(MB_IMPORT_RUNNING, "Started", 10), 2, &error), MB_OK);
    assert_int_equal(watch.percent, 40);
    assert_int_equal(judge(&watch, told(MB_IMPORT_RUNNING, "Persisted", 90), 3, &error), MB_OK);
    assert_true(watch.nearly);
    assert_int_equal(judge(&watch, told(MB_IMPORT_COMPLETED, "Completed", 0), 4, &error), MB_OK);
    assert_true(watch.done);
    assert_int_equal(watch.percent, 100);
    assert_int_equal(watch.imported, 7);
}

static void test_failed_says_the_reason_of_the_server(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_import_watch watch = {0};
    struct mb_import_state failed = told(MB_IMPORT_FAILED, "Failed", 10);
    failed.reason = "disk is full";
    assert_int_equal(judge(&watch, failed, 1, &error), MB_E_INTERNAL);
    assert_non_null(strstr(error.message, "disk is full"));
    assert_false(watch.done);
}

static void test_failed_because_of_damage(void **state)
{
    (void)state;
    static const char *const reasons[] = {"parse magic number failed, expected: 16773868",
                                          "file is Corrupted", "page checksum mismatch"};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        struct mb_error error = MB_ERROR_INIT;
        struct mb_import_watch watch = {0};
        struct mb_import_state failed = told(MB_IMPORT_FAILED, "Failed", 10);
        failed.reason = reasons[i];
        assert_int_equal(judge(&watch, failed, 1, &error), MB_E_CORRUPT);
    }
}

static void test_unknown_for_a_while_is_an_end(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_import_watch watch = {0};
    assert_int_equal(judge(&watch, told(MB_IMPORT_UNKNOWN, "", 0), 100, &error), MB_OK);
    assert_int_equal(judge(&watch, told(MB_IMPORT_UNKNOWN, "", 0), 110, &error), MB_OK);
    assert_int_equal(judge(&watch, told(MB_IMPORT_RUNNING, "Pending", 0), 111, &error), MB_OK);
    assert_int_equal(judge(&watch, told(MB_IMPORT_UNKNOWN, "", 0), 120, &error), MB_OK);
    assert_int_equal(judge(&watch, told(MB_IMPORT_UNKNOWN, "", 0), 200, &error), MB_E_NOT_FOUND);
}

static void test_one_that_may_be_unknown_for_longer(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_import_watch watch = {.may_be_unknown_ns = 60 * MB_NS_PER_S};
    assert_int_equal(judge(&watch, told(MB_IMPORT_UNKNOWN, "", 0), 100, &error), MB_OK);
    assert_int_equal(judge(&watch, told(MB_IMPORT_UNKNOWN, "", 0), 159, &error), MB_OK);
    assert_int_equal(judge(&watch, told(MB_IMPORT_UNKNOWN, "", 0), 161, &error), MB_E_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_look_and_back_off),
        cmocka_unit_test(test_many_imports_are_looked_at_more_rarely),
        cmocka_unit_test(test_completed),
        cmocka_unit_test(test_failed_says_the_reason_of_the_server),
        cmocka_unit_test(test_failed_because_of_damage),
        cmocka_unit_test(test_unknown_for_a_while_is_an_end),
        cmocka_unit_test(test_one_that_may_be_unknown_for_longer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
