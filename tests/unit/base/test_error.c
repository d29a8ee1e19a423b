#include "base/hint.h"

#include <errno.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_fail_replaces_everything(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    error.retry_after_ms = 7;
    error.http_status = 404;
    strcpy(error.provider_code, "NoSuchKey");
    assert_int_equal(mb_fail(&error, MB_E_UNAVAILABLE, "connect to %s", "h:1"), MB_E_UNAVAILABLE);
    assert_string_equal(error.message, "connect to h:1");
    assert_int_equal(error.status, MB_E_UNAVAILABLE);
    assert_int_equal(error.flags, MB_ERR_RETRYABLE);
    assert_int_equal(error.retry_after_ms, 0);
    assert_int_equal(error.http_status, 0);
    assert_string_equal(error.provider_code, "");
    assert_int_equal(error.struct_size, sizeof(error));
    assert_int_equal(mb_fail(&error, MB_E_FORBIDDEN, "no"), MB_E_FORBIDDEN);
    assert_int_equal(error.flags, 0);
}

static void test_fail_may_quote_the_error_it_replaces(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    mb_fail(&error, MB_E_TIMEOUT, "slow");
    mb_fail(&error, MB_E_CANCELLED, "stopped after: %s", error.message);
    assert_string_equal(error.message, "stopped after: slow");
}

static void test_errno(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    assert_int_equal(mb_fail_errno(&error, ENOSPC, "write %s", "/x"), MB_E_NO_SPACE);
    assert_string_equal(error.message, "write /x: No space left on device");
    assert_int_equal(error.sys_errno, ENOSPC);
    assert_int_equal(mb_status_from_errno(ENOENT), MB_E_NOT_FOUND);
    assert_int_equal(mb_status_from_errno(EACCES), MB_E_FORBIDDEN);
    assert_int_equal(mb_status_from_errno(123456), MB_E_INTERNAL);
}

static void test_context_goes_in_front_and_keeps_the_rest(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    mb_fail_errno(&error, ECONNRESET, "read");
    uint32_t flags = error.flags |= MB_ERR_AMBIGUOUS;
    assert_int_equal(mb_error_context(&error, "put %s", "k"), MB_E_UNAVAILABLE);
    assert_string_equal(error.message, "put k: read: Connection reset by peer");
    assert_int_equal(error.flags, flags);
    mb_error_clear(&error);
    error.status = MB_E_INTERNAL;
    assert_int_equal(mb_error_context(&error, "put %s", "k"), MB_E_INTERNAL);
    assert_string_equal(error.message, "put k");
}

/* "ä" is two bytes: one of the two lengths would cut it. */
static void test_long_texts_are_cut_between_characters(void **state)
{
    (void)state;
    char text[3000] = "";
    for (int i = 0; i < 700; i++)
        strcat(text, "\xc3\xa4");
    for (int lead = 0; lead < 2; lead++) {
        struct mb_error error = MB_ERROR_INIT;
        mb_fail(&error, MB_E_INVALID, "%s%s", lead == 0 ? "" : "x", text);
        size_t len = strlen(error.message);
        assert_true(len >= sizeof(error.message) - 2);
        assert_int_equal((len - (size_t)lead) % 2, 0);
        for (int i = 0; i < 4; i++)
            mb_error_context(&error, "%s", text);
        assert_true(strlen(error.message) < sizeof(error.message));
    }
}

static void test_a_hint_stays_with_its_error(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    assert_int_equal(mb_fail_hint(&error, MB_E_EXISTS, MB_HINT_RESUME, "b", "%s is incomplete", "b"),
                     MB_E_EXISTS);
    mb_error_context(&error, "create");
    assert_int_equal(mb_error_hint(&error, MB_HINT_DELETE, "c"), MB_E_EXISTS);
    assert_int_equal(error.hint, MB_HINT_RESUME);
    assert_string_equal(error.subject, "b");
    assert_string_equal(error.message, "create: b is incomplete");
    mb_fail_hint(&error, MB_E_EXISTS, MB_HINT_NO_JOBS, NULL, "later: %s", error.message);
    assert_string_equal(error.message, "later: create: b is incomplete");
    assert_string_equal(error.subject, "");
    mb_fail(&error, MB_E_EXISTS, "another");
    assert_int_equal(error.hint, MB_HINT_NONE);
}

