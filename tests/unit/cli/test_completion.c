/* Completion for bash, zsh and fish, asked of the shells themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/commands.h"
#include "cli/help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A shell that completes what is typed; each answer ends with a line that names its question. */
struct shell {
    const char *name;
    void (*script)(FILE *out);
    const char *flags; /* that keep the machine's own configuration away */
    const char *begin; /* defines try, given the completion's path */
};

static struct shell fish = {"fish", mb_help_fish, "--no-config",
                            "source %s\n"
                            "function try; complete -C \"milvus-backup $argv[1]\"; echo END $argv[1]; end\n"};

/* bash makes words of their own of blanks and of '=', and the words are what the function is given. */
static struct shell bash = {"bash", mb_help_bash, "--norc",
                            "source %s\n"
                            "try() {\n"
                            "    read -ra COMP_WORDS <<<\"milvus-backup ${1//=/ = }\"\n"
                            "    [[ -n $1 && $1 != *' ' ]] || COMP_WORDS+=('')\n"
                            "    COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=()\n"
                            "    _milvus_backup; printf '%s\\n' \"${COMPREPLY[@]}\" \"END $1\"\n"
                            "}\n"};

/* zsh completes only on a terminal: control-d lists there what fits, control-u forgets the line.  Before the
 * prompt stands there these keys would be the terminal's. */
static struct shell zsh = {
    "zsh", mb_help_zsh, "-f",
    "zmodload zsh/zpty; export TERM=dumb\n"
    "zpty z zsh -f -i\n"
    "zpty -w z \"stty cols 300 rows 1000; LISTMAX=9999; autoload -Uz compinit; compinit -u -D; source %s; "
    "PS1=REA''DY\"\n"
    "zpty -r z out '*READY*'\n"
    "try() {\n"
    "    zpty -w -n z \"milvus-backup $1\"$'\\C-d\\C-u'\n"
    "    zpty -w z \"print -r EN''D '$1'\"\n"
    "    zpty -r z out \"*END $1*READY*\"; print -r -- $out\n"
    "}\n"};

/* The answers to all questions; NULL when there is no such shell here. */
static char *ask(const struct shell *shell, const char *questions)
{
    char folder[] = "/tmp/mb-completion-XXXXXX", script[64], asked[64], command[256];
    char *answer = calloc(1, 1 << 20);

    snprintf(command, sizeof command, "command -v %s >/dev/null", shell->name);
    if (system(command) != 0) {
        free(answer);
        return NULL;
    }
    assert_non_null(mkdtemp(folder));
    snprintf(script, sizeof script, "%s/completion", folder);
    snprintf(asked, sizeof asked, "%s/asked", folder);
    FILE *file = fopen(script, "w");
    shell->script(file);
    fclose(file);
    file = fopen(asked, "w");
    const char *path = strstr(shell->begin, "%s");
    fprintf(file, "%.*s%s%s%s", (int)(path - shell->begin), shell->begin, script, path + 2, questions);
    fclose(file);
    snprintf(command, sizeof command, "cd %s && HOME=%s timeout 100 %s %s asked 2>&1", folder, folder,
             shell->name, shell->flags);
    file = popen(command, "r");
    assert_non_null(file);
    assert_true(fread(answer, 1, (1 << 20) - 1, file) > 0);
    assert_int_equal(pclose(file), 0);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    return answer;
}

/* Cuts the next answer off. */
static char *next_answer(char **rest, const char *question)
{
    char end[128], *answer = *rest;

    snprintf(end, sizeof end, "END %s", question);
    char *at = strstr(answer, end);
    if (at == NULL)
        fail_msg("no answer to '%s' in: %s", question, answer);
    *at = '\0';
    *rest = at + strlen(end);
    return answer;
}

static void expect(char **rest, const char *question, const char *word)
{
    const char *answer = next_answer(rest, question);

    if (strstr(answer, word) == NULL)
        fail_msg("'%s' does not offer '%s', but: %s", question, word, answer);
}

