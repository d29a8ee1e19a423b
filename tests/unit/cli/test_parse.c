/* The command line: every way to write a flag, and what is said about those that are wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/commands.h"
#include "cli/parse.h"

#include <stdlib.h>
#include <string.h>

/* A command line in memory of its own, as the system hands it over. */
struct line {
    struct mb_arena *arena;
    char *argv[16];
    int argc;
    struct mb_parsed parsed;
    struct mb_error error;
};

static mb_status parse(struct line *line, const char *const *words)
{
    *line = (struct line){.arena = mb_arena_new(), .error = MB_ERROR_INIT};
    line->argv[line->argc++] = strdup("milvus-backup");
    for (; *words != NULL; words++)
        line->argv[line->argc++] = strdup(*words);
    return mb_parse(line->arena, line->argc, line->argv, &line->parsed, &line->error);
}

static void done(struct line *line)
{
    for (int i = 0; i < line->argc; i++)
        free(line->argv[i]);
    mb_arena_free(line->arena);
}

#define WORDS(...)        \
    (const char *const[]) \
    {                     \
        __VA_ARGS__, NULL \
    }

static void expect_refusal(const char *const *words, const char *says)
{
    struct line line;

    assert_int_equal(parse(&line, words), MB_E_INVALID);
    if (strstr(line.error.message, says) == NULL)
        fail_msg("'%s' instead of '%s'", line.error.message, says);
    done(&line);
}

static void test_ways_to_give_a_value(void **state)
{
    const char *const *const ways[] = {
        WORDS("version", "--config", "x.yaml"),
        WORDS("version", "--config=x.yaml"),
        WORDS("--config", "x.yaml", "version"),
        WORDS("--config=x.yaml", "version"),
        WORDS("version", "--config", "y", "--config", "x.yaml"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct line line;
        assert_int_equal(parse(&line, ways[i]), MB_OK);
        assert_ptr_equal(line.parsed.command, &mb_command_version);
        assert_string_equal(line.parsed.global.config, "x.yaml");
        done(&line);
    }
}

/* A value only behind '=': what comes next is a word of its own. */
static void test_a_value_that_may_be_left_out(void **state)
{
    (void)state;
    static const struct {
        const char *words[6];
        const char *read_data;
    } cases[] = {
        {{"verify", "-n", "x"}, NULL},
        {{"verify", "--read-data", "-n", "x"}, ""},
        {{"verify", "-n", "x", "--read_data=2/30"}, "2/30"},
        {{"verify", "-n", "x", "--read-data=1/2", "--read-data"}, ""},
    };
    const struct mb_flag *flag = &mb_command_find("verify")->flags[1];
    assert_string_equal(flag->name, "read-data");
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct line line;
        parse(&line, cases[i].words);
        assert_int_equal(line.error.status, MB_OK);
        const char *value = *(const char **)(void *)((char *)line.parsed.options + flag->offset);
        if (cases[i].read_data == NULL)
            assert_null(value);
        else
            assert_string_equal(value, cases[i].read_data);
        done(&line);
    }
    expect_refusal(WORDS("verify", "-n", "x", "--read-data", "2/30"), "takes no argument '2/30'");
}

static void test_truth_values(void **state)
{
    static const struct {
        const char *word;
        bool json;
    } cases[] = {{"--json", true},
                 {"--json=true", true},
                 {"--json=1", true},
                 {"--json=false", false},
                 {"--json=F", false}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct line line;
        assert_int_equal(parse(&line, WORDS("version", cases[i].word)), MB_OK);
        assert_int_equal(line.parsed.global.json, cases[i].json);
        done(&line);
    }
    expect_refusal(WORDS("version", "--json=maybe"), "--json is 'maybe', which is neither true nor false");
    expect_refusal(WORDS("version", "--json", "false"), "version takes no argument 'false'");
}

static void test_dash_and_underscore_are_the_same(void **state)
{
    struct line line;

    (void)state;
    assert_int_equal(parse(&line, WORDS("version", "--plugin_dir", "d", "--log_level=debug")), MB_OK);
    assert_string_equal(line.parsed.global.plugin_dir, "d");
    assert_string_equal(line.parsed.global.log_level, "debug");
    done(&line);
}

