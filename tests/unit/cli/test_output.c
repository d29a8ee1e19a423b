/* Tables, exit codes, and what is made from the table of commands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/help.h"
#include "cli/output.h"

#include <stdlib.h>
#include <string.h>

struct sink {
    FILE *out;
    char *text;
    size_t len;
    struct mb_arena *arena;
    struct mb_error error;
};

static void open_sink(struct sink *s)
{
    *s = (struct sink){.arena = mb_arena_new(), .error = MB_ERROR_INIT};
    s->out = open_memstream(&s->text, &s->len);
    assert_non_null(s->out);
}

static const char *text(struct sink *s)
{
    fflush(s->out);
    return s->text;
}

static void close_sink(struct sink *s)
{
    fclose(s->out);
    free(s->text);
    mb_arena_free(s->arena);
}

static void test_table(void **state)
{
    static const char *const headings[] = {"NAME", "N", "LAST"};
    static const bool numbers[] = {false, true, false};
    struct mb_table table;
    struct sink s;

    (void)state;
    open_sink(&s);
    mb_table_init(&table, s.arena, headings, numbers, 3);
    mb_table_add(&table, (const char *[]){"a", "1", "x"});
    mb_table_add(&table, (const char *[]){"l\xc3\xa4nger", "1000", ""});
    assert_int_equal(mb_table_print(&table, s.out, &s.error), MB_OK);
    assert_string_equal(text(&s), "NAME       N  LAST\n"
                                  "----       -  ----\n"
                                  "a          1  x\n"
                                  "l\xc3\xa4nger  1000  \n");
    close_sink(&s);
}

static void test_json_of_what_is_not_utf8(void **state)
{
    json_t *value = mb_json_text("l\xc3\xa4nger \xff\xc3 \xe4");

    (void)state;
    assert_string_equal(json_string_value(value), "l\xc3\xa4nger ?? ?");
    json_decref(value);
}

static void test_large_table(void **state)
{
    static const char *const headings[] = {"H"};
    struct mb_table table;
    struct sink s;

    (void)state;
    open_sink(&s);
    mb_table_init(&table, s.arena, headings, NULL, 1);
    for (int i = 0; i < 1000; i++)
        mb_table_add(&table, (const char *[]){mb_arena_printf(s.arena, "%d", i)});
    assert_int_equal(mb_table_print(&table, s.out, &s.error), MB_OK);
    assert_non_null(strstr(text(&s), "\n0\n1\n2\n"));
    assert_non_null(strstr(text(&s), "\n998\n999\n"));
    close_sink(&s);
}

static void test_terminals_are_not_steered(void **state)
{
    struct sink s;

    (void)state;
    open_sink(&s);
    mb_print_clean(s.out, "a\x1b[2Jb\nc\xc2\x9b"
                          "d\xc3\xa9");
    assert_string_equal(text(&s), "a?[2Jb?c\xc2?d\xc3\xa9");
    close_sink(&s);
}

static void test_summary(void **state)
{
    static const struct mb_summary_line lines[] = {
        {"default.a", 1000, 2, 2048, 1500000000},
        {"default.b", 5, 1, 10, 250000000},
    };
    struct sink s;

    (void)state;
    open_sink(&s);
    assert_int_equal(mb_summary_print(s.arena, lines, 2, s.out, &s.error), MB_OK);
    assert_non_null(strstr(text(&s), "COLLECTION  ROWS  SEGMENTS     SIZE    TIME\n"));
    assert_non_null(strstr(text(&s), "default.a   1000         2  2.0 KiB   1.5 s\n"));
    assert_non_null(strstr(text(&s), "(all)       1005         3  2.0 KiB   1.5 s\n"));
    close_sink(&s);
    open_sink(&s);
    assert_int_equal(mb_summary_print(s.arena, lines, 1, s.out, &s.error), MB_OK);
    assert_null(strstr(text(&s), "(all)"));
    close_sink(&s);
}

static void test_exit_codes(void **state)
{
    static const struct {
        mb_status status;
        int code;
    } cases[] = {
        {MB_OK, 0},          {MB_E_INTERNAL, 1},    {MB_E_INVALID, 2},
        {MB_E_CONFIG, 2},    {MB_E_UNSUPPORTED, 1}, {MB_E_NOT_FOUND, 3},
        {MB_E_NO_BUCKET, 3}, {MB_E_EXISTS, 4},      {MB_E_UNAUTHENTICATED, 5},
        {MB_E_FORBIDDEN, 5}, {MB_E_THROTTLED, 6},   {MB_E_UNAVAILABLE, 6},
        {MB_E_TIMEOUT, 6},   {MB_E_CORRUPT, 7},     {MB_E_PROTOCOL, 1},
        {MB_E_NO_SPACE, 8},  {MB_E_NO_MEMORY, 1},   {MB_E_CALLBACK, 1},
        {-1000, 1},
    };
    const char *meaning;
    int code;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(mb_exit_code(cases[i].status, 0), cases[i].code);
        bool told = false;
        for (size_t k = 0; mb_exit_code_at(k, &code, &meaning); k++)
            told = told || code == cases[i].code;
        assert_true(told);
    }
    assert_int_equal(mb_exit_code(MB_E_CANCELLED, 2), 130);
    assert_int_equal(mb_exit_code(MB_E_CANCELLED, 15), 143);
    assert_int_equal(mb_exit_code(MB_E_CANCELLED, 0), 1);
    assert_int_equal(mb_exit_code(MB_OK, 2), 0); /* the signal came too late */
    assert_int_equal(mb_exit_code(MB_E_NOT_FOUND, 2), 3);
}

