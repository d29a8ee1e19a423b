#include "backup/gc_lease.h"

#include "base/clock.h"
#include "base/thread.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ATTEMPTS = 3 };

const struct mb_gc_times mb_gc_times_default = {
    .pause_seconds = 3600,
    .renew_ns = 1800 * MB_NS_PER_S,
    .retry_ns = 60 * MB_NS_PER_S,
    .first_ns = MB_NS_PER_S,
};

struct mb_gc_lease {
    struct mb_gc_calls calls;
    struct mb_gc_times times;
    struct mb_log *log;
    struct mb_arena *arena;
    struct mb_cancel *ended;
    pthread_t thread;
    bool has_thread;

    /* Of one thread at a time. */
    bool supported;
    const char *tickets[2]; /* of the newest pause and of the one before, which may last still; or NULL */
    bool unclear;           /* a pause without an answer may have been done */
    int64_t paused_until_ns;
    bool lapsed;            /* nothing was paused for some time */
    struct mb_error reason; /* of the last attempt that failed */
};

/* ------------------------------------------------------------------- pausing */

static void note_lapse(struct mb_gc_lease *lease, int64_t now)
{
    if (now >= lease->paused_until_ns)
        lease->lapsed = true;
}

static mb_status pause_once(struct mb_gc_lease *lease, struct mb_cancel *cancel, struct mb_error *error)
{
    enum mb_gc_result result = MB_GC_UNSUPPORTED;
    const char *ticket = "";
    int64_t asked_ns = mb_clock_monotonic();
    mb_status status = lease->calls.pause(lease->calls.ctx, lease->times.pause_seconds, lease->arena, &result,
                                          &ticket, cancel, error);
    if (status < 0) {
        lease->unclear |= (error->flags & MB_ERR_AMBIGUOUS) != 0;
        if (status != MB_E_CANCELLED)
            lease->reason = *error;
        return status;
    }
    lease->supported = result == MB_GC_DONE;
    if (!lease->supported)
        return MB_OK;
    lease->tickets[1] = lease->tickets[0];
    lease->tickets[0] = ticket;
    lease->paused_until_ns = asked_ns + (int64_t)lease->times.pause_seconds * MB_NS_PER_S;
    return MB_OK;
}

/* One that works in the end is a pause like any other. */
static mb_status pause_first(struct mb_gc_lease *lease, struct mb_cancel *cancel, struct mb_error *error)
{
    mb_status status = MB_OK;
    for (unsigned i = 0; i < FIRST_ATTEMPTS; i++) {
        if (i > 0)
            MB_TRY(mb_cancel_sleep(cancel, lease->times.first_ns, error));
        status = pause_once(lease, cancel, error);
        if (status == MB_OK || status == MB_E_CANCELLED)
            break;
    }
    return status;
}

static void *renew(void *ctx)
{
    struct mb_gc_lease *lease = ctx;
    struct mb_error error = MB_ERROR_INIT;
    mb_status status = lease->tickets[0] != NULL ? MB_OK : MB_E_UNAVAILABLE;
    while (mb_cancel_sleep(lease->ended, status < 0 ? lease->times.retry_ns : lease->times.renew_ns,
                           &error) == MB_OK) {
        note_lapse(lease, mb_clock_monotonic());
        status = pause_once(lease, lease->ended, &error);
        if (status < 0 && status != MB_E_CANCELLED)
            mb_log(lease->log, MB_LOG_WARN,
                   "the pause of garbage collection in milvus could not be renewed and is tried again: %s",
                   error.message);
    }
    return NULL;
}

/* ------------------------------------------------------------------ resuming */

/* A server with tickets keeps a pause for each; one without forgets the pause before. */
static mb_status resume(struct mb_gc_lease *lease, struct mb_error *error)
{
    mb_status status = MB_OK;
    for (size_t i = 0; i < 2; i++) {
        const char *ticket = lease->tickets[i];
        if (ticket == NULL || (i > 0 && strcmp(ticket, lease->tickets[0]) == 0))
            continue;
        struct mb_error own = MB_ERROR_INIT;
        if (lease->calls.resume(lease->calls.ctx, ticket, &own) == MB_OK || i > 0)
            continue;
        *error = own;
        status = own.status;
    }
    return status;
}

