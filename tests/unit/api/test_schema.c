#include "api/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

struct named {
    const char *name;
    struct mb_strings colls;
};

struct body {
    const char *text, *any;
    bool flag;
    int32_t small;
    int64_t large;
    uint64_t positive;
    struct mb_strings list;
    struct mb_api_list pairs, named, items;
    struct named *one;
};

static const struct mb_api_field named_fields[] = {
    MB_API_FIELD(STRINGS, "colls", struct named, colls, NULL),
};
static const struct mb_api_schema named_schema = {MB_API_SCHEMA("Named", struct named, named_fields)};

static const struct mb_api_field fields[] = {
    MB_API_FIELD(STRING, "text", struct body, text, NULL),
    MB_API_FIELD(JSON, "any", struct body, any, NULL),
    MB_API_FIELD(BOOL, "flag", struct body, flag, NULL),
    MB_API_FIELD(INT32, "small", struct body, small, NULL),
    MB_API_FIELD(INT64, "large", struct body, large, NULL),
    MB_API_FIELD_ALWAYS(UINT64, "positive", struct body, positive, NULL),
    MB_API_FIELD(STRINGS, "list", struct body, list, NULL),
    MB_API_FIELD(MAP, "pairs", struct body, pairs, NULL),
    MB_API_FIELD_OF(NAMED, "named", struct body, named, &named_schema, NULL),
    MB_API_FIELD_OF(ARRAY, "items", struct body, items, &named_schema, NULL),
    MB_API_FIELD_OF(OBJECT, "one", struct body, one, &named_schema, NULL),
};
static const struct mb_api_schema schema = {MB_API_SCHEMA("Body", struct body, fields)};

struct fixture {
    struct mb_arena *arena;
    struct mb_error error;
    struct body body;
};

static int set_up(void **state)
{
    struct fixture *f = test_calloc(1, sizeof *f);
    f->arena = mb_arena_new();
    f->error = MB_ERROR_INIT;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    mb_arena_free(f->arena);
    test_free(f);
    return 0;
}

static mb_status take(struct fixture *f, const char *text)
{
    return mb_api_read(&schema, text, strlen(text), f->arena, &f->body, &f->error);
}

static void each_type_is_read(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(take(f,
                          "{\"text\":\"x\",\"any\":{\"a\": [1]},\"flag\":true,\"small\":-5,"
                          "\"large\":9007199254740993,\"positive\":18446744073709551615,"
                          "\"list\":[\"a\",null],\"pairs\":{\"k\":\"v\",\"n\":null},"
                          "\"named\":{\"db\":{\"colls\":[\"*\"]},\"no\":null},\"items\":[{},{}],\"one\":{}}"),
                     MB_OK);
    assert_string_equal(f->body.text, "x");
    assert_string_equal(f->body.any, "{\"a\": [1]}");
    assert_true(f->body.flag);
    assert_int_equal(f->body.small, -5);
    assert_true(f->body.large == INT64_C(9007199254740993));
    assert_true(f->body.positive == UINT64_MAX);
    assert_int_equal(f->body.list.count, 2);
    assert_string_equal(f->body.list.items[1], "");
    const struct mb_kv *pairs = f->body.pairs.items;
    assert_int_equal(f->body.pairs.count, 2);
    assert_string_equal(pairs[0].value, "v");
    assert_string_equal(pairs[1].value, "");
    const struct named *named = f->body.named.items;
    assert_int_equal(f->body.named.count, 2);
    assert_string_equal(named[0].name, "db");
    assert_string_equal(named[0].colls.items[0], "*");
    assert_string_equal(named[1].name, "no");
    assert_int_equal(f->body.items.count, 2);
    assert_non_null(f->body.one);
}

static void what_is_absent_or_null_is_nothing(void **state)
{
    struct fixture *f = *state;
    static const char *const texts[] = {"null", "{}",
                                        "{\"text\":null,\"any\":null,\"flag\":null,\"small\":null,\"list\":"
                                        "null,\"pairs\":null,\"named\":null,"
                                        "\"items\":null,\"one\":null,\"unknown\":{\"deep\":[1,2]}}"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(take(f, texts[i]), MB_OK);
        assert_string_equal(f->body.text, "");
        assert_string_equal(f->body.any, "");
        assert_false(f->body.flag);
        assert_null(f->body.named.items);
        assert_null(f->body.one);
    }
    assert_int_equal(take(f, "{\"named\":{}}"), MB_OK);
    assert_non_null(f->body.named.items);
}

static void a_wrong_type_is_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const texts[] = {"{\"text\":1}",
                                        "{\"flag\":\"true\"}",
                                        "{\"flag\":1}",
                                        "{\"small\":60.0}",
                                        "{\"small\":6e1}",
                                        "{\"small\":\"1\"}",
                                        "{\"small\":2147483648}",
                                        "{\"large\":true}",
                                        "{\"positive\":-1}",
                                        "{\"list\":\"a\"}",
                                        "{\"list\":[1]}",
                                        "{\"pairs\":[]}",
                                        "{\"pairs\":{\"a\":1}}",
                                        "{\"named\":\"x\"}",
                                        "{\"named\":{\"a\":[]}}",
                                        "{\"items\":{}}",
                                        "{\"items\":[1]}",
                                        "{\"one\":\"x\"}",
                                        "[]",
                                        "\"x\"",
                                        "5"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (take(f, texts[i]) != MB_E_INVALID)
            fail_msg("taken: %s", texts[i]);
}

static void the_last_of_several_keys_counts_whatever_its_case(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(take(f, "{\"text\":\"a\",\"TEXT\":\"b\"}"), MB_OK);
    assert_string_equal(f->body.text, "b");
    assert_int_equal(take(f, "{\"Text\":\"a\",\"text\":\"b\",\"text\":\"c\"}"), MB_OK);
    assert_string_equal(f->body.text, "c");
    assert_int_equal(take(f, "{\"te_xt\":\"a\"}"), MB_OK);
    assert_string_equal(f->body.text, "");
}

static void what_was_read_is_written(void **state)
{
    struct fixture *f = *state;
    static const char text[] = "{\"text\":\"<x>\",\"any\":[1],\"flag\":true,\"large\":9007199254740993,"
                               "\"positive\":0,\"list\":[\"a\"],\"pairs\":{\"k\":\"v\"},"
                               "\"named\":{\"db\":{\"colls\":[\"*\"]}},\"items\":[{}],\"one\":{}}";
    static const char written[] =
        "{\"text\":\"\\u003cx\\u003e\",\"any\":[1],\"flag\":true,"
        "\"large\":9007199254740993,\"positive\":0,\"list\":[\"a\"],"
        "\"pairs\":{\"k\":\"v\"},\"named\":{\"db\":{\"colls\":[\"*\"]}},\"items\":[{}],"
        "\"one\":{}}";
    struct mb_buf buf = MB_BUF_INIT(4096);
    const struct mb_sink sink = mb_buf_sink(&buf);
    struct mb_json_writer writer;
    assert_int_equal(take(f, text), MB_OK);
    mb_json_init(&writer, &sink);
    mb_json_begin_object(&writer, NULL);
    mb_api_write(&writer, &schema, &f->body);
    mb_json_end_object(&writer);
    assert_int_equal(mb_json_finish(&writer, &f->error), MB_OK);
    mb_json_done(&writer);
    assert_string_equal(mb_buf_text(&buf), written);
    mb_buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_type_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_absent_or_null_is_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wrong_type_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_last_of_several_keys_counts_whatever_its_case, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_read_is_written, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