static void test_help_of_every_command(void **state)
{
    struct sink s;

    (void)state;
    open_sink(&s);
    mb_help_print(NULL, s.out);
    for (size_t i = 0; i < mb_command_count; i++)
        assert_int_equal(strstr(text(&s), mb_commands[i]->summary) != NULL, !mb_commands[i]->hidden);
    assert_non_null(strstr(text(&s), "130"));
    close_sink(&s);
    for (size_t i = 0; i < mb_command_count; i++) {
        open_sink(&s);
        mb_help_print(mb_commands[i], s.out);
        assert_non_null(strstr(text(&s), "Example:\n  milvus-backup "));
        for (size_t f = 0; f < mb_commands[i]->flag_count; f++) {
            const struct mb_flag *flag = &mb_commands[i]->flags[f];
            char name[64];
            snprintf(name, sizeof name, "--%s", flag->name);
            assert_int_equal(strstr(text(&s), name) != NULL, (flag->flags & MB_FLAG_HIDDEN) == 0);
        }
        for (const char *line = text(&s); *line != '\0';) {
            size_t len = strcspn(line, "\n");
            assert_true(len <= 100);
            line += len + 1;
        }
        close_sink(&s);
    }
}

static void test_man_page(void **state)
{
    struct sink s;

    (void)state;
    open_sink(&s);
    mb_help_man(s.out);
    assert_non_null(strstr(text(&s), ".SH EXIT STATUS\n"));
    assert_non_null(strstr(text(&s), "minio.backupSecretAccessKey"));
    assert_null(strstr(text(&s), "string, minioadmin, MINIO_SECRET_KEY"));
    for (const char *line = text(&s); *line != '\0';) { /* only known requests begin with a dot */
        size_t len = strcspn(line, "\n");
        if (*line == '.')
            assert_true(strchr("TSPE", line[1]) != NULL);
        line += len + 1;
    }
    close_sink(&s);
}

static void test_completion_is_bash(void **state)
{
    struct sink s;
    FILE *bash;

    (void)state;
    open_sink(&s);
    mb_help_bash(s.out);
    assert_non_null(strstr(text(&s), "'config show')"));
    bash = popen("bash -n", "w");
    assert_non_null(bash);
    fputs(text(&s), bash);
    assert_int_equal(pclose(bash), 0);
    bash = popen("bash", "w");
    assert_non_null(bash);
    fputs(text(&s), bash);
    fputs("try() { COMP_WORDS=(milvus-backup \"$@\"); COMP_CWORD=$#; COMPREPLY=(); _milvus_backup; }\n"
          "try co; [[ ${COMPREPLY[*]} == config ]] || exit 11\n"
          "try config ''; [[ ${COMPREPLY[*]} == 'show migrate' ]] || exit 12\n"
          "try config show --js; [[ ${COMPREPLY[*]} == --json ]] || exit 13\n"
          "try check --log-level d; [[ ${COMPREPLY[*]} == debug ]] || exit 14\n",
          bash);
    assert_int_equal(pclose(bash), 0);
    close_sink(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_large_table),
        cmocka_unit_test(test_json_of_what_is_not_utf8),
        cmocka_unit_test(test_terminals_are_not_steered),
        cmocka_unit_test(test_summary),
        cmocka_unit_test(test_exit_codes),
        cmocka_unit_test(test_help_of_every_command),
        cmocka_unit_test(test_man_page),
        cmocka_unit_test(test_completion_is_bash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
