#include "base/version.h"
#include "milvus/version.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void expect(const char *tags, const char *text, unsigned major, unsigned minor, unsigned patch)
{
    struct mb_version v = mb_version_parse(tags, text);
    if (mb_version_compare(v, (struct mb_version){major, minor, patch}) != 0)
        fail_msg("'%s' and '%s' gave %u.%u.%u", tags ? tags : "NULL", text ? text : "NULL", v.major, v.minor,
                 v.patch);
}

static void test_what_servers_call_themselves(void **state)
{
    (void)state;
    expect("v2.4.15", NULL, 2, 4, 15);
    expect("2.6.5-rc1", NULL, 2, 6, 5);
    expect("2.3.22.6", NULL, 2, 3, 22);
    expect("v2.4.0.1-gpu-beta", NULL, 2, 4, 0);
    expect("2.6-20260101-abcdef", NULL, 2, 6, 9999);
    expect("v2.6", NULL, 2, 6, 9999);
    expect("Zilliz Cloud Vector Database(Compatible with Milvus 2.6)", NULL, 2, 6, 9999);
    expect(NULL, "Zilliz Cloud Vector Database(Compatible with Milvus v2.5.4)", 2, 5, 4);
    expect("Milvus Milvus 2.3.1", NULL, 2, 3, 1);
    expect("master-20240101-1234567", "unknown-2024", 99, 0, 0);
    expect(NULL, NULL, 99, 0, 0);
    expect("", "", 99, 0, 0);
}

static void test_an_exact_release_wins(void **state)
{
    (void)state;
    expect("2.6-2026", "v2.6.3", 2, 6, 3);
    expect("2.5.1", "v2.6.3", 2, 5, 1);
    expect("master-1", "2.6-2026", 2, 6, 9999);
    expect("2.4-20250101", "2.3.22.6", 2, 3, 22);
}

static void test_hostile_texts(void **state)
{
    (void)state;
    expect("99999999999999999999.1.2", NULL, 99, 0, 0);
    expect("2.99999999999999999999.2", NULL, 99, 0, 0);
    expect("2.3.99999999999999999999", NULL, 2, 3, 9999);
    expect("v", "vv2.3.4", 99, 0, 0);
    expect("-2.3.4", "..", 99, 0, 0);
    expect("2.", "2..3", 99, 0, 0);
    expect("milvus", "Milvus 2", 99, 0, 0);
    expect("\xff\xfe", " 2.3.4", 99, 0, 0);
    char longest[100000];
    memset(longest, 'm', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    expect(longest, longest, 99, 0, 0);
}

static void test_exact_only(void **state)
{
    (void)state;
    struct mb_version v = {7, 7, 7};
    static const char *const bad[] = {"",       "v",       "2.4",    "2.4.",     "2.4.5.6",    "2.4.5-",
                                      " 2.4.5", "2.4.5 ",  "x2.4.5", "2.4.5rc1", "2.4.5-a b",  "+2.4.5",
                                      "2.-4.5", "vv2.4.5", "2.4.x",  "master",   "2.4.5-\xc3", "2,4,5"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(mb_version_parse_exact(bad[i], &v));
    assert_false(mb_version_parse_exact(NULL, &v));
    assert_int_equal(v.major, 7);
    assert_true(mb_version_parse_exact("v2.6.5-rc1", &v));
    assert_int_equal(mb_version_compare(v, (struct mb_version){2, 6, 5}), 0);
}

static void test_order(void **state)
{
    (void)state;
    struct mb_version v = {2, 4, 3};
    assert_true(mb_version_compare(v, (struct mb_version){2, 4, 3}) >= 0);
    assert_true(mb_version_compare(v, (struct mb_version){2, 3, 99}) >= 0);
    assert_true(mb_version_compare(v, (struct mb_version){1, 9, 9}) >= 0);
    assert_true(mb_version_compare(v, (struct mb_version){2, 4, 4}) < 0);
    assert_true(mb_version_compare(v, (struct mb_version){2, 5, 0}) < 0);
    assert_true(mb_version_compare(v, (struct mb_version){3, 0, 0}) < 0);
    struct mb_version program;
    assert_true(mb_version_parse_exact(mb_program_version(), &program));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_servers_call_themselves),
        cmocka_unit_test(test_an_exact_release_wins),
        cmocka_unit_test(test_hostile_texts),
        cmocka_unit_test(test_exact_only),
        cmocka_unit_test(test_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
