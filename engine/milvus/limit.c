#include "milvus/limit.h"

#include "base/clock.h"
#include "base/scope.h"
#include "base/text.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_WAIT_NS (250 * MB_NS_PER_MS)
#define LEAST_WAIT_NS (10 * MB_NS_PER_MS) /* for as long as PATIENT_NS */
#define PATIENT_NS    (2 * MB_NS_PER_S)
#define USUAL_MOST_NS (5 * MB_NS_PER_S)
#define MOST_WAIT_NS  (15 * MB_NS_PER_S)
#define TELL_EVERY_NS (60 * MB_NS_PER_S)

static const struct {
    const char *waiting; /* for the progress line */
    const char *key;     /* of Milvus' configuration */
} kinds[MB_LIMITED_KINDS] = {
    [MB_LIMITED_OTHER] = {"waiting for Milvus' rate limit", "quotaAndLimits"},
    [MB_LIMITED_FLUSH] = {"waiting for Milvus' flush limit", "quotaAndLimits.flushRate"},
    [MB_LIMITED_COLLECTION] = {"waiting for Milvus' limit of collections",
                               "quotaAndLimits.ddl.collectionRate"},
    [MB_LIMITED_PARTITION] = {"waiting for Milvus' limit of partitions", "quotaAndLimits.ddl.partitionRate"},
    [MB_LIMITED_INDEX] = {"waiting for Milvus' limit of indexes", "quotaAndLimits.indexRate"},
    [MB_LIMITED_IMPORT] = {"waiting for Milvus' limit of imports", "quotaAndLimits.dml.bulkLoadRate"},
};

struct mb_limits {
    struct mb_log *log;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool met[MB_LIMITED_KINDS];
    bool taken[MB_LIMITED_KINDS]; /* somebody has the turn */
};

struct mb_limits *mb_limits_new(struct mb_log *log)
{
    struct mb_limits *limits = calloc(1, sizeof *limits);
    if (limits == NULL)
        return NULL;
    limits->log = log;
    pthread_mutex_init(&limits->mutex, NULL);
    pthread_cond_init(&limits->changed, NULL);
    return limits;
}

void mb_limits_free(struct mb_limits *limits)
{
    if (limits == NULL)
        return;
    pthread_cond_destroy(&limits->changed);
    pthread_mutex_destroy(&limits->mutex);
    free(limits);
}

/* ------------------------------------------------------------------ one call */

struct call {
    struct mb_limits *limits;
    enum mb_limited kind;
    bool has_turn;
    bool waits; /* at the server's limit */
    struct mb_wait wait;
    int64_t since_ns, tell_ns;
    int64_t wait_ns; /* the next one */
};

static void wake(void *ctx)
{
    struct mb_limits *limits = ctx;
    pthread_mutex_lock(&limits->mutex);
    pthread_cond_broadcast(&limits->changed);
    pthread_mutex_unlock(&limits->mutex);
}

/* Takes the turn of a kind whose limit has been met; without that everybody goes at once. */
static mb_status take_turn(struct call *call, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_limits *limits = call->limits;
    if (call->has_turn || call->kind == MB_LIMITED_OTHER)
        return MB_OK;
    struct mb_cancel_watch *watch = cancel ? mb_cancel_watch(cancel, wake, limits) : NULL;
    if (cancel != NULL && watch == NULL)
        return mb_fail_memory(error);
    pthread_mutex_lock(&limits->mutex);
    while (limits->met[call->kind] && limits->taken[call->kind] && !mb_cancel_requested(cancel))
        pthread_cond_wait(&limits->changed, &limits->mutex);
    bool stopped = mb_cancel_requested(cancel);
    if (!stopped && limits->met[call->kind])
        call->has_turn = limits->taken[call->kind] = true;
    pthread_mutex_unlock(&limits->mutex);
    mb_cancel_unwatch(watch);
    return stopped ? mb_fail(error, MB_E_CANCELLED, "cancelled") : MB_OK;
}

static void begin_waiting(struct call *call, const struct mb_error *error)
{
    struct mb_limits *limits = call->limits;
    call->since_ns = mb_clock_monotonic();
    call->tell_ns = call->since_ns + TELL_EVERY_NS;
    call->wait_ns = FIRST_WAIT_NS;
    call->waits = true;
    pthread_mutex_lock(&limits->mutex);
    limits->met[call->kind] = true;
    pthread_mutex_unlock(&limits->mutex);
    mb_progress_wait(mb_scope_current()->progress, &call->wait, "%s", kinds[call->kind].waiting);
    mb_log(limits->log, MB_LOG_INFO, "%s (%s): %s", kinds[call->kind].waiting, kinds[call->kind].key,
           error->message);
}

