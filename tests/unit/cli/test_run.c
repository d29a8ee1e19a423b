/* Signals and the job: the first cancels, the second ends the process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "cli/run.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

struct job {
    struct mb_cancel *cancel;
    int raise_first, raise_second;
    atomic_int ticks;
    int told;
};

static mb_status succeed(void *ctx, struct mb_error *error)
{
    (void)ctx, (void)error;
    return MB_OK;
}

static mb_status fail_at_once(void *ctx, struct mb_error *error)
{
    (void)ctx;
    return mb_fail(error, MB_E_EXISTS, "it exists");
}

static mb_status wait_for_ticks(void *ctx, struct mb_error *error)
{
    struct job *job = ctx;

    while (atomic_load(&job->ticks) < 3)
        MB_TRY(mb_cancel_sleep(job->cancel, 5 * MB_NS_PER_MS, error));
    return MB_OK;
}

static mb_status wait_for_signal(void *ctx, struct mb_error *error)
{
    struct job *job = ctx;

    kill(getpid(), job->raise_first);
    mb_status status = mb_cancel_sleep(job->cancel, 60 * MB_NS_PER_S, error);
    if (job->raise_second == 0)
        return status;
    kill(getpid(), job->raise_second);
    sleep(60); /* does not listen any more */
    return MB_OK;
}

static mb_status hang_up(void *ctx, struct mb_error *error)
{
    kill(getpid(), SIGHUP);
    return mb_cancel_sleep(((struct job *)ctx)->cancel, 200 * MB_NS_PER_MS, error);
}

static mb_status hang_up_twice(void *ctx, struct mb_error *error)
{
    mb_status status = hang_up(ctx, error);
    struct mb_error ignored = MB_ERROR_INIT;

    hang_up(ctx, &ignored);
    usleep(200000);
    return status;
}

static void tick(void *ctx)
{
    atomic_fetch_add(&((struct job *)ctx)->ticks, 1);
}

static void signalled(void *ctx, int number)
{
    ((struct job *)ctx)->told = number;
}

static mb_status run(struct job *job, mb_status (*fn)(void *, struct mb_error *), int *number)
{
    struct mb_error error = MB_ERROR_INIT;

    job->cancel = mb_cancel_new(NULL);
    struct mb_run run = {.job = fn, .ctx = job, .cancel = job->cancel, .tick = tick, .signalled = signalled};
    mb_status status = mb_run(&run, number, &error);
    assert_int_equal(error.status, status);
    mb_cancel_free(job->cancel);
    return status;
}

static void test_results_come_back(void **state)
{
    struct job job = {0};
    int number = -1;

    (void)state;
    assert_int_equal(run(&job, succeed, &number), MB_OK);
    assert_int_equal(number, 0);
    assert_int_equal(run(&job, fail_at_once, &number), MB_E_EXISTS);
}

static void test_ticks(void **state)
{
    struct job job = {0};
    int number;

    (void)state;
    assert_int_equal(run(&job, wait_for_ticks, &number), MB_OK);
    assert_true(atomic_load(&job.ticks) >= 3);
}

static void test_the_first_signal_cancels(void **state)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

    (void)state;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct job job = {.raise_first = signals[i]};
        int number = 0;
        assert_int_equal(run(&job, wait_for_signal, &number), MB_E_CANCELLED);
        assert_int_equal(number, signals[i]);
        assert_int_equal(job.told, signals[i]);
    }
}

static void test_the_second_signal_ends_the_process(void **state)
{
    int status = 0;
    pid_t child = fork();

    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        struct job job = {.raise_first = SIGTERM, .raise_second = SIGINT};
        int number;
        run(&job, wait_for_signal, &number);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 130);
}

/* A shell passes on the hangup that the kernel has told already. */
static void test_a_second_hangup_leaves_time_to_clean_up(void **state)
{
    struct job job = {0};
    int number = 0;

    (void)state;
    assert_int_equal(run(&job, hang_up_twice, &number), MB_E_CANCELLED);
    assert_int_equal(number, SIGHUP);
}

/* A process under `nohup` outlives its terminal. */
static void test_a_hangup_that_is_ignored_ends_nothing(void **state)
{
    struct job job = {0};
    int number = -1;

    (void)state;
    signal(SIGHUP, SIG_IGN);
    assert_int_equal(run(&job, hang_up, &number), MB_OK);
    assert_int_equal(number, 0);
    signal(SIGHUP, SIG_DFL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results_come_back),
        cmocka_unit_test(test_ticks),
        cmocka_unit_test(test_the_first_signal_cancels),
        cmocka_unit_test(test_the_second_signal_ends_the_process),
        cmocka_unit_test(test_a_second_hangup_leaves_time_to_clean_up),
        cmocka_unit_test(test_a_hangup_that_is_ignored_ends_nothing),
    };
    signal(SIGHUP, SIG_DFL); /* the tests may run under nohup */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
