#include "api/rename.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static mb_status rename_one(struct mb_arena *arena, const char *from, const char *to,
                            struct mb_restore_request *out)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_kv pair = {.key = from, .value = to};
    const struct mb_api_list list = {.items = &pair, .count = 1};
    *out = (struct mb_restore_request){.struct_size = sizeof *out, .name = "b"};
    mb_status status = mb_api_renames(&list, arena, out, &error);
    return status == MB_OK ? mb_restore_check(out, &error) : status;
}

static void both_sides_are_of_one_kind(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    struct mb_restore_request out;
    (void)state;
    assert_int_equal(rename_one(arena, "db1.*", "db2.*", &out), MB_OK);
    assert_string_equal(out.rename[0], "db1.*:db2.*");
    assert_int_equal(rename_one(arena, "db1.c1", "db2.c2", &out), MB_OK);
    assert_string_equal(out.rename[0], "db1.c1:db2.c2");
    assert_int_equal(rename_one(arena, "c1", "c2", &out), MB_OK);
    assert_string_equal(out.rename[0], "c1:c2");
    assert_int_equal(rename_one(arena, "db1.", "db2.", &out), MB_OK);
    assert_string_equal(out.rename[0], "db1.:db2.");
    mb_arena_free(arena);
}

static void any_other_rule_is_refused(void **state)
{
    static const char *const rules[][2] = {{"a", "b.c"},  {"a.b", "c"}, {"a.*", "b.c"},   {"a", ""},
                                           {"", "a"},     {"a", "b-c"}, {"a.b", "c.d.e"}, {"*", "*"},
                                           {"a.", "b"},   {"a:b", "c"}, {"a", "b:c"},     {"a,b", "c"},
                                           {"a", "b,c:d"}};
    struct mb_arena *arena = mb_arena_new();
    struct mb_restore_request out;
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        assert_int_equal(rename_one(arena, rules[i][0], rules[i][1], &out), MB_E_CONFIG);
    mb_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_are_of_one_kind),
        cmocka_unit_test(any_other_rule_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