static void end(struct call *call)
{
    struct mb_limits *limits = call->limits;
    char time[32];
    mb_progress_wait_end(&call->wait);
    pthread_mutex_lock(&limits->mutex);
    if (call->has_turn)
        limits->taken[call->kind] = false;
    pthread_cond_broadcast(&limits->changed);
    pthread_mutex_unlock(&limits->mutex);
    if (call->waits)
        mb_log(limits->log, MB_LOG_INFO, "no longer %s, after %s", kinds[call->kind].waiting,
               mb_text_duration(mb_clock_monotonic() - call->since_ns, time, sizeof time));
}

/* ------------------------------------------------------------------- waiting */

/* How many a second the server allows, in its own words: "[rate=0.1]"; -1 when it does not say. */
static double told_rate(const char *message)
{
    const char *told = strstr(message, "[rate=");
    return told != NULL ? strtod(told + strlen("[rate="), NULL) : -1;
}

/* To ask costs little, so a call is let in soon after its time has come.  The rate of imports is one of
 * bytes.
 */
static int64_t longest_wait_ns(const struct call *call, double rate)
{
    if (rate < 0 || call->kind == MB_LIMITED_IMPORT)
        return USUAL_MOST_NS;
    double quarter = (double)MB_NS_PER_S / rate / 4;
    bool patient = mb_clock_monotonic() - call->since_ns < PATIENT_NS;
    int64_t least = patient ? LEAST_WAIT_NS : FIRST_WAIT_NS;
    return quarter > (double)MOST_WAIT_NS ? MOST_WAIT_NS : quarter < (double)least ? least : (int64_t)quarter;
}

static int64_t next_wait_ns(struct call *call, const struct mb_error *error)
{
    int64_t asked = (int64_t)error->retry_after_ms * MB_NS_PER_MS;
    int64_t most = longest_wait_ns(call, told_rate(error->message));
    int64_t wait = call->wait_ns < most ? call->wait_ns : most;
    call->wait_ns = wait * 3 / 2;
    return wait > asked ? wait : asked;
}

static void tell(struct call *call)
{
    char time[32];
    int64_t now = mb_clock_monotonic();
    if (now < call->tell_ns)
        return;
    call->tell_ns = now + TELL_EVERY_NS;
    mb_log(call->limits->log, MB_LOG_WARN, "still %s (%s), for %s now", kinds[call->kind].waiting,
           kinds[call->kind].key, mb_text_duration(now - call->since_ns, time, sizeof time));
}

/* After a call that met a limit: until it is worth while to make it again. */
static mb_status wait_for_limit(struct call *call, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_error stopped = MB_ERROR_INIT;
    double rate = told_rate(error->message);
    if (rate >= 0 && rate <= 0) {
        mb_error_context(error, "milvus allows none of these calls at all (%s is 0)", kinds[call->kind].key);
        error->flags &= ~(uint32_t)MB_ERR_RETRYABLE;
        return error->status;
    }
    if (!call->waits)
        begin_waiting(call, error);
    tell(call);
    mb_status status = take_turn(call, cancel, &stopped);
    if (status == MB_OK)
        status = mb_cancel_sleep(cancel, next_wait_ns(call, error), &stopped);
    if (status == MB_E_CANCELLED)
        return mb_fail(error, MB_E_CANCELLED, "cancelled while %s (%s): %s", kinds[call->kind].waiting,
                       kinds[call->kind].key, error->message);
    if (status != MB_OK)
        *error = stopped;
    return status;
}

/* --------------------------------------------------------------- the attempts */

static void begin_retries(struct mb_retry *retry, const struct mb_attempts *attempts)
{
    struct mb_retry_policy policy = attempts->policy;
    policy.deadline_ns = attempts->within_ns > 0 ? mb_clock_monotonic() + attempts->within_ns : 0;
    mb_retry_init(retry, &policy);
}

static mb_status make_attempts(struct call *call, const struct mb_attempts *attempts,
                               struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_progress *progress = mb_scope_current()->progress;
    struct mb_retry retry;
    begin_retries(&retry, attempts);
    for (;;) {
        int64_t begun = mb_clock_monotonic();
        mb_status status = attempts->attempt(attempts->ctx, cancel, error);
        mb_meter_attempt(attempts->meter, mb_clock_monotonic() - begun, status);
        if (status == MB_OK)
            return MB_OK;
        if (status == MB_E_THROTTLED) {
            MB_TRY(wait_for_limit(call, cancel, error));
            begin_retries(&retry, attempts);
            mb_meter_retry(attempts->meter, status);
            continue;
        }
        MB_TRY(mb_retry_again(&retry, cancel, error));
        mb_meter_retry(attempts->meter, status);
        if (progress != NULL)
            atomic_fetch_add(&progress->retries, 1);
    }
}

mb_status mb_limits_attempts(struct mb_limits *limits, const struct mb_attempts *attempts,
                             struct mb_cancel *cancel, struct mb_error *error)
{
    struct call call = {.limits = limits, .kind = attempts->limited};
    MB_TRY(take_turn(&call, cancel, error));
    mb_status status = make_attempts(&call, attempts, cancel, error);
    end(&call);
    return status;
}
