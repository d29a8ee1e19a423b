#include "service/health.h"

#include "base/clock.h"
#include "base/thread.h"

#include <stdlib.h>
#include <string.h>

enum { ANSWER_MS = 4000 };

struct waiter {
    mb_health_fn *fn;
    void *ctx;
    struct waiter *next;
};

struct mb_health {
    struct mb_session *session;
    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t changed;
    struct mb_health_status known;
    int64_t known_ns; /* when that was found, of mb_clock_monotonic */
    struct waiter *waiters;
    bool wanted, closing;
    pthread_t thread;
    bool started;
};

/* ------------------------------------------------------------------- asking */

static void take_part(const struct mb_ping *ping, int i, struct mb_health_part *out)
{
    struct mb_ping_part part = {.struct_size = sizeof part};
    if (mb_ping_part(ping, i, &part, NULL) != MB_OK)
        return;
    out->reachable = part.reachable;
    mb_text_fit(out->place, sizeof out->place, part.place);
    mb_text_fit(out->version, sizeof out->version, part.version);
    mb_text_fit(out->error, sizeof out->error, part.error);
}

static void find_out(struct mb_session *session, struct mb_health_status *out)
{
    struct mb_ping *ping = NULL;
    struct mb_error error = MB_ERROR_INIT;
    *out = (struct mb_health_status){0};
    mb_status status = mb_session_ping(session, ANSWER_MS, &ping, &error);
    for (int i = 0; i < MB_PARTS; i++)
        if (status == MB_OK)
            take_part(ping, i, &out->parts[i]);
        else
            mb_text_fit(out->parts[i].error, sizeof out->parts[i].error, error.message);
    mb_ping_free(ping);
    out->checked_ms = mb_clock_wall() / MB_NS_PER_MS;
}

static void tell(struct waiter *waiter, const struct mb_health_status *status)
{
    while (waiter != NULL) {
        struct waiter *next = waiter->next;
        waiter->fn(waiter->ctx, status);
        free(waiter);
        waiter = next;
    }
}

/* Who comes while it asks hears the same: it began later than what they would have been content with. */
static void *work(void *arg)
{
    struct mb_health *health = arg;
    struct mb_health_status found;
    pthread_mutex_lock(&health->lock);
    for (;;) {
        while (!health->wanted && !health->closing)
            pthread_cond_wait(&health->changed, &health->lock);
        if (!health->wanted)
            break;
        pthread_mutex_unlock(&health->lock);
        find_out(health->session, &found);
        pthread_mutex_lock(&health->lock);
        struct waiter *waiters = health->waiters;
        health->waiters = NULL;
        health->wanted = false;
        health->known = found;
        health->known_ns = mb_clock_monotonic();
        pthread_mutex_unlock(&health->lock);
        tell(waiters, &found);
        pthread_mutex_lock(&health->lock);
    }
    pthread_mutex_unlock(&health->lock);
    return NULL;
}

/* With the lock held: is what is known so young?  What is not fresh is asked for. */
static bool is_known(struct mb_health *health, int64_t oldest_ms)
{
    int64_t age_ms = (mb_clock_monotonic() - health->known_ns) / MB_NS_PER_MS;
    bool any = health->known.checked_ms != 0;
    if ((!any || age_ms > MB_HEALTH_FRESH_MS) && !health->wanted) {
        health->wanted = true;
        pthread_cond_signal(&health->changed);
    }
    return any && age_ms <= oldest_ms;
}

void mb_health_look(struct mb_health *health, struct mb_health_status *out)
{
    pthread_mutex_lock(&health->lock);
    is_known(health, 0);
    *out = health->known;
    pthread_mutex_unlock(&health->lock);
}

void mb_health_ask(struct mb_health *health, int64_t oldest_ms, mb_health_fn *fn, void *ctx)
{
    struct mb_health_status now;
    struct waiter *waiter = malloc(sizeof *waiter);
    pthread_mutex_lock(&health->lock);
    bool at_once = is_known(health, oldest_ms) || waiter == NULL;
    if (at_once) {
        now = health->known;
    } else {
        *waiter = (struct waiter){fn, ctx, health->waiters};
        health->waiters = waiter;
    }
    pthread_mutex_unlock(&health->lock);
    if (!at_once)
        return;
    free(waiter);
    fn(ctx, &now);
}

bool mb_health_is_good(const struct mb_health_status *status)
{
    bool good = true;
    for (int i = 0; i < MB_PARTS; i++)
        good = good && status->parts[i].reachable;
    return good;
}

/* ------------------------------------------------------------------ opening */

mb_status mb_health_open(struct mb_health **out, struct mb_session *session, struct mb_error *error)
{
    struct mb_health *health = calloc(1, sizeof *health);
    if (health == NULL)
        return mb_fail_memory(error);
    health->session = session;
    pthread_mutex_init(&health->lock, NULL);
    pthread_cond_init(&health->changed, NULL);
    int failed = mb_thread_start(&health->thread, work, health);
    health->started = failed == 0;
    if (failed != 0) {
        mb_health_close(health);
        return mb_fail_errno(error, failed, "start a thread");
    }
    *out = health;
    return MB_OK;
}

void mb_health_close(struct mb_health *health)
{
    if (health == NULL)
        return;
    pthread_mutex_lock(&health->lock);
    health->closing = true;
    pthread_cond_signal(&health->changed);
    pthread_mutex_unlock(&health->lock);
    if (health->started)
        pthread_join(health->thread, NULL);
    pthread_cond_destroy(&health->changed);
    pthread_mutex_destroy(&health->lock);
    free(health);
}
