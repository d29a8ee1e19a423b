/* Sessions: opening and closing them, what they tell of themselves, and the list of backups. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void test_opens_and_tells_of_itself(void **state)
{
    struct bench *b = *state;
    bench_configure(b, "transfer:\n  memoryMiB: 48\n");
    struct mb_session *session = bench_open(b);
    struct mb_session_about about = {.struct_size = sizeof about};

    assert_int_equal(mb_session_about(session, &about, &b->error), MB_OK);
    assert_string_equal(about.config_path, b->config);
    assert_int_equal(about.config_schema, 1);
    assert_string_equal(about.log_folder, b->folder);
    assert_false(about.log_to_stderr);
    assert_int_equal(about.memory, 48 << 20);
    mb_session_close(session);
}

static void test_reads_no_environment_unless_handed_one(void **state)
{
    struct bench *b = *state;
    static const char *const environment[] = {"MILVUS_PORT=4711", NULL};
    struct mb_config_row row = {.struct_size = sizeof row};
    char *ports[2] = {NULL, NULL};

    bench_configure(b, "");
    setenv("MILVUS_PORT", "1234", 1);
    for (int handed = 0; handed < 2; handed++) {
        b->options.environment = handed ? environment : NULL;
        struct mb_session *session = bench_open(b);
        for (size_t i = 0; i < mb_session_config_count(session); i++) {
            assert_int_equal(mb_session_config_at(session, i, &row, &b->error), MB_OK);
            if (strcmp(row.key, "milvus.port") == 0)
                ports[handed] = strdup(row.value);
        }
        mb_session_close(session);
    }
    unsetenv("MILVUS_PORT");
    assert_string_equal(ports[0], "1");
    assert_string_equal(ports[1], "4711");
    free(ports[0]);
    free(ports[1]);
}

static void test_problems_are_told_one_by_one(void **state)
{
    struct bench *b = *state;
    struct mb_session *session = NULL;

    bench_configure(b, "transfer:\n  memoryMiB: many\nbackup:\n  parallelism:\n    copydata: all\n");
    assert_int_equal(mb_session_open(&session, &b->options, &b->error), MB_E_CONFIG);
    assert_null(session);
    assert_non_null(strstr(b->error.message, "and 1 more"));
    assert_non_null(strstr(b->notices, "memoryMiB"));
    assert_non_null(strstr(b->notices, "copydata"));
}

static void test_a_missing_file_is_a_mistake_in_the_configuration(void **state)
{
    struct bench *b = *state;
    struct mb_session *session = NULL;
    b->options.config_path = "/nowhere/at-all.yaml";
    assert_int_equal(mb_session_open(&session, &b->options, &b->error), MB_E_CONFIG);
    assert_non_null(strstr(b->error.message, "no configuration file"));
}

static void test_lists_backups(void **state)
{
    struct bench *b = *state;
    struct mb_backup_list *list = NULL;
    struct mb_backup_entry entry = {.struct_size = sizeof entry};

    bench_configure(b, "");
    bench_write(b, "b/made/meta/backup_meta.json",
                "{\"id\":\"i1\",\"name\":\"made\",\"size\":7,\"milvus_version\":\"v2.4.1\"}");
    bench_write(b, "b/made/meta/full_meta.json", "{}");
    bench_write(b, "b/torn/meta/backup_meta.json", "{\"id\":");
    bench_write(b, "b/torn/meta/full_meta.json", "{}");
    bench_write(b, "b/left/binlogs/insert_log/1/2/3/4/5", "x");
    struct mb_session *session = bench_open(b);
    assert_int_equal(mb_session_list(session, NULL, &list, &b->error), MB_OK);
    mb_session_close(session);

    assert_int_equal(mb_backup_list_count(list), 3);
    assert_int_equal(mb_backup_list_at(list, 0, &entry, &b->error), MB_OK);
    assert_string_equal(entry.name, "left");
    assert_int_equal(entry.state, MB_STATE_FOREIGN);
    assert_int_equal(mb_backup_list_at(list, 1, &entry, &b->error), MB_OK);
    assert_string_equal(entry.name, "made");
    assert_int_equal(entry.state, MB_STATE_COMPLETE);
    assert_string_equal(entry.milvus_version, "v2.4.1");
    assert_string_equal(entry.format, "binlog");
    assert_int_equal(entry.size, 7);
    assert_int_equal(entry.rows, -1);
    assert_int_equal(mb_backup_list_at(list, 2, &entry, &b->error), MB_OK);
    assert_int_equal(entry.state, MB_STATE_UNREADABLE);
    assert_int_equal(mb_backup_list_at(list, 3, &entry, &b->error), MB_E_NOT_FOUND);
    mb_backup_list_free(list);
}

static void test_no_folder_is_no_backups_until_there_are_some(void **state)
{
    struct bench *b = *state;
    struct mb_backup_list *list = NULL;

    bench_configure(b, "");
    struct mb_session *session = bench_open(b);
    assert_int_equal(mb_session_list(session, NULL, &list, &b->error), MB_OK);
    assert_int_equal(mb_backup_list_count(list), 0);
    mb_backup_list_free(list);

    bench_write(b, "b/made/meta/backup_meta.json", "{\"id\":\"i1\",\"name\":\"made\"}");
    assert_int_equal(mb_session_list(session, NULL, &list, &b->error), MB_OK);
    assert_int_equal(mb_backup_list_count(list), 1);
    mb_backup_list_free(list);
    mb_session_close(session);
}

static void test_sessions_close_in_any_order(void **state)
{
    struct bench *b = *state;
    struct mb_session *parent, *child, *other;
    struct mb_backup_list *list = NULL;
    char log[128];
    struct stat st;

    bench_configure(b, "");
    parent = bench_open(b);
    other = bench_open(b);
    b->options = (struct mb_session_options){
        .struct_size = sizeof b->options, .config_path = b->config, .parent = parent};
    child = bench_open(b);
    mb_session_close(parent);
    assert_int_equal(mb_session_list(child, NULL, &list, &b->error), MB_OK);
    mb_backup_list_free(list);
    mb_session_close(other);
    mb_session_log(child, MB_LOG_INFO, "still here");
    mb_session_close(child);
    snprintf(log, sizeof log, "%s/backup.log", b->folder);
    assert_int_equal(stat(log, &st), 0);
}

static void test_what_is_cancelled_does_nothing_more(void **state)
{
    struct bench *b = *state;
    struct mb_backup_list *list = NULL;

    bench_configure(b, "");
    bench_write(b, "b/made/meta/backup_meta.json", "{\"id\":\"i1\",\"name\":\"made\"}");
    struct mb_session *session = bench_open(b);
    mb_session_cancel(session);
    assert_int_equal(mb_session_list(session, NULL, &list, &b->error), MB_E_CANCELLED);
    assert_null(list);
    mb_session_close(session);
}

static void test_refuses_what_was_not_set_up(void **state)
{
    struct bench *b = *state;
    struct mb_session *session = NULL;
    struct mb_backup_list *list = NULL;
    struct mb_list_request request = {0};

    bench_configure(b, "");
    assert_int_equal(mb_session_open(&session, NULL, &b->error), MB_E_INVALID);
    assert_int_equal(mb_session_open(NULL, &b->options, NULL), MB_E_INVALID);
    b->options.struct_size = 0;
    assert_int_equal(mb_session_open(&session, &b->options, &b->error), MB_E_INVALID);
    assert_non_null(strstr(b->error.message, "struct_size"));
    b->options.struct_size = sizeof b->options;
    b->options.log_level = "loud";
    assert_int_equal(mb_session_open(&session, &b->options, &b->error), MB_E_INVALID);
    b->options.log_level = NULL;

    session = bench_open(b);
    assert_int_equal(mb_session_list(NULL, NULL, &list, &b->error), MB_E_INVALID);
    assert_int_equal(mb_session_list(session, NULL, NULL, &b->error), MB_E_INVALID);
    assert_int_equal(mb_session_list(session, &request, &list, &b->error), MB_E_INVALID);
    assert_null(list);
    mb_session_cancel(NULL);
    mb_session_close(NULL);
    mb_backup_list_free(NULL);
    mb_session_close(session);
}

/* As a program that was built with a later header would hand it over, and one with an earlier error. */
static void test_speaks_with_other_versions(void **state)
{
    struct bench *b = *state;
    struct {
        struct mb_session_about now;
        unsigned char later[32];
    } about;
    struct {
        uint32_t struct_size;
        mb_status status;
        unsigned char beyond[8];
    } small = {.struct_size = 8, .beyond = {0xa5, 0xa5}};

    bench_configure(b, "");
    struct mb_session *session = bench_open(b);
    memset(&about, 0xff, sizeof about);
    about.now.struct_size = sizeof about;
    assert_int_equal(mb_session_about(session, &about.now, &b->error), MB_OK);
    assert_int_equal(about.now.struct_size, sizeof about);
    assert_string_equal(about.now.config_path, b->config);
    for (size_t i = 0; i < sizeof about.later; i++)
        assert_int_equal(about.later[i], 0);
    assert_int_equal(mb_session_about(session, NULL, (struct mb_error *)&small), MB_E_INVALID);
    assert_int_equal(small.status, MB_E_INVALID);
    assert_int_equal(small.beyond[0], 0xa5);
    mb_session_close(session);
}

