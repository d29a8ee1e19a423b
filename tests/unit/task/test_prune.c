/* prune: what goes, what stays and why. */
#include "bench.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "task/users.h"

static const int64_t day_ms = INT64_C(86400000);
static const int64_t first_day_s = INT64_C(1767258000); /* 2026-01-01 09:00 UTC */

/* Its data was taken on that day, whenever its files are written. */
static void make_backup(struct bench *b, const char *name, int day)
{
    char path[128], text[512];
    snprintf(path, sizeof path, "b/%s/meta/backup_meta.json", name);
    snprintf(text, sizeof text, "{\"id\":\"i\",\"name\":\"%s\",\"size\":30,\"milvus_version\":\"v2.4.1\"}",
             name);
    bench_write(b, path, text);
    snprintf(path, sizeof path, "b/%s/meta/full_meta.json", name);
    snprintf(
        text, sizeof text,
        "{\"id\":\"i\",\"name\":\"%s\",\"size\":30,\"milvus_version\":\"v2.4.1\",\"collection_backups\":["
        "{\"collection_id\":7,\"db_name\":\"db\",\"collection_name\":\"books\",\"shards_num\":2,"
        "\"backup_physical_timestamp\":%lld,\"schema\":{\"name\":\"books\",\"fields\":[]}}]}",
        name, (long long)(first_day_s + day * day_ms / 1000));
    bench_write(b, path, text);
}

static void make_days(struct bench *b, int count)
{
    char name[32];
    for (int day = 0; day < count; day++) {
        snprintf(name, sizeof name, "day_%02d", day);
        make_backup(b, name, day);
    }
}

static bool exists(struct bench *b, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/b/%s", b->folder, name);
    return access(path, F_OK) == 0;
}

static struct mb_task *prune(struct bench *b, struct mb_session *session, struct mb_prune_request request,
                             mb_status want)
{
    struct mb_task *task = NULL;
    request.struct_size = sizeof request;
    assert_int_equal(mb_prune_start(session, &request, &task, &b->error), MB_OK);
    mb_status status = mb_task_wait(task, -1, &b->error);
    if (status != want)
        fail_msg("%d, not %d: %s", status, want, b->error.message);
    return task;
}

static struct mb_prune_row row_of(struct mb_task *task, const char *name)
{
    struct mb_prune_row row = {.struct_size = sizeof row};
    for (size_t i = 0; mb_task_prune_at(task, i, &row, NULL) == MB_OK; i++)
        if (strcmp(row.name, name) == 0)
            return row;
    fail_msg("no row for %s", name);
    return row;
}

static void test_a_dry_run_tells_and_removes_nothing(void **state)
{
    struct bench *b = *state;
    struct mb_prune_result result = {.struct_size = sizeof result};
    struct mb_delete_result other = {.struct_size = sizeof other};

    bench_configure(b, "");
    make_days(b, 4);
    struct mb_session *session = bench_open(b);
    struct mb_task *task =
        prune(b, session, (struct mb_prune_request){.keep_last = 2, .dry_run = true}, MB_OK);
    mb_session_close(session);
    assert_int_equal(mb_task_kind(task), MB_TASK_PRUNE);
    assert_string_equal(mb_task_kind_name(MB_TASK_PRUNE), "prune");
    assert_int_equal(mb_task_prune_result(task, &result, &b->error), MB_OK);
    assert_true(result.dry_run);
    assert_int_equal(result.removed, 2);
    assert_int_equal(result.kept, 2);
    assert_int_equal(result.left, 0);
    assert_int_equal(result.bytes, 60);
    assert_string_equal(result.pattern, "*");
    assert_int_equal(mb_task_prune_count(task), 4);
    assert_int_equal(row_of(task, "day_01").decision, MB_PRUNE_DUE);
    assert_string_equal(row_of(task, "day_01").why, "no rule keeps it");
    assert_string_equal(row_of(task, "day_03").why, "last 1");
    assert_int_equal(row_of(task, "day_03").made_ms, first_day_s * 1000 + 3 * day_ms);
    assert_int_equal(mb_task_delete_result(task, &other, &b->error), MB_E_INVALID);
    assert_true(exists(b, "day_00"));
    mb_task_free(task);
}

static void test_what_no_rule_keeps_goes_and_a_second_run_finds_nothing(void **state)
{
    struct bench *b = *state;
    struct mb_prune_result result = {.struct_size = sizeof result};
    const struct mb_prune_request request = {.keep_daily = 1, .keep_monthly = 2};

    bench_configure(b, "");
    make_days(b, 40);
    bench_write(b, "b/half/meta/full_meta.json", "{}");
    struct mb_session *session = bench_open(b);
    struct mb_task *task = prune(b, session, request, MB_OK);
    assert_int_equal(mb_task_prune_result(task, &result, &b->error), MB_OK);
    assert_int_equal(result.removed, 38);
    assert_int_equal(result.kept, 3);
    assert_int_equal(result.objects, 76);
    assert_true(exists(b, "day_39") && exists(b, "day_30") && exists(b, "half"));
    assert_false(exists(b, "day_29"));
    assert_string_equal(row_of(task, "day_30").why, "monthly 2026-01");
    assert_int_equal(row_of(task, "half").decision, MB_PRUNE_KEPT);
    assert_string_equal(row_of(task, "half").why, "incomplete");
    mb_task_free(task);
    task = prune(b, session, request, MB_OK);
    assert_int_equal(mb_task_prune_result(task, &result, &b->error), MB_OK);
    assert_int_equal(result.removed, 0);
    mb_task_free(task);
    mb_session_close(session);
}

