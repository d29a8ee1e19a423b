#include "test.h"

#include "common/str.h"

static void appends_and_clears(void **state)
{
    (void)state;
    struct mb_str str = MB_STR_INIT(1000);
    assert_string_equal(mb_str_text(&str), "");
    mb_str_puts(&str, "ab");
    mb_str_printf(&str, "%d-%s", 42, "x");
    mb_str_putc(&str, '!');
    assert_string_equal(mb_str_text(&str), "ab42-x!");
    assert_int_equal(str.len, 7);
    for (int i = 0; i < 500; i++)
        mb_str_putc(&str, 'y');
    assert_int_equal(str.len, 507);
    mb_str_clear(&str);
    assert_string_equal(mb_str_text(&str), "");
    mb_str_done(&str);
}

static void the_ceiling_sticks(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    struct mb_str str = MB_STR_INIT(4);
    assert_int_equal(mb_str_puts(&str, "abcd"), MB_OK);
    assert_int_equal(mb_str_putc(&str, 'e'), MB_E_INVALID);
    assert_int_equal(mb_str_append(&str, "", 0), MB_E_INVALID);
    assert_string_equal(mb_str_text(&str), "abcd");
    assert_int_equal(mb_str_status(&str, "the key", &error), MB_E_INVALID);
    assert_contains(error.message, "the key is longer than 4 bytes");
    mb_str_clear(&str);
    assert_int_equal(mb_str_append(&str, "x", SIZE_MAX), MB_E_INVALID);
    mb_str_wipe(&str);
    assert_null(str.data);
}

static void fits(void **state)
{
    (void)state;
    char small[4];
    assert_true(mb_str_fit(small, sizeof(small), "abc"));
    assert_string_equal(small, "abc");
    assert_false(mb_str_fit(small, sizeof(small), "abcd"));
    assert_string_equal(small, "abc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_and_clears),
        cmocka_unit_test(the_ceiling_sticks),
        cmocka_unit_test(fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
