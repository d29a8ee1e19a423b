/* Does everything answer? */
#include "base/clock.h"
#include "base/thread.h"
#include "task/connect.h"
#include "task/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DEFAULT_MS = 5000, VERSION = 64 };

struct part {
    struct mb_ping *ping;
    mb_status (*ask)(struct part *part, struct mb_cancel *cancel, struct mb_error *error);
    bool reachable;
    char place[256], version[VERSION];
    struct mb_error error;
    int64_t ns;
    pthread_t thread;
    bool started;
};

struct mb_ping {
    struct mb_session *session; /* while it asks */
    struct mb_cancel *cancel;   /* likewise */
    int64_t timeout_ns;
    pthread_mutex_t lock; /* for asking and late */
    pthread_cond_t changed;
    unsigned asking; /* threads */
    bool late;       /* the time is over */
    struct part parts[MB_PARTS];
};

/* ------------------------------------------------------------------- asking */

static mb_status ask_milvus(struct part *part, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_milvus *milvus = NULL;
    MB_TRY(mb_connect_own_milvus(part->ping->session, part->ping->timeout_ns, &milvus, cancel, error));
    mb_text_fit(part->version, sizeof part->version, mb_milvus_info(milvus)->version_text);
    mb_milvus_close(milvus);
    return MB_OK;
}

static mb_status ask_milvus_storage(struct part *part, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_storage *storage = NULL;
    MB_TRY(mb_connect_milvus_storage(part->ping->session, &storage, cancel, error));
    return mb_storage_check(storage, cancel, error);
}

/* A folder that the first backup makes need not be there. */
static mb_status ask_backup_storage(struct part *part, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_storage *storage = NULL;
    MB_TRY(
        mb_connect_backup_storage(part->ping->session, MB_MISSING_FOLDER_IS_EMPTY, &storage, cancel, error));
    return storage != NULL ? mb_storage_check(storage, cancel, error) : MB_OK;
}

static bool is_late(struct mb_ping *ping)
{
    pthread_mutex_lock(&ping->lock);
    bool late = ping->late;
    pthread_mutex_unlock(&ping->lock);
    return late;
}

/* What was cut off for its time says so, with the failure that it was to be tried again after. */
static void explain(struct part *part)
{
    static const char again[] = "try again after: ";
    char before[sizeof part->error.message];
    const char *why = strstr(part->error.message, again);
    if (part->error.status != MB_E_CANCELLED || !is_late(part->ping))
        return;
    mb_text_fit(before, sizeof before, why != NULL ? why + sizeof again - 1 : "");
    mb_fail(&part->error, MB_E_TIMEOUT, "no answer within %lld ms%s%s",
            (long long)(part->ping->timeout_ns / MB_NS_PER_MS), *before != '\0' ? ": " : "", before);
}

static void *ask(void *arg)
{
    struct part *part = arg;
    struct mb_ping *ping = part->ping;
    struct mb_visit visit;
    int64_t began = mb_clock_monotonic();

    mb_visit_begin(&visit, ping->session);
    part->reachable = part->ask(part, ping->cancel, &part->error) >= 0;
    mb_visit_end(&visit);
    part->ns = mb_clock_monotonic() - began;
    if (!part->reachable)
        explain(part);
    pthread_mutex_lock(&ping->lock);
    ping->asking--;
    pthread_cond_signal(&ping->changed);
    pthread_mutex_unlock(&ping->lock);
    return NULL;
}

static void start(struct part *part)
{
    part->ping->asking++;
    int failed = mb_thread_start(&part->thread, ask, part);
    part->started = failed == 0;
    if (part->started)
        return;
    part->ping->asking--;
    mb_fail_errno(&part->error, failed, "start a thread");
}

