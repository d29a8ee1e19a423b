#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_starts_and_ends(void **state)
{
    (void)state;
    assert_true(mb_text_starts_with("abc", ""));
    assert_true(mb_text_starts_with("abc", "abc"));
    assert_false(mb_text_starts_with("ab", "abc"));
    assert_true(mb_text_ends_with("abc", "bc"));
    assert_true(mb_text_ends_with("abc", ""));
    assert_false(mb_text_ends_with("bc", "abc"));
    assert_true(mb_text_equal_nocase("AbC", "aBc"));
    assert_false(mb_text_equal_nocase("abc", "abcd"));
    assert_false(mb_text_equal_nocase("abcd", "abc"));
    assert_false(mb_text_equal_nocase("@", "`"));
}

static void test_cuts_between_characters(void **state)
{
    (void)state;
    const char *text = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z";
    static const size_t whole[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11};
    for (size_t len = 0; len <= 11; len++)
        assert_int_equal(mb_text_whole(text, len), whole[len]);
    assert_int_equal(mb_text_whole("\x80\x80\x80\x80\x80", 5), 5);
}

static void test_plain(void **state)
{
    (void)state;
    static const char *const plain[] = {"", "a b", "\xc3\xa4\xf0\x9f\x98\x80~"};
    static const char *const odd[] = {"a\n",  "\t",   "\x7f",     "a\x1b[1m",
                                      "\xc3", "\xff", "\xc0\x80", "a\xed\xa0\x80"};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        assert_true(mb_text_is_plain(plain[i]));
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        assert_false(mb_text_is_plain(odd[i]));
}

static void test_name(void **state)
{
    (void)state;
    assert_true(mb_text_is_name("a_Z09", 5));
    assert_true(mb_text_is_name("ab-c", 2)); /* of more there is only looked at so much */
    assert_true(mb_text_is_name("9", 1));
    assert_false(mb_text_is_name("", 0));
    assert_false(mb_text_is_name("abc", 4));
    assert_false(mb_text_is_name("ab-c", 3));
    assert_false(mb_text_is_name("\xc3\xa4", 2));
}

static void test_nearest(void **state)
{
    (void)state;
    static const char *const keys[] = {"minio.address", "minio.port", "minio.accessKeyID",
                                       "auth.type",     "region",     "ip"};
    size_t n = sizeof(keys) / sizeof(keys[0]);
    assert_string_equal(mb_text_nearest("minio.adress", keys, n), "minio.address");
    assert_string_equal(mb_text_nearest("minio.prot", keys, n), "minio.port");
    assert_string_equal(mb_text_nearest("MINIO.accesskeyid", keys, n), "minio.accessKeyID");
    assert_string_equal(mb_text_nearest("regoin", keys, n), "region");
    assert_string_equal(mb_text_nearest("region", keys, n), "region");
    assert_null(mb_text_nearest("bandwidth", keys, n));
    assert_null(mb_text_nearest("", keys, n));
    assert_null(mb_text_nearest("x", keys, n));
    assert_null(mb_text_nearest("region", keys, 0));
    static char longest[100000];
    memset(longest, 'a', sizeof(longest) - 1);
    assert_null(mb_text_nearest(longest, keys, n));
    const char *const long_keys[] = {longest, "regions"};
    assert_string_equal(mb_text_nearest("region", long_keys, 2), "regions");
}

static void test_numbers_for_people(void **state)
{
    (void)state;
    char buf[32];
    assert_string_equal(mb_text_bytes(0, buf, sizeof(buf)), "0 B");
    assert_string_equal(mb_text_bytes(1023, buf, sizeof(buf)), "1023 B");
    assert_string_equal(mb_text_bytes(1024, buf, sizeof(buf)), "1.0 KiB");
    assert_string_equal(mb_text_bytes(1024 * 1024 - 1, buf, sizeof(buf)), "1.0 MiB");
    assert_string_equal(mb_text_bytes(UINT64_C(3) << 29, buf, sizeof(buf)), "1.5 GiB");
    assert_string_equal(mb_text_bytes(UINT64_MAX, buf, sizeof(buf)), "16.0 EiB");
    assert_string_equal(mb_text_duration(-5, buf, sizeof(buf)), "0 ms");
    assert_string_equal(mb_text_duration(1500000, buf, sizeof(buf)), "2 ms");
    assert_string_equal(mb_text_duration(INT64_C(999600000), buf, sizeof(buf)), "1.0 s");
    assert_string_equal(mb_text_duration(INT64_C(3240000000), buf, sizeof(buf)), "3.2 s");
    assert_string_equal(mb_text_duration(INT64_C(59960000000), buf, sizeof(buf)), "1 min 00 s");
    assert_string_equal(mb_text_duration(INT64_C(64000000000), buf, sizeof(buf)), "1 min 04 s");
    assert_string_equal(mb_text_duration(INT64_C(3840000000000), buf, sizeof(buf)), "1 h 04 min");
    assert_string_equal(mb_text_duration(INT64_MAX, buf, sizeof(buf)), "2562047 h 47 min");
    assert_string_equal(mb_text_bytes(UINT64_MAX, buf, 4), "16.");
}

