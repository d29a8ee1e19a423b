/* Tasks that wait for their turn, and what is told when one has ended. */
#include "bench.h"

#include "task/turn.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { TASKS = 4 };

/* Nobody listens on port 1: a create tries for some seconds, unless it is cancelled. */
static struct mb_task *start_create(struct bench *b, struct mb_session *session, const char *name)
{
    struct mb_create_request request = {.struct_size = sizeof request, .name = name};
    struct mb_task *task = NULL;
    assert_int_equal(mb_create_start(session, &request, &task, &b->error), MB_OK);
    return task;
}

static struct mb_task_status poll_task(struct mb_task *task)
{
    struct mb_task_status status = {.struct_size = sizeof status};
    assert_int_equal(mb_task_poll(task, &status, NULL), MB_OK);
    return status;
}

static void await_state(struct mb_task *task, int32_t state)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    while (poll_task(task).state != state)
        nanosleep(&pause, NULL);
}

static void fill_stores(struct bench *b)
{
    bench_configure(b, "");
    bench_write(b, "a/files/insert_log/x", "");
    bench_write(b, "b/files/x", "");
}

static void start_all(struct bench *b, struct mb_session *session, struct mb_task *tasks[TASKS])
{
    static const char *const names[TASKS] = {"first", "second", "third", "fourth"};
    for (size_t i = 0; i < TASKS; i++)
        tasks[i] = start_create(b, session, names[i]);
}

static void test_those_beyond_the_limit_wait_in_the_order_of_their_coming(void **state)
{
    struct bench *b = *state;
    struct mb_task *tasks[TASKS];

    fill_stores(b);
    struct mb_session *session = bench_open(b);
    mb_session_limit_tasks(session, 1);
    start_all(b, session, tasks);
    assert_int_equal(poll_task(tasks[0]).state, MB_TASK_RUNNING);
    for (size_t i = 1; i < TASKS; i++) {
        struct mb_task_status status = poll_task(tasks[i]);
        assert_int_equal(status.state, MB_TASK_QUEUED);
        assert_true(status.percent == 0);
        assert_int_equal(status.ns, 0);
        assert_int_equal(status.started_ms, 0);
        assert_true(status.queued_ms > INT64_C(1000000000000));
        assert_int_equal(mb_task_wait(tasks[i], 0, &b->error), MB_END);
    }
    mb_task_cancel(tasks[0]);
    await_state(tasks[1], MB_TASK_RUNNING);
    assert_int_equal(poll_task(tasks[2]).state, MB_TASK_QUEUED);
    struct mb_task_status ended = poll_task(tasks[0]);
    assert_int_equal(ended.state, MB_TASK_CANCELLED);
    assert_true(ended.queued_ms <= ended.started_ms && ended.started_ms <= ended.ended_ms);
    mb_session_limit_tasks(session, 0);
    await_state(tasks[3], MB_TASK_RUNNING);
    mb_session_close(session);
    for (size_t i = 0; i < TASKS; i++)
        mb_task_free(tasks[i]);
}

static void test_one_that_waits_is_cancelled_without_having_begun(void **state)
{
    struct bench *b = *state;
    struct mb_task *tasks[TASKS];

    fill_stores(b);
    struct mb_session *session = bench_open(b);
    mb_session_limit_tasks(session, 1);
    start_all(b, session, tasks);
    mb_task_cancel(tasks[1]);
    assert_int_equal(mb_task_wait(tasks[1], -1, &b->error), MB_E_CANCELLED);
    assert_string_equal(b->error.message, "cancelled while it waited for its turn");
    struct mb_task_status status = poll_task(tasks[1]);
    assert_int_equal(status.state, MB_TASK_CANCELLED);
    assert_int_equal(status.started_ms, 0);
    assert_int_equal(status.ns, 0);
    assert_true(status.ended_ms >= status.queued_ms);
    assert_int_equal(status.phase_count, 0);
    mb_task_free(tasks[2]); /* cancels, too */
    mb_task_cancel(tasks[0]);
    await_state(tasks[3], MB_TASK_RUNNING);
    mb_session_close(session);
    mb_task_free(tasks[0]);
    mb_task_free(tasks[1]);
    mb_task_free(tasks[3]);
}

/* A session and its children have one line, and a delete does not stand in it. */
static void test_the_line_is_that_of_all_sessions_that_share_a_log(void **state)
{
    struct bench *b = *state;
    struct mb_delete_request remove = {.struct_size = sizeof remove, .name = "nowhere"};
    struct mb_task *task = NULL;

    fill_stores(b);
    struct mb_session *session = bench_open(b);
    mb_session_limit_tasks(session, 1);
    b->options.parent = session;
    struct mb_session *child = bench_open(b);
    struct mb_task *first = start_create(b, child, "first");
    struct mb_task *second = start_create(b, session, "second");
    assert_int_equal(poll_task(second).state, MB_TASK_QUEUED);
    assert_int_equal(mb_delete_start(session, &remove, &task, &b->error), MB_OK);
    assert_int_equal(mb_task_wait(task, -1, &b->error), MB_E_NOT_FOUND);
    assert_int_equal(poll_task(second).state, MB_TASK_QUEUED);
    mb_session_close(child);
    await_state(second, MB_TASK_RUNNING);
    mb_session_close(session);
    assert_int_equal(mb_task_wait(second, 0, NULL), MB_E_CANCELLED);
    mb_task_free(first);
    mb_task_free(second);
    mb_task_free(task);
}

/* ----------------------------------------------------------- told of ends */