static void test_only_what_matches_goes_and_counts(void **state)
{
    struct bench *b = *state;

    bench_configure(b, "");
    make_days(b, 2);
    make_backup(b, "nightly_20260101", 0);
    make_backup(b, "nightly_20260102", 1);
    make_backup(b, "nightly_by_hand", 0);
    struct mb_session *session = bench_open(b);
    mb_task_free(
        prune(b, session,
              (struct mb_prune_request){.pattern = "nightly_*", .made_by = "nightly_%Y%m%d", .keep_last = 1},
              MB_OK));
    assert_false(exists(b, "nightly_20260101"));
    assert_true(exists(b, "nightly_20260102") && exists(b, "nightly_by_hand") && exists(b, "day_00"));
    mb_session_close(session);
}

static void test_the_last_complete_one_stays(void **state)
{
    struct bench *b = *state;

    bench_configure(b, "");
    make_days(b, 2);
    struct mb_session *session = bench_open(b);
    struct mb_task *task = prune(b, session, (struct mb_prune_request){.keep_within = "1h"}, MB_OK);
    assert_string_equal(row_of(task, "day_01").why, "the last complete one");
    assert_true(exists(b, "day_01"));
    assert_false(exists(b, "day_00"));
    mb_task_free(task);
    mb_session_close(session);
}

/* A restore that goes on for as long as nobody answers at Milvus' address. */
static void test_what_a_task_is_at_work_on_stays_and_is_told(void **state)
{
    struct bench *b = *state;
    struct mb_restore_request restore = {.struct_size = sizeof restore, .name = "day_00"};
    struct mb_task_warning warning = {.struct_size = sizeof warning};
    struct mb_task *user = NULL;

    bench_configure(b, "");
    make_days(b, 3);
    bench_write(b, "a/files/insert_log/x", "");
    struct mb_session *session = bench_open(b);
    assert_int_equal(mb_restore_start(session, &restore, &user, &b->error), MB_OK);
    struct mb_task *task = prune(b, session, (struct mb_prune_request){.keep_last = 1}, MB_OK);
    assert_int_equal(mb_task_wait(user, 0, &b->error), MB_END);
    assert_int_equal(row_of(task, "day_00").decision, MB_PRUNE_KEPT);
    assert_string_equal(row_of(task, "day_00").why, "in use by a restore");
    assert_int_equal(mb_task_warning_count(task), 1);
    assert_int_equal(mb_task_warning_at(task, 0, &warning, &b->error), MB_OK);
    assert_string_equal(warning.subject, "day_00");
    assert_true(exists(b, "day_00"));
    assert_false(exists(b, "day_01"));
    mb_task_free(task);
    mb_task_free(user);
    mb_task_free(prune(b, session, (struct mb_prune_request){.keep_last = 1}, MB_OK));
    assert_false(exists(b, "day_00"));
    mb_session_close(session);
}

static void test_no_backup_folder_is_no_backups(void **state)
{
    struct bench *b = *state;
    bench_configure(b, "");
    struct mb_session *session = bench_open(b);
    struct mb_task *task = prune(b, session, (struct mb_prune_request){.keep_last = 1}, MB_OK);
    assert_int_equal(mb_task_prune_count(task), 0);
    mb_task_free(task);
    mb_session_close(session);
}

static void test_requests_are_judged(void **state)
{
    struct bench *b = *state;
    const struct {
        struct mb_prune_request request;
        const char *member;
    } cases[] = {
        {{.keep_last = 0}, "keep_last"},
        {{.keep_within = "soon"}, "keep_within"},
        {{.keep_last = 1, .pattern = ""}, "pattern"},
        {{.keep_last = 1, .made_by = "fixed"}, "pattern"},
        {{.keep_last = 1, .timezone = "Mars/Olympus"}, "timezone"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mb_prune_request request = cases[i].request;
        request.struct_size = sizeof request;
        assert_int_equal(mb_prune_check(&request, &b->error), MB_E_INVALID);
        assert_int_equal(b->error.hint, MB_HINT_INPUT);
        assert_string_equal(b->error.subject, cases[i].member);
    }
    assert_int_equal(mb_prune_check(NULL, NULL), MB_E_INVALID);
}

static void test_users_come_and_go_in_any_order(void **state)
{
    struct mb_user a = {.backup = "a", .kind = MB_TASK_RESTORE}, c = {.backup = "c", .kind = MB_TASK_VERIFY};
    struct mb_user a2 = {.backup = "a", .kind = MB_TASK_TRANSFER};
    struct mb_users users;

    (void)state;
    mb_users_init(&users);
    mb_users_leave(&users, &a);
    mb_users_join(&users, &a);
    mb_users_join(&users, &c);
    mb_users_join(&users, &a2);
    assert_int_equal(mb_users_find(&users, "b"), 0);
    mb_users_leave(&users, &c);
    assert_int_equal(mb_users_find(&users, "c"), 0);
    mb_users_leave(&users, &a2);
    assert_int_equal(mb_users_find(&users, "a"), MB_TASK_RESTORE);
    mb_users_leave(&users, &a);
    assert_int_equal(mb_users_find(&users, "a"), 0);
    mb_users_done(&users);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_dry_run_tells_and_removes_nothing),
        CASE(test_what_no_rule_keeps_goes_and_a_second_run_finds_nothing),
        CASE(test_only_what_matches_goes_and_counts),
        CASE(test_the_last_complete_one_stays),
        CASE(test_what_a_task_is_at_work_on_stays_and_is_told),
        CASE(test_no_backup_folder_is_no_backups),
        CASE(test_requests_are_judged),
        cmocka_unit_test(test_users_come_and_go_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
