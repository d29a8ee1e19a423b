#include "json/writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

struct fixture {
    struct mb_buf text;
    struct mb_sink sink;
    struct mb_json_writer writer;
    struct mb_error error;
};

static int set_up(void **state)
{
    struct fixture *f = test_calloc(1, sizeof(*f));
    mb_buf_init(&f->text, 1 << 22);
    f->sink = mb_buf_sink(&f->text);
    mb_json_init(&f->writer, &f->sink);
    f->error = MB_ERROR_INIT;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    mb_json_done(&f->writer);
    mb_buf_done(&f->text);
    test_free(f);
    return 0;
}

static void expect(struct fixture *f, const char *text)
{
    assert_int_equal(mb_json_finish(&f->writer, &f->error), MB_OK);
    assert_string_equal(f->text.data, text);
}

static void commas_stand_between_values(void **state)
{
    struct fixture *f = *state;
    mb_json_begin_object(&f->writer, NULL);
    mb_json_begin_array(&f->writer, "a");
    mb_json_int(&f->writer, NULL, 1);
    mb_json_begin_object(&f->writer, NULL);
    mb_json_end_object(&f->writer);
    mb_json_begin_array(&f->writer, NULL);
    mb_json_end_array(&f->writer);
    mb_json_end_array(&f->writer);
    mb_json_bool(&f->writer, "b", false);
    mb_json_raw(&f->writer, "c", "{\"x\":[]}");
    mb_json_members(&f->writer, "\"d\":1,\"e\":2");
    mb_json_string(&f->writer, "f", "");
    mb_json_end_object(&f->writer);
    expect(f, "{\"a\":[1,{},[]],\"b\":false,\"c\":{\"x\":[]},\"d\":1,\"e\":2,\"f\":\"\"}");
}

static void numbers_keep_all_their_digits(void **state)
{
    struct fixture *f = *state;
    mb_json_begin_array(&f->writer, NULL);
    mb_json_int(&f->writer, NULL, INT64_MIN);
    mb_json_int(&f->writer, NULL, INT64_MAX);
    mb_json_uint(&f->writer, NULL, UINT64_MAX);
    mb_json_end_array(&f->writer);
    expect(f, "[-9223372036854775808,9223372036854775807,18446744073709551615]");
}

static void strings_are_escaped_as_go_does(void **state)
{
    struct fixture *f = *state;
    mb_json_string(
        &f->writer, NULL,
        "<a href=\"x\">&\\/\b\f\n\r\t\x01\x1f\x7f \xc3\xa9 \xe2\x80\xa8\xe2\x80\xa9 \xf0\x9f\x98\x80");
    expect(f, "\"\\u003ca href=\\\"x\\\"\\u003e\\u0026\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f \xc3\xa9 "
              "\\u2028\\u2029 \xf0\x9f\x98\x80\"");
}

/* Every byte that is no part of UTF-8 becomes one replacement character. */
static void what_is_not_utf8_is_replaced(void **state)
{
    struct fixture *f = *state;
    static const char *const wrong[] = {"\xff",         "\x80",         "\xc0\x80",
                                        "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                        "\xc3",         "\xe2\x82",     "\xf0\x9f\x98"};
    static const size_t replaced[] = {1, 1, 2, 3, 3, 4, 1, 2, 3};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        mb_buf_reset(&f->text);
        f->writer.comma = false;
        mb_json_string(&f->writer, NULL, wrong[i]);
        assert_int_equal(mb_json_finish(&f->writer, &f->error), MB_OK);
        assert_int_equal(f->text.len, 2 + replaced[i] * strlen("\\ufffd"));
        for (size_t k = 0; k < replaced[i]; k++)
            assert_memory_equal(f->text.data + 1 + k * 6, "\\ufffd", 6);
    }
}

static void a_nul_in_a_string_is_kept(void **state)
{
    struct fixture *f = *state;
    mb_json_string_n(&f->writer, NULL, "a\0b", 3);
    expect(f, "\"a\\u0000b\"");
}

static void bytes_are_base64_with_padding(void **state)
{
    struct fixture *f = *state;
    unsigned char long_run[49];
    memset(long_run, 0xff, sizeof(long_run));
    mb_json_begin_array(&f->writer, NULL);
    mb_json_base64(&f->writer, NULL, "", 0);
    mb_json_base64(&f->writer, NULL, "f", 1);
    mb_json_base64(&f->writer, NULL, "fo", 2);
    mb_json_base64(&f->writer, NULL, "foo", 3);
    mb_json_base64(&f->writer, NULL, long_run, sizeof(long_run));
    mb_json_end_array(&f->writer);
    expect(f, "[\"\",\"Zg==\",\"Zm8=\",\"Zm9v\","
              "\"/////////////////////////////////////////////////////////////////w==\"]");
}

static void a_tree_is_written_in_its_order(void **state)
{
    struct fixture *f = *state;
    const char *text = "{\"z\":[1,true,null,\"x<y\"],\"a\":{\"b\":0.5}}";
    json_t *tree = json_loads(text, 0, NULL);
    mb_json_value(&f->writer, NULL, tree);
    json_decref(tree);
    expect(f, "{\"z\":[1,true,null,\"x\\u003cy\"],\"a\":{\"b\":0.5}}");
}

static mb_status refuse(void *ctx, const void *data, size_t len)
{
    (void)ctx;
    (void)data;
    (void)len;
    return MB_E_NO_SPACE;
}

static void the_failure_of_a_sink_is_told_at_the_end(void **state)
{
    struct fixture *f = *state;
    f->sink.write = refuse;
    mb_json_begin_array(&f->writer, NULL);
    for (int i = 0; i < 100000; i++)
        mb_json_int(&f->writer, NULL, i);
    mb_json_end_array(&f->writer);
    assert_int_equal(mb_json_finish(&f->writer, &f->error), MB_E_NO_SPACE);
}

static void memory_does_not_grow_with_the_document(void **state)
{
    struct fixture *f = *state;
    mb_json_begin_array(&f->writer, NULL);
    for (int i = 0; i < 100000; i++)
        mb_json_int(&f->writer, NULL, i);
    assert_true(f->writer.buf.cap < 256 * 1024);
    assert_true(f->text.len > 400000);
}

static void compact_json_is_laid_out(void **state)
{
    struct fixture *f = *state;
    struct mb_json_indenter indenter;
    static const char compact[] = "{\"a\":{},\"b\":[],\"c\":[1,{\"d\":\"x,y:{\\\"[\\\\\"}],\"e\":null}";
    mb_json_indenter_init(&indenter, 4, &f->sink);
    for (size_t i = 0; compact[i] != '\0'; i++)
        assert_int_equal(indenter.sink.write(indenter.sink.ctx, compact + i, 1), MB_OK);
    assert_string_equal(f->text.data,
                        "{\n    \"a\": {},\n    \"b\": [],\n    \"c\": [\n        1,\n        {\n"
                        "            \"d\": \"x,y:{\\\"[\\\\\"\n        }\n    ],\n"
                        "    \"e\": null\n}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(commas_stand_between_values),
        TEST(numbers_keep_all_their_digits),
        TEST(strings_are_escaped_as_go_does),
        TEST(what_is_not_utf8_is_replaced),
        TEST(a_nul_in_a_string_is_kept),
        TEST(bytes_are_base64_with_padding),
        TEST(a_tree_is_written_in_its_order),
        TEST(the_failure_of_a_sink_is_told_at_the_end),
        TEST(memory_does_not_grow_with_the_document),
        TEST(compact_json_is_laid_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
