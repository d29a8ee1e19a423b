/* Tasks: what a request must be, how one runs, is polled, awaited, cancelled and freed. */
#include "bench.h"

#include <stdio.h>
#include <string.h>

static void make_backup(struct bench *b, const char *name)
{
    char path[128], text[256];
    snprintf(text, sizeof text, "{\"id\":\"i1\",\"name\":\"%s\",\"size\":0,\"milvus_version\":\"v2.4.1\"}",
             name);
    static const char *const files[] = {"backup", "collection", "partition", "segment", "full"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "b/%s/meta/%s_meta.json", name, files[i]);
        bench_write(b, path, i == 0 || i == 4 ? text : "{}");
    }
}

static size_t count_backups(struct bench *b, struct mb_session *session)
{
    struct mb_backup_list *list = NULL;
    assert_int_equal(mb_session_list(session, NULL, &list, &b->error), MB_OK);
    size_t count = mb_backup_list_count(list);
    mb_backup_list_free(list);
    return count;
}

static void test_deletes_and_tells_how_much(void **state)
{
    struct bench *b = *state;
    struct mb_delete_request request = {.struct_size = sizeof request, .name = "old"};
    struct mb_delete_result result = {.struct_size = sizeof result};
    struct mb_create_result other = {.struct_size = sizeof other};
    struct mb_task_status status = {.struct_size = sizeof status};
    struct mb_task *task = NULL;

    bench_configure(b, "");
    make_backup(b, "old");
    struct mb_session *session = bench_open(b);
    assert_int_equal(mb_delete_start(session, &request, &task, &b->error), MB_OK);
    assert_int_equal(mb_task_wait(task, -1, &b->error), MB_OK);
    assert_int_equal(mb_task_kind(task), MB_TASK_DELETE);
    assert_string_equal(mb_task_backup(task), "old");
    assert_int_equal(strlen(mb_task_id(task)), 36);
    assert_int_equal(mb_task_poll(task, &status, &b->error), MB_OK);
    assert_int_equal(status.state, MB_TASK_SUCCEEDED);
    assert_true(status.percent == 100);
    assert_string_equal(status.phase, "delete");
    assert_int_equal(mb_task_delete_result(task, &result, &b->error), MB_OK);
    assert_int_equal(result.objects, 5);
    assert_int_equal(mb_task_create_result(task, &other, &b->error), MB_E_INVALID);
    assert_int_equal(count_backups(b, session), 0);
    mb_session_close(session);
    assert_string_equal(result.name, "old"); /* the task's, not the session's */
    mb_task_free(task);
}

static void test_failure_is_the_task_s(void **state)
{
    struct bench *b = *state;
    struct mb_delete_request request = {.struct_size = sizeof request, .name = "nowhere"};
    struct mb_delete_result result = {.struct_size = sizeof result};
    struct mb_task_status status = {.struct_size = sizeof status};
    struct mb_task *task = NULL;

    bench_configure(b, "");
    struct mb_session *session = bench_open(b);
    assert_int_equal(mb_delete_start(session, &request, &task, &b->error), MB_OK);
    assert_int_equal(mb_task_wait(task, -1, &b->error), MB_E_NOT_FOUND);
    assert_string_equal(b->error.message, "backup nowhere not found");
    memset(b->error.message, 0, sizeof b->error.message);
    assert_int_equal(mb_task_error(task, &b->error), MB_E_NOT_FOUND);
    assert_string_equal(b->error.message, "backup nowhere not found");
    assert_int_equal(mb_task_poll(task, &status, &b->error), MB_OK);
    assert_int_equal(status.state, MB_TASK_FAILED);
    assert_true(status.percent < 100);
    assert_int_equal(mb_task_delete_result(task, &result, &b->error), MB_E_INVALID);
    mb_task_free(task);
    mb_session_close(session);
}

