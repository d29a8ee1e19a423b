/* Schedules, by a clock and tasks of the test's own. */
#include "base/clock.h"
#include "service/schedule.h"

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct stage {
    struct bench *bench;
    struct mb_session *session;
    struct mb_schedules *schedules;
    int64_t now_ms;
    mb_status refusal; /* of the next starts */
    size_t started;
    struct {
        int32_t kind, state;
        char name[64], made_by[64], caller[64], schedule[64];
        const char *error;
        bool resume, resumable;
    } tasks[16]; /* whose id is their number */
};

static struct stage stage;

static int64_t moment(const char *text)
{
    int64_t ns = 0;
    assert_true(mb_clock_parse(text, &ns));
    return ns / MB_NS_PER_MS;
}

static int64_t now(void *ctx)
{
    return ((struct stage *)ctx)->now_ms;
}

static mb_status start(void *ctx, const struct mb_caller *caller, const struct mb_job *job,
                       struct mb_arena *arena, const char **id, struct mb_error *error)
{
    struct stage *s = ctx;
    error->status = s->refusal;
    snprintf(error->message, sizeof error->message, "refused");
    if (s->refusal != MB_OK)
        return s->refusal;
    assert_int_equal(caller->role, MB_ROLE_WRITE);
    assert_true(caller->request_id[0] != '\0' && s->started < 16);
    s->tasks[s->started].kind = job->kind;
    s->tasks[s->started].state = MB_TASK_RUNNING;
    s->tasks[s->started].error = "";
    snprintf(s->tasks[s->started].caller, 64, "%s", caller->name);
    snprintf(s->tasks[s->started].schedule, 64, "%s", job->schedule);
    const struct mb_create_request *create = job->request;
    s->tasks[s->started].resume = job->kind == MB_TASK_CREATE && create->resume;
    if (job->kind == MB_TASK_CREATE)
        snprintf(s->tasks[s->started].name, 64, "%s", create->name);
    else
        snprintf(s->tasks[s->started].made_by, 64, "%s",
                 ((const struct mb_prune_request *)job->request)->made_by);
    *id = mb_arena_printf(arena, "%zu", s->started++);
    return MB_OK;
}

static mb_status look(void *ctx, const char *id, struct mb_arena *arena, struct mb_record *out,
                      struct mb_error *error)
{
    struct stage *s = ctx;
    size_t i = (size_t)atoi(id);
    (void)arena;
    error->status = MB_E_NOT_FOUND;
    if (i >= s->started)
        return MB_E_NOT_FOUND;
    *out = (struct mb_record){.id = id,
                              .kind = s->tasks[i].kind,
                              .state = s->tasks[i].state,
                              .error = s->tasks[i].error,
                              .resumable = s->tasks[i].resumable,
                              .result = "{}"};
    return MB_OK;
}

static const struct mb_schedule_hands hands = {now, start, look, &stage};

static mb_status try_open(struct bench *b)
{
    const struct mb_schedules_options options = {.state_dir = b->folder, .hands = &hands};
    return mb_schedules_open(&stage.schedules, stage.session, NULL, &options, &b->error);
}

/* At that time, over what the last one has left. */
static void open_at(struct bench *b, const char *time, const char *schedules)
{
    bench_configure(b, schedules);
    stage.bench = b;
    stage.now_ms = moment(time);
    stage.session = bench_open(b);
    if (try_open(b) != MB_OK)
        fail_msg("%s", b->error.message);
}

static void close_all(void)
{
    mb_schedules_close(stage.schedules);
    mb_session_close(stage.session);
    stage.schedules = NULL;
    stage.session = NULL;
}

static int64_t step_at(const char *time)
{
    stage.now_ms = moment(time);
    return mb_schedules_step(stage.schedules);
}

static struct mb_schedule_status status_of(struct mb_arena *arena, size_t i)
{
    struct mb_schedule_status *rows = NULL;
    struct mb_error error = MB_ERROR_INIT;
    size_t count = 0;
    assert_int_equal(mb_schedules_list(stage.schedules, arena, &rows, &count, &error), MB_OK);
    assert_true(i < count);
    return rows[i];
}

