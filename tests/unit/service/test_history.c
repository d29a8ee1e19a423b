/* The file of records: what is read back, whatever a crash or a hand has done to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/history.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct stage {
    char folder[64], file[96];
    struct mb_history *history;
    struct mb_error error;
    char read[4096]; /* the lines, with a bar behind each */
    size_t damaged;
};

static int setup(void **state)
{
    static struct stage stage;
    stage = (struct stage){.error = MB_ERROR_INIT};
    strcpy(stage.folder, "/tmp/mb-history-XXXXXX");
    assert_non_null(mkdtemp(stage.folder));
    strcat(stage.folder, "/a/b");
    snprintf(stage.file, sizeof stage.file, "%s/tasks.jsonl", stage.folder);
    *state = &stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *s = *state;
    char command[256];
    mb_history_close(s->history);
    *strrchr(s->folder, '/') = '\0';
    *strrchr(s->folder, '/') = '\0';
    snprintf(command, sizeof command, "chmod -R u+w %s && rm -r %s", s->folder, s->folder);
    return system(command);
}

static mb_status take(void *ctx, const char *line, size_t len, struct mb_error *error)
{
    struct stage *s = ctx;
    if (len == 0 || line[0] != '{')
        return mb_fail(error, MB_E_CORRUPT, "no object");
    assert_true(strlen(s->read) + len + 2 < sizeof s->read);
    strncat(s->read, line, len);
    strcat(s->read, "|");
    return MB_OK;
}

static mb_status try_open(struct stage *s)
{
    s->read[0] = '\0';
    s->damaged = 0;
    return mb_history_open(&s->history, s->folder, take, s, &s->damaged, &s->error);
}

static void gather_text(void *ctx, struct mb_buf *lines)
{
    mb_buf_puts(lines, ctx);
}

/* Opens, and writes the file anew with these lines, as a service does. */
static void open_with(struct stage *s, const char *lines)
{
    if (try_open(s) != MB_OK)
        fail_msg("%s", s->error.message);
    char text[512];
    snprintf(text, sizeof text, "%s", lines);
    assert_int_equal(mb_history_rewrite(s->history, gather_text, text, &s->error), MB_OK);
}

static void reopen(struct stage *s)
{
    mb_history_close(s->history);
    s->history = NULL;
    if (try_open(s) != MB_OK)
        fail_msg("%s", s->error.message);
}

static void append(struct stage *s, const char *text)
{
    assert_int_equal(mb_history_append(s->history, text, strlen(text), &s->error), MB_OK);
}

