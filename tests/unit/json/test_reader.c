#include "json_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

struct fixture {
    struct json_text text;
    struct mb_json_reader *reader;
    struct mb_error error;
};

static int set_up(void **state)
{
    struct fixture *f = test_calloc(1, sizeof(*f));
    f->error = MB_ERROR_INIT;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    mb_json_reader_free(f->reader);
    test_free(f);
    return 0;
}

static struct mb_json_reader *open_bytes(struct fixture *f, const char *data, size_t len, size_t step)
{
    mb_json_reader_free(f->reader);
    f->text = (struct json_text){.data = data, .len = len, .step = step};
    assert_int_equal(mb_json_reader_new(&f->reader, "x.json", json_text_read, &f->text, &f->error), MB_OK);
    return f->reader;
}

static struct mb_json_reader *open_text(struct fixture *f, const char *text)
{
    return open_bytes(f, text, strlen(text), 0);
}

static void a_document_is_walked_in_pieces(void **state)
{
    struct fixture *f = *state;
    static const char text[] =
        " { \"a\" : [ 1 , {\"b\" : \"x\\\"]\"} , [ ] ] ,\n\"skip\":[[{}]],\"n\":null,\"\\u00e9\":true }\n";
    for (size_t step = 1; step < 9; step++) {
        struct mb_json_reader *r = open_bytes(f, text, strlen(text), step);
        const char *key = NULL;
        json_t *value = NULL;
        assert_int_equal(mb_json_enter_object(r, &f->error), MB_OK);
        assert_int_equal(mb_json_next_member(r, &key, &f->error), MB_OK);
        assert_string_equal(key, "a");
        assert_int_equal(mb_json_enter_array(r, &f->error), MB_OK);
        assert_int_equal(mb_json_next_element(r, &f->error), MB_OK);
        assert_int_equal(mb_json_take(r, &value, &f->error), MB_OK);
        assert_int_equal(json_integer_value(value), 1);
        json_decref(value);
        assert_int_equal(mb_json_next_element(r, &f->error), MB_OK);
        assert_int_equal(mb_json_take(r, &value, &f->error), MB_OK);
        assert_string_equal(json_string_value(json_object_get(value, "b")), "x\"]");
        json_decref(value);
        assert_int_equal(mb_json_next_element(r, &f->error), MB_OK);
        assert_int_equal(mb_json_enter_array(r, &f->error), MB_OK);
        assert_int_equal(mb_json_next_element(r, &f->error), MB_END);
        assert_int_equal(mb_json_next_element(r, &f->error), MB_END);
        assert_int_equal(mb_json_next_member(r, &key, &f->error), MB_OK);
        assert_int_equal(mb_json_skip(r, &f->error), MB_OK);
        assert_int_equal(mb_json_next_member(r, &key, &f->error), MB_OK);
        assert_int_equal(mb_json_enter_array(r, &f->error), MB_OK);
        assert_int_equal(mb_json_next_element(r, &f->error), MB_END);
        assert_int_equal(mb_json_next_member(r, &key, &f->error), MB_OK);
        assert_string_equal(key, "\xc3\xa9");
        assert_int_equal(mb_json_take(r, &value, &f->error), MB_OK);
        json_decref(value);
        assert_int_equal(mb_json_next_member(r, &key, &f->error), MB_END);
        assert_int_equal(mb_json_reader_finish(r, &f->error), MB_OK);
    }
}

static void large_integers_keep_their_digits(void **state)
{
    struct fixture *f = *state;
    json_t *value = NULL;
    open_text(f, "[9223372036854775807,9223372036854775808,18446744073709551615,-9223372036854775808,"
                 "-9223372036854775809,\"99999999999999999999\",1e3]");
    assert_int_equal(mb_json_take(f->reader, &value, &f->error), MB_OK);
    assert_int_equal(json_integer_value(json_array_get(value, 0)), INT64_MAX);
    assert_string_equal(json_string_value(json_array_get(value, 1)), "9223372036854775808");
    assert_string_equal(json_string_value(json_array_get(value, 2)), "18446744073709551615");
    assert_int_equal(json_integer_value(json_array_get(value, 3)), INT64_MIN);
    assert_string_equal(json_string_value(json_array_get(value, 4)), "-9223372036854775809");
    assert_string_equal(json_string_value(json_array_get(value, 5)), "99999999999999999999");
    assert_true(json_is_real(json_array_get(value, 6)));
    json_decref(value);
}

static void values_that_are_no_json_are_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const wrong[] = {
        "",
        " ",
        "{",
        "[1",
        "[1 2]",
        "[1,]",
        "[,1]",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "{\"a\":1,}",
        "\"abc",
        "\"\\",
        "tru",
        "truefalse",
        "01",
        "+1",
        ".5",
        "[}",
        "{]",
        "]",
        "}",
        ",",
        ":",
        "[1\"a\"]",
        "\"\n\"",
        "\"\\x\"",
        "\"\\ud800\"",
        "\"\xff\"",
        "nul",
        "-",
        "1e",
        "[\"a\" \"b\"]",
        "{\"a\":1 \"b\":2}",
        "{\"a\" 1}",
        "{1:2}",
        "{\"a\\u0000b\":1}",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        json_t *value = NULL;
        open_bytes(f, wrong[i], strlen(wrong[i]), 1);
        if (mb_json_take(f->reader, &value, &f->error) != MB_E_CORRUPT)
            fail_msg("'%s' was taken", wrong[i]);
        assert_null(value);
        assert_memory_equal(f->error.message, "x.json: ", 8);
    }
}

