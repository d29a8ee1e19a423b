#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_empty_is_a_string(void **state)
{
    (void)state;
    struct mb_buf buf;
    mb_buf_init(&buf, 10);
    assert_string_equal(buf.data, "");
    mb_buf_reset(&buf);
    char *text = mb_buf_steal(&buf);
    assert_string_equal(text, "");
    free(text);
    mb_buf_done(&buf);
    mb_buf_done(&buf);
}

static void test_grows_and_stays_terminated(void **state)
{
    (void)state;
    struct mb_buf buf;
    mb_buf_init(&buf, SIZE_MAX);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(mb_buf_printf(&buf, "%d,", i), MB_OK);
    assert_int_equal(buf.len, strlen(buf.data));
    assert_int_equal(buf.len, 10 * 2 + 90 * 3 + 900 * 4);
    assert_int_equal(mb_buf_append(&buf, "a\0b", 3), MB_OK);
    assert_int_equal(buf.data[buf.len - 1], 'b');
    assert_int_equal(buf.data[buf.len], '\0');
    mb_buf_done(&buf);
}

static void test_ceiling_is_exact_and_its_error_sticks(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_buf buf;
    mb_buf_init(&buf, 100);
    for (int i = 0; i < 100; i++)
        assert_int_equal(mb_buf_putc(&buf, 'x'), MB_OK);
    assert_int_equal(mb_buf_status(&buf, &error), MB_OK);
    assert_int_equal(mb_buf_putc(&buf, 'x'), MB_E_INVALID);
    assert_int_equal(mb_buf_puts(&buf, ""), MB_E_INVALID);
    assert_int_equal(mb_buf_printf(&buf, "%s", ""), MB_E_INVALID);
    assert_int_equal(buf.len, 100);
    assert_int_equal(mb_buf_status(&buf, &error), MB_E_INVALID);
    assert_string_equal(error.message, "text is longer than 100 bytes");
    assert_null(mb_buf_steal(&buf));
    mb_buf_reset(&buf);
    assert_int_equal(mb_buf_puts(&buf, "again"), MB_OK);
    assert_string_equal(buf.data, "again");
    mb_buf_done(&buf);
}

static void test_steal_leaves_it_empty(void **state)
{
    (void)state;
    struct mb_buf buf;
    mb_buf_init(&buf, 100);
    mb_buf_puts(&buf, "mine");
    char *text = mb_buf_steal(&buf);
    assert_string_equal(text, "mine");
    assert_string_equal(buf.data, "");
    assert_int_equal(buf.len, 0);
    mb_buf_puts(&buf, "other");
    assert_string_equal(text, "mine");
    free(text);
    mb_buf_done(&buf);
}

static void test_all_zero_is_empty_and_takes_nothing(void **state)
{
    (void)state;
    struct mb_buf buf = {0};
    assert_string_equal(mb_buf_text(&buf), "");
    assert_int_equal(mb_buf_putc(&buf, 'x'), MB_E_INVALID);
    mb_buf_done(&buf);
    buf = MB_BUF_INIT(4);
    assert_string_equal(mb_buf_text(&buf), "");
    struct mb_sink sink = mb_buf_sink(&buf);
    assert_int_equal(sink.write(sink.ctx, "abcd", 4), MB_OK);
    assert_int_equal(sink.write(sink.ctx, "e", 1), MB_E_INVALID);
    struct mb_error error = MB_ERROR_INIT;
    assert_int_equal(mb_buf_check(&buf, "the key", &error), MB_E_INVALID);
    assert_string_equal(error.message, "the key is longer than 4 bytes");
    mb_buf_wipe(&buf);
    assert_string_equal(mb_buf_text(&buf), "");
    assert_int_equal(buf.cap, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_is_a_string),
        cmocka_unit_test(test_grows_and_stays_terminated),
        cmocka_unit_test(test_ceiling_is_exact_and_its_error_sticks),
        cmocka_unit_test(test_steal_leaves_it_empty),
        cmocka_unit_test(test_all_zero_is_empty_and_takes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
