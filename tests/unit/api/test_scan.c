#include "api/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static bool is_json(const char *text)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_scan value;
    return mb_scan_first(text, strlen(text), &value, &error) == MB_OK;
}

static void what_is_json_is_taken_and_nothing_else(void **state)
{
    static const char *const good[] = {"{}",          " [] ",
                                       "null",        "\"x\"",
                                       "-0.5e+10",    "0",
                                       "[1,2 , 3]",   "{\"a\":{\"b\":[{}]}}",
                                       "true",        "\"\\u00e9\\\\\\\"\"",
                                       "\"\\ud800\"", "\"\xff\xfe\"",
                                       "[[],{},\"\"]"};
    static const char *const bad[] = {"",          "{",
                                      "[1,]",      "{\"a\":1,}",
                                      "{\"a\" 1}", "{a:1}",
                                      "not json",  "\xef\xbb\xbf{}",
                                      "[01]",      "+1",
                                      ".5",        "1.",
                                      "1e",        "-",
                                      "\"\n\"",    "\"\\x\"",
                                      "\"\\u12\"", "{\"a\":1/*x*/}",
                                      "nul",       "tru",
                                      "[1 2]",     "{\"a\":}",
                                      "\"open",    "]"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!is_json(good[i]))
            fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (is_json(bad[i]))
            fail_msg("taken: %s", bad[i]);
}

static void only_the_first_value_counts(void **state)
{
    static const char text[] = " {\"a\":1} xyz";
    struct mb_error error = MB_ERROR_INIT;
    struct mb_scan value;
    (void)state;
    assert_int_equal(mb_scan_first(text, strlen(text), &value, &error), MB_OK);
    assert_int_equal(value.len, 7);
    assert_memory_equal(value.text, "{\"a\":1}", 7);
}

/* So many levels of arrays. */
static bool nests(size_t levels)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_scan value;
    char *text = malloc(2 * levels);
    assert_non_null(text);
    memset(text, '[', levels);
    memset(text + levels, ']', levels);
    bool good = mb_scan_first(text, 2 * levels, &value, &error) == MB_OK;
    free(text);
    return good;
}

static void nesting_has_an_end(void **state)
{
    (void)state;
    assert_true(nests(10000));
    assert_false(nests(10001));
}

static const char *text_of(struct mb_arena *arena, const char *json)
{
    return mb_scan_text((struct mb_scan){.text = json, .len = strlen(json)}, arena);
}

static void strings_become_text(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    (void)state;
    assert_string_equal(text_of(arena, "\"a\\n\\u00e9\\\"\\/\""), "a\n\xc3\xa9\"/");
    assert_string_equal(text_of(arena, "\"\\ud83d\\ude00\""), "\xf0\x9f\x98\x80");
    assert_string_equal(text_of(arena, "\"\\ud800x\""), "\xef\xbf\xbdx");
    assert_string_equal(text_of(arena, "\"\\ud800\\u0041\""), "\xef\xbf\xbd"
                                                              "A");
    assert_string_equal(text_of(arena, "\"\xff\""), "\xef\xbf\xbd");
    assert_string_equal(text_of(arena, "\"a\\u0000b\""), "a\xef\xbf\xbd"
                                                         "b");
    assert_string_equal(text_of(arena, "\"\""), "");
    mb_arena_free(arena);
}

static void members_come_in_order(void **state)
{
    static const char text[] = "{ \"a\" : [1,\"]\"] ,\"b\":\"}\\\"\", \"c\":-1.5 , \"d\":{}}";
    static const char *const keys[] = {"\"a\"", "\"b\"", "\"c\"", "\"d\""};
    static const char *const values[] = {"[1,\"]\"]", "\"}\\\"\"", "-1.5", "{}"};
    struct mb_scan key, value;
    struct mb_scan_walk walk = mb_scan_enter((struct mb_scan){.text = text, .len = strlen(text)});
    size_t n = 0;
    (void)state;
    for (; mb_scan_next(&walk, &key, &value); n++) {
        assert_int_equal(key.len, strlen(keys[n]));
        assert_memory_equal(key.text, keys[n], key.len);
        assert_int_equal(value.len, strlen(values[n]));
        assert_memory_equal(value.text, values[n], value.len);
    }
    assert_int_equal(n, 4);
}

static void integers_are_exact(void **state)
{
    int64_t number = 0;
    uint64_t large = 0;
    (void)state;
    assert_true(mb_scan_int64((struct mb_scan){"-9223372036854775808", 20}, &number));
    assert_true(number == INT64_MIN);
    assert_false(mb_scan_int64((struct mb_scan){"9223372036854775808", 19}, &number));
    assert_false(mb_scan_int64((struct mb_scan){"60.0", 4}, &number));
    assert_false(mb_scan_int64((struct mb_scan){"6e1", 3}, &number));
    assert_true(mb_scan_uint64((struct mb_scan){"18446744073709551615", 20}, &large));
    assert_true(large == UINT64_MAX);
    assert_false(mb_scan_uint64((struct mb_scan){"18446744073709551616", 20}, &large));
    assert_false(mb_scan_uint64((struct mb_scan){"-1", 2}, &large));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_json_is_taken_and_nothing_else),
        cmocka_unit_test(only_the_first_value_counts),
        cmocka_unit_test(nesting_has_an_end),
        cmocka_unit_test(strings_become_text),
        cmocka_unit_test(members_come_in_order),
        cmocka_unit_test(integers_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