static void a_nul_byte_is_refused(void **state)
{
    struct fixture *f = *state;
    json_t *value = NULL;
    static const char *const wrong[] = {"[1,\0]", "\0[1]", "[1\0]", "\"a\0\""};
    static const size_t lengths[] = {5, 4, 4, 4};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        open_bytes(f, wrong[i], lengths[i], 0);
        assert_int_equal(mb_json_take(f->reader, &value, &f->error), MB_E_CORRUPT);
    }
}

static void walking_refuses_what_taking_refuses(void **state)
{
    struct fixture *f = *state;
    static const char *const wrong[] = {"{\"a\":1 \"b\":2}", "{\"a\" 1}",       "{1:2}", "{\"a\":1,}", "{,}",
                                        "{\"a\":1",          "{\"a\\u0000\":1}"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct mb_json_reader *r = open_text(f, wrong[i]);
        const char *key;
        mb_status status = mb_json_enter_object(r, &f->error);
        while (status == MB_OK) {
            status = mb_json_next_member(r, &key, &f->error);
            if (status == MB_OK)
                status = mb_json_skip(r, &f->error);
        }
        if (status != MB_E_CORRUPT)
            fail_msg("'%s' was walked", wrong[i]);
    }
    open_text(f, "[]");
    assert_int_equal(mb_json_enter_object(f->reader, &f->error), MB_E_CORRUPT);
    open_text(f, "\"a\"");
    assert_int_equal(mb_json_enter_array(f->reader, &f->error), MB_E_CORRUPT);
}

static void nothing_may_follow(void **state)
{
    struct fixture *f = *state;
    open_text(f, "{} {}");
    assert_int_equal(mb_json_skip(f->reader, &f->error), MB_OK);
    assert_int_equal(mb_json_reader_finish(f->reader, &f->error), MB_E_CORRUPT);
    assert_string_equal(f->error.message, "x.json: byte 3: something follows the end of the document");
}

static void depth_is_limited(void **state)
{
    struct fixture *f = *state;
    enum { DEPTH = 1000000 };
    char *deep = malloc(DEPTH);
    json_t *value = NULL;
    memset(deep, '[', DEPTH);
    open_bytes(f, deep, DEPTH, 0);
    assert_int_equal(mb_json_skip(f->reader, &f->error), MB_E_CORRUPT);
    assert_string_equal(f->error.message, "x.json: byte 256: nested too deeply");
    open_bytes(f, deep, DEPTH, 0);
    assert_int_equal(mb_json_take(f->reader, &value, &f->error), MB_E_CORRUPT);
    free(deep);
}

/* A source that never ends. */
static mb_status endless(void *ctx, void *buf, size_t cap, size_t *nread, struct mb_error *error)
{
    uint64_t *total = ctx;
    (void)error;
    memset(buf, 'x', cap);
    if (*total == 0)
        *(char *)buf = '"';
    *total += cap;
    if (*total > (uint64_t)200 * 1024 * 1024)
        ((char *)buf)[cap - 1] = '"';
    *nread = cap;
    return MB_OK;
}

static void a_value_has_a_ceiling(void **state)
{
    struct fixture *f = *state;
    uint64_t total = 0;
    json_t *value = NULL;
    assert_int_equal(mb_json_reader_new(&f->reader, "x.json", endless, &total, &f->error), MB_OK);
    assert_int_equal(mb_json_take(f->reader, &value, &f->error), MB_E_CORRUPT);
    assert_non_null(strstr(f->error.message, "64 MiB"));
}

static mb_status broken(void *ctx, void *buf, size_t cap, size_t *nread, struct mb_error *error)
{
    (void)ctx;
    (void)buf;
    (void)cap;
    (void)nread;
    return mb_fail(error, MB_E_FORBIDDEN, "no");
}

static void the_failure_of_the_source_is_handed_on(void **state)
{
    struct fixture *f = *state;
    json_t *value = NULL;
    assert_int_equal(mb_json_reader_new(&f->reader, "x.json", broken, NULL, &f->error), MB_OK);
    assert_int_equal(mb_json_take(f->reader, &value, &f->error), MB_E_FORBIDDEN);
    assert_string_equal(f->error.message, "no");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_document_is_walked_in_pieces),
        TEST(large_integers_keep_their_digits),
        TEST(values_that_are_no_json_are_refused),
        TEST(a_nul_byte_is_refused),
        TEST(walking_refuses_what_taking_refuses),
        TEST(nothing_may_follow),
        TEST(depth_is_limited),
        TEST(a_value_has_a_ceiling),
        TEST(the_failure_of_the_source_is_handed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