static void test_a_long_subject_is_cut_between_characters(void **state)
{
    (void)state;
    char text[1200] = "x";
    struct mb_error error = MB_ERROR_INIT;
    for (int i = 0; i < 500; i++)
        strcat(text, "\xc3\xa4");
    mb_error_hint(&error, MB_HINT_DELETE, text);
    assert_int_equal(strlen(error.subject) % 2, 1);
    assert_true(strlen(error.subject) >= sizeof(error.subject) - 2);
}

static void test_what_may_be_tried_again(void **state)
{
    (void)state;
    assert_true(mb_status_retryable(MB_E_THROTTLED));
    assert_true(mb_status_retryable(MB_E_UNAVAILABLE));
    assert_true(mb_status_retryable(MB_E_TIMEOUT));
    assert_true(mb_status_retryable(MB_E_CORRUPT));
    assert_false(mb_status_retryable(MB_E_NOT_FOUND));
    assert_false(mb_status_retryable(MB_E_FORBIDDEN));
    assert_false(mb_status_retryable(MB_E_UNAUTHENTICATED));
    assert_false(mb_status_retryable(MB_E_CANCELLED));
    assert_false(mb_status_retryable(MB_E_CALLBACK));
    assert_false(mb_status_retryable(MB_OK));
    for (mb_status s = MB_E_CALLBACK; s <= MB_END; s++)
        assert_string_not_equal(mb_status_name(s), "unknown status");
    assert_string_equal(mb_status_name(-1000), "unknown status");
}

static void test_context_and_advice(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    assert_int_equal(mb_fail(&error, MB_E_THROTTLED, "slow %d", 1), MB_E_THROTTLED);
    assert_int_equal(error.flags, MB_ERR_RETRYABLE);
    assert_int_equal(mb_error_context(&error, "list %s", "b/p"), MB_E_THROTTLED);
    assert_int_equal(mb_error_advise(&error, "set %s", "x"), MB_E_THROTTLED);
    assert_string_equal(error.message, "list b/p: slow 1; set x");
    mb_fail(&error, MB_E_FORBIDDEN, "no");
    assert_int_equal(error.flags, 0);
    assert_string_equal(error.message, "no");
}

static void test_long_messages_are_cut(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    char text[3000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    mb_fail(&error, MB_E_INTERNAL, "%s", text);
    assert_int_equal(strlen(error.message), sizeof(error.message) - 1);
    mb_error_advise(&error, "more");
    mb_error_context(&error, "%s", text);
    assert_int_equal(strlen(error.message), sizeof(error.message) - 1);
    mb_fail(&error, MB_E_INTERNAL, "end");
    mb_error_context(&error, "get");
    assert_string_equal(error.message, "get: end");
}

/* What a driver of today does to the error of a host that ended its struct before the hint. */
static void test_members_that_the_owner_does_not_know_stay_untouched(void **state)
{
    (void)state;
    struct mb_error error = {
        .struct_size = (uint32_t)offsetof(struct mb_error, hint), .hint = 77, .subject = "theirs"};
    mb_fail(&error, MB_E_FORBIDDEN, "no");
    assert_int_equal(error.hint, 77);
    assert_string_equal(error.subject, "theirs");
    mb_error_clear(&error);
    struct mb_error whole = MB_ERROR_INIT;
    mb_error_copy(&whole, &error);
    assert_int_equal(whole.hint, 0);
    assert_string_equal(whole.subject, "");
    assert_int_equal(whole.struct_size, sizeof(whole));
    mb_error_copy(&error, &whole);
    assert_int_equal(error.hint, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fail_replaces_everything),
        cmocka_unit_test(test_fail_may_quote_the_error_it_replaces),
        cmocka_unit_test(test_errno),
        cmocka_unit_test(test_context_goes_in_front_and_keeps_the_rest),
        cmocka_unit_test(test_long_texts_are_cut_between_characters),
        cmocka_unit_test(test_a_hint_stays_with_its_error),
        cmocka_unit_test(test_a_long_subject_is_cut_between_characters),
        cmocka_unit_test(test_what_may_be_tried_again),
        cmocka_unit_test(test_context_and_advice),
        cmocka_unit_test(test_members_that_the_owner_does_not_know_stay_untouched),
        cmocka_unit_test(test_long_messages_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
