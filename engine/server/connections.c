#include "server/connections.h"

#include "base/clock.h"
#include "base/thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define A_MINUTE (60 * MB_NS_PER_S)

enum {
    CROWD = 256,           /* times the memory of a used connection, a quarter of a MiB */
    SLOW_LINE = 16 << 10,  /* bytes a second that an answer has to be taken with */
    LOOKS_IN_A_PERIOD = 4, /* at most as late as a quarter of the time */
    LONGEST_LOOK_MS = 1000,
};

struct mb_connection {
    struct mb_connection *next, **place;
    int fd;
    int64_t due; /* of the monotonic clock; 0 for no limit */
};

struct mb_connections {
    struct mb_connections_options options;
    pthread_mutex_t lock;
    pthread_cond_t woken; /* to end, or since there is somebody */
    pthread_t thread;
    struct mb_connection *first;
    unsigned count;
    int64_t told; /* that the limit is reached; 0 for never */
    bool ending, running;
};

/* The socket's other end and the library see it closed; the library then lets it go. */
static void cut_late_ones(struct mb_connections *connections)
{
    int64_t now = mb_clock_monotonic();
    for (struct mb_connection *at = connections->first; at != NULL; at = at->next)
        if (at->due != 0 && at->due <= now) {
            at->due = 0;
            shutdown(at->fd, SHUT_RDWR);
        }
}

static void sleep_until_next_look(struct mb_connections *connections)
{
    int64_t ms = INT64_C(1000) * connections->options.seconds / LOOKS_IN_A_PERIOD;
    int64_t at = mb_clock_monotonic() + (ms < LONGEST_LOOK_MS ? ms : LONGEST_LOOK_MS) * MB_NS_PER_MS;
    struct timespec then = {.tv_sec = (time_t)(at / MB_NS_PER_S), .tv_nsec = (long)(at % MB_NS_PER_S)};
    pthread_cond_timedwait(&connections->woken, &connections->lock, &then);
}

static void *watch(void *arg)
{
    struct mb_connections *connections = arg;
    pthread_mutex_lock(&connections->lock);
    while (!connections->ending) {
        if (connections->first == NULL)
            pthread_cond_wait(&connections->woken, &connections->lock);
        else
            sleep_until_next_look(connections);
        cut_late_ones(connections);
    }
    pthread_mutex_unlock(&connections->lock);
    return NULL;
}

mb_status mb_connections_new(struct mb_connections **out, const struct mb_connections_options *options,
                             struct mb_error *error)
{
    struct mb_connections *connections = calloc(1, sizeof *connections);
    pthread_condattr_t clock;
    if (connections == NULL)
        return mb_fail_memory(error);
    connections->options = *options;
    pthread_mutex_init(&connections->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&connections->woken, &clock);
    pthread_condattr_destroy(&clock);
    int failed = mb_thread_start(&connections->thread, watch, connections);
    connections->running = failed == 0;
    if (failed != 0) {
        mb_connections_free(connections);
        return mb_fail_errno(error, failed, "start a thread");
    }
    *out = connections;
    return MB_OK;
}

void mb_connections_free(struct mb_connections *connections)
{
    if (connections == NULL)
        return;
    pthread_mutex_lock(&connections->lock);
    connections->ending = true;
    pthread_cond_signal(&connections->woken);
    pthread_mutex_unlock(&connections->lock);
    if (connections->running)
        pthread_join(connections->thread, NULL);
    pthread_cond_destroy(&connections->woken);
    pthread_mutex_destroy(&connections->lock);
    free(connections);
}

static int64_t due_after(const struct mb_connections *connections, uint64_t bytes)
{
    int64_t seconds = (int64_t)connections->options.seconds + (int64_t)(bytes / SLOW_LINE);
    return mb_clock_monotonic() + seconds * MB_NS_PER_S;
}

static bool may_tell(struct mb_connections *connections)
{
    int64_t now = mb_clock_monotonic();
    if (connections->told != 0 && now < connections->told + A_MINUTE)
        return false;
    connections->told = now;
    return true;
}

struct mb_connection *mb_connections_join(struct mb_connections *connections, int fd)
{
    struct mb_connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL)
        return NULL;
    connection->fd = fd;
    connection->due = due_after(connections, 0);
    pthread_mutex_lock(&connections->lock);
    connection->next = connections->first;
    connection->place = &connections->first;
    if (connection->next != NULL)
        connection->next->place = &connection->next;
    else
        pthread_cond_signal(&connections->woken);
    connections->first = connection;
    bool tell = ++connections->count >= connections->options.limit && may_tell(connections);
    pthread_mutex_unlock(&connections->lock);
    if (tell)
        connections->options.full(connections->options.ctx, connections->options.limit);
    return connection;
}

void mb_connections_leave(struct mb_connections *connections, struct mb_connection *connection)
{
    if (connection == NULL)
        return;
    pthread_mutex_lock(&connections->lock);
    *connection->place = connection->next;
    if (connection->next != NULL)
        connection->next->place = connection->place;
    connections->count--;
    pthread_mutex_unlock(&connections->lock);
    free(connection);
}

static void set_due(struct mb_connections *connections, struct mb_connection *connection, int64_t due)
{
    if (connection == NULL)
        return;
    pthread_mutex_lock(&connections->lock);
    connection->due = due;
    pthread_mutex_unlock(&connections->lock);
}

void mb_connection_hurry(struct mb_connections *connections, struct mb_connection *connection, uint64_t bytes)
{
    set_due(connections, connection, due_after(connections, bytes));
}

void mb_connection_rest(struct mb_connections *connections, struct mb_connection *connection)
{
    set_due(connections, connection, 0);
}

bool mb_connections_crowded(struct mb_connections *connections)
{
    pthread_mutex_lock(&connections->lock);
    bool crowded = connections->count > CROWD;
    pthread_mutex_unlock(&connections->lock);
    return crowded;
}
