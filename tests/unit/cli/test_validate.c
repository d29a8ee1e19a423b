/* What is refused for its flags alone: nothing is open, and there is no context. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "cli/exit_code.h"
#include "cli/hint.h"
#include "cli/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WORDS = 16 };

static mb_status judge(const char *const *words, struct mb_error *error)
{
    struct mb_arena *arena = mb_arena_new();
    char *argv[MOST_WORDS] = {strdup("milvus-backup")};
    int argc = 1;
    struct mb_parsed parsed;

    *error = MB_ERROR_INIT;
    for (; *words != NULL; words++)
        argv[argc++] = strdup(*words);
    if (mb_parse(arena, argc, argv, &parsed, error) != MB_OK)
        fail_msg("not parsed: %s", error->message);
    assert_non_null(parsed.command->validate);
    mb_status status = parsed.command->validate(parsed.options, arena, error);
    const char *text = mb_hint_message(error, parsed.command, arena);
    if (text != error->message)
        snprintf(error->message, sizeof error->message, "%s", text);
    for (int i = 0; i < argc; i++)
        free(argv[i]);
    mb_arena_free(arena);
    return status;
}

#define WORDS(...)        \
    (const char *const[]) \
    {                     \
        __VA_ARGS__, NULL \
    }

static void test_refused(void **state)
{
    const struct {
        const char *const *words;
        const char *flag;
    } cases[] = {
        {WORDS("create", "-n", "1x"), "--name"},
        {WORDS("create", "-n", "a-b"), "--name"},
        {WORDS("create", "-n", ""), "--name"},
        {WORDS("create", "--filter", "a.b.c"), "--filter"},
        {WORDS("create", "-c", "a.b.c"), "--colls"},
        {WORDS("create", "-d", "a.b"), "--databases"},
        {WORDS("create", "-a", "[]"), "--database_collections"},
        {WORDS("create", "-c", "a", "-d", "b"), "--colls"},
        {WORDS("restore", "-n", "a/b"), "--name"},
        {WORDS("restore", "-n", "x", "-r", "a"), "--rename"},
        {WORDS("restore", "-n", "x", "-r", "a:b,c.*:d"), "--rename"},
        {WORDS("restore", "-n", "x", "--filter", "a.b.c"), "--filter"},
        {WORDS("restore", "-n", "x", "-c", "a.b.c"), "--collections"},
        {WORDS("restore", "-n", "x", "-d", "a.b"), "--databases"},
        {WORDS("restore", "-n", "x", "-a", "{"), "--database_collections"},
        {WORDS("restore", "-n", "x", "-c", "a", "-d", "b"), "--collections"},
        {WORDS("restore", "-n", "x", "-a", "{", "-d", "b"), "--database_collections"},
        {WORDS("get", "-n", "a/b"), "--name"},
        {WORDS("delete", "-n", ".."), "--name"},
        {WORDS("transfer", "-n", "a/b", "--to", "x"), "--name"},
        {WORDS("verify", "-n", "a/b"), "--name"},
        {WORDS("verify", "-n", "x", "--read-data=3"), "--read-data"},
        {WORDS("verify", "-n", "x", "--read-data=0/3"), "--read-data"},
        {WORDS("verify", "-n", "x", "--read-data=4/3"), "--read-data"},
        {WORDS("verify", "-n", "x", "--read-data=1/"), "--read-data"},
        {WORDS("verify", "-n", "x", "--read-data=1/3x"), "--read-data"},
        {WORDS("prune"), "--keep-last"},
        {WORDS("prune", "--keep-last", "0", "--yes"), "--keep-last"},
        {WORDS("prune", "--keep-daily", "x"), "--keep-daily"},
        {WORDS("prune", "--keep-weekly", "-1"), "--keep-weekly"},
        {WORDS("prune", "--keep-monthly", "1.5"), "--keep-monthly"},
        {WORDS("prune", "--keep-within", "7"), "--keep-within"},
        {WORDS("prune", "--keep-last", "1", "-n", ""), "--name"},
        {WORDS("prune", "--keep-last", "1", "--timezone", "Mars"), "--timezone"},
        {WORDS("transfer", "-n", "x"), "--to"},
        {WORDS("transfer", "-n", "x", "--to", "a", "--from", "b"), "--from"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mb_error error;
        mb_status status = judge(cases[i].words, &error);
        if (mb_exit_code(status, 0) != MB_EXIT_USAGE || strstr(error.message, cases[i].flag) == NULL)
            fail_msg("%s, case %zu: status %d, '%s'", cases[i].words[0], i, status, error.message);
    }
}

static void test_accepted(void **state)
{
    const char *const *const cases[] = {
        WORDS("create"),
        WORDS("create", "-n", "_a1", "-c", "a,b.c", "-f"),
        WORDS("create", "--meta_only"),
        WORDS("create", "-a", "{\"a\":[]}", "--strategy", "serial_flush"),
        WORDS("create", "--filter", "a.*,b.,c"),
        WORDS("create", "--filter", "a", "-a", "{\"a\":[]}", "-c", "b"),
        WORDS("create", "--strategy", "bulk_flush", "-f"),
        WORDS("restore", "-n", "x", "-a", "{\"a\":[]}", "-c", "b", "-d", "c"),
        WORDS("restore", "-n", "1 of others", "-r", "a:b,c.*:d.*", "-s", "_x", "-d", "a", "--filter", "b"),
        WORDS("get", "-n", "x"),
        WORDS("delete", "-n", "x"),
        WORDS("prune", "--keep-last", "7", "--keep_within", "36h", "--timezone", "Asia/Tokyo", "--yes"),
        WORDS("transfer", "-n", "x", "--from", "a"),
        WORDS("verify", "-n", "x"),
        WORDS("verify", "-n", "x", "--read-data"),
        WORDS("verify", "-n", "x", "--read-data=30/30"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mb_error error;
        if (judge(cases[i], &error) != MB_OK)
            fail_msg("%s, case %zu: '%s'", cases[i][0], i, error.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
