#include "test.h"

#include "common/times.h"

static void iso(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ns;
    } good[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2024-02-29T12:30:00.000Z", INT64_C(1709209800000000000)},
        {"2024-02-29T12:30:00.123456789Z", INT64_C(1709209800123456789)},
        {"2024-02-29T12:30:00.1234567891234Z", INT64_C(1709209800123456789)},
        {"2024-02-29T14:30:00+02:00", INT64_C(1709209800000000000)},
        {"2024-02-29T07:00:00.5-0530", INT64_C(1709209800500000000)},
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        int64_t ns = -1;
        assert_true(mb_time_parse_iso(good[i].text, &ns));
        assert_int_equal(ns, good[i].ns);
    }
    static const char *const bad[] = {"",
                                      "2024",
                                      "2024-02-29",
                                      "2024-02-29T12:30:00",
                                      "2024-13-29T12:30:00Z",
                                      "2024-02-29T24:30:00Z",
                                      "2024-02-29T12:30:00.Z",
                                      "2024-02-29T12:30:00Zx",
                                      "2024-02-29T12:30:00+1",
                                      "2024-02-29T12:30:00+99:00",
                                      "9999-02-29T12:30:00Z",
                                      "0001-01-01T00:00:00Z",
                                      "aaaa-bb-ccTdd:ee:ffZ",
                                      "2024-02-29 12:30:00Z"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int64_t ns = -7;
        assert_false(mb_time_parse_iso(bad[i], &ns));
        assert_int_equal(ns, -7);
    }
}

static void http(void **state)
{
    (void)state;
    int64_t ns = 0;
    char text[48];
    assert_true(mb_time_parse_http("Thu, 29 Feb 2024 12:30:00 GMT", &ns));
    assert_int_equal(ns, INT64_C(1709209800000000000));
    assert_false(mb_time_parse_http("yesterday", &ns));
    mb_time_format_http(1709209800, text);
    assert_string_equal(text, "Thu, 29 Feb 2024 12:30:00 GMT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(iso), cmocka_unit_test(http)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