static void test_defaults(void **state)
{
    struct line line;

    (void)state;
    assert_int_equal(parse(&line, WORDS("version")), MB_OK);
    assert_string_equal(line.parsed.global.config, "backup.yaml");
    assert_null(line.parsed.global.plugin_dir);
    assert_int_equal(line.parsed.global.sets.count, 0);
    assert_false(line.parsed.global.quiet);
    done(&line);
    assert_int_equal(parse(&line, WORDS("version", "--log-level=")), MB_OK);
    assert_string_equal(line.parsed.global.log_level, "");
    done(&line);
    assert_int_equal(parse(&line, WORDS("version", "--config", "")), MB_OK);
    assert_string_equal(line.parsed.global.config, "");
    done(&line);
}

static void test_letters(void **state)
{
    struct line line;

    (void)state;
    assert_int_equal(parse(&line, WORDS("version", "-hv")), MB_OK);
    assert_true(line.parsed.global.help && line.parsed.global.version);
    done(&line);
    assert_int_equal(parse(&line, WORDS("-v=false", "version")), MB_OK);
    assert_false(line.parsed.global.version);
    done(&line);
    expect_refusal(WORDS("version", "-x"), "version has no flag -x");
    expect_refusal(WORDS("version", "-vx"), "version has no flag -x");
}

static void test_two_word_commands(void **state)
{
    struct line line;

    (void)state;
    assert_int_equal(parse(&line, WORDS("config", "show")), MB_OK);
    assert_ptr_equal(line.parsed.command, &mb_command_config_show);
    done(&line);
    assert_int_equal(parse(&line, WORDS("config", "--json", "show", "--quiet")), MB_OK);
    assert_ptr_equal(line.parsed.command, &mb_command_config_show);
    assert_true(line.parsed.global.json && line.parsed.global.quiet);
    done(&line);
    expect_refusal(WORDS("config"), "config needs a second word");
    expect_refusal(WORDS("config", "shwo"), "did you mean 'config show'?");
    expect_refusal(WORDS("config", "show", "x"), "config show takes no argument 'x'");
}

static void test_arguments(void **state)
{
    struct line line;

    (void)state;
    assert_int_equal(parse(&line, WORDS("drivers", "one")), MB_OK);
    assert_int_equal(line.parsed.arguments.count, 1);
    assert_string_equal(line.parsed.arguments.items[0], "one");
    done(&line);
    assert_int_equal(parse(&line, WORDS("drivers", "--", "--json")), MB_OK);
    assert_string_equal(line.parsed.arguments.items[0], "--json");
    assert_false(line.parsed.global.json);
    done(&line);
    assert_int_equal(parse(&line, WORDS("drivers", "-")), MB_OK);
    assert_string_equal(line.parsed.arguments.items[0], "-");
    done(&line);
    expect_refusal(WORDS("drivers", "a", "b"), "drivers takes no argument 'b'");
}

static void test_what_is_wrong_is_named(void **state)
{
    (void)state;
    expect_refusal(WORDS("drivres"), "there is no command 'drivres'; did you mean 'drivers'?");
    expect_refusal(WORDS("qqqqqq"), "there is no command 'qqqqqq'; `milvus-backup --help` lists them");
    expect_refusal(WORDS("check", "--qiet"), "check has no flag --qiet; did you mean --quiet?");
    expect_refusal(WORDS("check", "--zzzzzz=1"), "check has no flag --zzzzzz; `milvus-backup check --help`");
    expect_refusal(WORDS("--zzzzzz"), "milvus-backup has no flag --zzzzzz");
    expect_refusal(WORDS("check", "--config"), "--config needs a value: --config FILE");
    expect_refusal(WORDS("check", "--log-level", "loud"),
                   "--log-level is 'loud'; it takes one of error|warn");
    expect_refusal(WORDS("check", "--log-level=err"), "--log-level is 'err'; it takes one of");
    expect_refusal(WORDS(NULL), "no command");
    expect_refusal(WORDS(""), "there is no command ''");
}

static void test_help_and_version_need_no_command(void **state)
{
    struct line line;

    (void)state;
    assert_int_equal(parse(&line, WORDS("--help")), MB_OK);
    assert_null(line.parsed.command);
    done(&line);
    assert_int_equal(parse(&line, WORDS("-v")), MB_OK);
    assert_true(line.parsed.global.version);
    done(&line);
}

