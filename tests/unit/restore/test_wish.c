/* What is made otherwise than the backup has it. */
#include "restore/wish.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct mb_property pairs[] = {{"a", "1"}, {"b", "2"}, {"c", "3"}};

static const struct mb_properties all = {pairs, 3};

struct world {
    struct mb_arena *arena;
    struct mb_error error;
    struct mb_field fields[2], later[1], inner[1];
    struct mb_struct_field structs[1];
    struct mb_collection collection;
};

static int set_up(void **state)
{
    static struct world w;
    const struct mb_field field = {.name = "f", .type_params = all, .index_params = all};
    w = (struct world){.arena = mb_arena_new(),
                       .error = MB_ERROR_INIT,
                       .fields = {field, field},
                       .later = {field},
                       .inner = {field},
                       .structs = {{.name = "s", .fields = w.inner, .field_count = 1}},
                       .collection = {.shards_num = 3,
                                      .properties = all,
                                      .schema = {.description = "was",
                                                 .properties = all,
                                                 .fields = w.fields,
                                                 .field_count = 2,
                                                 .struct_fields = w.structs,
                                                 .struct_field_count = 1}}};
    *state = &w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    mb_arena_free(w->arena);
    return 0;
}

static struct mb_collection wish(struct world *w, const struct mb_restore_wishes *wishes,
                                 const struct mb_restore_target *target)
{
    struct mb_collection collection = w->collection;
    assert_int_equal(mb_wish_collection(wishes, target, w->arena, &collection, w->later, 1, &w->error),
                     MB_OK);
    return collection;
}

static void expect_keys(const struct mb_properties *list, const char *keys)
{
    char text[16] = "";
    for (size_t i = 0; i < list->count; i++)
        strcat(text, list->items[i].key);
    assert_string_equal(text, keys);
}

static void test_without_wishes_all_stays(void **state)
{
    struct world *w = *state;
    const struct mb_restore_wishes none = {0};
    const struct mb_restore_target target = {.name = "t"};
    struct mb_collection made = wish(w, &none, &target);

    assert_int_equal(made.shards_num, 3);
    assert_string_equal(made.schema.description, "was");
    expect_keys(&made.properties, "abc");
    expect_keys(&made.schema.fields[1].type_params, "abc");
}

static void test_shards_are_capped_unless_the_plan_says_how_many(void **state)
{
    struct world *w = *state;
    const struct mb_restore_target plain = {.name = "t"}, planned = {.name = "t", .shards = 8};

    assert_int_equal(wish(w, &(struct mb_restore_wishes){.max_shards = 2}, &plain).shards_num, 2);
    assert_int_equal(wish(w, &(struct mb_restore_wishes){.max_shards = 4}, &plain).shards_num, 3);
    assert_int_equal(wish(w, &(struct mb_restore_wishes){.max_shards = 2}, &planned).shards_num, 8);
}

static void test_a_description_may_be_emptied(void **state)
{
    struct world *w = *state;
    const struct mb_restore_target target = {.name = "t", .description = ""};
    assert_string_equal(wish(w, &(struct mb_restore_wishes){0}, &target).schema.description, "");
}

static void test_each_list_of_keys_is_about_its_own_place(void **state)
{
    struct world *w = *state;
    const char *a[] = {"a", "a"}, *b[] = {"b", "zz"}, *c[] = {"c"};
    const struct mb_restore_wishes wishes = {.skips = {.collection_properties = {a, 2},
                                                       .field_type_params = {b, 2},
                                                       .field_index_params = {c, 1},
                                                       .index_params = {b, 1}}};
    const struct mb_restore_target target = {.name = "t"};
    struct mb_index index = {.params = all};
    struct mb_collection made = wish(w, &wishes, &target);

    expect_keys(&made.properties, "bc");
    expect_keys(&made.schema.properties, "bc");
    const struct mb_field *some[] = {&made.schema.fields[0], &made.schema.fields[1], &w->later[0],
                                     &made.schema.struct_fields[0].fields[0]};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        expect_keys(&some[i]->type_params, "ac");
        expect_keys(&some[i]->index_params, "ab");
    }
    expect_keys(&w->inner[0].type_params, "abc"); /* the backup's own */
    assert_int_equal(mb_wish_index(&wishes, w->arena, &index, &w->error), MB_OK);
    expect_keys(&index.params, "ac");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_without_wishes_all_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_shards_are_capped_unless_the_plan_says_how_many, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_description_may_be_emptied, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_each_list_of_keys_is_about_its_own_place, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
