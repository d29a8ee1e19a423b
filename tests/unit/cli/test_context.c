/* Opening what a command needs, over the local driver; and the probe of `check`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/context.h"

#include <dirent.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct bench {
    char folder[64];
    char config[96];
    struct mb_command command;
    struct mb_context context;
    struct mb_error error;
    FILE *screen;
    char *shown;
    size_t len;
};

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static void write_config(struct bench *b, const char *fmt, ...) MB_PRINTF(2, 3);

static void write_config(struct bench *b, const char *fmt, ...)
{
    va_list args;
    FILE *file = fopen(b->config, "w");

    assert_non_null(file);
    va_start(args, fmt);
    vfprintf(file, fmt, args);
    va_end(args);
    assert_int_equal(fclose(file), 0);
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);

    assert_non_null(b);
    strcpy(b->folder, "/tmp/mb-context-XXXXXX");
    assert_non_null(mkdtemp(b->folder));
    snprintf(b->config, sizeof b->config, "%s/backup.yaml", b->folder);
    b->error = MB_ERROR_INIT;
    b->command.name = "test";
    b->context.command = &b->command;
    b->context.arena = mb_arena_new();
    b->context.cancel = mb_cancel_new(NULL);
    b->context.global.config = b->config;
    b->screen = open_memstream(&b->shown, &b->len);
    b->context.display = mb_display_new(&(struct mb_display_options){.out = b->screen});
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;

    mb_context_close(&b->context);
    fclose(b->screen);
    free(b->shown);
    nftw(b->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(b);
    return 0;
}

static mb_status open_with(struct bench *b, unsigned needs)
{
    b->command.needs = needs;
    mb_status status = mb_context_open(&b->context, &b->error);
    fflush(b->screen);
    return status;
}

/* Both sides below the folder; Milvus' side is there. */
static void local_config(struct bench *b)
{
    char data[96];

    write_config(b,
                 "log: {file: {filename: '%s/logs/x.log'}}\n"
                 "minio: {storageType: local, rootPath: '%s/data', backupRootPath: '%s/backup'}\n",
                 b->folder, b->folder, b->folder);
    snprintf(data, sizeof data, "%s/data", b->folder);
    assert_int_equal(mkdir(data, 0700), 0);
}

static unsigned files_in(const struct bench *b, const char *name)
{
    char path[96];
    unsigned n = 0;

    snprintf(path, sizeof path, "%s/%s", b->folder, name);
    DIR *dir = opendir(path);
    if (dir == NULL)
        return 0;
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n - 2;
}

static void assert_shown(const struct bench *b, const char *text)
{
    if (strstr(b->shown, text) == NULL)
        fail_msg("'%s' is not in '%s'", text, b->shown);
}

static void assert_error(const struct bench *b, mb_status status, const char *text)
{
    assert_int_equal(b->error.status, status);
    if (strstr(b->error.message, text) == NULL)
        fail_msg("'%s' is not in '%s'", text, b->error.message);
}

static void test_opens_only_what_is_needed(void **state)
{
    struct bench *b = *state;

    assert_int_equal(open_with(b, 0), MB_OK); /* there is no file, and none is asked for */
    assert_null(b->context.session);
    assert_int_equal(open_with(b, MB_NEEDS_DRIVERS), MB_OK);
    assert_non_null(b->context.session);
    assert_int_equal(files_in(b, "."), 0); /* no log either */
}

static void test_missing_file_is_a_matter_of_configuration(void **state)
{
    struct bench *b = *state;

    b->context.global.config = "nowhere.yaml";
    assert_int_equal(open_with(b, MB_NEEDS_CONFIG), MB_E_CONFIG);
    assert_error(b, MB_E_CONFIG, "no configuration file: tried");
}

static void test_config_is_echoed_and_logged(void **state)
{
    struct bench *b = *state;
    char expected[160];

    local_config(b);
    assert_int_equal(open_with(b, MB_NEEDS_CONFIG), MB_OK);
    snprintf(expected, sizeof expected, "config: %s\n", b->config);
    assert_shown(b, expected);
    assert_int_equal(files_in(b, "logs"), 1);
}