/* Nobody listens on port 1; connecting is tried for some seconds, unless it is cancelled. */
static void test_cancelling_one_leaves_the_others_alone(void **state)
{
    struct bench *b = *state;
    struct mb_create_request create = {.struct_size = sizeof create, .name = "one"};
    struct mb_delete_request other = {.struct_size = sizeof other, .name = "old"};
    struct mb_task_status status = {.struct_size = sizeof status};
    struct mb_task *tasks[3] = {NULL};

    bench_configure(b, "");
    bench_write(b, "a/files/insert_log/x", "");
    make_backup(b, "old");
    struct mb_session *session = bench_open(b);
    assert_int_equal(mb_create_start(session, &create, &tasks[0], &b->error), MB_OK);
    create.name = NULL;
    assert_int_equal(mb_create_start(session, &create, &tasks[1], &b->error), MB_OK);
    assert_string_not_equal(mb_task_id(tasks[0]), mb_task_id(tasks[1]));
    assert_int_equal(strncmp(mb_task_backup(tasks[1]), "backup_2", 8), 0);
    mb_task_cancel(tasks[0]);
    assert_int_equal(mb_task_wait(tasks[0], -1, &b->error), MB_E_CANCELLED);
    assert_int_equal(mb_task_poll(tasks[0], &status, &b->error), MB_OK);
    assert_int_equal(status.state, MB_TASK_CANCELLED);
    assert_int_equal(mb_task_wait(tasks[1], 0, &b->error), MB_END);
    assert_int_equal(mb_delete_start(session, &other, &tasks[2], &b->error), MB_OK);
    assert_int_equal(mb_task_wait(tasks[2], -1, &b->error), MB_OK);
    assert_int_equal(mb_task_poll(tasks[1], &status, &b->error), MB_OK);
    assert_int_equal(status.state, MB_TASK_RUNNING);

    mb_session_close(session);
    assert_int_equal(mb_task_wait(tasks[1], 0, &b->error), MB_E_CANCELLED);
    for (size_t i = 0; i < 3; i++)
        mb_task_free(tasks[i]);
}

static void test_freeing_cancels(void **state)
{
    struct bench *b = *state;
    struct mb_create_request create = {.struct_size = sizeof create};
    struct mb_task *task = NULL;

    bench_configure(b, "");
    struct mb_session *session = bench_open(b);
    assert_int_equal(mb_create_start(session, &create, &task, &b->error), MB_OK);
    mb_task_free(task);
    mb_session_cancel(session);
    assert_int_equal(mb_create_start(session, &create, &task, &b->error), MB_OK);
    assert_int_equal(mb_task_wait(task, -1, &b->error), MB_E_CANCELLED);
    mb_session_close(session);
    mb_task_free(task);
}

static void test_transfers_to_another_session_s_storage(void **state)
{
    struct bench *b = *state;
    struct mb_transfer_request request = {.struct_size = sizeof request, .name = "moving"};
    struct mb_transfer_result result = {.struct_size = sizeof result};
    struct mb_task *task = NULL;
    char there[64 + 32];

    bench_configure(b, "");
    make_backup(b, "moving");
    struct mb_session *session = bench_open(b);
    snprintf(there, sizeof there, "minio.backupRootPath=%s/c", b->folder);
    const char *overrides[] = {there};
    b->options = (struct mb_session_options){.struct_size = sizeof b->options,
                                             .config_path = b->config,
                                             .overrides = overrides,
                                             .override_count = 1,
                                             .parent = session};
    request.peer = bench_open(b);
    assert_int_equal(mb_transfer_start(session, &request, &task, &b->error), MB_OK);
    mb_session_close(request.peer);
    if (mb_task_wait(task, -1, &b->error) != MB_OK)
        fail_msg("%s", b->error.message);
    assert_int_equal(mb_task_transfer_result(task, &result, &b->error), MB_OK);
    assert_int_equal(result.strays, 0);
    mb_task_free(task);
    request.peer = bench_open(b);
    assert_int_equal(count_backups(b, request.peer), 1);
    mb_session_close(session);
    mb_session_close(request.peer);
}

static void test_verify_names_each_fault(void **state)
{
    struct bench *b = *state;
    struct mb_verify_request request = {.struct_size = sizeof request, .name = "one", .read_data = true};
    struct mb_verify_result result = {.struct_size = sizeof result};
    struct mb_task_fault fault = {.struct_size = sizeof fault};
    struct mb_task *task = NULL;

    bench_configure(b, "transfer:\n  patienceSeconds: 0\n");
    make_backup(b, "one");
    bench_write(b, "b/one/meta/objects.jsonl",
                "{\"key\":\"binlogs/insert_log/1/2/3/4/5\",\"size\":10}\n"
                "{\"key\":\"binlogs/insert_log/1/2/3/4/6\",\"size\":3,\"crc32c\":\"00000000\"}\n");
    bench_write(b, "b/one/binlogs/insert_log/1/2/3/4/6", "abc");
    struct mb_session *session = bench_open(b);
    assert_int_equal(mb_verify_start(session, &request, &task, &b->error), MB_OK);
    assert_int_equal(mb_task_wait(task, -1, &b->error), MB_E_CORRUPT);
    mb_session_close(session);
    assert_int_equal(mb_task_verify_result(task, &result, &b->error), MB_OK);
    assert_int_equal(result.damages, mb_task_fault_count(task));
    assert_true(result.recorded);
    assert_int_equal(mb_task_fault_at(task, 0, &fault, &b->error), MB_OK);
    assert_int_equal(fault.kind, MB_TASK_FAULT_MISSING);
    assert_string_equal(fault.name, "binlogs/insert_log/1/2/3/4/5");
    bool summed = false;
    for (size_t i = 0; mb_task_fault_at(task, i, &fault, &b->error) == MB_OK; i++)
        summed = summed || (fault.kind == MB_TASK_FAULT_CHECKSUM &&
                            strcmp(fault.name, "binlogs/insert_log/1/2/3/4/6") == 0);
    assert_true(summed);
    mb_task_free(task);
}

