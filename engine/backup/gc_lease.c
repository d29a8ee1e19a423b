#include "backup/gc_lease.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdlib.h>

#define PAUSE_SECONDS  3600U
#define RENEW_AFTER_NS (1800 * MB_NS_PER_S)
#define RETRY_AFTER_NS (60 * MB_NS_PER_S)
#define FIRST_ATTEMPTS 3

struct mb_gc_lease {
    struct mb_milvus *milvus;
    struct mb_log *log;
    struct mb_arena *arena;
    struct mb_cancel *ended;
    const char *ticket; /* of the newest pause; read after the thread has ended */
    pthread_t thread;
};

static mb_status pause_once(struct mb_gc_lease *lease, struct mb_cancel *cancel, enum mb_gc_result *result,
                            struct mb_error *error)
{
    return mb_milvus_gc_pause(lease->milvus, 0, PAUSE_SECONDS, lease->arena, result, &lease->ticket, cancel,
                              error);
}

static void *renew(void *ctx)
{
    struct mb_gc_lease *lease = ctx;
    struct mb_error error = MB_ERROR_INIT;
    enum mb_gc_result result;
    mb_status status = MB_OK;
    while (mb_cancel_sleep(lease->ended, mb_gc_lease_wait_ns(status), &error) == MB_OK) {
        status = pause_once(lease, lease->ended, &result, &error);
        if (status < 0 && status != MB_E_CANCELLED)
            mb_log(lease->log, MB_LOG_WARN,
                   "garbage collection in milvus could not be paused any longer, is tried again: %s",
                   error.message);
    }
    return NULL;
}

int64_t mb_gc_lease_wait_ns(mb_status status)
{
    return status < 0 ? RETRY_AFTER_NS : RENEW_AFTER_NS;
}

static mb_status pause_first(struct mb_gc_lease *lease, struct mb_cancel *cancel, enum mb_gc_result *result,
                             struct mb_error *error)
{
    mb_status status = MB_OK;
    for (unsigned i = 0; i < FIRST_ATTEMPTS; i++) {
        if (i > 0)
            MB_TRY(mb_cancel_sleep(cancel, MB_NS_PER_S, error));
        status = pause_once(lease, cancel, result, error);
        if (status == MB_OK || status == MB_E_CANCELLED)
            break;
    }
    return status;
}

static void discard(struct mb_gc_lease *lease)
{
    if (lease == NULL)
        return;
    mb_cancel_free(lease->ended);
    mb_arena_free(lease->arena);
    free(lease);
}

static void resume(struct mb_gc_lease *lease)
{
    struct mb_error error = MB_ERROR_INIT;
    enum mb_gc_result result;
    if (mb_milvus_gc_resume(lease->milvus, lease->ticket, &result, NULL, &error) < 0)
        mb_log(
            lease->log, MB_LOG_WARN,
            "garbage collection in milvus could not be resumed and will resume by itself within an hour: %s",
            error.message);
}

mb_status mb_gc_lease_begin(struct mb_gc_lease **out, struct mb_milvus *milvus, struct mb_log *log,
                            struct mb_cancel *cancel, struct mb_error *error)
{
    enum mb_gc_result result = MB_GC_UNSUPPORTED;
    struct mb_gc_lease *lease = calloc(1, sizeof(*lease));
    if (lease == NULL)
        return mb_fail_memory(error);
    lease->milvus = milvus;
    lease->log = log;
    lease->ticket = "";
    lease->arena = mb_arena_new();
    lease->ended = mb_cancel_new(NULL);
    if (lease->arena == NULL || lease->ended == NULL) {
        discard(lease);
        return mb_fail_memory(error);
    }

    mb_status status = pause_first(lease, cancel, &result, error);
    if (status < 0 || result == MB_GC_UNSUPPORTED) {
        mb_log(log, MB_LOG_WARN, "garbage collection in milvus is not paused: %s",
               status < 0 ? error->message : "this server has no such call");
        discard(lease);
        *out = NULL;
        return status == MB_E_CANCELLED ? status : MB_OK;
    }
    if (pthread_create(&lease->thread, NULL, renew, lease) != 0) {
        resume(lease);
        discard(lease);
        return mb_fail(error, MB_E_NO_MEMORY, "start a thread that keeps garbage collection paused");
    }
    *out = lease;
    return MB_OK;
}

void mb_gc_lease_end(struct mb_gc_lease *lease)
{
    if (lease == NULL)
        return;
    mb_cancel_request(lease->ended);
    pthread_join(lease->thread, NULL);
    resume(lease);
    discard(lease);
}
