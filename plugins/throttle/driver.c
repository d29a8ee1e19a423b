/* throttle - lets no more requests and bytes a second through to another driver than are allowed. */
#include "shim/shim.h"

#include "base/clock.h"
#include "base/text.h"

#include <pthread.h>
#include <stdlib.h>

/* How much of unused time a bucket keeps, and the longest piece that bytes go by in. */
#define SAVED_NS (100 * MB_NS_PER_MS)

struct bucket {
    const char *option;
    uint64_t rate;   /* a second; 0 for no limit */
    int64_t free_ns; /* when all that was let through has had its time */
};

struct throttle {
    pthread_mutex_t mutex; /* of free_ns */
    struct bucket bytes, requests;
};

static mb_status read_rate(struct bucket *bucket, const char *option, const struct mb_kv *config,
                           size_t count, struct mb_error *error)
{
    int64_t rate = 0;
    const char *text = mb_kv_find(config, count, option);
    if (text != NULL && (!mb_text_to_int64(text, &rate) || rate < 1))
        return mb_fail(error, MB_E_CONFIG, "option \"%s\" has to be 1 or more", option);
    bucket->option = option;
    bucket->rate = (uint64_t)rate;
    return MB_OK;
}

static void stop(void *state)
{
    struct throttle *throttle = state;
    pthread_mutex_destroy(&throttle->mutex);
    free(throttle);
}

static mb_status start(void **state, const struct mb_kv *config, size_t count, const struct mb_call *call)
{
    struct throttle *throttle = calloc(1, sizeof(*throttle));
    if (throttle == NULL)
        return mb_fail_memory(call->error);
    pthread_mutex_init(&throttle->mutex, NULL);
    mb_status status = read_rate(&throttle->bytes, "throttle.bytesPerSecond", config, count, call->error);
    if (status == MB_OK)
        status = read_rate(&throttle->requests, "throttle.requestsPerSecond", config, count, call->error);
    if (status != MB_OK)
        stop(throttle);
    else
        *state = throttle;
    return status;
}

/* Takes its turn, and waits until it comes.  A turn that comes only after the deadline is not taken: the
 * answer is that of a busy service, so that who asks slows down. */
static mb_status take(struct throttle *throttle, struct bucket *bucket, uint64_t amount,
                      const struct mb_call *call, struct mb_error *error)
{
    if (bucket->rate == 0)
        return MB_OK;
    int64_t cost = (int64_t)((double)amount * (double)MB_NS_PER_S / (double)bucket->rate);
    pthread_mutex_lock(&throttle->mutex);
    int64_t now = mb_clock_monotonic();
    int64_t turn = bucket->free_ns > now - SAVED_NS ? bucket->free_ns : now - SAVED_NS;
    bool late = turn > now && call->deadline_ns != 0 && turn >= call->deadline_ns;
    if (!late)
        bucket->free_ns = turn + cost;
    pthread_mutex_unlock(&throttle->mutex);
    if (late) {
        int64_t ms = (turn - now) / MB_NS_PER_MS;
        mb_fail(error, MB_E_THROTTLED, "%s leaves no room before the deadline", bucket->option);
        error->retry_after_ms = ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
        return error->status;
    }
    if (turn <= now)
        return MB_OK;
    mb_status status = mb_call_rest(call, turn - now);
    if (status != MB_OK)
        *error = *call->error;
    return status;
}

static mb_status before(void *state, struct shim_event *event)
{
    struct throttle *throttle = state;
    if (event->operation == SHIM_OPEN)
        return MB_OK;
    return take(throttle, &throttle->requests, 1, event->call, event->call->error);
}

static mb_status pass(void *state, const struct shim_event *event, size_t *len, struct mb_error *error)
{
    struct throttle *throttle = state;
    uint64_t most = throttle->bytes.rate * (uint64_t)SAVED_NS / (uint64_t)MB_NS_PER_S;
    if (throttle->bytes.rate == 0)
        return MB_OK;
    if (*len > most)
        *len = most > 0 ? (size_t)most : 1;
    return take(throttle, &throttle->bytes, *len, event->call, error);
}

static const struct shim_hooks hooks = {
    .name = "throttle", .prefix = "throttle.", .start = start, .stop = stop, .before = before, .pass = pass};

static const struct mb_option options[] = {
    {.name = "throttle.bytesPerSecond",
     .type = MB_OPT_SIZE,
     .help = "Most bytes that may be read and written in a second, both together; no limit when not given."},
    {.name = "throttle.requestsPerSecond",
     .type = MB_OPT_INT,
     .help = "Most requests that may be made in a second; no limit when not given."},
    SHIM_OPTIONS,
};

SHIM_DRIVER("throttle", "another driver, with a limit for its requests and bytes a second");