static void expect_port(struct bench *b, struct mb_session *session, const char *key, const char *value)
{
    struct mb_config_row row = {.struct_size = sizeof row};
    size_t found = 0;
    for (size_t i = 0; i < mb_session_config_count(session); i++) {
        assert_int_equal(mb_session_config_at(session, i, &row, &b->error), MB_OK);
        if (strcmp(row.key, key) == 0) {
            assert_string_equal(row.value, value);
            found++;
        }
    }
    assert_int_equal(found, 1);
}

/* File, environment and overrides are those of the parent, whatever has become of them. */
static void test_a_session_can_be_like_its_parent(void **state)
{
    struct bench *b = *state;
    char environment_of[] = "MILVUS_ADDRESS=m.example", override[] = "minio.backupRootPath=elsewhere";
    const char *const environment[] = {environment_of, NULL};
    const char *overrides[] = {override};
    struct mb_session_about about = {.struct_size = sizeof about};

    bench_configure(b, "backup:\n  maxSegmentGroupSize: 2G\n");
    b->options.environment = environment;
    b->options.overrides = overrides;
    b->options.override_count = 1;
    b->options.like_parent = true;
    struct mb_session *session = NULL;
    assert_int_equal(mb_session_open(&session, &b->options, &b->error), MB_E_INVALID);
    b->options.like_parent = false;
    session = bench_open(b);
    bench_write(b, "backup.yaml", "milvus:\n  port: 99\n");
    memset(environment_of, 'x', strlen(environment_of));
    memset(override, 'x', strlen(override));

    const char *more[] = {"transfer.memoryMiB=77"};
    b->options = (struct mb_session_options){.struct_size = sizeof b->options,
                                             .overrides = more,
                                             .override_count = 1,
                                             .notice = b->options.notice,
                                             .notice_ctx = b,
                                             .parent = session,
                                             .like_parent = true};
    *b->notices = '\0';
    struct mb_session *child = bench_open(b);
    mb_session_close(session);
    more[0] = "minio.backupRootPath=third";
    b->options.parent = child;
    struct mb_session *grandchild = bench_open(b);
    expect_port(b, child, "minio.backupRootPath", "elsewhere");
    mb_session_close(child);
    expect_port(b, grandchild, "milvus.address", "m.example");
    expect_port(b, grandchild, "milvus.port", "1");
    expect_port(b, grandchild, "transfer.memoryMiB", "77");
    expect_port(b, grandchild, "minio.backupRootPath", "third");
    assert_string_equal(b->notices, "");
    assert_int_equal(mb_session_about(grandchild, &about, &b->error), MB_OK);
    assert_string_equal(about.config_path, b->config);
    b->options.parent = grandchild;
    more[0] = "milvus.port=none";
    assert_int_equal(mb_session_open(&child, &b->options, &b->error), MB_E_CONFIG);
    assert_non_null(strstr(b->notices, "milvus.port"));
    mb_session_close(grandchild);
}

