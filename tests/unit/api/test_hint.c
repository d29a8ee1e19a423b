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
    assert_string_equal(words(arena, MB_HINT_RESUME, "b%s1"),
                        "it failed; go on with it by \"resume\": true, or remove it by DELETE "
                        "/api/v1/delete?backup_name=b%s1");
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
        cmocka_unit_test(no_advice_is_a_flag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
