/* Opening what a command needs, over the local driver; and the probe of `check`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/context.h"
#include "cli/probe.h"

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
    b->context.display = mb_display_new(&b->context.progress, &(struct mb_display_options){.out = b->screen});
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
    assert_null(b->context.config);
    assert_null(b->context.drivers);
    assert_int_equal(open_with(b, MB_NEEDS_DRIVERS), MB_OK);
    assert_non_null(b->context.drivers);
    assert_null(b->context.config);
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
    mb_log(b->context.log, MB_LOG_ERROR, "the password is hunter2hunter2");
    snprintf(path, sizeof path, "%s/x.log", b->folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_non_null(strstr(text, "the password is ****"));
    assert_null(strstr(text, "hunter2"));
}

static void test_a_missing_folder(void **state)
{
    struct bench *b = *state;

    local_config(b);
    assert_int_equal(open_with(b, MB_NEEDS_BACKUP_STORE), MB_E_NO_BUCKET);
    assert_error(b, MB_E_NO_BUCKET, "backup storage: ");
    assert_error(b, MB_E_NO_BUCKET, "; check minio.backupRootPath");
}

static void test_a_missing_folder_that_may_be_missing(void **state)
{
    struct bench *b = *state;

    local_config(b);
    assert_int_equal(open_with(b, MB_NEEDS_BACKUP_STORE | MB_MAY_LACK_FOLDER), MB_OK);
    assert_null(b->context.backup_store);
    assert_int_equal(files_in(b, "."), 3); /* nothing was made: backup.yaml, data, logs */
}

static void test_a_missing_folder_that_is_made(void **state)
{
    struct bench *b = *state;

    local_config(b);
    assert_int_equal(open_with(b, MB_NEEDS_BACKUP_STORE | MB_NEEDS_FOLDER), MB_OK);
    assert_non_null(b->context.backup_store);
    assert_int_equal(files_in(b, "."), 4);
}

static void test_milvus_folder_is_never_made(void **state)
{
    struct bench *b = *state;

    write_config(
        b,
        "log: {file: {filename: ''}}\nminio: {storageType: local, rootPath: '%s/no', backupRootPath: '%s'}\n",
        b->folder, b->folder);
    assert_int_equal(open_with(b, MB_NEEDS_MILVUS_STORE | MB_NEEDS_BACKUP_STORE | MB_NEEDS_BUCKET),
                     MB_E_NO_BUCKET);
    assert_error(b, MB_E_NO_BUCKET, "Milvus' storage: ");
    assert_error(b, MB_E_NO_BUCKET, "; check minio.rootPath");
}

static void test_a_missing_driver(void **state)
{
    struct bench *b = *state;

    write_config(b, "log: {file: {filename: ''}}\nminio: {storageType: nosuchdriver}\n");
    assert_int_equal(open_with(b, MB_NEEDS_BACKUP_STORE), MB_E_CONFIG);
    assert_error(b, MB_E_CONFIG, "nosuchdriver.so");
    assert_error(b, MB_E_CONFIG, "minio.storageType is 'nosuchdriver'");
}