static struct mb_metric_row metric(struct mb_session *session, const char *service, const char *operation)
{
    struct mb_metric_row row = {.struct_size = sizeof row}, found = {0};
    for (size_t i = 0; i < mb_session_metric_count(session); i++) {
        assert_int_equal(mb_session_metric_at(session, i, &row, NULL), MB_OK);
        if (strcmp(row.service, service) == 0 && strcmp(row.operation, operation) == 0)
            found = row;
    }
    return found;
}

/* One sum for a session and its children, also when these are gone. */
static void test_calls_are_counted(void **state)
{
    struct bench *b = *state;
    struct mb_backup_list *list = NULL;
    struct mb_metric_row row = {.struct_size = sizeof row};

    bench_configure(b, "");
    bench_write(b, "b/x", "");
    struct mb_session *session = bench_open(b);
    assert_int_equal(mb_session_metric_count(session), 0);
    assert_int_equal(mb_session_metric_at(session, 0, &row, &b->error), MB_E_NOT_FOUND);
    assert_int_equal(mb_session_list(session, NULL, &list, &b->error), MB_OK);
    mb_backup_list_free(list);
    row = metric(session, "backup_storage", "list");
    uint64_t calls = row.calls;
    assert_true(calls > 0);
    assert_string_equal(row.driver, "local");
    assert_int_equal(row.failures, 0);
    assert_int_equal(row.within[MB_METRIC_BOUNDS - 1], calls);
    assert_int_equal(metric(session, "milvus_storage", "list").calls, 0);

    b->options.parent = session;
    b->options.like_parent = true;
    struct mb_session *child = bench_open(b);
    assert_int_equal(mb_session_list(child, NULL, &list, &b->error), MB_OK);
    mb_backup_list_free(list);
    mb_session_close(child);
    assert_int_equal(metric(session, "backup_storage", "list").calls, 2 * calls);

    bench_write(b, "a/files/x", ""); /* nobody listens where Milvus should be */
    struct mb_create_request create = {.struct_size = sizeof create};
    struct mb_task *task = NULL;
    assert_int_equal(mb_create_start(session, &create, &task, &b->error), MB_OK);
    do
        row = metric(session, "milvus", "Connect");
    while (row.retries == 0);
    mb_task_free(task);
    assert_true(row.calls > 0 && row.failures <= row.calls);
    assert_true(row.failed[-MB_E_UNAVAILABLE] >= row.retried[-MB_E_UNAVAILABLE]);
    assert_int_equal(row.retried[-MB_E_UNAVAILABLE], row.retries);
    mb_session_close(session);
    assert_int_equal(mb_session_metric_count(NULL), 0);
}