static void expect_csv(const char *text, const char *const *items)
{
    struct mb_arena *arena = mb_arena_new();
    struct mb_strings list = {0};
    struct mb_error error = MB_ERROR_INIT;
    size_t n = 0;

    assert_int_equal(mb_parse_csv(arena, text, &list, &error), MB_OK);
    for (; items[n] != NULL; n++) {
        assert_true(n < list.count);
        assert_string_equal(list.items[n], items[n]);
    }
    assert_int_equal(list.count, n);
    mb_arena_free(arena);
}

static void test_csv(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    struct mb_strings list = {0};
    struct mb_error error = MB_ERROR_INIT;

    (void)state;
    expect_csv("a=1", WORDS("a=1"));
    expect_csv("a=1,b=2", WORDS("a=1", "b=2"));
    expect_csv("\"a=1,2\",b=3", WORDS("a=1,2", "b=3"));
    expect_csv("b=3,\"a=\"\"x\"\"\"", WORDS("b=3", "a=\"x\""));
    expect_csv("a={\"k\":1}", WORDS("a={\"k\":1}"));
    expect_csv(",", WORDS("", ""));
    expect_csv("", WORDS(""));
    expect_csv("\"\"", WORDS(""));
    assert_int_equal(mb_parse_csv(arena, "\"a=1,b", &list, &error), MB_E_INVALID);
    mb_arena_free(arena);
}

/* Secrets are given by --set: they are kept, and they are gone from what `ps` shows. */
static void test_sets_are_kept_and_wiped(void **state)
{
    struct line line;

    (void)state;
    assert_int_equal(
        parse(&line, WORDS("check", "--set", "a.key=hunter2,b=c", "--set=d=secret", "--config", "x=y")),
        MB_OK);
    assert_int_equal(line.parsed.global.sets.count, 3);
    assert_string_equal(line.parsed.global.sets.items[0], "a.key=hunter2");
    assert_string_equal(line.parsed.global.sets.items[1], "b=c");
    assert_string_equal(line.parsed.global.sets.items[2], "d=secret");
    assert_string_equal(line.argv[3], "a.key=***********");
    assert_string_equal(line.argv[4], "--set=d=******");
    assert_string_equal(line.argv[6], "x=y");
    done(&line);
    assert_int_equal(parse(&line, WORDS("check", "--set", "onlyasecret")), MB_OK);
    assert_string_equal(line.argv[3], "***********");
    done(&line);
    expect_refusal(WORDS("check", "--set", "\"a=b"), "--set: a quote is opened and not closed");
}

/* Rows that the rest relies on: nothing twice, everything explained. */
static void test_table_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < mb_command_count; i++) {
        const struct mb_command *command = mb_commands[i];
        assert_non_null(command->run);
        assert_non_null(strstr(command->example, command->name));
        assert_ptr_equal(mb_command_find(command->name), command);
        assert_true(command->max_arguments == 0 || command->arguments != NULL);
        for (size_t f = 0; f < command->flag_count; f++) {
            const struct mb_flag *flag = &command->flags[f];
            size_t size = flag->type == MB_FLAG_BOOL  ? sizeof(bool)
                          : flag->type == MB_FLAG_CSV ? sizeof(struct mb_strings)
                                                      : sizeof(const char *);
            assert_true(flag->offset + size <= command->options_size);
            assert_true(flag->type == MB_FLAG_BOOL || flag->argument != NULL);
            assert_int_equal(flag->help[strlen(flag->help) - 1], '.');
            for (size_t g = 0; g < f; g++) {
                assert_string_not_equal(command->flags[g].name, flag->name);
                assert_true(flag->letter == 0 || command->flags[g].letter != flag->letter);
                assert_true(command->flags[g].offset != flag->offset);
            }
            for (size_t g = 0; g < mb_global_flag_count; g++)
                assert_string_not_equal(mb_global_flags[g].name, flag->name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ways_to_give_a_value),
        cmocka_unit_test(test_a_value_that_may_be_left_out),
        cmocka_unit_test(test_truth_values),
        cmocka_unit_test(test_dash_and_underscore_are_the_same),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_letters),
        cmocka_unit_test(test_two_word_commands),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_what_is_wrong_is_named),
        cmocka_unit_test(test_help_and_version_need_no_command),
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_sets_are_kept_and_wiped),
        cmocka_unit_test(test_table_is_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
