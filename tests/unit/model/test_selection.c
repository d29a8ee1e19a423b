#include "base/hint.h"
#include "model/selection.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
    struct mb_arena *arena;
    struct mb_selection selection;
    struct mb_error error;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    memset(&fixture, 0, sizeof(fixture));
    fixture.arena = mb_arena_new();
    fixture.error.struct_size = sizeof(fixture.error);
    *state = &fixture;
    return fixture.arena == NULL;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    mb_arena_free(f->arena);
    return 0;
}

static void empty_selects_everything(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mb_selection_add_filter(&f->selection, f->arena, "", &f->error), MB_OK);
    assert_true(mb_selection_has(&f->selection, "any", "thing"));
    assert_true(mb_selection_has_database(&f->selection, "any"));
}

static void filter_kinds(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        mb_selection_add_filter(&f->selection, f->arena, "c1,db1.c2,db2.*,db3.,db1.c3", &f->error), MB_OK);
    assert_true(mb_selection_has(&f->selection, "default", "c1"));
    assert_false(mb_selection_has(&f->selection, "default", "c2"));
    assert_true(mb_selection_has(&f->selection, "db1", "c2"));
    assert_true(mb_selection_has(&f->selection, "db1", "c3"));
    assert_false(mb_selection_has(&f->selection, "db1", "c1"));
    assert_true(mb_selection_has(&f->selection, "db2", "whatever"));
    assert_false(mb_selection_has(&f->selection, "db3", "c1"));
    assert_true(mb_selection_has_database(&f->selection, "db3"));
    assert_false(mb_selection_has_database(&f->selection, "db4"));
}

static void filter_order_does_not_matter(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mb_selection_add_filter(&f->selection, f->arena, "db.*,db.c,db.", &f->error), MB_OK);
    assert_true(mb_selection_has(&f->selection, "db", "other"));
}

static void filter_refuses(void **state)
{
    static const char *const bad[] = {",",   "a,",   "a.b.c", ".c",       "*",     "*.*",
                                      "a b", "a.b*", "a-b",   "\xc3\xa4", "a.,,b", "."};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_int_equal(mb_selection_add_filter(&f->selection, f->arena, bad[i], &f->error), MB_E_CONFIG);
        assert_non_null(strstr(f->error.message, "invalid filter rule: "));
        assert_string_equal(f->error.subject, "filter");
    }
}

static void names(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mb_selection_add_names(&f->selection, f->arena, "a, db.b", &f->error), MB_OK);
    assert_true(mb_selection_has(&f->selection, "default", "a"));
    assert_true(mb_selection_has(&f->selection, "db", "b"));
    assert_false(mb_selection_has(&f->selection, "default", "b"));
    assert_int_equal(mb_selection_add_names(&f->selection, f->arena, "x.y.z", &f->error), MB_E_CONFIG);
    assert_non_null(strstr(f->error.message, "\"x.y.z\" is not"));
    assert_int_equal(f->error.hint, MB_HINT_INPUT);
    assert_string_equal(f->error.subject, "collections");
    assert_int_equal(mb_selection_add_names(&f->selection, f->arena, "a,,b", &f->error), MB_E_CONFIG);
}

/* A request may name as many as fit into its body; copies of a list that grows would fill the memory. */
static void very_many_names(void **state)
{
    struct fixture *f = *state;
    enum { MANY = 300000, EACH = 3 };
    char *names = malloc(MANY * EACH + 1);
    for (size_t i = 0; i < MANY; i++)
        memcpy(names + i * EACH, i + 1 < MANY ? "aa," : "zz", EACH);
    assert_int_equal(mb_selection_add_names(&f->selection, f->arena, names, &f->error), MB_OK);
    free(names);
    assert_int_equal(f->selection.count, MANY);
    assert_string_equal(f->selection.items[MANY - 2].collection, "aa");
    assert_string_equal(f->selection.items[MANY - 1].collection, "zz");
}

static void databases(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mb_selection_add_databases(&f->selection, f->arena, "one,two", &f->error), MB_OK);
    assert_true(mb_selection_has(&f->selection, "two", "c"));
    assert_false(mb_selection_has(&f->selection, "three", "c"));
    assert_int_equal(mb_selection_add_databases(&f->selection, f->arena, "one.c", &f->error), MB_E_CONFIG);
    assert_string_equal(f->error.subject, "databases");
}

static void json(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        mb_selection_add_json(&f->selection, f->arena, "{\"a\":[\"x\",\"y\"],\"b\":[],\"\":null}", &f->error),
        MB_OK);
    assert_true(mb_selection_has(&f->selection, "a", "y"));
    assert_false(mb_selection_has(&f->selection, "a", "z"));
    assert_true(mb_selection_has(&f->selection, "b", "z"));
    assert_true(mb_selection_has(&f->selection, "default", "z"));
}

static void json_refuses(void **state)
{
    static const char *const bad[] = {"[",
                                      "[]",
                                      "3",
                                      "{\"a\":3}",
                                      "{\"a\":[3]}",
                                      "{\"a\":[\"\"]}",
                                      "{\"a\":{}}",
                                      "{\"a\":[],\"a\":[]}",
                                      "{\"a\":[]} x",
                                      "{}"};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_int_equal(mb_selection_add_json(&f->selection, f->arena, bad[i], &f->error), MB_E_CONFIG);
        assert_int_equal(f->error.hint, MB_HINT_INPUT);
        assert_string_equal(f->error.subject, "database_collections");
    }
}

static void an_item_as_the_filter_takes_it(void **state)
{
    struct fixture *f = *state;
    static const char *const texts[] = {"default.c", "db.c", "db.*", "db."};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(mb_selection_add_filter(&f->selection, f->arena, texts[i], &f->error), MB_OK);
        assert_string_equal(mb_selection_item_text(&f->selection.items[i], f->arena), texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_item_as_the_filter_takes_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(empty_selects_everything, set_up, tear_down),
        cmocka_unit_test_setup_teardown(filter_kinds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(filter_order_does_not_matter, set_up, tear_down),
        cmocka_unit_test_setup_teardown(filter_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(very_many_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(databases, set_up, tear_down),
        cmocka_unit_test_setup_teardown(json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(json_refuses, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
