/* watch.h - those who watch the health of the server: each is told it once, and again when it has changed.
 *
 * One message of each is on its way at a time, and nothing behind the end. */
#ifndef MB_RPC_WATCH_H
#define MB_RPC_WATCH_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct mb_watcher {
    void *ctx;
    bool unknown; /* the service that is asked for */
    /* Sends a status as health.proto has it; false when that cannot be. */
    bool (*say)(struct mb_watcher *watcher, int status);
    void (*cut)(struct mb_watcher *watcher); /* what is on its way is given up; reported like its arrival */
    void (*end)(struct mb_watcher *watcher); /* which may free it */
    /* From here on by watch.c. */
    bool begun, busy, ending;
    int said;
    struct mb_watcher *next, **place;
};

struct mb_watchers {
    pthread_mutex_t lock; /* held while they are told */
    struct mb_watcher *first;
    unsigned count;
    bool retired, closed;
};

void mb_watchers_init(struct mb_watchers *all);
void mb_watchers_done(struct mb_watchers *all); /* has been closed, and all have ended */

/* gone: the client has left, and mb_watcher_gone was called; so it ends at once.  False when there are too
 * many. */
bool mb_watcher_begin(struct mb_watchers *all, struct mb_watcher *watcher, const atomic_bool *gone);
void mb_watcher_said(struct mb_watchers *all, struct mb_watcher *watcher);
void mb_watcher_gone(struct mb_watchers *all, struct mb_watcher *watcher); /* also before it has begun */

void mb_watchers_retire(struct mb_watchers *all); /* the server stops */
void mb_watchers_close(struct mb_watchers *all);  /* ends all, and all to come */

#endif