static void test_errors_name_the_keys(void **state)
{
    static const struct {
        mb_status status;
        const char *said;
        const char *hint;
    } cases[] = {{MB_E_NO_BUCKET, "x", "; check bucket.key"},
                 {MB_E_FORBIDDEN, "x", "; check access.key and secret.key"},
                 {MB_E_UNAUTHENTICATED, "x", "; check access.key and secret.key"},
                 {MB_E_UNAVAILABLE, "x", "; check address.key and port.key"},
                 {MB_E_TIMEOUT, "x", "; check address.key and port.key"},
                 {MB_E_CONFIG, "x", "; type.key is 'd'"},
                 {MB_E_CONFIG, "set useSSL to true", "; here that is tls.key; type.key is 'd'"},
                 {MB_E_CONFIG, "set address to 'a', port to 443, useSSL to true",
                  "; here that is address.key, port.key, tls.key; type.key is 'd'"},
                 {MB_E_CANCELLED, "x", ""}};
    const struct mb_config_storage side = {.driver = "d",
                                           .bucket = "b",
                                           .keys = {.storage_type = "type.key",
                                                    .address = "address.key",
                                                    .port = "port.key",
                                                    .use_ssl = "tls.key",
                                                    .bucket = "bucket.key",
                                                    .root_path = "root.key",
                                                    .access_key = "access.key",
                                                    .secret_key = "secret.key"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mb_error error = MB_ERROR_INIT;
        mb_fail(&error, cases[i].status, "%s", cases[i].said);
        assert_int_equal(mb_context_explain(&side, &error), cases[i].status);
        assert_memory_equal(error.message, cases[i].said, strlen(cases[i].said));
        assert_string_equal(error.message + strlen(cases[i].said), cases[i].hint);
    }
    struct mb_error full = MB_ERROR_INIT; /* a message without room for more stays whole */
    mb_fail(&full, MB_E_NO_BUCKET, "%*s", (int)sizeof full.message - 1, "x");
    mb_context_explain(&side, &full);
    assert_int_equal(strlen(full.message), sizeof full.message - 1);
}

static void open_both(struct bench *b)
{
    local_config(b);
    assert_int_equal(open_with(b, MB_NEEDS_MILVUS_STORE | MB_NEEDS_BACKUP_STORE | MB_NEEDS_FOLDER), MB_OK);
}

static void test_probe(void **state)
{
    struct bench *b = *state;
    struct mb_probe probe;
    char path[96];

    open_both(b);
    assert_int_equal(mb_probe_run(&b->context, &probe, &b->error), MB_OK);
    assert_true(probe.milvus_empty);
    assert_true(probe.in_service);
    assert_int_equal(probe.count, 9);
    assert_true(probe.milvus_listing.in_order && probe.milvus_listing.at_once);
    assert_true(probe.backup_listing.in_order && probe.backup_listing.at_once);
    assert_string_equal(probe.steps[0].operation, "list");
    assert_string_equal(probe.steps[8].side, "backup");
    assert_string_equal(probe.steps[8].operation, "remove");
    assert_int_equal(files_in(b, "data") + files_in(b, "backup"), 0);

    snprintf(path, sizeof path, "%s/data/insert_log", b->folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(mb_probe_run(&b->context, &probe, &b->error), MB_OK);
    assert_false(probe.milvus_empty);
}

static void test_probe_leaves_nothing_when_it_fails(void **state)
{
    struct bench *b = *state;
    struct mb_probe probe;
    char path[96];

    open_both(b);
    snprintf(path, sizeof path, "%s/backup", b->folder);
    assert_int_equal(rmdir(path), 0);
    FILE *file = fopen(path, "w"); /* a file in the place of the folder: no write can succeed */
    assert_non_null(file);
    fclose(file);
    assert_true(mb_probe_run(&b->context, &probe, &b->error) < 0);
    assert_non_null(strstr(b->error.message, "backup storage"));
    assert_int_equal(files_in(b, "data"), 0);
}

static void test_probe_can_be_cancelled(void **state)
{
    struct bench *b = *state;
    struct mb_probe probe;

    open_both(b);
    mb_cancel_request(b->context.cancel);
    assert_int_equal(mb_probe_run(&b->context, &probe, &b->error), MB_E_CANCELLED);
    assert_int_equal(files_in(b, "data") + files_in(b, "backup"), 0);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_opens_only_what_is_needed),
        CASE(test_missing_file_is_a_matter_of_configuration),
        CASE(test_config_is_echoed_and_logged),
        CASE(test_quiet),
        CASE(test_every_problem_is_told),
        CASE(test_one_problem_is_told_once),
        CASE(test_no_log_is_no_failure),
        CASE(test_secrets_are_hidden_from_the_log),
        CASE(test_a_missing_folder),
        CASE(test_a_missing_folder_that_may_be_missing),
        CASE(test_a_missing_folder_that_is_made),
        CASE(test_milvus_folder_is_never_made),
        CASE(test_a_missing_driver),
        CASE(test_errors_name_the_keys),
        CASE(test_probe),
        CASE(test_probe_leaves_nothing_when_it_fails),
        CASE(test_probe_can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