struct ends {
    pthread_mutex_t lock;
    struct mb_task *tasks[16];
    int32_t states[16];
    size_t count;
    struct mb_task *also; /* cancelled when the first ends */
};

static void note_end(void *ctx, struct mb_task *task)
{
    struct ends *ends = ctx;
    int32_t state = poll_task(task).state;
    pthread_mutex_lock(&ends->lock);
    assert_true(ends->count < 16);
    ends->tasks[ends->count] = task;
    ends->states[ends->count++] = state;
    pthread_mutex_unlock(&ends->lock);
    mb_task_cancel(ends->also);
}

static void test_each_end_is_told_once(void **state)
{
    struct bench *b = *state;
    struct ends ends = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct mb_delete_request remove = {.struct_size = sizeof remove, .name = "nowhere"};
    struct mb_task *tasks[TASKS], *deleting = NULL;

    fill_stores(b);
    struct mb_session *session = bench_open(b);
    mb_session_limit_tasks(session, 1);
    mb_session_on_task_end(session, note_end, &ends);
    start_all(b, session, tasks);
    ends.also = tasks[2];
    assert_int_equal(mb_delete_start(session, &remove, &deleting, &b->error), MB_OK);
    mb_task_wait(deleting, -1, NULL);
    mb_task_free(deleting); /* by then it is told */
    assert_ptr_equal(ends.tasks[0], deleting);
    assert_int_equal(ends.states[0], MB_TASK_FAILED);
    mb_task_wait(tasks[2], -1, NULL);
    mb_session_close(session);
    assert_int_equal(ends.count, TASKS + 1);
    for (size_t i = 0; i < TASKS; i++) {
        size_t told = 0;
        for (size_t j = 1; j < ends.count; j++)
            told += ends.tasks[j] == tasks[i] && ends.states[j] == MB_TASK_CANCELLED;
        assert_int_equal(told, 1);
        mb_task_free(tasks[i]);
    }
}

/* -------------------------------------------------------------- the turns */

static void test_turns_go_to_the_head_of_the_line(void **state)
{
    struct mb_turns turns;
    struct mb_turn all[TASKS];
    struct mb_cancel *cancel = mb_cancel_new(NULL);
    struct mb_error error = {.struct_size = sizeof error};

    (void)state;
    mb_turns_init(&turns);
    mb_turns_limit(&turns, 2);
    for (size_t i = 0; i < TASKS; i++)
        assert_int_equal(mb_turn_ask(&turns, &all[i]), i < 2);
    mb_turn_leave(&turns, &all[2]); /* out of the line */
    assert_false(all[3].mine);
    mb_turns_limit(&turns, 1); /* takes nothing away */
    mb_turn_leave(&turns, &all[0]);
    assert_false(all[3].mine);
    mb_turn_leave(&turns, &all[1]);
    assert_true(all[3].mine);
    mb_cancel_request(cancel);
    assert_int_equal(mb_turn_await(&turns, &all[3], cancel, &error), MB_OK); /* it has come already */
    assert_false(mb_turn_ask(&turns, &all[0]));
    assert_int_equal(mb_turn_await(&turns, &all[0], cancel, &error), MB_E_CANCELLED);
    mb_turn_leave(&turns, &all[0]);
    mb_turn_leave(&turns, &all[3]);
    assert_int_equal(turns.taken, 0);
    assert_null(turns.first);
    mb_cancel_free(cancel);
    mb_turns_done(&turns);
}

struct runner {
    struct mb_turns *turns;
    uint32_t *running; /* never above the limit, which has no lock of its own */
    pthread_mutex_t *lock;
};

static void *run_often(void *ctx)
{
    const struct runner *runner = ctx;
    struct mb_error error = {.struct_size = sizeof error};
    struct mb_turn turn;
    for (unsigned i = 0; i < 200; i++) {
        mb_turn_ask(runner->turns, &turn);
        struct mb_cancel *cancel = mb_cancel_new(NULL);
        assert_int_equal(mb_turn_await(runner->turns, &turn, cancel, &error), MB_OK);
        pthread_mutex_lock(runner->lock);
        assert_true(++*runner->running <= 3);
        pthread_mutex_unlock(runner->lock);
        pthread_mutex_lock(runner->lock);
        --*runner->running;
        pthread_mutex_unlock(runner->lock);
        mb_turn_leave(runner->turns, &turn);
        mb_cancel_free(cancel);
    }
    return NULL;
}

static void test_no_more_than_the_limit_run_and_all_come_through(void **state)
{
    struct mb_turns turns;
    uint32_t running = 0;
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct runner runner = {&turns, &running, &lock};
    pthread_t threads[8];

    (void)state;
    mb_turns_init(&turns);
    mb_turns_limit(&turns, 3);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_often, &runner), 0);
    for (size_t i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(turns.taken, 0);
    mb_turns_done(&turns);
}

static void test_null_does_nothing(void **state)
{
    (void)state;
    mb_session_limit_tasks(NULL, 1);
    mb_session_on_task_end(NULL, note_end, NULL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_those_beyond_the_limit_wait_in_the_order_of_their_coming),
        CASE(test_one_that_waits_is_cancelled_without_having_begun),
        CASE(test_the_line_is_that_of_all_sessions_that_share_a_log),
        CASE(test_each_end_is_told_once),
        cmocka_unit_test(test_turns_go_to_the_head_of_the_line),
        cmocka_unit_test(test_no_more_than_the_limit_run_and_all_come_through),
        cmocka_unit_test(test_null_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