static void expect_hint(struct bench *b, mb_status status, uint32_t hint, const char *member)
{
    assert_true(status == MB_E_INVALID || status == MB_E_CONFIG);
    assert_int_equal(b->error.hint, hint);
    assert_string_equal(b->error.subject, member);
}

static void expect_input(struct bench *b, mb_status status, const char *member)
{
    expect_hint(b, status, MB_HINT_INPUT, member);
}

static void expect_restore_s_plan(struct bench *b, struct mb_restore_request restore)
{
    static const char *const keys[] = {"a", NULL};
    static const char *const rename[] = {"a:b"};
    struct mb_restore_mapping mappings[2] = {
        {.struct_size = sizeof mappings[0], .source_db = "a", .target_db = "b", .source = "c", .target = "d"},
        {.struct_size = sizeof mappings[0], .source_db = "a", .target_db = "b"}};

    restore.mapping_count = 2;
    expect_input(b, mb_restore_check(&restore, &b->error), "mappings");
    restore.mappings = mappings;
    assert_int_equal(mb_restore_check(&restore, &b->error), MB_OK);
    mappings[1].target_db = "";
    expect_input(b, mb_restore_check(&restore, &b->error), "mappings");
    mappings[1].target_db = "b";
    restore.suffix = "_x";
    expect_input(b, mb_restore_check(&restore, &b->error), "suffix");
    restore.suffix = "";
    restore.rename = rename;
    restore.rename_count = 1;
    expect_input(b, mb_restore_check(&restore, &b->error), "rename");
    restore.rename_count = 0;
    restore.target_filter = "a b";
    expect_input(b, mb_restore_check(&restore, &b->error), "target_filter");
    restore.target_filter = "b.*";
    restore.filter = "b.*";
    expect_input(b, mb_restore_check(&restore, &b->error), "target_filter");
    restore.filter = NULL;
    restore.max_shards = -1;
    expect_input(b, mb_restore_check(&restore, &b->error), "max_shards");
    restore.max_shards = 1;
    restore.skip_index_params = keys;
    restore.skip_index_param_count = 2;
    expect_input(b, mb_restore_check(&restore, &b->error), "skip_index_params");
    restore.skip_index_param_count = 1;
    assert_int_equal(mb_restore_check(&restore, &b->error), MB_OK);
}

