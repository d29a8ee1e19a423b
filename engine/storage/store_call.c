#include "storage/store_private.h"

#include "base/clock.h"
#include "base/progress.h"
#include "base/scope.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* A driver of MB_THREADS_SERIAL takes one call at a time, whoever makes it: such drivers queue here, all of
 * the process, since two tables may be one driver underneath. */
static struct mb_gate serial_gate = {.mutex = PTHREAD_MUTEX_INITIALIZER, .left = PTHREAD_COND_INITIALIZER};

void mb_gate_init(struct mb_gate *gate)
{
    pthread_mutex_init(&gate->mutex, NULL);
    pthread_cond_init(&gate->left, NULL);
    gate->busy = false;
}

void mb_gate_done(struct mb_gate *gate)
{
    pthread_cond_destroy(&gate->left);
    pthread_mutex_destroy(&gate->mutex);
}

static void take(struct mb_gate *gate)
{
    gate->busy = true;
    gate->holder = pthread_self();
}

static mb_status enter(struct mb_gate *gate, const struct mb_cancel *cancel, struct mb_error *error)
{
    mb_status status = MB_OK;
    pthread_mutex_lock(&gate->mutex);
    if (gate->busy && pthread_equal(gate->holder, pthread_self()))
        status = mb_fail(error, MB_E_INVALID,
                         "called from inside of another call, and the driver takes one at a time");
    while (gate->busy && status == MB_OK) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 200 * (long)MB_NS_PER_MS;
        until.tv_sec += until.tv_nsec / (long)MB_NS_PER_S;
        until.tv_nsec %= (long)MB_NS_PER_S;
        pthread_cond_timedwait(&gate->left, &gate->mutex, &until);
        if (mb_cancel_requested(cancel))
            status = mb_fail(error, MB_E_CANCELLED, "cancelled");
    }
    if (status == MB_OK)
        take(gate);
    pthread_mutex_unlock(&gate->mutex);
    return status;
}

static void leave(struct mb_gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    gate->busy = false;
    pthread_cond_signal(&gate->left);
    pthread_mutex_unlock(&gate->mutex);
}

bool mb_serial_gate_try(void)
{
    pthread_mutex_lock(&serial_gate.mutex);
    bool entered = !serial_gate.busy;
    if (entered)
        take(&serial_gate);
    pthread_mutex_unlock(&serial_gate.mutex);
    return entered;
}

void mb_serial_gate_leave(void)
{
    leave(&serial_gate);
}

/* The locks of one call: none, the driver's, the store's, or those of two stores in an order that all use. */
struct locks {
    struct mb_gate *gates[2];
    size_t count;
};

static struct locks locks_of(struct mb_storage *storage, struct mb_storage *other)
{
    struct locks locks = {0};
    if (storage->plugin->thread_model == MB_THREADS_SERIAL) {
        locks.gates[locks.count++] = &serial_gate;
    } else if (storage->plugin->thread_model == MB_THREADS_PER_STORE) {
        locks.gates[locks.count++] = &storage->gate;
        struct mb_gate *second = other != NULL && other != storage ? &other->gate : NULL;
        if (second != NULL)
            locks.gates[locks.count++] = second;
        if (second != NULL && (uintptr_t)second < (uintptr_t)&storage->gate) {
            locks.gates[0] = second;
            locks.gates[1] = &storage->gate;
        }
    }
    return locks;
}

/* Two stores with gates of their own count as well: a copy between them takes both, in an order of its own.
 */
bool mb_storage_nests(const struct mb_storage *outer, const struct mb_storage *inner)
{
    return outer->plugin->thread_model == MB_THREADS_PARALLEL ||
           inner->plugin->thread_model == MB_THREADS_PARALLEL;
}

static void unlock_all(struct locks *locks)
{
    while (locks->count > 0)
        leave(locks->gates[--locks->count]);
}

static mb_status lock_all(struct locks *locks, const struct mb_cancel *cancel, struct mb_error *error)
{
    size_t want = locks->count;
    for (locks->count = 0; locks->count < want; locks->count++) {
        mb_status status = enter(locks->gates[locks->count], cancel, error);
        if (status != MB_OK) {
            unlock_all(locks);
            return status;
        }
    }
    return MB_OK;
}

/* While a driver works, what it says goes to the log of the store it works for. */
static struct mb_scope scope_of(const struct mb_storage *storage)
{
    struct mb_scope scope = *mb_scope_current();
    if (storage->log != NULL)
        scope.log = storage->log;
    scope.drivers = storage->store == NULL ? storage->drivers : NULL;
    return scope;
}