static void test_quiet(void **state)
{
    struct bench *b = *state;

    b->context.global.quiet = true;
    local_config(b);
    assert_int_equal(open_with(b, MB_NEEDS_CONFIG), MB_OK);
    mb_context_warn(&b->context, "something");
    fflush(b->screen);
    assert_string_equal(b->shown, "");
}

static void test_every_problem_is_told(void **state)
{
    struct bench *b = *state;

    write_config(b, "milvus: {port: x}\nminio: {useSSL: y}\n");
    assert_int_equal(open_with(b, MB_NEEDS_CONFIG), MB_E_CONFIG);
    assert_shown(b, "backup.yaml:1:16: milvus.port: 'x'");
    assert_shown(b, "backup.yaml:2:17: minio.useSSL: 'y'");
    assert_error(b, MB_E_CONFIG, "the configuration has 2 problems");
}

static void test_one_problem_is_told_once(void **state)
{
    struct bench *b = *state;

    write_config(b, "milvus: {port: x}\n");
    assert_int_equal(open_with(b, MB_NEEDS_CONFIG), MB_E_CONFIG);
    assert_error(b, MB_E_CONFIG, "milvus.port: 'x'");
    assert_null(strstr(b->shown, "milvus.port"));
}

static void test_no_log_is_no_failure(void **state)
{
    struct bench *b = *state;

    write_config(b, "log: {file: {filename: '%s/backup.yaml/x.log'}}\n", b->folder);
    assert_int_equal(open_with(b, MB_NEEDS_CONFIG), MB_OK);
    assert_shown(b, "warning: there is no log file");
}

static void test_secrets_are_hidden_from_the_log(void **state)
{
    struct bench *b = *state;
    char path[96], text[4096];

    write_config(b, "log: {file: {filename: '%s/x.log'}}\nmilvus: {password: hunter2hunter2}\n", b->folder);
    assert_int_equal(open_with(b, MB_NEEDS_CONFIG), MB_OK);
    mb_session_log(b->context.session, MB_LOG_ERROR, "the password is hunter2hunter2");
    snprintf(path, sizeof path, "%s/x.log", b->folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_non_null(strstr(text, "the password is ****"));
    assert_null(strstr(text, "hunter2"));
}

/* What a signal asks for reaches the session. */
static void test_cancels_the_session(void **state)
{
    struct bench *b = *state;
    struct mb_backup_list *backups = NULL;

    local_config(b);
    assert_int_equal(open_with(b, MB_NEEDS_CONFIG), MB_OK);
    mb_cancel_request(b->context.cancel);
    assert_int_equal(mb_session_list(b->context.session, NULL, &backups, &b->error), MB_E_CANCELLED);
}

/* Only the file of the other side is read. */
static void test_a_second_configuration(void **state)
{
    struct bench *b = *state;
    struct mb_session_about about = {.struct_size = sizeof about};

    local_config(b);
    b->context.global.sets =
        (struct mb_strings){.items = (const char *[]){"minio.backupRootPath=x"}, .count = 1};
    assert_int_equal(open_with(b, MB_NEEDS_CONFIG), MB_OK);
    assert_int_equal(mb_context_open_peer(&b->context, "nowhere.yaml", &b->error), MB_E_CONFIG);
    assert_error(b, MB_E_CONFIG, "nowhere.yaml: no configuration file");
    assert_int_equal(mb_context_open_peer(&b->context, b->config, &b->error), MB_OK);
    assert_int_equal(mb_session_about(b->context.peer, &about, NULL), MB_OK);
    assert_string_equal(about.config_path, b->config);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_opens_only_what_is_needed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_missing_file_is_a_matter_of_configuration, setup, teardown),
        cmocka_unit_test_setup_teardown(test_config_is_echoed_and_logged, setup, teardown),
        cmocka_unit_test_setup_teardown(test_quiet, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_problem_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_problem_is_told_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_log_is_no_failure, setup, teardown),
        cmocka_unit_test_setup_teardown(test_secrets_are_hidden_from_the_log, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cancels_the_session, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_second_configuration, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
