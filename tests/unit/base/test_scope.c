/* Whose work a thread does: log lines, jobs and threads know the task. */
#include "base/scope.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/pool.h"
#include "base/thread.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What the log told, as "level task: text". */
struct ear {
    pthread_mutex_t lock;
    char heard[8][96];
    unsigned count;
};

static void hear(void *ctx, int level, const char *task, const char *text)
{
    struct ear *ear = ctx;
    pthread_mutex_lock(&ear->lock);
    snprintf(ear->heard[ear->count++], sizeof(ear->heard[0]), "%d %s: %s", level, task, text);
    pthread_mutex_unlock(&ear->lock);
}

static struct mb_log *open_log(struct ear *ear)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_log *log = NULL;
    *ear = (struct ear){.lock = PTHREAD_MUTEX_INITIALIZER};
    struct mb_log_options options = {.level = MB_LOG_INFO, .tell = hear, .ctx = ear};
    assert_int_equal(mb_log_open(&log, &options, &error), MB_OK);
    return log;
}

static void test_a_line_says_whose_it_is(void **state)
{
    (void)state;
    struct ear ear;
    struct mb_log *log = open_log(&ear);
    const struct mb_scope scope = {.id = "restore-1"};
    mb_log_hide(log, "secret");
    mb_log(log, MB_LOG_INFO, "before");
    assert_null(mb_scope_enter(&scope));
    mb_log(log, MB_LOG_WARN, "the %s of it", "secret");
    mb_log(log, MB_LOG_DEBUG, "too detailed");
    assert_ptr_equal(mb_scope_enter(NULL), &scope);
    mb_log(log, MB_LOG_INFO, "after");
    mb_log_close(log);
    assert_int_equal(ear.count, 3);
    assert_string_equal(ear.heard[0], "3 : before");
    assert_string_equal(ear.heard[1], "2 restore-1: the **** of it");
    assert_string_equal(ear.heard[2], "3 : after");
}

static void test_the_file_has_the_id_before_the_text(void **state)
{
    (void)state;
    char path[] = "/tmp/mb-scope-XXXXXX", text[512] = "";
    struct mb_error error = MB_ERROR_INIT;
    struct mb_log *log = NULL;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    struct mb_log_options options = {.level = MB_LOG_INFO, .path = path};
    assert_int_equal(mb_log_open(&log, &options, &error), MB_OK);
    const struct mb_scope scope = {.id = "a\nb"};
    mb_scope_enter(&scope);
    mb_log(log, MB_LOG_INFO, "one");
    mb_scope_enter(NULL);
    mb_log(log, MB_LOG_INFO, "two");
    mb_log_close(log);
    assert_true(read(fd, text, sizeof(text) - 1) > 0);
    close(fd);
    unlink(path);
    assert_non_null(strstr(text, "Z INFO  [a\\nb] one\n"));
    assert_non_null(strstr(text, "Z INFO  two\n"));
}

struct job {
    struct mb_log *log;
    pthread_barrier_t *both;
    bool masked;
};

static mb_status say(void *ctx, struct mb_cancel *cancel, struct mb_error *error)
{
    (void)cancel, (void)error;
    struct job *job = ctx;
    pthread_barrier_wait(job->both);
    mb_log(job->log, MB_LOG_INFO, "working");
    return MB_OK;
}

/* One pool may serve many tasks. */
static void test_jobs_work_for_whoever_submitted_them(void **state)
{
    (void)state;
    struct ear ear;
    pthread_barrier_t both;
    struct mb_error error = MB_ERROR_INIT;
    struct job job = {.log = open_log(&ear), .both = &both};
    const struct mb_scope scopes[] = {{.id = "one"}, {.id = "two"}};
    struct mb_pool *pool = mb_pool_new(2);
    struct mb_group *group = mb_group_new(pool, NULL);
    pthread_barrier_init(&both, NULL, 2);
    for (int i = 0; i < 2; i++) {
        mb_scope_enter(&scopes[i]);
        assert_int_equal(mb_group_submit(group, say, &job, &error), MB_OK);
    }
    mb_scope_enter(NULL);
    assert_int_equal(mb_group_wait(group, &error), MB_OK);
    mb_group_free(group);
    mb_pool_free(pool);
    pthread_barrier_destroy(&both);
    mb_log_close(job.log);
    assert_int_equal(ear.count, 2);
    int first = strcmp(ear.heard[0], "3 one: working") == 0 ? 0 : 1;
    assert_string_equal(ear.heard[first], "3 one: working");
    assert_string_equal(ear.heard[1 - first], "3 two: working");
}

static void *say_alone(void *ctx)
{
    struct job *job = ctx;
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    job->masked = sigismember(&mask, SIGINT) && sigismember(&mask, SIGPIPE) && sigismember(&mask, SIGUSR1) &&
                  !sigismember(&mask, SIGSEGV);
    mb_log(job->log, MB_LOG_INFO, "alone");
    return NULL;
}

static void test_a_thread_works_for_whoever_started_it_and_takes_no_signals(void **state)
{
    (void)state;
    struct ear ear;
    pthread_t thread;
    struct job job = {.log = open_log(&ear)};
    const struct mb_scope scope = {.id = "one"};
    mb_scope_enter(&scope);
    assert_int_equal(mb_thread_start(&thread, say_alone, &job), 0);
    mb_scope_enter(NULL);
    pthread_join(thread, NULL);
    mb_log_close(job.log);
    assert_string_equal(ear.heard[0], "3 one: alone");
    assert_true(job.masked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_says_whose_it_is),
        cmocka_unit_test(test_the_file_has_the_id_before_the_text),
        cmocka_unit_test(test_jobs_work_for_whoever_submitted_them),
        cmocka_unit_test(test_a_thread_works_for_whoever_started_it_and_takes_no_signals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