void mb_storage_run_both_locked(struct mb_storage *storage, struct mb_storage *other, void (*fn)(void *ctx),
                                void *ctx)
{
    struct mb_error error = MB_ERROR_INIT;
    struct locks locks = locks_of(storage, other);
    struct mb_scope scope = scope_of(storage);
    lock_all(&locks, NULL, &error);
    const struct mb_scope *before = mb_scope_enter(&scope);
    fn(ctx);
    mb_scope_enter(before);
    unlock_all(&locks);
}

void mb_storage_run_locked(struct mb_storage *storage, void (*fn)(void *ctx), void *ctx)
{
    mb_storage_run_both_locked(storage, NULL, fn, ctx);
}

/* What a driver's question about cancellation is answered from. */
struct patience {
    const struct mb_cancel *cancel;
    int64_t uncut_until_ns;
};

static int is_cancelled(const struct mb_call *call)
{
    const struct patience *patience = call->host_data;
    return mb_cancel_requested(patience->cancel) && mb_clock_monotonic() >= patience->uncut_until_ns;
}

int64_t mb_storage_time_for(const struct mb_storage *storage, uint64_t bytes)
{
    return storage->call_timeout_ns + (int64_t)(bytes >> 20) * MB_NS_PER_S;
}

static mb_status attempt_once(struct mb_storage *storage, struct mb_request *request,
                              struct mb_cancel *cancel, struct mb_error *error)
{
    if (mb_cancel_requested(cancel))
        return mb_fail(error, MB_E_CANCELLED, "cancelled");
    struct locks locks = locks_of(storage, request->other);
    mb_status status = lock_all(&locks, cancel, error);
    if (status != MB_OK)
        return status;

    int64_t begun = mb_clock_monotonic();
    struct patience patience = {.cancel = cancel, .uncut_until_ns = begun + request->uncut_ns};
    struct mb_call call = {
        .struct_size = sizeof(call),
        .deadline_ns = mb_deadline_min(begun + request->timeout_ns, request->deadline_ns),
        .cancelled = is_cancelled,
        .error = error,
        .host_data = &patience,
    };
    *error = MB_ERROR_INIT; /* the driver reads struct_size */
    request->attempts++;
    struct mb_scope scope = scope_of(storage);
    const struct mb_scope *before = mb_scope_enter(&scope);
    status = request->attempt(request->ctx, &call);
    mb_scope_enter(before);
    int64_t took = mb_clock_monotonic() - begun;
    unlock_all(&locks);

    status = mb_storage_verdict(storage, request->operation, status, cancel, error);
    mb_counters_attempt(storage, request->operation, took, status);
    return status;
}

static mb_status add_context(struct mb_storage *storage, const struct mb_request *request,
                             struct mb_error *error)
{
    char place[400], other[400];
    const char *operation = mb_operation_name(request->operation);
    if (error->request_id[0] != '\0' && strstr(error->message, error->request_id) == NULL) {
        size_t len = strlen(error->message);
        snprintf(error->message + len, sizeof(error->message) - len, " (request id %s)", error->request_id);
    }
    mb_storage_where(storage, request->key, place, sizeof(place));
    if (request->other == NULL)
        return mb_error_context(error, "%s %s", operation, place);
    mb_storage_where(request->other, request->other_key, other, sizeof(other));
    return mb_error_context(error, "%s %s to %s", operation, other, place);
}

mb_status mb_storage_run(struct mb_storage *storage, struct mb_request *request, struct mb_cancel *cancel,
                         struct mb_error *error)
{
    struct mb_error failure = MB_ERROR_INIT;
    struct mb_retry_policy policy = storage->retry;
    struct mb_retry retry;
    if (request->deadline_ns != 0)
        policy.deadline_ns = request->deadline_ns;
    request->deadline_ns = policy.deadline_ns;
    mb_retry_init(&retry, &policy);
    request->attempts = 0;
    for (;;) {
        mb_status status = attempt_once(storage, request, cancel, &failure);
        if (status >= 0) {
            mb_counters_bytes(storage, request->operation, request->bytes);
            return status;
        }
        if ((failure.flags & MB_ERR_RETRYABLE) != 0)
            mb_log(storage->log, MB_LOG_INFO, "attempt %u to %s %s failed: %s", request->attempts,
                   mb_operation_name(request->operation),
                   request->key != NULL ? request->key : storage->info.location, failure.message);
        if (mb_retry_again(&retry, cancel, &failure) != MB_OK)
            break;
        mb_counters_retry(storage, request->operation, status);
        if (mb_scope_current()->progress != NULL)
            atomic_fetch_add(&mb_scope_current()->progress->retries, 1);
    }
    add_context(storage, request, &failure);
    mb_storage_clean_text(failure.message, sizeof(failure.message));
    *error = failure;
    return failure.status;
}
