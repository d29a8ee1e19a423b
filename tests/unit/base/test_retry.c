#include "base/retry.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct mb_retry_policy quick = {.attempts = 4, .base_ns = 1000, .cap_ns = 4000};

static mb_status fail_with(struct mb_retry *retry, struct mb_error *error, mb_status status, const char *text)
{
    mb_fail(error, status, "%s", text);
    return mb_retry_again(retry, NULL, error);
}

static void test_waits_lie_below_a_doubling_ceiling(void **state)
{
    (void)state;
    const struct mb_retry_policy policy = {.attempts = 100, .base_ns = 1000, .cap_ns = 10000};
    static const int64_t ceilings[] = {1000, 2000, 4000, 8000, 10000, 10000};
    uint64_t random = 1;
    for (unsigned attempt = 1; attempt <= 6; attempt++) {
        int64_t least = INT64_MAX, most = 0;
        for (int i = 0; i < 1000; i++) {
            int64_t wait = mb_retry_wait_ns(&policy, attempt, &random);
            least = wait < least ? wait : least;
            most = wait > most ? wait : most;
        }
        int64_t ceiling = ceilings[attempt - 1];
        assert_true(least >= 0 && most <= ceiling);
        assert_true(least < ceiling / 10 && most > ceiling * 9 / 10);
    }
    assert_true(mb_retry_wait_ns(&policy, UINT32_MAX, &random) <= policy.cap_ns);
    const struct mb_retry_policy wild = {.attempts = 2, .base_ns = INT64_MAX - 1, .cap_ns = INT64_MAX};
    assert_true(mb_retry_wait_ns(&wild, 50, &random) >= 0);
    const struct mb_retry_policy none = {.attempts = 2};
    assert_int_equal(mb_retry_wait_ns(&none, 3, &random), 0);
}

static void test_two_clients_do_not_march_in_step(void **state)
{
    (void)state;
    struct mb_retry a, b;
    mb_retry_init(&a, &mb_retry_default);
    mb_retry_init(&b, &mb_retry_default);
    int equal = 0;
    for (unsigned i = 1; i < 8; i++)
        equal += mb_retry_wait_ns(&a.policy, i, &a.random) == mb_retry_wait_ns(&b.policy, i, &b.random);
    assert_true(equal < 7);
}

static void test_a_final_error_is_left_alone(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_retry retry;
    mb_retry_init(&retry, &quick);
    assert_int_equal(fail_with(&retry, &error, MB_E_FORBIDDEN, "403 AccessDenied"), MB_E_FORBIDDEN);
    assert_string_equal(error.message, "403 AccessDenied");
}

static void test_equal_attempts_are_counted(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_retry retry;
    mb_retry_init(&retry, &quick);
    for (int i = 0; i < 3; i++)
        assert_int_equal(fail_with(&retry, &error, MB_E_UNAVAILABLE, "connection refused"), MB_OK);
    assert_int_equal(fail_with(&retry, &error, MB_E_UNAVAILABLE, "connection refused"), MB_E_UNAVAILABLE);
    assert_string_equal(error.message, "connection refused (4 attempts)");
    assert_int_equal(error.flags, MB_ERR_RETRYABLE);
}

static void test_different_attempts_are_all_named(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_retry retry;
    mb_retry_init(&retry, &quick);
    fail_with(&retry, &error, MB_E_UNAVAILABLE, "connection refused");
    fail_with(&retry, &error, MB_E_THROTTLED, "503 SlowDown");
    fail_with(&retry, &error, MB_E_UNAVAILABLE, "connection refused");
    assert_int_equal(fail_with(&retry, &error, MB_E_NOT_FOUND, "404 NoSuchKey"), MB_E_NOT_FOUND);
    assert_string_equal(error.message,
                        "404 NoSuchKey (4 attempts; before: 2 x connection refused, 1 x 503 SlowDown)");
}

static void test_more_kinds_than_there_is_room_for(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_retry retry;
    struct mb_retry_policy many = quick;
    many.attempts = 50;
    mb_retry_init(&retry, &many);
    char text[1000];
    mb_status status = MB_OK;
    for (int i = 0; i < 50; i++) {
        memset(text, 'a' + i % 26, sizeof(text));
        snprintf(text + 900, 100, "%d", i);
        status = fail_with(&retry, &error, MB_E_UNAVAILABLE, text);
    }
    assert_int_equal(status, MB_E_UNAVAILABLE);
    assert_non_null(strstr(error.message, "(50 attempts; before: "));
    size_t len = strlen(error.message);
    assert_true(len < sizeof(error.message) && error.message[len - 1] == ')');
}