static void ask_all(struct mb_ping *ping)
{
    int64_t until = mb_clock_monotonic() + ping->timeout_ns;
    const struct timespec time = {.tv_sec = (time_t)(until / MB_NS_PER_S),
                                  .tv_nsec = (long)(until % MB_NS_PER_S)};
    int timed_out = 0;

    pthread_mutex_lock(&ping->lock);
    for (size_t i = 0; i < MB_PARTS; i++)
        start(&ping->parts[i]);
    while (ping->asking > 0 && timed_out == 0)
        timed_out = pthread_cond_timedwait(&ping->changed, &ping->lock, &time);
    ping->late = ping->asking > 0;
    pthread_mutex_unlock(&ping->lock);
    if (ping->late)
        mb_cancel_request(ping->cancel);
    for (size_t i = 0; i < MB_PARTS; i++)
        if (ping->parts[i].started)
            pthread_join(ping->parts[i].thread, NULL);
}

/* ------------------------------------------------------------------ the call */

static void place_milvus(struct part *part, const struct mb_config_milvus *config)
{
    bool ipv6 = strchr(config->address, ':') != NULL;
    snprintf(part->place, sizeof part->place, ipv6 ? "[%s]:%u" : "%s:%u", config->address,
             (unsigned)config->port);
}

static void prepare(struct mb_ping *ping, struct mb_session *session, int64_t timeout_ms)
{
    pthread_condattr_t attributes;

    ping->session = session;
    ping->timeout_ns = (timeout_ms > 0 ? timeout_ms : DEFAULT_MS) * MB_NS_PER_MS;
    pthread_mutex_init(&ping->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&ping->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    for (size_t i = 0; i < MB_PARTS; i++) {
        ping->parts[i].ping = ping;
        ping->parts[i].error = MB_ERROR_INIT;
    }
    ping->parts[MB_PART_MILVUS].ask = ask_milvus;
    ping->parts[MB_PART_MILVUS_STORAGE].ask = ask_milvus_storage;
    ping->parts[MB_PART_BACKUP_STORAGE].ask = ask_backup_storage;
    place_milvus(&ping->parts[MB_PART_MILVUS], &session->config->milvus);
    mb_text_fit(ping->parts[MB_PART_MILVUS_STORAGE].place, sizeof ping->parts->place,
                session->config->milvus_storage.place);
    mb_text_fit(ping->parts[MB_PART_BACKUP_STORAGE].place, sizeof ping->parts->place,
                session->config->backup_storage.place);
}

static mb_status ping_session(struct mb_session *session, int64_t timeout_ms, struct mb_ping **out,
                              struct mb_error *error)
{
    if (session == NULL || out == NULL)
        return mb_abi_missing(session == NULL ? "session" : "place for the result", error);
    struct mb_ping *ping = calloc(1, sizeof *ping);
    if (ping == NULL)
        return mb_fail_memory(error);
    prepare(ping, session, timeout_ms);
    ping->cancel = mb_cancel_new(session->cancel);
    if (ping->cancel == NULL) {
        mb_ping_free(ping);
        return mb_fail_memory(error);
    }
    ask_all(ping);
    mb_cancel_free(ping->cancel);
    ping->cancel = NULL;
    *out = ping;
    return MB_OK;
}

mb_status mb_session_ping(struct mb_session *session, int64_t timeout_ms, struct mb_ping **out,
                          struct mb_error *error)
{
    MB_ANSWER(error, ping_session(session, timeout_ms, out, &own));
}

void mb_ping_free(struct mb_ping *ping)
{
    if (ping == NULL)
        return;
    pthread_cond_destroy(&ping->changed);
    pthread_mutex_destroy(&ping->lock);
    free(ping);
}

static mb_status part_of(const struct mb_ping *ping, int part, struct mb_ping_part *out,
                         struct mb_error *error)
{
    if (ping == NULL)
        return mb_abi_missing("ping", error);
    if (part < 0 || part >= MB_PARTS)
        return mb_fail(error, MB_E_INVALID, "there is no part %d", part);
    const struct part *from = &ping->parts[part];
    const struct mb_ping_part value = {.reachable = from->reachable,
                                       .place = from->place,
                                       .version = from->version,
                                       .error = from->reachable ? "" : from->error.message,
                                       .ns = from->ns};
    return mb_abi_give(out, MB_UP_TO(struct mb_ping_part, ns), &value, sizeof value, error);
}

mb_status mb_ping_part(const struct mb_ping *ping, int part, struct mb_ping_part *out, struct mb_error *error)
{
    MB_ANSWER(error, part_of(ping, part, out, &own));
}