static void test_requests_are_judged_before_anything_is_opened(void **state)
{
    struct bench *b = *state;
    static const char *const one[] = {"c"};
    static const char *const bad[] = {"db.*:other"};
    struct mb_create_request create = {.struct_size = sizeof create, .name = "no-dash"};
    struct mb_restore_request restore = {.struct_size = sizeof restore, .name = "n", .drop_first = true};
    struct mb_transfer_request transfer = {.struct_size = sizeof transfer, .name = "n"};
    struct mb_delete_request remove = {.struct_size = sizeof remove, .name = "a/b"};

    expect_input(b, mb_create_check(&create, &b->error), "name");
    create.name = "fine";
    assert_int_equal(mb_create_check(&create, &b->error), MB_OK);
    create.strategy = 77;
    expect_input(b, mb_create_check(&create, &b->error), "strategy");
    create.strategy = MB_CREATE_DEFAULT;
    create.pause_gc = 3;
    expect_input(b, mb_create_check(&create, &b->error), "pause_gc");
    create.pause_gc = MB_NO;
    char long_id[202];
    memset(long_id, 'x', 201);
    long_id[201] = '\0';
    const char *const bad_ids[] = {"", "a\nb", "a ", "\xff", long_id};
    for (size_t i = 0; i < sizeof bad_ids / sizeof *bad_ids; i++) {
        create.id = bad_ids[i];
        expect_input(b, mb_create_check(&create, &b->error), "id");
    }
    create.id = long_id + 1;
    assert_int_equal(mb_create_check(&create, &b->error), MB_OK);
    create.id = NULL;
    create.filter = "a b";
    expect_input(b, mb_create_check(&create, &b->error), "filter");
    create.filter = "";
    create.collections = create.databases = one;
    create.collection_count = create.database_count = 1;
    expect_hint(b, mb_create_check(&create, &b->error), MB_HINT_EXCLUSIVE, "collections");
    create.databases = NULL;
    expect_input(b, mb_create_check(&create, &b->error), "databases");

    expect_hint(b, mb_restore_check(&restore, &b->error), MB_HINT_ALSO, "drop_exist_collection");
    restore.drop_first = false;
    restore.rename = bad;
    restore.rename_count = 1;
    expect_input(b, mb_restore_check(&restore, &b->error), "rename");
    restore.rename = NULL;
    restore.rename_count = 0;
    expect_restore_s_plan(b, restore);
    expect_input(b, mb_transfer_check(&transfer, &b->error), "peer");
    struct mb_verify_request verify = {.struct_size = sizeof verify, .name = "n", .part = 1, .parts = 2};
    expect_input(b, mb_verify_check(&verify, &b->error), "part");
    verify.read_data = true;
    assert_int_equal(mb_verify_check(&verify, &b->error), MB_OK);
    verify.part = 3;
    expect_input(b, mb_verify_check(&verify, &b->error), "part");
    expect_input(b, mb_delete_check(&remove, &b->error), "name");
    remove.name = NULL;
    expect_input(b, mb_delete_check(&remove, &b->error), "name");
    assert_int_equal(mb_delete_check(NULL, NULL), MB_E_INVALID);
}

/* What does not count is a warning that names the member, also while the task has not got far. */
static void test_what_does_not_count_is_a_warning(void **state)
{
    struct bench *b = *state;
    static const char *const one[] = {"c", ""};
    struct mb_create_request create = {
        .struct_size = sizeof create, .filter = "a", .databases = one, .database_count = 2};
    struct mb_task_warning warning = {.struct_size = sizeof warning};
    struct mb_task *task = NULL;

    bench_configure(b, "");
    struct mb_session *session = bench_open(b);
    assert_int_equal(mb_create_start(session, &create, &task, &b->error), MB_OK);
    mb_task_cancel(task);
    mb_task_wait(task, -1, &b->error);
    mb_session_close(session);
    assert_int_equal(mb_task_warning_count(task), 1);
    assert_int_equal(mb_task_warning_at(task, 0, &warning, &b->error), MB_OK);
    assert_int_equal(warning.hint, MB_HINT_IGNORED);
    assert_string_equal(warning.subject, "databases");
    assert_int_equal(mb_task_warning_at(task, 1, &warning, &b->error), MB_E_NOT_FOUND);
    mb_task_free(task);
}

static void test_null_is_refused_or_nothing(void **state)
{
    struct bench *b = *state;
    struct mb_create_request create = {.struct_size = sizeof create};
    struct mb_task_status status = {.struct_size = sizeof status};
    struct mb_task *task = NULL;

    bench_configure(b, "");
    struct mb_session *session = bench_open(b);
    assert_int_equal(mb_create_start(NULL, &create, &task, &b->error), MB_E_INVALID);
    assert_int_equal(mb_create_start(session, NULL, &task, &b->error), MB_E_INVALID);
    assert_int_equal(mb_create_start(session, &create, NULL, &b->error), MB_E_INVALID);
    create.struct_size = 12;
    assert_int_equal(mb_create_start(session, &create, &task, NULL), MB_E_INVALID);
    assert_null(task);
    assert_int_equal(mb_task_poll(NULL, &status, &b->error), MB_E_INVALID);
    assert_int_equal(mb_task_wait(NULL, -1, &b->error), MB_E_INVALID);
    assert_int_equal(mb_task_collection_count(NULL), 0);
    mb_task_cancel(NULL);
    mb_task_free(NULL);
    mb_session_close(session);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_deletes_and_tells_how_much),
        CASE(test_failure_is_the_task_s),
        CASE(test_cancelling_one_leaves_the_others_alone),
        CASE(test_freeing_cancels),
        CASE(test_transfers_to_another_session_s_storage),
        CASE(test_verify_names_each_fault),
        CASE(test_requests_are_judged_before_anything_is_opened),
        CASE(test_what_does_not_count_is_a_warning),
        CASE(test_null_is_refused_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
