#include "restore/replace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_names_beside_a_target(void **state)
{
    (void)state;
    struct mb_arena *arena = mb_arena_new();
    assert_string_equal(mb_replace_new_name("c", arena), "c_mb_restoring_20eb33c7");
    assert_string_equal(mb_replace_old_name("c", arena), "c_mb_replaced_20eb33c7");
    mb_arena_free(arena);
}

static void test_long_targets_have_names_of_their_own(void **state)
{
    (void)state;
    struct mb_arena *arena = mb_arena_new();
    char one[MB_MAX_COLLECTION_NAME + 1], two[MB_MAX_COLLECTION_NAME + 1];
    memset(one, 'a', sizeof one);
    memset(two, 'a', sizeof two);
    one[sizeof one - 1] = two[sizeof two - 1] = '\0';
    two[sizeof two - 2] = 'b';
    assert_int_equal(strlen(mb_replace_new_name(one, arena)), MB_MAX_COLLECTION_NAME);
    assert_int_equal(strlen(mb_replace_old_name(one, arena)), MB_MAX_COLLECTION_NAME);
    assert_string_not_equal(mb_replace_new_name(one, arena), mb_replace_new_name(two, arena));
    assert_string_not_equal(mb_replace_new_name(one, arena), mb_replace_old_name(one, arena));
    mb_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_beside_a_target),
        cmocka_unit_test(test_long_targets_have_names_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