static int setup(void **state)
{
    stage = (struct stage){0};
    return bench_setup(state);
}

static int teardown(void **state)
{
    close_all();
    return bench_teardown(state);
}

#define NIGHTLY                                                                        \
    "schedules:\n- {name: n, cron: '0 3 * * *', timezone: Europe/Berlin, retention: {" \
    "keepLast: 2}}\n"

static void test_runs_when_due_and_prunes_after_a_success(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    open_at(*state, "2026-11-28T01:59:50Z", NIGHTLY);
    assert_int_equal(status_of(arena, 0).next_ms, moment("2026-11-28T02:00:00Z"));
    assert_int_equal(step_at("2026-11-28T01:59:50Z"), 10000);
    assert_int_equal(stage.started, 0);
    assert_true(step_at("2026-11-28T02:00:00Z") <= 1000);
    assert_int_equal(stage.started, 1);
    assert_string_equal(stage.tasks[0].name, "n_20261128_030000");
    assert_string_equal(stage.tasks[0].caller, "schedule n");
    assert_string_equal(stage.tasks[0].schedule, "n");
    step_at("2026-11-28T02:05:00Z");
    assert_int_equal(stage.started, 1);
    assert_int_equal(status_of(arena, 0).last_state, MB_TASK_RUNNING);
    stage.tasks[0].state = MB_TASK_SUCCEEDED;
    step_at("2026-11-28T02:06:00Z");
    assert_int_equal(stage.started, 2);
    assert_int_equal(stage.tasks[1].kind, MB_TASK_PRUNE);
    assert_string_equal(stage.tasks[1].made_by, "n_%Y%m%d_%H%M%S");
    struct mb_schedule_status now_is = status_of(arena, 0);
    assert_int_equal(now_is.last_state, MB_TASK_SUCCEEDED);
    assert_int_equal(now_is.last_ms, moment("2026-11-28T02:00:00Z"));
    assert_int_equal(now_is.ended_ms, moment("2026-11-28T02:06:00Z"));
    assert_int_equal(now_is.next_ms, moment("2026-11-29T02:00:00Z"));
    assert_string_equal(now_is.last_backup, "n_20261128_030000");
    assert_string_equal(now_is.last_task, "0");
    assert_int_equal(now_is.runs, 1);
    assert_int_equal(now_is.failures, 0);
    mb_arena_free(arena);
}

static void test_a_failure_is_told_and_prunes_nothing(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    open_at(*state, "2026-11-28T01:00:00Z", NIGHTLY);
    step_at("2026-11-28T02:00:00Z");
    stage.tasks[0].state = MB_TASK_FAILED;
    stage.tasks[0].error = "milvus is gone";
    step_at("2026-11-28T02:01:00Z");
    assert_int_equal(stage.started, 1);
    assert_string_equal(status_of(arena, 0).error, "milvus is gone");
    assert_int_equal(status_of(arena, 0).failures, 1);
    stage.refusal = MB_E_EXISTS;
    step_at("2026-11-29T02:00:00Z");
    assert_string_equal(status_of(arena, 0).error, "refused");
    assert_int_equal(status_of(arena, 0).last_state, MB_TASK_FAILED);
    assert_int_equal(status_of(arena, 0).next_ms, moment("2026-11-30T02:00:00Z"));
    mb_arena_free(arena);
}

static void fail_task(size_t i, bool resumable)
{
    stage.tasks[i].state = MB_TASK_FAILED;
    stage.tasks[i].error = "milvus is gone";
    stage.tasks[i].resumable = resumable;
}

#define RETRIED \
    "schedules:\n- {name: n, cron: '0 */4 * * *', retries: 3, retryAfter: 5min, retention: {keepLast: 2}}\n"

