#include "base/cancel.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum watch_state { WATCH_WAITING, WATCH_RUNNING, WATCH_DONE };

struct mb_cancel_watch {
    struct mb_cancel *cancel;
    struct mb_cancel_watch *prev, *next; /* among those waiting */
    enum watch_state state;
    void (*fn)(void *ctx);
    void *ctx;
};

struct mb_cancel {
    atomic_bool requested;
    pthread_mutex_t mutex; /* over the list and the states of its members */
    pthread_cond_t changed;
    struct mb_cancel_watch *waiting;
    struct mb_cancel_watch *in_parent;
};

static void request_child(void *ctx)
{
    mb_cancel_request(ctx);
}

static bool init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr) != 0)
        return false;
    bool ok =
        pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 && pthread_cond_init(condition, &attr) == 0;
    pthread_condattr_destroy(&attr);
    return ok;
}

struct mb_cancel *mb_cancel_new(struct mb_cancel *parent)
{
    struct mb_cancel *cancel = calloc(1, sizeof(*cancel));
    if (cancel == NULL)
        return NULL;
    atomic_init(&cancel->requested, false);
    if (!init_condition(&cancel->changed)) {
        free(cancel);
        return NULL;
    }
    pthread_mutex_init(&cancel->mutex, NULL);
    if (parent != NULL) {
        cancel->in_parent = mb_cancel_watch(parent, request_child, cancel);
        if (cancel->in_parent == NULL) {
            mb_cancel_free(cancel);
            return NULL;
        }
    }
    return cancel;
}

void mb_cancel_free(struct mb_cancel *cancel)
{
    if (cancel == NULL)
        return;
    mb_cancel_unwatch(cancel->in_parent);
    pthread_cond_destroy(&cancel->changed);
    pthread_mutex_destroy(&cancel->mutex);
    free(cancel);
}

static void unlink_watch(struct mb_cancel_watch *watch)
{
    if (watch->prev != NULL)
        watch->prev->next = watch->next;
    else
        watch->cancel->waiting = watch->next;
    if (watch->next != NULL)
        watch->next->prev = watch->prev;
}

/* Called and left with the mutex held, which is open while fn runs: fn may take locks under which others
 * watch or request. */
static void run_watch(struct mb_cancel_watch *watch)
{
    struct mb_cancel *cancel = watch->cancel;
    watch->state = WATCH_RUNNING;
    pthread_mutex_unlock(&cancel->mutex);
    watch->fn(watch->ctx);
    pthread_mutex_lock(&cancel->mutex);
    watch->state = WATCH_DONE;
    pthread_cond_broadcast(&cancel->changed);
}

void mb_cancel_request(struct mb_cancel *cancel)
{
    pthread_mutex_lock(&cancel->mutex);
    if (!atomic_exchange(&cancel->requested, true)) {
        pthread_cond_broadcast(&cancel->changed);
        while (cancel->waiting != NULL) {
            struct mb_cancel_watch *watch = cancel->waiting;
            unlink_watch(watch);
            run_watch(watch);
        }
    }
    pthread_mutex_unlock(&cancel->mutex);
}

bool mb_cancel_requested(const struct mb_cancel *cancel)
{
    return cancel != NULL && atomic_load_explicit(&cancel->requested, memory_order_acquire);
}

static struct timespec timespec_of(int64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / MB_NS_PER_S), .tv_nsec = (long)(ns % MB_NS_PER_S)};
}

mb_status mb_cancel_sleep(struct mb_cancel *cancel, int64_t ns, struct mb_error *error)
{
    int64_t now = mb_clock_monotonic();
    if (ns < 0)
        ns = 0;
    struct timespec until = timespec_of(ns < INT64_MAX - now ? now + ns : INT64_MAX);
    if (cancel == NULL) {
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0)
            ;
        return MB_OK;
    }
    pthread_mutex_lock(&cancel->mutex);
    bool requested = atomic_load(&cancel->requested);
    for (int rc = 0; !requested && rc == 0; requested = atomic_load(&cancel->requested))
        rc = pthread_cond_timedwait(&cancel->changed, &cancel->mutex, &until);
    pthread_mutex_unlock(&cancel->mutex);
    return requested ? mb_fail(error, MB_E_CANCELLED, "cancelled") : MB_OK;
}

struct mb_cancel_watch *mb_cancel_watch(struct mb_cancel *cancel, void (*fn)(void *ctx), void *ctx)
{
    struct mb_cancel_watch *watch = calloc(1, sizeof(*watch));
    if (watch == NULL)
        return NULL;
    *watch = (struct mb_cancel_watch){.cancel = cancel, .fn = fn, .ctx = ctx};
    pthread_mutex_lock(&cancel->mutex);
    if (atomic_load(&cancel->requested)) {
        run_watch(watch);
    } else {
        watch->next = cancel->waiting;
        if (watch->next != NULL)
            watch->next->prev = watch;
        cancel->waiting = watch;
    }
    pthread_mutex_unlock(&cancel->mutex);
    return watch;
}

void mb_cancel_unwatch(struct mb_cancel_watch *watch)
{
    if (watch == NULL)
        return;
    struct mb_cancel *cancel = watch->cancel;
    pthread_mutex_lock(&cancel->mutex);
    if (watch->state == WATCH_WAITING)
        unlink_watch(watch);
    while (watch->state == WATCH_RUNNING)
        pthread_cond_wait(&cancel->changed, &cancel->mutex);
    pthread_mutex_unlock(&cancel->mutex);
    free(watch);
}
