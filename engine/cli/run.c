#include "cli/run.h"

#include "base/thread.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

enum { TICK_MS = 100, SIGNAL_COUNT = 3 };

struct loop {
    const struct mb_run *run;
    uv_loop_t loop;
    uv_signal_t signals[SIGNAL_COUNT];
    uv_timer_t timer;
    uv_async_t ended;
    pthread_t thread;
    mb_status status;
    struct mb_error *error;
    int signal_number;
};

static void on_signal(uv_signal_t *handle, int number)
{
    struct loop *loop = handle->data;

    if (loop->signal_number != 0 && number == SIGHUP) /* the kernel's and the shell's: nobody is impatient */
        return;
    if (loop->signal_number != 0)
        _exit(128 + number);
    loop->signal_number = number;
    mb_cancel_request(loop->run->cancel);
    if (loop->run->signalled != NULL)
        loop->run->signalled(loop->run->ctx, number);
}

static void on_tick(uv_timer_t *handle)
{
    const struct mb_run *run = ((struct loop *)handle->data)->run;
    run->tick(run->ctx);
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void on_ended(uv_async_t *handle)
{
    struct loop *loop = handle->data;
    uv_walk(&loop->loop, close_handle, NULL);
}

static void *work(void *arg)
{
    struct loop *loop = arg;

    loop->status = loop->run->job(loop->run->ctx, loop->error);
    uv_async_send(&loop->ended);
    return NULL;
}

/* `nohup` asks that the end of the terminal end nothing. */
static bool is_to_be_ignored(int number)
{
    struct sigaction action;
    return number == SIGHUP && sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static int start(struct loop *loop)
{
    static const int numbers[SIGNAL_COUNT] = {SIGINT, SIGTERM, SIGHUP};
    int failed = uv_async_init(&loop->loop, &loop->ended, on_ended);

    loop->ended.data = loop;
    for (size_t i = 0; i < SIGNAL_COUNT && failed == 0; i++) {
        failed = uv_signal_init(&loop->loop, &loop->signals[i]);
        loop->signals[i].data = loop;
        if (failed == 0 && !is_to_be_ignored(numbers[i]))
            failed = uv_signal_start(&loop->signals[i], on_signal, numbers[i]);
    }
    if (failed == 0 && loop->run->tick != NULL) {
        uv_timer_init(&loop->loop, &loop->timer);
        loop->timer.data = loop;
        failed = uv_timer_start(&loop->timer, on_tick, TICK_MS, TICK_MS);
    }
    return failed;
}

mb_status mb_run(const struct mb_run *run, int *signal_number, struct mb_error *error)
{
    struct loop loop = {.run = run, .error = error};
    int failed = uv_loop_init(&loop.loop);
    bool started = false;

    signal(SIGPIPE, SIG_IGN);
    if (failed != 0)
        return mb_fail(error, MB_E_INTERNAL, "start the event loop: %s", uv_strerror(failed));
    failed = start(&loop);
    if (failed == 0) {
        failed = -mb_thread_start(&loop.thread, work, &loop);
        started = failed == 0;
    }
    if (!started)
        uv_walk(&loop.loop, close_handle, NULL);
    uv_run(&loop.loop, UV_RUN_DEFAULT);
    if (started)
        pthread_join(loop.thread, NULL);
    uv_loop_close(&loop.loop);
    if (!started)
        return mb_fail(error, MB_E_INTERNAL, "start the event loop: %s", uv_strerror(failed));
    *signal_number = loop.signal_number;
    return loop.status;
}