static void test_a_failure_is_retried_and_goes_on_with_what_was_left(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    open_at(*state, "2026-11-28T01:00:00Z", RETRIED);
    step_at("2026-11-28T04:00:00Z");
    assert_false(stage.tasks[0].resume);
    fail_task(0, true);
    step_at("2026-11-28T04:10:00Z");
    assert_int_equal(status_of(arena, 0).retry_ms, moment("2026-11-28T04:15:00Z"));
    assert_true(step_at("2026-11-28T04:14:59Z") <= 1000);
    assert_int_equal(stage.started, 1);
    step_at("2026-11-28T04:15:00Z");
    assert_int_equal(stage.started, 2);
    assert_string_equal(stage.tasks[1].name, stage.tasks[0].name);
    assert_true(stage.tasks[1].resume);
    assert_int_equal(status_of(arena, 0).retry_ms, 0);
    assert_int_equal(status_of(arena, 0).last_retry, 1);
    fail_task(1, false);
    step_at("2026-11-28T04:20:00Z");
    step_at("2026-11-28T04:25:00Z");
    assert_string_equal(stage.tasks[2].name, "n_20261128_042500"); /* nothing is left to go on with */
    assert_false(stage.tasks[2].resume);
    stage.tasks[2].state = MB_TASK_SUCCEEDED;
    step_at("2026-11-28T04:26:00Z");
    struct mb_schedule_status now_is = status_of(arena, 0);
    assert_int_equal(stage.tasks[3].kind, MB_TASK_PRUNE);
    assert_int_equal(now_is.runs, 3);
    assert_int_equal(now_is.retries, 2);
    assert_int_equal(now_is.failures, 2);
    assert_int_equal(now_is.next_ms, moment("2026-11-28T08:00:00Z"));
    step_at("2026-11-28T07:59:59Z");
    assert_int_equal(stage.started, 4);
    mb_arena_free(arena);
}

static void test_there_are_so_many_retries_and_each_run_has_its_own(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    open_at(*state, "2026-11-28T01:00:00Z", RETRIED);
    step_at("2026-11-28T04:00:00Z");
    for (size_t i = 0; i < 4; i++) {
        char time[32];
        fail_task(i, true);
        snprintf(time, sizeof time, "2026-11-28T04:%02zu:00Z", 6 * i);
        step_at(time);
        snprintf(time, sizeof time, "2026-11-28T04:%02zu:00Z", 6 * i + 5);
        step_at(time);
    }
    assert_int_equal(stage.started, 4);
    assert_int_equal(status_of(arena, 0).retry_ms, 0);
    step_at("2026-11-28T08:00:00Z");
    assert_string_equal(stage.tasks[4].name, "n_20261128_080000");
    assert_false(stage.tasks[4].resume);
    assert_int_equal(status_of(arena, 0).last_retry, 0);
    fail_task(4, true);
    step_at("2026-11-28T08:01:00Z");
    assert_int_equal(status_of(arena, 0).retry_ms, moment("2026-11-28T08:06:00Z"));
    mb_arena_free(arena);
}

/* Not even one that is put off, since the service takes nothing. */
static void test_a_retry_does_not_meet_the_next_run(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    open_at(*state, "2026-11-28T01:00:00Z", RETRIED);
    step_at("2026-11-28T04:00:00Z");
    fail_task(0, true);
    step_at("2026-11-28T07:55:00Z");
    assert_int_equal(status_of(arena, 0).retry_ms, 0);
    step_at("2026-11-28T08:00:00Z");
    assert_int_equal(stage.started, 2);
    assert_false(stage.tasks[1].resume);
    fail_task(1, true);
    step_at("2026-11-28T11:54:00Z");
    stage.refusal = MB_E_THROTTLED;
    step_at("2026-11-28T11:59:55Z");
    assert_true(status_of(arena, 0).retry_ms > 0);
    stage.refusal = MB_OK;
    step_at("2026-11-28T12:00:05Z");
    step_at("2026-11-28T12:00:15Z");
    assert_int_equal(stage.started, 3);
    assert_string_equal(stage.tasks[2].name, "n_20261128_120005");
    mb_arena_free(arena);
}

