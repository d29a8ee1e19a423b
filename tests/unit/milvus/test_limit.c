/* Calls at a server's limit: made again however long it lasts, one at a time, and cancelled at once. */
#include "base/clock.h"
#include "base/scope.h"
#include "base/thread.h"
#include "milvus/limit.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CALLS = 6 };

/* A server that refuses so many calls, and counts how many it is asked at once. */
struct server {
    struct mb_limits *limits;
    struct mb_progress progress;
    atomic_int refusals;
    atomic_int calls, within, most_within;
    atomic_int let_in;
    pthread_barrier_t *first; /* of every thread: refused when all are under way; or NULL */
    bool has_limit;           /* or else it fails otherwise */
    char seen[200];           /* in the progress, when it was asked last; one of them is asked at a time */
    struct mb_scope scope;
    struct mb_cancel *cancel;
    enum mb_limited kind;
};

static int set_up(void **state)
{
    struct server *server = test_calloc(1, sizeof *server);
    server->limits = mb_limits_new(NULL);
    server->scope = (struct mb_scope){.progress = &server->progress};
    mb_scope_enter(&server->scope);
    server->cancel = mb_cancel_new(NULL);
    server->has_limit = true;
    server->kind = MB_LIMITED_FLUSH;
    *state = server;
    return server->limits == NULL || server->cancel == NULL;
}

static int tear_down(void **state)
{
    struct server *server = *state;
    mb_scope_enter(NULL);
    mb_limits_free(server->limits);
    mb_cancel_free(server->cancel);
    test_free(server);
    return 0;
}

static mb_status ask(void *ctx, struct mb_cancel *cancel, struct mb_error *error)
{
    struct server *server = ctx;
    if (atomic_fetch_add(&server->calls, 1) < CALLS && server->first != NULL) {
        pthread_barrier_wait(server->first);
        return mb_fail(error, MB_E_THROTTLED, "rate limit exceeded[rate=10000]");
    }
    int within = atomic_fetch_add(&server->within, 1) + 1;
    if (within > atomic_load(&server->most_within))
        atomic_store(&server->most_within, within);
    if (within == 1)
        mb_progress_waiting(&server->progress, server->seen, sizeof server->seen, &(int64_t){0});
    bool refused = atomic_fetch_sub(&server->refusals, 1) > 0;
    mb_status status = mb_cancel_sleep(cancel, MB_NS_PER_MS, error);
    atomic_fetch_sub(&server->within, 1);
    if (status != MB_OK)
        return status;
    if (!refused) {
        atomic_fetch_add(&server->let_in, 1);
        return MB_OK;
    }
    return server->has_limit ? mb_fail(error, MB_E_THROTTLED, "rate limit exceeded[rate=10000]")
                             : mb_fail(error, MB_E_UNAVAILABLE, "gone");
}

static mb_status call(struct server *server, struct mb_error *error)
{
    const struct mb_attempts attempts = {
        .limited = server->kind, .policy = {.attempts = 3}, .attempt = ask, .ctx = server};
    return mb_limits_attempts(server->limits, &attempts, server->cancel, error);
}

static void *call_in_thread(void *ctx)
{
    struct mb_error error = MB_ERROR_INIT;
    return (void *)(intptr_t)call(ctx, &error);
}

static void begin_calls(struct server *server, pthread_t threads[CALLS])
{
    for (size_t i = 0; i < CALLS; i++)
        assert_int_equal(mb_thread_start(&threads[i], call_in_thread, server), 0);
}

static void end_calls(pthread_t threads[CALLS], mb_status expected)
{
    for (size_t i = 0; i < CALLS; i++) {
        void *status;
        pthread_join(threads[i], &status);
        assert_int_equal((intptr_t)status, expected);
    }
}

static void test_a_limit_is_waited_for_and_shown(void **state)
{
    struct server *server = *state;
    struct mb_error error = MB_ERROR_INIT;
    server->refusals = 10;
    assert_int_equal(call(server, &error), MB_OK);
    assert_int_equal(server->calls, 11);
    assert_string_equal(server->seen, "waiting for Milvus' flush limit");
    assert_null(server->progress.waits);
}

static void test_other_failures_are_counted(void **state)
{
    struct server *server = *state;
    struct mb_error error = MB_ERROR_INIT;
    server->refusals = 10;
    server->has_limit = false;
    assert_int_equal(call(server, &error), MB_E_UNAVAILABLE);
    assert_int_equal(server->calls, 3);
    assert_int_equal(atomic_load(&server->progress.retries), 2);
}

static void test_one_at_a_time_once_a_limit_is_met(void **state)
{
    struct server *server = *state;
    pthread_t threads[CALLS];
    pthread_barrier_t first;
    assert_int_equal(pthread_barrier_init(&first, NULL, CALLS), 0);
    server->first = &first;
    server->refusals = 9;
    begin_calls(server, threads);
    end_calls(threads, MB_OK);
    pthread_barrier_destroy(&first);
    assert_int_equal(server->let_in, CALLS);
    assert_int_equal(server->most_within, 1);
    assert_null(server->progress.waits);
}

static void test_calls_that_are_counted_together_with_others_do_not_wait_for_each_other(void **state)
{
    struct server *server = *state;
    pthread_t threads[CALLS];
    server->refusals = 30;
    server->kind = MB_LIMITED_OTHER;
    begin_calls(server, threads);
    end_calls(threads, MB_OK);
    assert_int_equal(server->let_in, CALLS);
}

static void test_cancelled_while_waiting(void **state)
{
    struct server *server = *state;
    pthread_t threads[CALLS];
    server->refusals = INT32_MAX;
    begin_calls(server, threads);
    while (atomic_load(&server->calls) < 2 * CALLS)
        mb_cancel_sleep(NULL, MB_NS_PER_MS, NULL);
    mb_cancel_request(server->cancel);
    end_calls(threads, MB_E_CANCELLED);
    assert_null(server->progress.waits);
}

static mb_status refuse_all(void *ctx, struct mb_cancel *cancel, struct mb_error *error)
{
    struct server *server = ctx;
    (void)cancel;
    server->calls++;
    return mb_fail(error, MB_E_THROTTLED, "rate limit exceeded[rate=0]");
}

static void test_a_limit_that_never_ends_names_the_key(void **state)
{
    struct server *server = *state;
    struct mb_error error = MB_ERROR_INIT;
    const struct mb_attempts attempts = {
        .limited = MB_LIMITED_COLLECTION, .policy = {.attempts = 3}, .attempt = refuse_all, .ctx = server};
    assert_int_equal(mb_limits_attempts(server->limits, &attempts, server->cancel, &error), MB_E_THROTTLED);
    assert_non_null(strstr(error.message, "quotaAndLimits.ddl.collectionRate"));
    assert_false(error.flags & MB_ERR_RETRYABLE);
    assert_int_equal(server->calls, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_limit_is_waited_for_and_shown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_failures_are_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_at_a_time_once_a_limit_is_met, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_calls_that_are_counted_together_with_others_do_not_wait_for_each_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cancelled_while_waiting, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_limit_that_never_ends_names_the_key, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
