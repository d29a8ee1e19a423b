#include "test.h"

#include "http/date.h"

static void there_and_back(void **state)
{
    (void)state;
    int64_t ns = 0;
    char text[48];
    assert_true(mb_http_date_parse("Thu, 29 Feb 2024 12:30:00 GMT", &ns));
    assert_int_equal(ns, INT64_C(1709209800000000000));
    assert_false(mb_http_date_parse("yesterday", &ns));
    mb_http_date_format(1709209800, text);
    assert_string_equal(text, "Thu, 29 Feb 2024 12:30:00 GMT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(there_and_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
