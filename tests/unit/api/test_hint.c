#include "api/hint.h"
#include "base/hint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static const char *words(struct mb_arena *arena, enum mb_hint hint, const char *subject)
{
    struct mb_error error = MB_ERROR_INIT;
    mb_fail_hint(&error, MB_E_EXISTS, hint, subject, "it failed");
    return mb_api_hint(&error, arena);
}

static void advice_speaks_of_the_api(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    (void)state;
    assert_string_equal(words(arena, MB_HINT_NONE, ""), "it failed");
    assert_string_equal(words(arena, MB_HINT_INPUT, "database_collections"), "db_collections: it failed");
    assert_string_equal(words(arena, MB_HINT_ALSO, "drop_exist_collection"),
                        "it failed; add dropExistCollection");
    assert_string_equal(words(arena, MB_HINT_EXCLUSIVE, "collections"),
                        "it failed; leave out collection_names, or what it excludes");
    assert_string_equal(words(arena, MB_HINT_RESUME, "b%s1"),
                        "it failed; go on with it by \"resume\": true, or remove it by DELETE "
                        "/api/v1/delete?backup_name=b%s1");
    mb_arena_free(arena);
}

static const char *warning(struct mb_arena *arena, uint32_t hint, const char *subject)
{
    const struct mb_task_warning warning = {.text = "has no effect", .hint = hint, .subject = subject};
    return mb_api_warning(&warning, arena);
}

static void warnings_name_members_of_the_api(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    (void)state;
    assert_string_equal(warning(arena, MB_HINT_NONE, "x"), "has no effect");
    assert_string_equal(warning(arena, MB_HINT_INPUT, "skip_index_params"),
                        "skipParams.indexParams has no effect");
    assert_string_equal(warning(arena, MB_HINT_IGNORED, "database_collections"),
                        "collections are chosen in more than one way: db_collections ignored");
    mb_arena_free(arena);
}

/* One request may have another word for a member than all others. */
static void a_member_is_renamed_where_the_error_is_about_it(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    struct mb_error error = MB_ERROR_INIT;
    (void)state;
    mb_fail_hint(&error, MB_E_INVALID, MB_HINT_INPUT, "filter", "it failed");
    assert_int_equal(mb_api_name_member(&error, "root_path", "elsewhere"), MB_E_INVALID);
    assert_string_equal(mb_api_hint(&error, arena), "filter: it failed");
    assert_int_equal(mb_api_name_member(&error, "filter", "restorePlan.filter"), MB_E_INVALID);
    assert_string_equal(mb_api_message(&error, arena), "restorePlan.filter: it failed");
    mb_arena_free(arena);
}

/* What only a command line or a file of configuration can follow is not said to clients. */
static void no_advice_is_a_flag(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    (void)state;
    for (int hint = MB_HINT_NONE; hint < MB_HINT_COUNT; hint++)
        assert_null(strstr(words(arena, (enum mb_hint)hint, "x"), "--"));
    mb_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(advice_speaks_of_the_api),
        cmocka_unit_test(warnings_name_members_of_the_api),
        cmocka_unit_test(a_member_is_renamed_where_the_error_is_about_it),
        cmocka_unit_test(no_advice_is_a_flag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