/* Of a pause that was not answered there is no ticket, and it may never have been. */
static void resume_unclear(struct mb_gc_lease *lease)
{
    struct mb_error error = MB_ERROR_INIT;
    if (!lease->unclear || (lease->tickets[0] != NULL && *lease->tickets[0] == '\0'))
        return;
    if (lease->calls.resume(lease->calls.ctx, "", &error) < 0)
        mb_log(lease->log, MB_LOG_INFO,
               "garbage collection in milvus may have been paused and will resume by itself in %u s: %s",
               lease->times.pause_seconds, error.message);
}

static const char *copy(struct mb_arena *arena, const char *text)
{
    const char *copied = mb_arena_strdup(arena, text);
    return copied != NULL ? copied : "out of memory";
}

static void free_lease(struct mb_gc_lease *lease)
{
    mb_cancel_free(lease->ended);
    mb_arena_free(lease->arena);
    free(lease);
}

void mb_gc_lease_end(struct mb_gc_lease *lease, struct mb_arena *arena, struct mb_gc_report *report)
{
    struct mb_error error = MB_ERROR_INIT;
    *report = (struct mb_gc_report){.unpaused = "", .unresumed = ""};
    if (lease == NULL)
        return;
    mb_cancel_request(lease->ended);
    if (lease->has_thread)
        pthread_join(lease->thread, NULL);
    note_lapse(lease, mb_clock_monotonic());
    if (lease->lapsed && lease->reason.message[0] != '\0')
        report->unpaused = copy(arena, lease->reason.message);
    if (resume(lease, &error) < 0) {
        report->unresumed = copy(arena, error.message);
        mb_log(lease->log, MB_LOG_WARN,
               "garbage collection in milvus could not be resumed and will resume by itself in %u s: %s",
               lease->times.pause_seconds, error.message);
    }
    resume_unclear(lease);
    free_lease(lease);
}

/* ------------------------------------------------------------------ beginning */

static struct mb_gc_lease *make_lease(const struct mb_gc_calls *calls, const struct mb_gc_times *times,
                                      struct mb_log *log)
{
    struct mb_gc_lease *lease = calloc(1, sizeof(*lease));
    if (lease == NULL)
        return NULL;
    lease->calls = *calls;
    lease->times = *times;
    lease->log = log;
    lease->supported = true;
    lease->reason = MB_ERROR_INIT;
    lease->arena = mb_arena_new();
    lease->ended = mb_cancel_new(NULL);
    if (lease->arena == NULL || lease->ended == NULL) {
        free_lease(lease);
        return NULL;
    }
    return lease;
}

mb_status mb_gc_lease_begin(struct mb_gc_lease **out, const struct mb_gc_calls *calls,
                            const struct mb_gc_times *times, struct mb_log *log, struct mb_cancel *cancel,
                            struct mb_error *error)
{
    struct mb_error own = MB_ERROR_INIT;
    struct mb_gc_report ignored;
    struct mb_gc_lease *lease = make_lease(calls, times, log);
    if (lease == NULL)
        return mb_fail_memory(error);

    mb_status status = pause_first(lease, cancel, &own);
    if (status == MB_E_CANCELLED) {
        mb_gc_lease_end(lease, lease->arena, &ignored);
        return mb_fail(error, MB_E_CANCELLED, "cancelled");
    }
    if (status < 0 || !lease->supported)
        mb_log(log, MB_LOG_WARN, "garbage collection in milvus is not paused: %s",
               status < 0 ? own.message : "this server has no such call");
    lease->has_thread = lease->supported;
    if (lease->has_thread && mb_thread_start(&lease->thread, renew, lease) != 0) {
        lease->has_thread = false;
        mb_gc_lease_end(lease, lease->arena, &ignored);
        return mb_fail(error, MB_E_NO_MEMORY, "start a thread that keeps garbage collection paused");
    }
    *out = lease;
    return MB_OK;
}