static void test_only_failures_are_retried_and_only_where_it_is_wanted(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    open_at(*state, "2026-11-28T01:00:00Z",
            "schedules:\n- {name: a, cron: '@daily'}\n- {name: b, cron: '@daily', retries: 0}\n");
    step_at("2026-11-29T00:00:00Z");
    stage.tasks[0].state = MB_TASK_CANCELLED;
    stage.tasks[0].resumable = true;
    fail_task(1, true);
    step_at("2026-11-29T00:01:00Z");
    step_at("2026-11-29T12:00:00Z");
    assert_int_equal(stage.started, 2);
    assert_int_equal(status_of(arena, 0).retry_ms + status_of(arena, 1).retry_ms, 0);
    stage.refusal = MB_E_INVALID;
    step_at("2026-11-30T00:00:00Z"); /* could not even be started */
    assert_int_equal(status_of(arena, 0).retry_ms, moment("2026-11-30T00:10:00Z"));
    assert_int_equal(status_of(arena, 1).retry_ms, 0);
    mb_arena_free(arena);
}

static void test_a_retry_outlives_the_server(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    open_at(*state, "2026-11-28T01:00:00Z", RETRIED);
    step_at("2026-11-28T04:00:00Z");
    fail_task(0, true);
    step_at("2026-11-28T04:10:00Z");
    close_all();
    open_at(*state, "2026-11-28T06:00:00Z", RETRIED);
    step_at("2026-11-28T06:00:00Z");
    assert_int_equal(stage.started, 2);
    assert_string_equal(stage.tasks[1].name, stage.tasks[0].name);
    assert_true(stage.tasks[1].resume);
    assert_int_equal(status_of(arena, 0).last_retry, 1);
    fail_task(1, true);
    step_at("2026-11-28T06:01:00Z");
    close_all();
    open_at(*state, "2026-11-28T09:00:00Z", RETRIED);
    step_at("2026-11-28T09:00:00Z"); /* the run of 08:00 is made up for instead */
    assert_int_equal(stage.started, 3);
    assert_false(stage.tasks[2].resume);
    mb_arena_free(arena);
}

/* A queue that is full, or a service that stops. */
static void test_what_is_not_taken_is_tried_again(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    open_at(*state, "2026-11-28T01:00:00Z", NIGHTLY);
    stage.refusal = MB_E_THROTTLED;
    assert_int_equal(step_at("2026-11-28T02:00:00Z"), 10000);
    assert_int_equal(status_of(arena, 0).runs, 0);
    stage.refusal = MB_OK;
    step_at("2026-11-28T02:00:10Z");
    assert_int_equal(stage.started, 1);
    assert_int_equal(status_of(arena, 0).next_ms, moment("2026-11-29T02:00:00Z"));
    mb_arena_free(arena);
}

static void test_what_is_due_while_the_last_goes_on_is_skipped(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    open_at(*state, "2026-11-28T01:00:00Z",
            "schedules:\n- {name: a, cron: '0 * * * *'}\n- {name: b, cron: '30 * * * *'}\n");
    step_at("2026-11-28T02:00:00Z");
    step_at("2026-11-28T03:00:00Z"); /* b was due at 02:30, and another's run is none of its business */
    assert_int_equal(stage.started, 2);
    assert_string_equal(stage.tasks[1].schedule, "b");
    assert_int_equal(status_of(arena, 0).skipped, 1);
    assert_int_equal(status_of(arena, 0).next_ms, moment("2026-11-28T04:00:00Z"));
    stage.tasks[0].state = MB_TASK_CANCELLED;
    step_at("2026-11-28T04:00:00Z");
    assert_int_equal(stage.started, 3);
    assert_string_equal(stage.tasks[2].schedule, "a");
    mb_arena_free(arena);
}

