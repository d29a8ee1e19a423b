/* Hints of the engine in the words of the command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/commands.h"
#include "cli/hint.h"

#include <ctype.h>
#include <string.h>

static const char *worded(struct mb_arena *arena, const char *command, enum mb_hint hint, const char *subject)
{
    struct mb_error error = MB_ERROR_INIT;
    mb_fail_hint(&error, MB_E_EXISTS, hint, subject, "it is so");
    /* A message without a hint is that of the error itself. */
    return mb_arena_strdup(arena,
                           mb_hint_message(&error, command != NULL ? mb_command_find(command) : NULL, arena));
}

static void test_words(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    (void)state;
    assert_string_equal(worded(arena, NULL, MB_HINT_NONE, NULL), "it is so");
    assert_string_equal(worded(arena, NULL, MB_HINT_RESUME, "b1"),
                        "it is so; continue it with --resume, or remove it with: milvus-backup delete -n b1");
    assert_string_equal(worded(arena, "restore", MB_HINT_RENAME_DATABASE, "100%s"),
                        "it is so; send it to \"default\" with --rename 100%s.*:default.*");
    assert_string_equal(worded(arena, "restore", MB_HINT_INPUT, "filter"), "--filter: it is so");
    assert_string_equal(worded(arena, "restore", MB_HINT_INPUT, "collections"), "--collections: it is so");
    assert_string_equal(worded(arena, "create", MB_HINT_INPUT, "collections"), "--colls: it is so");
    mb_arena_free(arena);
}

static void test_a_kind_of_later_is_passed_over(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    struct mb_error error = MB_ERROR_INIT;
    (void)state;
    mb_fail(&error, MB_E_EXISTS, "it is so");
    error.hint = MB_HINT_COUNT + 7;
    assert_string_equal(mb_hint_message(&error, NULL, arena), "it is so");
    assert_string_equal(mb_hint_name(error.hint), "none");
    mb_arena_free(arena);
}

static void test_how_to_go_on_stands_behind_another_hint(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    struct mb_error error = MB_ERROR_INIT;
    (void)state;
    assert_string_equal(mb_hint_go_on("it is so", &error, mb_command_find("create"), arena),
                        "it is so; continue it with --resume");
    assert_string_equal(mb_hint_go_on("it is so", &error, mb_command_find("transfer"), arena),
                        "it is so; start it again to go on with what is there");
    error.hint = MB_HINT_RESUME;
    assert_string_equal(mb_hint_go_on("it is so", &error, mb_command_find("create"), arena), "it is so");
    mb_arena_free(arena);
}

static bool has_flag(const struct mb_flag *flags, size_t count, const char *name, size_t len)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(flags[i].name) == len && memcmp(flags[i].name, name, len) == 0)
            return true;
    return false;
}

static bool is_flag(const char *name, size_t len)
{
    bool found = has_flag(mb_global_flags, mb_global_flag_count, name, len);
    for (size_t i = 0; i < mb_command_count; i++)
        found = found || has_flag(mb_commands[i]->flags, mb_commands[i]->flag_count, name, len);
    return found;
}

/* Every kind says something of its own, and every flag that is named there is one. */
static void test_each_kind(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    (void)state;
    for (uint32_t hint = MB_HINT_NONE + 1; hint < MB_HINT_COUNT; hint++) {
        const char *text = worded(arena, NULL, hint, "filter");
        assert_string_not_equal(text, "it is so");
        assert_string_not_equal(mb_hint_name(hint), "none");
        for (const char *flag = strstr(text, "--"); flag != NULL; flag = strstr(flag, "--")) {
            size_t len = 0;
            for (flag += 2; isalnum((unsigned char)flag[len]) || flag[len] == '_'; len++)
                ;
            if (!is_flag(flag, len))
                fail_msg("%s: no command has the flag --%.*s", text, (int)len, flag);
        }
    }
    mb_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_how_to_go_on_stands_behind_another_hint),
        cmocka_unit_test(test_a_kind_of_later_is_passed_over),
        cmocka_unit_test(test_each_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