static void test_fit(void **state)
{
    (void)state;
    char small[4];
    assert_true(mb_text_fit(small, sizeof(small), "abc"));
    assert_string_equal(small, "abc");
    assert_false(mb_text_fit(small, sizeof(small), "abcd"));
    assert_string_equal(small, "abc");
}

static void test_clean(void **state)
{
    (void)state;
    static const struct {
        const char *raw;
        const char *clean;
    } cases[] = {{"", ""},
                 {"a\r\n\tb", "a b"},
                 {"\x1b[31mred\n", "[31mred"},
                 {"caf\xc3\xa9", "caf\xc3\xa9"},
                 {"cut\xe2\x82", "cut??"},
                 {"\xff\xfe", "??"},
                 {"a\xed\xa0\x80z", "a???z"}, /* half of a UTF-16 pair */
                 {" \n ", ""}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[64];
        strcpy(text, cases[i].raw);
        mb_text_clean(text);
        assert_string_equal(text, cases[i].clean);
    }
}

static void test_int64(void **state)
{
    (void)state;
    int64_t v = 5;
    static const char *const bad[] = {
        "",    " 1", "1 ", "0x10", "1.0", "9223372036854775808", "-9223372036854775809", "one",
        "1e3", "-",  "+",  "--1",  "1\n"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(mb_text_to_int64(bad[i], &v));
    assert_false(mb_text_to_int64(NULL, &v));
    assert_int_equal(v, 5);
    assert_true(mb_text_to_int64("-9223372036854775808", &v));
    assert_true(v == INT64_MIN);
    assert_true(mb_text_to_int64("+010", &v));
    assert_int_equal(v, 10);
}

static void test_bool(void **state)
{
    (void)state;
    static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True"};
    static const char *const no[] = {"0", "f", "F", "false", "FALSE", "False"};
    bool v;
    for (size_t i = 0; i < 6; i++) {
        v = false;
        assert_true(mb_text_to_bool(yes[i], &v) && v);
        assert_true(mb_text_to_bool(no[i], &v) && !v);
    }
    static const char *const bad[] = {"", "yes", "no", "tRUE", "on", "2", " true", "truee"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(mb_text_to_bool(bad[i], &v));
    assert_false(mb_text_to_bool(NULL, &v));
}

static void test_keys(void **state)
{
    (void)state;
    struct mb_arena *arena = mb_arena_new();
    assert_string_equal(mb_key_clean(arena, "/a//b/"), "a/b");
    assert_string_equal(mb_key_clean(arena, ""), "");
    assert_string_equal(mb_key_clean(arena, "///"), "");
    assert_string_equal(mb_key_clean(arena, "a/./../b"), "a/./../b");
    assert_string_equal(mb_key_join(arena, "", "x"), "x");
    assert_string_equal(mb_key_join(arena, "files/", "/insert_log/1"), "files/insert_log/1");
    assert_string_equal(mb_key_join(arena, "a", ""), "a");
    assert_string_equal(mb_key_join(arena, "a", "b"), "a/b");
    mb_arena_free(arena);
}

static void test_mask(void **state)
{
    (void)state;
    char buf[32];
    assert_string_equal(mb_text_mask("", buf, sizeof(buf)), "");
    assert_string_equal(mb_text_mask("a", buf, sizeof(buf)), "****");
    assert_string_equal(mb_text_mask("abcd", buf, sizeof(buf)), "****");
    assert_string_equal(mb_text_mask("minioadmin", buf, sizeof(buf)), "mi****in");
    assert_string_equal(mb_text_mask("\xc3\xa4xyz\n", buf, sizeof(buf)), "******z*");
}

static void hides(const char *text, const char *secret, const char *expected)
{
    char buf[128];
    snprintf(buf, sizeof buf, "%s", text);
    size_t len = mb_text_hide(buf, strlen(buf), secret);
    assert_string_equal(buf, expected);
    assert_int_equal(len, strlen(expected));
}

static void test_hide(void **state)
{
    (void)state;
    hides("said abcdefgh twice: abcdefgh", "abcdefgh", "said **** twice: ****");
    hides("abcd", "abcd", "****");
    hides("abc", "abc", "abc");
    hides("", "abcdefgh", "");
    hides("cut 0123456789abcdef-and", "0123456789abcdef-and-more-of-it", "cut ****");
    hides("cut 0123456789abXY", "0123456789abcdef-and-more-of-it", "cut ****XY");
    hides("cut 0123456789a", "0123456789abcdef-and-more-of-it", "cut 0123456789a");
    hides("aaaaaaaa", "aaaa", "********");
    char bytes[] = "a\0secret-1\0secret";
    assert_int_equal(mb_text_hide(bytes, sizeof bytes - 1, "secret-1"), sizeof bytes - 1 - 4);
    assert_memory_equal(bytes, "a\0****\0secret", sizeof bytes - 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_starts_and_ends),
        cmocka_unit_test(test_cuts_between_characters),
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_name),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_numbers_for_people),
        cmocka_unit_test(test_fit),
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_int64),
        cmocka_unit_test(test_bool),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_mask),
        cmocka_unit_test(test_hide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