/* Characters of two and three bytes, so that some length is cut within one. */
static void test_folded_texts_are_cut_between_characters(void **state)
{
    (void)state;
    for (int lead = 0; lead < 3; lead++) {
        struct mb_error error = MB_ERROR_INIT;
        struct mb_retry retry;
        mb_retry_init(&retry, &quick);
        char text[1000] = "";
        memset(text, 'x', (size_t)lead);
        for (int i = 0; i < 300; i++)
            strcat(text, "\xe2\x82\xac");
        fail_with(&retry, &error, MB_E_UNAVAILABLE, text);
        fail_with(&retry, &error, MB_E_FORBIDDEN, strcat(text, "!"));
        int missing = 0;
        for (const unsigned char *at = (const unsigned char *)error.message; *at != '\0'; at++) {
            if (*at == 0xe2)
                assert_int_equal(missing, 0);
            missing = *at == 0xe2 ? 2 : (*at & 0xc0) == 0x80 && missing > 0 ? missing - 1 : missing;
            assert_true(*at >= 0x80 || missing == 0);
        }
    }
}

static void test_ambiguity_of_an_earlier_attempt_is_kept(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_retry retry;
    mb_retry_init(&retry, &quick);
    mb_fail(&error, MB_E_UNAVAILABLE, "reset");
    error.flags |= MB_ERR_AMBIGUOUS;
    assert_int_equal(mb_retry_again(&retry, NULL, &error), MB_OK);
    assert_int_equal(fail_with(&retry, &error, MB_E_EXISTS, "412"), MB_E_EXISTS);
    assert_int_equal(error.flags, MB_ERR_AMBIGUOUS);
}

static void test_retry_after_is_honoured(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_retry retry;
    mb_retry_init(&retry, &quick);
    mb_fail(&error, MB_E_THROTTLED, "slow down");
    error.retry_after_ms = 30;
    int64_t begun = mb_clock_monotonic();
    assert_int_equal(mb_retry_again(&retry, NULL, &error), MB_OK);
    assert_true(mb_clock_monotonic() - begun >= 30 * MB_NS_PER_MS);
}

static void test_no_wait_beyond_the_deadline(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_retry retry;
    struct mb_retry_policy policy = quick;
    policy.deadline_ns = mb_clock_monotonic() + 600 * MB_NS_PER_S;
    mb_retry_init(&retry, &policy);
    mb_fail(&error, MB_E_THROTTLED, "slow down");
    error.retry_after_ms = UINT32_MAX;
    assert_int_equal(mb_retry_again(&retry, NULL, &error), MB_E_THROTTLED);
    assert_string_equal(error.message, "slow down (1 attempt, then the deadline)");
    policy.deadline_ns = 1;
    mb_retry_init(&retry, &policy);
    assert_int_equal(fail_with(&retry, &error, MB_E_TIMEOUT, "late"), MB_E_TIMEOUT);
    assert_string_equal(error.message, "late (1 attempt, then the deadline)");
}

static void test_cancelled_while_waiting(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_cancel *cancel = mb_cancel_new(NULL);
    struct mb_retry retry;
    mb_retry_init(&retry, &quick);
    mb_cancel_request(cancel);
    mb_fail(&error, MB_E_UNAVAILABLE, "reset");
    error.flags |= MB_ERR_AMBIGUOUS;
    error.retry_after_ms = UINT32_MAX;
    assert_int_equal(mb_retry_again(&retry, cancel, &error), MB_E_CANCELLED);
    assert_string_equal(error.message, "cancelled while waiting to try again after: reset");
    assert_int_equal(error.flags, MB_ERR_AMBIGUOUS);
    mb_cancel_free(cancel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waits_lie_below_a_doubling_ceiling),
        cmocka_unit_test(test_two_clients_do_not_march_in_step),
        cmocka_unit_test(test_a_final_error_is_left_alone),
        cmocka_unit_test(test_equal_attempts_are_counted),
        cmocka_unit_test(test_different_attempts_are_all_named),
        cmocka_unit_test(test_more_kinds_than_there_is_room_for),
        cmocka_unit_test(test_folded_texts_are_cut_between_characters),
        cmocka_unit_test(test_ambiguity_of_an_earlier_attempt_is_kept),
        cmocka_unit_test(test_retry_after_is_honoured),
        cmocka_unit_test(test_no_wait_beyond_the_deadline),
        cmocka_unit_test(test_cancelled_while_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
