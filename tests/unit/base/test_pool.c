#include "base/pool.h"

#include "base/clock.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static mb_status add_one(void *ctx, struct mb_cancel *cancel, struct mb_error *error)
{
    (void)cancel, (void)error;
    atomic_fetch_add((atomic_int *)ctx, 1);
    return MB_OK;
}

static mb_status fail_at_once(void *ctx, struct mb_cancel *cancel, struct mb_error *error)
{
    (void)ctx, (void)cancel;
    return mb_fail(error, MB_E_FORBIDDEN, "403 from the service");
}

static mb_status wait_for_cancel(void *ctx, struct mb_cancel *cancel, struct mb_error *error)
{
    atomic_fetch_add((atomic_int *)ctx, 1);
    return mb_cancel_sleep(cancel, 600 * MB_NS_PER_S, error);
}

static void test_every_job_runs_once(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    atomic_int a = 0, b = 0;
    struct mb_pool *pool = mb_pool_new(4);
    struct mb_group *one = mb_group_new(pool, NULL);
    struct mb_group *two = mb_group_new(pool, NULL);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(mb_group_submit(one, add_one, &a, &error), MB_OK);
        assert_int_equal(mb_group_submit(two, add_one, &b, &error), MB_OK);
    }
    assert_int_equal(mb_group_wait(one, &error), MB_OK);
    assert_int_equal(a, 1000);
    mb_group_free(two);
    assert_int_equal(b, 1000);
    assert_int_equal(mb_group_submit(one, add_one, &a, &error), MB_OK);
    assert_int_equal(mb_group_wait(one, &error), MB_OK);
    assert_int_equal(a, 1001);
    mb_group_free(one);
    mb_pool_free(pool);
}

static void test_first_failure_stops_siblings_and_is_told(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    atomic_int started = 0, other = 0;
    struct mb_pool *pool = mb_pool_new(3);
    struct mb_group *group = mb_group_new(pool, NULL);
    struct mb_group *neighbour = mb_group_new(pool, NULL);
    mb_group_submit(group, wait_for_cancel, &started, &error);
    mb_group_submit(group, wait_for_cancel, &started, &error);
    mb_group_submit(group, fail_at_once, NULL, &error);
    assert_int_equal(mb_group_wait(group, &error), MB_E_FORBIDDEN);
    assert_string_equal(error.message, "403 from the service");
    assert_true(mb_cancel_requested(mb_group_cancel(group)));

    mb_error_clear(&error);
    atomic_int never = 0;
    assert_int_equal(mb_group_submit(group, add_one, &never, &error), MB_E_FORBIDDEN);
    assert_string_equal(error.message, "403 from the service");
    mb_group_wait(group, &error);
    assert_int_equal(never, 0);
    assert_int_equal(mb_group_submit(neighbour, add_one, &other, &error), MB_OK);
    assert_int_equal(mb_group_wait(neighbour, &error), MB_OK);
    assert_int_equal(other, 1);
    mb_group_free(neighbour);
    mb_group_free(group);
    mb_pool_free(pool);
}

static void test_queued_jobs_of_a_failed_group_are_not_started(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    atomic_int started = 0, never = 0;
    struct mb_pool *pool = mb_pool_new(1);
    struct mb_cancel *parent = mb_cancel_new(NULL);
    struct mb_group *group = mb_group_new(pool, parent);
    mb_group_submit(group, wait_for_cancel, &started, &error);
    for (int i = 0; i < 10; i++)
        mb_group_submit(group, add_one, &never, &error);
    mb_cancel_request(parent);
    assert_int_equal(mb_group_wait(group, &error), MB_E_CANCELLED);
    assert_int_equal(never, 0);
    mb_group_free(group);
    mb_cancel_free(parent);
    mb_pool_free(pool);
}

struct rendezvous {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    int here;
};

/* Ends only when four jobs run at once. */
static mb_status meet(void *ctx, struct mb_cancel *cancel, struct mb_error *error)
{
    (void)cancel, (void)error;
    struct rendezvous *r = ctx;
    pthread_mutex_lock(&r->mutex);
    r->here++;
    pthread_cond_broadcast(&r->cond);
    while (r->here < 4)
        pthread_cond_wait(&r->cond, &r->mutex);
    pthread_mutex_unlock(&r->mutex);
    return MB_OK;
}

static void test_jobs_run_side_by_side(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    struct rendezvous r = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
    struct mb_pool *pool = mb_pool_new(4);
    struct mb_group *group = mb_group_new(pool, NULL);
    for (int i = 0; i < 4; i++)
        assert_int_equal(mb_group_submit(group, meet, &r, &error), MB_OK);
    assert_int_equal(mb_group_wait(group, &error), MB_OK);
    mb_group_free(group);
    mb_pool_free(pool);
}

static mb_status see_signals(void *ctx, struct mb_cancel *cancel, struct mb_error *error)
{
    (void)cancel, (void)error;
    sigset_t set;
    pthread_sigmask(SIG_BLOCK, NULL, &set);
    atomic_store((atomic_int *)ctx, sigismember(&set, SIGINT) && sigismember(&set, SIGTERM));
    return MB_OK;
}

static void test_workers_leave_signals_to_others(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    atomic_int blocked = 0;
    struct mb_pool *pool = mb_pool_new(1);
    struct mb_group *group = mb_group_new(pool, NULL);
    mb_group_submit(group, see_signals, &blocked, &error);
    mb_group_wait(group, &error);
    assert_int_equal(blocked, 1);
    sigset_t set;
    pthread_sigmask(SIG_BLOCK, NULL, &set);
    assert_false(sigismember(&set, SIGINT));
    mb_group_free(group);
    mb_pool_free(pool);
}

static void test_nothing_submitted(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_pool *pool = mb_pool_new(0);
    struct mb_group *group = mb_group_new(pool, NULL);
    assert_int_equal(mb_group_wait(group, &error), MB_OK);
    mb_group_free(group);
    mb_group_free(NULL);
    mb_pool_free(pool);
    mb_pool_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_job_runs_once),
        cmocka_unit_test(test_first_failure_stops_siblings_and_is_told),
        cmocka_unit_test(test_queued_jobs_of_a_failed_group_are_not_started),
        cmocka_unit_test(test_jobs_run_side_by_side),
        cmocka_unit_test(test_workers_leave_signals_to_others),
        cmocka_unit_test(test_nothing_submitted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