static void write_file(struct stage *s, const char *text)
{
    FILE *file = fopen(s->file, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void test_what_was_appended_is_read_back(void **state)
{
    struct stage *s = *state;
    struct stat st;
    open_with(s, "");
    append(s, "{1}\n");
    append(s, "{2}\n{3}\n");
    reopen(s);
    assert_string_equal(s->read, "{1}|{2}|{3}|");
    assert_int_equal(s->damaged, 0);
    assert_int_equal(stat(s->file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(s->folder, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
}

static void test_a_cut_line_and_damaged_ones_are_passed_over(void **state)
{
    struct stage *s = *state;
    open_with(s, "");
    mb_history_close(s->history);
    write_file(s, "{1}\ngarbage\n\n{2}\n{\"cut");
    s->history = NULL;
    open_with(s, "{1}\n{2}\n");
    assert_string_equal(s->read, "{1}|{2}|");
    assert_int_equal(s->damaged, 2);
    append(s, "{3}\n"); /* not behind what was cut */
    reopen(s);
    assert_string_equal(s->read, "{1}|{2}|{3}|");
    assert_int_equal(s->damaged, 0);
}

/* At every length that a crash may leave, all whole lines are there. */
static void test_cut_at_every_byte(void **state)
{
    struct stage *s = *state;
    static const char text[] = "{\"a\":1}\n{\"b\":2}\n";
    open_with(s, "");
    for (size_t len = 0; len < sizeof text; len++) {
        char part[sizeof text];
        snprintf(part, len + 1, "%s", text);
        write_file(s, part);
        reopen(s);
        assert_string_equal(s->read, len < 8 ? "" : len < 16 ? "{\"a\":1}|" : "{\"a\":1}|{\"b\":2}|");
        assert_int_equal(s->damaged, 0);
    }
}

static void test_what_is_left_of_an_unfinished_rewrite_does_no_harm(void **state)
{
    struct stage *s = *state;
    char beside[160];
    open_with(s, "{1}\n");
    snprintf(beside, sizeof beside, "%s.new", s->file);
    FILE *file = fopen(beside, "w");
    assert_non_null(file);
    fputs("{half", file);
    fclose(file);
    reopen(s);
    assert_string_equal(s->read, "{1}|");
    mb_history_close(s->history);
    open_with(s, "{2}\n");
    reopen(s);
    assert_string_equal(s->read, "{2}|");
}

static void test_it_is_stale_when_most_of_it_is_of_no_use(void **state)
{
    struct stage *s = *state;
    char kept[] = "{1}\n";
    open_with(s, "");
    for (int i = 0; i < 66; i++)
        append(s, "{1}\n");
    assert_false(mb_history_is_stale(s->history, 1, 0));
    append(s, "{1}\n");
    assert_true(mb_history_is_stale(s->history, 1, 0));
    assert_false(mb_history_is_stale(s->history, 2, 0));
    assert_int_equal(mb_history_rewrite(s->history, gather_text, kept, &s->error), MB_OK);
    assert_false(mb_history_is_stale(s->history, 0, 0));
    append(s, "{2}\n");
    reopen(s);
    assert_string_equal(s->read, "{1}|{2}|");
}

static void test_a_second_process_is_kept_out(void **state)
{
    struct stage *s = *state;
    struct mb_history *other = NULL;
    size_t damaged = 0;
    open_with(s, "{1}\n");
    assert_int_equal(mb_history_open(&other, s->folder, take, s, &damaged, &s->error), MB_E_EXISTS);
    assert_non_null(strstr(s->error.message, s->folder));
    assert_non_null(strstr(s->error.message, "server.stateDir"));
    reopen(s); /* who has it may close and open it */
}

static void test_a_folder_that_cannot_be_used_is_named(void **state)
{
    struct stage *s = *state;
    struct mb_history *history = NULL;
    size_t damaged = 0;
    assert_int_equal(mb_history_open(&history, "/proc/no/such", take, s, &damaged, &s->error), MB_E_CONFIG);
    assert_non_null(strstr(s->error.message, "server.stateDir is /proc/no/such"));
    assert_int_equal(mb_history_open(&history, "/dev/null/state", take, s, &damaged, &s->error), MB_E_CONFIG);
    assert_non_null(strstr(s->error.message, "server.stateDir is /dev/null/state"));
    open_with(s, "{1}\n"); /* there is one now */
    mb_history_close(s->history);
    s->history = NULL;
    chmod(s->folder, 0500);
    if (geteuid() == 0 && (seteuid(65534) != 0))
        skip();
    *strrchr(s->folder, '/') = '\0';
    *strrchr(s->folder, '/') = '\0'; /* mkdtemp's, which is another user's now */
    assert_int_equal(mb_history_open(&history, s->folder, take, s, &damaged, &s->error), MB_E_CONFIG);
    assert_non_null(strstr(s->error.message, "cannot be written"));
    assert_int_equal(seteuid(getuid()), 0);
    strcat(s->folder, "/a/b");
}

/* The disk is full: nothing of the line stays, and what comes afterwards stands alone. */
static void test_a_write_that_fails_leaves_the_file_as_it_was(void **state)
{
    struct stage *s = *state;
    open_with(s, "{1}\n");
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        const struct rlimit limit = {6, 6};
        signal(SIGXFSZ, SIG_IGN);
        bool refused = setrlimit(RLIMIT_FSIZE, &limit) == 0 &&
                       mb_history_append(s->history, "{\"too long\"}\n", 13, &s->error) < 0 &&
                       strstr(s->error.message, s->file) != NULL;
        _exit(refused ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    append(s, "{2}\n");
    reopen(s);
    assert_string_equal(s->read, "{1}|{2}|");
    assert_int_equal(s->damaged, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_was_appended_is_read_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_cut_line_and_damaged_ones_are_passed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cut_at_every_byte, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_left_of_an_unfinished_rewrite_does_no_harm, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_it_is_stale_when_most_of_it_is_of_no_use, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_second_process_is_kept_out, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_folder_that_cannot_be_used_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_write_that_fails_leaves_the_file_as_it_was, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