static void test_migrates_a_configuration(void **state)
{
    struct bench *b = *state;
    struct mb_migration *migration = NULL;
    struct mb_migration_options options = {.struct_size = sizeof options, .config_path = b->config};
    struct mb_migration_about about = {.struct_size = sizeof about};
    struct mb_migration_name name = {.struct_size = sizeof name};
    static const char *const environment[] = {"MINIO_SECRET_KEY=hush", NULL};

    bench_configure(b, "http:\n  enabled: false\ncloud:\n  apikey: k\n");
    options.environment = environment;
    assert_int_equal(mb_migration_make(&migration, &options, &b->error), MB_OK);
    assert_int_equal(mb_migration_about(migration, &about, &b->error), MB_OK);
    assert_string_equal(about.config_path, b->config);
    assert_non_null(strstr(about.text, "apiKey: \"k\"  # cloud.apikey"));
    assert_null(strstr(about.text, "hush"));
    assert_non_null(strstr(mb_migration_warning(migration, 0), "http.enabled"));
    assert_null(mb_migration_warning(migration, about.warning_count));
    assert_int_equal(mb_migration_name_at(migration, about.rename_count, &name, &b->error), MB_E_NOT_FOUND);
    mb_migration_free(migration);

    options.config_path = "/nowhere/none.yaml";
    options.environment = NULL;
    assert_int_equal(mb_migration_make(&migration, &options, &b->error), MB_E_CONFIG);
    assert_int_equal(b->error.hint, MB_HINT_CONFIG_FILE);
    options.struct_size = 8;
    assert_int_equal(mb_migration_make(&migration, &options, &b->error), MB_E_INVALID);
    assert_int_equal(mb_migration_make(NULL, &options, &b->error), MB_E_INVALID);
    assert_int_equal(mb_migration_about(NULL, &about, &b->error), MB_E_INVALID);
    assert_null(mb_migration_warning(NULL, 0));
    mb_migration_free(NULL);
}

static void test_tells_its_schedules(void **state)
{
    struct bench *b = *state;
    struct mb_schedule_row row = {.struct_size = sizeof row};

    bench_configure(b, "schedules:\n- {name: n, cron: '@daily', collections: [a, b], strategy: meta_only, "
                       "retention: {keepWeekly: 4, keepWithin: 1y}}\n");
    struct mb_session *session = bench_open(b);
    assert_int_equal(mb_session_schedule_count(session), 1);
    assert_int_equal(mb_session_schedule_at(session, 0, &row, &b->error), MB_OK);
    assert_string_equal(row.name, "n");
    assert_string_equal(row.backup_name, "n_%Y%m%d_%H%M%S");
    assert_int_equal(row.collection_count, 2);
    assert_string_equal(row.collections[1], "b");
    assert_int_equal(row.strategy, MB_CREATE_META_ONLY);
    assert_int_equal(row.keep_weekly, 4);
    assert_string_equal(row.keep_within, "1y");
    assert_true(row.enabled);
    assert_int_equal(mb_session_schedule_at(session, 1, &row, &b->error), MB_E_NOT_FOUND);
    mb_session_close(session);
    assert_int_equal(mb_session_schedule_count(NULL), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_opens_and_tells_of_itself),
        CASE(test_reads_no_environment_unless_handed_one),
        CASE(test_problems_are_told_one_by_one),
        CASE(test_a_missing_file_is_a_mistake_in_the_configuration),
        CASE(test_lists_backups),
        CASE(test_no_folder_is_no_backups_until_there_are_some),
        CASE(test_sessions_close_in_any_order),
        CASE(test_what_is_cancelled_does_nothing_more),
        CASE(test_refuses_what_was_not_set_up),
        CASE(test_speaks_with_other_versions),
        CASE(test_a_session_can_be_like_its_parent),
        CASE(test_calls_are_counted),
        CASE(test_migrates_a_configuration),
        CASE(test_tells_its_schedules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