static void test_missed_runs_are_made_up_for_once(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    open_at(*state, "2026-11-20T12:00:00Z", NIGHTLY);
    step_at("2026-11-21T02:00:00Z");
    stage.tasks[0].state = MB_TASK_SUCCEEDED;
    step_at("2026-11-21T02:10:00Z");
    close_all();
    open_at(*state, "2026-11-28T12:00:00Z", NIGHTLY);
    struct mb_schedule_status now_is = status_of(arena, 0);
    assert_int_equal(now_is.last_ms, moment("2026-11-21T02:00:00Z"));
    assert_int_equal(now_is.last_state, MB_TASK_SUCCEEDED);
    assert_string_equal(now_is.last_backup, "n_20261121_030000");
    size_t before = stage.started;
    step_at("2026-11-28T12:00:00Z");
    step_at("2026-11-28T12:00:20Z");
    assert_int_equal(stage.started, before + 1);
    assert_string_equal(stage.tasks[before].name, "n_20261128_130000");
    assert_int_equal(status_of(arena, 0).next_ms, moment("2026-11-29T02:00:00Z"));
    mb_arena_free(arena);
}

/* One that is new, has another expression or was not enabled has missed nothing. */
static void test_only_what_was_to_run_was_missed(void **state)
{
    open_at(*state, "2026-11-20T12:00:00Z", NIGHTLY);
    close_all();
    open_at(*state, "2026-11-28T12:00:00Z",
            "schedules:\n- {name: n, cron: '0 4 * * *', timezone: Europe/Berlin}\n- {name: new, cron: "
            "'@hourly'}\n"
            "- {name: off, cron: '@hourly', enabled: false}\n");
    step_at("2026-11-28T12:00:00Z");
    assert_int_equal(stage.started, 0);
    close_all();
    open_at(*state, "2026-11-28T18:00:00Z", "schedules:\n- {name: off, cron: '@hourly'}\n");
    step_at("2026-11-28T18:00:00Z");
    assert_int_equal(stage.started, 0);
    step_at("2026-11-28T19:00:00Z");
    assert_int_equal(stage.started, 1);
}

static void test_one_that_is_not_enabled_never_runs(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    open_at(*state, "2026-11-20T12:00:00Z", "schedules:\n- {name: n, cron: '* * * * *', enabled: false}\n");
    step_at("2026-11-28T12:00:00Z");
    assert_int_equal(stage.started, 0);
    assert_int_equal(status_of(arena, 0).next_ms, 0);
    assert_false(status_of(arena, 0).enabled);
    mb_arena_free(arena);
}

/* The server was killed while it ran. */
static void test_what_was_cut_off_is_looked_up(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    open_at(*state, "2026-11-28T01:00:00Z", NIGHTLY);
    step_at("2026-11-28T02:00:00Z");
    close_all();
    stage.tasks[0].state = MB_TASK_FAILED;
    stage.tasks[0].error = "cut off";
    open_at(*state, "2026-11-28T02:30:00Z", NIGHTLY);
    step_at("2026-11-28T02:30:00Z");
    assert_int_equal(status_of(arena, 0).last_state, MB_TASK_FAILED);
    assert_string_equal(status_of(arena, 0).error, "cut off");
    close_all();
    open_at(*state, "2026-11-29T02:00:00Z", NIGHTLY);
    step_at("2026-11-29T02:00:00Z");
    close_all();
    stage.started = 0; /* nobody knows its id any more */
    open_at(*state, "2026-11-29T02:30:00Z", NIGHTLY);
    step_at("2026-11-29T02:30:00Z");
    assert_int_equal(status_of(arena, 0).last_state, MB_TASK_FAILED);
    assert_int_equal(stage.started, 0);
    mb_arena_free(arena);
}

static void test_clocks_jump(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    open_at(*state, "2031-01-01T12:00:00Z", NIGHTLY);
    step_at("2031-01-01T12:00:00Z");
    step_at("2026-11-28T12:00:00Z"); /* now it is right */
    assert_int_equal(status_of(arena, 0).next_ms, moment("2026-11-29T02:00:00Z"));
    step_at("2026-11-29T02:00:00Z");
    assert_int_equal(stage.started, 1);
    stage.tasks[0].state = MB_TASK_CANCELLED;
    step_at("2026-11-29T01:59:00Z"); /* a little back: it does not run twice */
    step_at("2026-11-29T02:00:00Z");
    assert_int_equal(stage.started, 1);
    step_at("2026-12-24T12:00:00Z"); /* far ahead: once */
    step_at("2026-12-24T12:01:00Z");
    assert_int_equal(stage.started, 2);
    mb_arena_free(arena);
}

