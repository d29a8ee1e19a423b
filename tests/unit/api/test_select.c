#include "api/select.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

struct body {
    struct mb_api_list filter;
    const char *databases;
    struct mb_strings names;
};

static const struct mb_api_field fields[] = {
    MB_API_FIELD_OF(NAMED, "filter", struct body, filter, &mb_api_filter_schema, NULL),
    MB_API_FIELD(JSON, "db", struct body, databases, NULL),
    MB_API_FIELD(STRINGS, "names", struct body, names, NULL),
};
static const struct mb_api_schema schema = {MB_API_SCHEMA("Body", struct body, fields)};

/* What a body selects. */
static mb_status choose(struct mb_arena *arena, const char *text, struct mb_api_selected *out)
{
    struct mb_error error = MB_ERROR_INIT;
    struct body body;
    assert_int_equal(mb_api_read(&schema, text, strlen(text), arena, &body, &error), MB_OK);
    const struct mb_api_choice choice = {
        .filter = &body.filter, .db_collections = body.databases, .names = &body.names};
    return mb_api_select(&choice, arena, out, &error);
}

static void the_first_that_is_given_counts(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    struct mb_api_selected out;
    (void)state;
    assert_int_equal(
        choose(arena, "{\"filter\":{\"a\":{\"colls\":[\"c\"]}},\"db\":{\"b\":[]},\"names\":[\"n\"]}", &out),
        MB_OK);
    assert_string_equal(out.filter, "a.c");
    assert_string_equal(out.database_collections, "{\"b\":[]}");
    assert_int_equal(out.collection_count, 1);
    assert_int_equal(choose(arena, "{\"db\":{\"b\":[]},\"names\":[\"n\"]}", &out), MB_OK);
    assert_string_equal(out.database_collections, "{\"b\":[]}");
    assert_true(out.filter == NULL && out.collection_count == 1);
    assert_int_equal(choose(arena, "{\"names\":[\"n\",\".d\",\"e.f\"]}", &out), MB_OK);
    assert_int_equal(out.collection_count, 3);
    assert_string_equal(out.collections[1], "d");
    assert_int_equal(choose(arena, "{}", &out), MB_OK);
    assert_true(out.filter == NULL && out.database_collections == NULL && out.collection_count == 0);
    mb_arena_free(arena);
}

static void what_names_nothing_selects_nothing(void **state)
{
    static const char *const texts[] = {"{\"filter\":{}}", "{\"db\":{}}", "{\"db\":\"{}\"}",
                                        "{\"db\":\" { } \"}"};
    struct mb_arena *arena = mb_arena_new();
    struct mb_api_selected out;
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(choose(arena, texts[i], &out), MB_OK);
        assert_string_equal(out.filter, MB_API_NOTHING);
    }
    mb_arena_free(arena);
}

static void what_is_no_selection_does_not_count(void **state)
{
    static const char *const texts[] = {"{\"db\":[\"a\"]}", "{\"db\":5}",    "{\"db\":true}",
                                        "{\"db\":\"\"}",    "{\"db\":null}", "{\"names\":[]}",
                                        "{\"filter\":null}"};
    struct mb_arena *arena = mb_arena_new();
    struct mb_api_selected out;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(choose(arena, texts[i], &out), MB_OK);
        assert_true(out.filter == NULL && out.database_collections == NULL && out.collection_count == 0);
    }
    mb_arena_free(arena);
}

static void what_can_be_no_name_is_refused(void **state)
{
    static const char *const texts[] = {"{\"names\":[\"\"]}", "{\"names\":[null]}", "{\"names\":[\" \"]}",
                                        "{\"names\":[\"a,b\"]}",
                                        "{\"filter\":{\"a\":{\"colls\":[\"*\",\"b\"]}}}"};
    struct mb_arena *arena = mb_arena_new();
    struct mb_api_selected out;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(choose(arena, texts[i], &out), MB_E_CONFIG);
    mb_arena_free(arena);
}

static void a_filter_is_said_in_a_line(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    struct mb_error error = MB_ERROR_INIT;
    struct mb_api_selected out;
    const char *text = NULL;
    (void)state;
    assert_int_equal(
        choose(arena, "{\"filter\":{\"a\":{\"colls\":[\"*\"]},\"b\":{},\"\":{\"colls\":[\"c\",\"d\"]}}}",
               &out),
        MB_OK);
    assert_string_equal(out.filter, "a.*,b.,default.c,default.d");
    assert_int_equal(mb_api_filter_of_json("{\"a\":[],\"b\":[\"c\"],\"d\":null}", arena, &text, &error),
                     MB_OK);
    assert_string_equal(text, "a.*,b.c,d.*");
    assert_int_equal(mb_api_filter_of_json("{}", arena, &text, &error), MB_OK);
    assert_string_equal(text, MB_API_NOTHING);
    assert_int_equal(mb_api_filter_of_json("x", arena, &text, &error), MB_E_CONFIG);
    assert_int_equal(mb_api_filter_of_json("{\"a\":[1]}", arena, &text, &error), MB_E_CONFIG);
    assert_int_equal(mb_api_filter_of_json("{\"a\":\"b\"}", arena, &text, &error), MB_E_CONFIG);
    mb_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_that_is_given_counts),
        cmocka_unit_test(what_names_nothing_selects_nothing),
        cmocka_unit_test(what_is_no_selection_does_not_count),
        cmocka_unit_test(what_can_be_no_name_is_refused),
        cmocka_unit_test(a_filter_is_said_in_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
