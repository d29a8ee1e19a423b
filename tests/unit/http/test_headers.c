#include "test.h"

#include "http/headers.h"

static void set_get_remove(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    struct mb_headers headers = {0};
    assert_null(mb_headers_get(&headers, "a"));
    for (int i = 0; i < 40; i++) {
        char name[16];
        snprintf(name, sizeof(name), "X-%d", i);
        mb_headers_printf(&headers, name, "%d", i);
    }
    mb_headers_set(&headers, "x-7", "seven");
    assert_int_equal(headers.count, 40);
    assert_string_equal(mb_headers_get(&headers, "X-7"), "seven");
    mb_headers_remove(&headers, "x-0");
    assert_null(mb_headers_get(&headers, "X-0"));
    assert_string_equal(mb_headers_get(&headers, "x-39"), "39");
    assert_int_equal(mb_headers_status(&headers, &error), MB_OK);
    mb_headers_done(&headers);
}

static void control_characters_stick(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    struct mb_headers headers = {0};
    mb_headers_set(&headers, "A", "1\n2");
    mb_headers_set(&headers, "B", "3");
    assert_int_equal(headers.count, 0);
    assert_int_equal(mb_headers_status(&headers, &error), MB_E_INVALID);
    mb_headers_clear(&headers);
    mb_headers_set(&headers, "B", "a\tb");
    assert_int_equal(mb_headers_status(&headers, &error), MB_OK);
    mb_headers_done(&headers);
}

static void lines_of_a_response(void **state)
{
    (void)state;
    struct mb_headers headers = {0};
    static const char *const lines[] = {
        "ETag:  \"abc\" \r\n", "Empty:\r\n", "no colon\r\n", ": nameless\r\n", "\r\n", "", "Last: x"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        mb_headers_parse_line(&headers, lines[i], strlen(lines[i]));
    assert_int_equal(headers.count, 3);
    assert_string_equal(mb_headers_get(&headers, "etag"), "\"abc\"");
    assert_string_equal(mb_headers_get(&headers, "empty"), "");
    assert_string_equal(mb_headers_get(&headers, "last"), "x");
    mb_headers_done(&headers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_get_remove),
        cmocka_unit_test(control_characters_stick),
        cmocka_unit_test(lines_of_a_response),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