static void test_a_broken_file_counts_for_nothing(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    bench_write(*state, "schedules.json", "{\"schedules\": [{\"name\": \"n\", ");
    open_at(*state, "2026-11-28T12:00:00Z", NIGHTLY);
    assert_int_equal(status_of(arena, 0).last_ms, 0);
    step_at("2026-11-28T12:00:00Z");
    assert_int_equal(stage.started, 0);
    close_all();
    bench_write(*state, "schedules.json", "{\"schedules\": {\"name\": [7]}, \"x\": 1}");
    open_at(*state, "2026-11-28T12:00:00Z", NIGHTLY);
    assert_int_equal(status_of(arena, 0).next_ms, moment("2026-11-29T02:00:00Z"));
    mb_arena_free(arena);
}

static void test_the_latest_is_looked_up_in_the_storage(void **state)
{
    struct mb_arena *arena = mb_arena_new();
    static const char *const names[] = {"n_20261120_030000", "n_20261121_030000", "other",
                                        "n_20261122_030000"};
    char path[128], text[512];
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "b/%s/meta/full_meta.json", names[i]);
        snprintf(text, sizeof text, "{\"id\":\"i\",\"name\":\"%s\",\"size\":%zu,\"collection_backups\":[]}",
                 names[i], i + 1);
        bench_write(*state, path, text);
        snprintf(path, sizeof path, "b/%s/meta/backup_meta.json", names[i]);
        if (i < 3) /* the last one is not complete */
            bench_write(*state, path, text);
    }
    open_at(*state, "2026-11-28T12:00:00Z", NIGHTLY);
    step_at("2026-11-28T12:00:00Z");
    struct mb_schedule_status found = status_of(arena, 0);
    assert_string_equal(found.latest, "n_20261121_030000");
    assert_int_equal(found.latest_size, 2);
    assert_true(found.latest_ms > 0);
    mb_arena_free(arena);
}

static void test_what_cannot_run_is_told_at_once(void **state)
{
    struct bench *b = *state;
    bench_configure(b, "schedules:\n- {name: n, cron: '@daily', filter: 'a.b.c'}\n");
    stage.session = bench_open(b);
    assert_int_equal(try_open(b), MB_E_CONFIG);
    assert_non_null(strstr(b->error.message, "schedule n"));
    assert_null(stage.schedules);
}

static void test_without_any_there_is_nothing(void **state)
{
    struct mb_schedule_status *rows = NULL;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_arena *arena = mb_arena_new();
    size_t count = 7;
    open_at(*state, "2026-11-28T12:00:00Z", "");
    assert_int_equal(mb_schedules_list(stage.schedules, arena, &rows, &count, &error), MB_OK);
    assert_int_equal(count, 0);
    mb_arena_free(arena);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_runs_when_due_and_prunes_after_a_success),
        CASE(test_a_failure_is_told_and_prunes_nothing),
        CASE(test_a_failure_is_retried_and_goes_on_with_what_was_left),
        CASE(test_there_are_so_many_retries_and_each_run_has_its_own),
        CASE(test_a_retry_does_not_meet_the_next_run),
        CASE(test_only_failures_are_retried_and_only_where_it_is_wanted),
        CASE(test_a_retry_outlives_the_server),
        CASE(test_what_is_not_taken_is_tried_again),
        CASE(test_what_is_due_while_the_last_goes_on_is_skipped),
        CASE(test_missed_runs_are_made_up_for_once),
        CASE(test_only_what_was_to_run_was_missed),
        CASE(test_one_that_is_not_enabled_never_runs),
        CASE(test_what_was_cut_off_is_looked_up),
        CASE(test_clocks_jump),
        CASE(test_a_broken_file_counts_for_nothing),
        CASE(test_the_latest_is_looked_up_in_the_storage),
        CASE(test_what_cannot_run_is_told_at_once),
        CASE(test_without_any_there_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