static void expect_flags(const char *answer, const struct mb_flag *flags, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char name[64], said[24];
        const char *at = answer;
        snprintf(name, sizeof name, "--%s", flags[i].name);
        snprintf(said, sizeof said, "%s", flags[i].help);
        do /* --name, but not --name_of_another */
            at = strstr(at, name);
        while (at != NULL && strchr(" \t\r\n=", at[strlen(name)]) == NULL && (at += strlen(name)) != NULL);
        bool shown = at != NULL && strstr(at, said) != NULL;
        if (shown != ((flags[i].flags & MB_FLAG_HIDDEN) == 0))
            fail_msg("%s is wrong in: %s", name, answer);
    }
}

static void test_every_flag(void **state)
{
    char questions[2048] = "", question[64];

    for (size_t i = 0; i < mb_command_count; i++)
        snprintf(questions + strlen(questions), sizeof questions - strlen(questions), "try '%s --'\n",
                 mb_commands[i]->name);
    char *answers = ask(*state, questions), *rest = answers;
    if (answers == NULL)
        skip();
    for (size_t i = 0; i < mb_command_count; i++) {
        snprintf(question, sizeof question, "%s --", mb_commands[i]->name);
        const char *answer = next_answer(&rest, question);
        expect_flags(answer, mb_commands[i]->flags, mb_commands[i]->flag_count);
        expect_flags(answer, mb_global_flags, mb_global_flag_count);
    }
    free(answers);
}

static void test_words_and_values(void **state)
{
    char *answers = ask(*state, "try ''\ntry 'config '\ntry 'help '\ntry '--config x '\n"
                                "try 'check --log-level '\ntry '--config '\ntry 'transfer -n x --to '\n"),
         *rest = answers;

    if (answers == NULL)
        skip();
    const char *all = next_answer(&rest, "");
    for (size_t i = 0; i < mb_command_count; i++) /* "config" is one word of several commands */
        assert_int_equal(strstr(all, mb_commands[i]->summary) != NULL,
                         !mb_commands[i]->hidden && strchr(mb_commands[i]->name, ' ') == NULL);
    assert_non_null(strstr(all, "show, migrate"));
    const char *second = next_answer(&rest, "config ");
    assert_non_null(strstr(second, "show"));
    assert_non_null(strstr(second, "migrate"));
    expect(&rest, "help ", "Backs up collections");
    expect(&rest, "--config x ", "Backs up collections");
    expect(&rest, "check --log-level ", "trace");
    expect(&rest, "--config ", "asked"); /* a file of the folder */
    expect(&rest, "transfer -n x --to ", "asked");
    free(answers);
}

/* Files where a flag takes one, nothing where its value is free, and no value is taken for the command. */
static void test_values_of_flags(void **state)
{
    char *answers = ask(
             *state, "try '--config list '\ntry '--config=list '\ntry '--log-level debug --set create=x '\n"
                     "try '--config list transfer --to '\ntry 'transfer --from '\n"
                     "try 'transfer --to='\ntry 'config --config list '\ntry 'create -n '\n"),
         *rest = answers;

    if (answers == NULL)
        skip();
    expect(&rest, "--config list ", "create");
    expect(&rest, "--config=list ", "create");
    expect(&rest, "--log-level debug --set create=x ", "restore");
    expect(&rest, "--config list transfer --to ", "asked");
    expect(&rest, "transfer --from ", "asked");
    expect(&rest, "transfer --to=", "asked");
    expect(&rest, "config --config list ", "show");
    const char *nothing = next_answer(&rest, "create -n ");
    if (strstr(nothing, "--") != NULL)
        fail_msg("a name is completed: %s", nothing);
    free(answers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"test_every_flag_in_fish", test_every_flag, NULL, NULL, &fish},
        {"test_every_flag_in_zsh", test_every_flag, NULL, NULL, &zsh},
        {"test_words_and_values_in_fish", test_words_and_values, NULL, NULL, &fish},
        {"test_words_and_values_in_zsh", test_words_and_values, NULL, NULL, &zsh},
        {"test_values_of_flags_in_bash", test_values_of_flags, NULL, NULL, &bash},
        {"test_values_of_flags_in_fish", test_values_of_flags, NULL, NULL, &fish},
        {"test_values_of_flags_in_zsh", test_values_of_flags, NULL, NULL, &zsh},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
