/* The heart of a claim: one thread renews the record, another one watches that it does, since a request to
 * the store may hang for longer than the claim holds. */
#include "base/clock.h"
#include "base/thread.h"
#include "catalog/claim_private.h"

static const int64_t last_words_ns = 15 * MB_NS_PER_S;

static mb_status renew(struct mb_claim *claim, struct mb_error *error)
{
    pthread_mutex_lock(&claim->turn);
    mb_status status = mb_claim_look(claim, claim->stop, error);
    if (status == MB_OK)
        status = mb_claim_put(claim, 0, claim->stop, error);
    pthread_mutex_unlock(&claim->turn);
    return status;
}

static void note(struct mb_claim *claim, int64_t began_ns, const struct mb_error *error)
{
    pthread_mutex_lock(&claim->lock);
    if (error->status == MB_OK)
        claim->renewed_ns = began_ns;
    claim->late = *error;
    pthread_mutex_unlock(&claim->lock);
}

/* A renewal that failed is tried again sooner. */
static void *beat(void *ctx)
{
    struct mb_claim *claim = ctx;
    struct mb_error ignored = MB_ERROR_INIT;
    int64_t pause = claim->timing.beat_ns;
    while (mb_cancel_sleep(claim->stop, pause, &ignored) == MB_OK) {
        struct mb_error error = MB_ERROR_INIT;
        int64_t began = mb_clock_monotonic();
        mb_status status = renew(claim, &error);
        note(claim, began, &error);
        pause = status == MB_OK ? claim->timing.beat_ns : claim->timing.beat_ns / 4;
        if (status < 0 && !mb_cancel_requested(claim->stop))
            mb_log(claim->catalog.log, MB_LOG_WARN, "the claim of backup %s was not renewed: %s", claim->name,
                   error.message);
    }
    return NULL;
}

/* A beat earlier than others may take over, for their sign of life is when the last renewal arrived. */
static int64_t left(struct mb_claim *claim, struct mb_error *late)
{
    pthread_mutex_lock(&claim->lock);
    int64_t until = claim->renewed_ns + claim->timing.limit_ns - claim->timing.beat_ns;
    *late = claim->late;
    pthread_mutex_unlock(&claim->lock);
    return until - mb_clock_monotonic();
}

static void *watch(void *ctx)
{
    struct mb_claim *claim = ctx;
    struct mb_error late, error = MB_ERROR_INIT;
    int64_t pause;
    while ((pause = left(claim, &late)) > 0)
        if (mb_cancel_sleep(claim->stop, pause, &error) < 0)
            return NULL;
    char limit[32];
    mb_fail(&error, MB_E_TIMEOUT,
            "the claim of backup %s could not be renewed for %s, and another may take it over: %s",
            claim->name,
            mb_text_duration(claim->timing.limit_ns - claim->timing.beat_ns, limit, sizeof(limit)),
            late.status < 0 ? late.message : "the store does not answer");
    mb_claim_lose(claim, &error);
    return NULL;
}

mb_status mb_claim_start_heart(struct mb_claim *claim, struct mb_error *error)
{
    claim->heart_runs = mb_thread_start(&claim->heart, beat, claim) == 0;
    claim->watch_runs = claim->heart_runs && mb_thread_start(&claim->watch, watch, claim) == 0;
    return claim->watch_runs ? MB_OK : mb_fail(error, MB_E_NO_MEMORY, "start a thread that renews a claim");
}

void mb_claim_stop_heart(struct mb_claim *claim)
{
    mb_cancel_request(claim->stop);
    if (claim->heart_runs)
        pthread_join(claim->heart, NULL);
    if (claim->watch_runs)
        pthread_join(claim->watch, NULL);
    claim->heart_runs = claim->watch_runs = false;
}

struct bell {
    struct mb_cancel *over; /* everything was said */
    struct mb_cancel *late;
};

static void *ring(void *ctx)
{
    const struct bell *bell = ctx;
    struct mb_error ignored = MB_ERROR_INIT;
    if (mb_cancel_sleep(bell->over, last_words_ns, &ignored) == MB_OK)
        mb_cancel_request(bell->late);
    return NULL;
}

mb_status mb_claim_last_words(struct mb_claim *claim,
                              mb_status (*fn)(struct mb_claim *claim, struct mb_cancel *cancel,
                                              struct mb_error *error),
                              struct mb_error *error)
{
    struct bell bell = {.over = mb_cancel_new(NULL), .late = mb_cancel_new(NULL)};
    pthread_t thread;
    mb_status status;
    if (bell.over == NULL || bell.late == NULL || mb_thread_start(&thread, ring, &bell) != 0) {
        status = mb_fail_memory(error);
    } else {
        pthread_mutex_lock(&claim->turn);
        status = fn(claim, bell.late, error);
        pthread_mutex_unlock(&claim->turn);
        mb_cancel_request(bell.over);
        pthread_join(thread, NULL);
    }
    mb_cancel_free(bell.over);
    mb_cancel_free(bell.late);
    return status;
}
