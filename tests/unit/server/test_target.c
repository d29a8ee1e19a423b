#include "test.h"

#include "server/target.h"

struct bed {
    struct mb_arena *arena;
    struct mb_target target;
    struct mb_error error;
};

static mb_status parse(struct bed *bed, const char *raw)
{
    bed->error = MB_TEST_ERROR;
    bed->target = (struct mb_target){0};
    return mb_target_parse(bed->arena, raw, &bed->target, &bed->error);
}

static int set_up(void **state)
{
    static struct bed bed;
    bed.arena = mb_arena_new();
    *state = &bed;
    return 0;
}

static int tear_down(void **state)
{
    mb_arena_free(((struct bed *)*state)->arena);
    return 0;
}

static void a_path_is_decoded(void **state)
{
    static const char *const pairs[][2] = {
        {"/api/v1/list", "/api/v1/list"},
        {"/api%2Fv1/list", "/api/v1/list"},
        {"/a%20b+c", "/a b+c"},
        {"/a//b/", "/a//b/"},
        {"/..%2f", "/../"},
        {"http://host:8080/a?b", "/a"},
        {"https://host/", "/"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        assert_int_equal(parse(*state, pairs[i][0]), MB_OK);
        assert_string_equal(((struct bed *)*state)->target.path, pairs[i][1]);
    }
}

static void what_is_no_path_is_refused(void **state)
{
    static const char *const raw[] = {"",     "list",      "*",    "/a%zz",       "/%",
                                      "/a%0", "/hello%00", "/a b", "http://host", "ftp://host/a"};
    for (size_t i = 0; i < sizeof raw / sizeof *raw; i++)
        assert_int_equal(parse(*state, raw[i]), MB_E_INVALID);
}

static void a_query_keeps_what_can_be_read(void **state)
{
    struct bed *bed = *state;
    static const struct mb_kv expected[] = {{"a", "1"}, {"a", "2"}, {"A", "x y"},      {"b", "c=d"},
                                            {"e", ""},  {"f", ""},  {"\xc3\xa9", "+"}, {"", "v"}};
    assert_int_equal(parse(bed, "/x?a=1&a=2&&bad=%zz&A=x+y&k;=1&b=c=d&e&f=&%C3%A9=%2B&=v&%=1&n=%00"), MB_OK);
    assert_string_equal(bed->target.raw_query,
                        "a=1&a=2&&bad=%zz&A=x+y&k;=1&b=c=d&e&f=&%C3%A9=%2B&=v&%=1&n=%00");
    assert_int_equal(bed->target.query_count, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < bed->target.query_count; i++) {
        assert_string_equal(bed->target.query[i].key, expected[i].key);
        assert_string_equal(bed->target.query[i].value, expected[i].value);
    }
}

static void no_query_is_none(void **state)
{
    struct bed *bed = *state;
    assert_int_equal(parse(bed, "/x?"), MB_OK);
    assert_string_equal(bed->target.raw_query, "");
    assert_int_equal(bed->target.query_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_path_is_decoded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_path_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_query_keeps_what_can_be_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_query_is_none, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
