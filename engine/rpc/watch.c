#include "rpc/watch.h"

#include <stddef.h>

enum { MOST = 200, NOTHING = 0, SERVING = 1, NOT_SERVING = 2, SERVICE_UNKNOWN = 3 };

void mb_watchers_init(struct mb_watchers *all)
{
    *all = (struct mb_watchers){0};
    pthread_mutex_init(&all->lock, NULL);
}

void mb_watchers_done(struct mb_watchers *all)
{
    pthread_mutex_destroy(&all->lock);
}

static void add(struct mb_watchers *all, struct mb_watcher *watcher)
{
    watcher->next = all->first;
    watcher->place = &all->first;
    if (watcher->next != NULL)
        watcher->next->place = &watcher->next;
    all->first = watcher;
    all->count++;
}

static void drop(struct mb_watchers *all, struct mb_watcher *watcher)
{
    *watcher->place = watcher->next;
    if (watcher->next != NULL)
        watcher->next->place = watcher->place;
    watcher->begun = false;
    all->count--;
}

/* With the lock: whatever is next for it. */
static void go_on(struct mb_watchers *all, struct mb_watcher *watcher)
{
    int status = watcher->unknown ? SERVICE_UNKNOWN : all->retired ? NOT_SERVING : SERVING;
    if (watcher->busy)
        return;
    if (!watcher->ending && watcher->said == status)
        return;
    watcher->said = status;
    watcher->busy = !watcher->ending && watcher->say(watcher, status);
    if (watcher->busy)
        return;
    drop(all, watcher);
    watcher->end(watcher);
}

bool mb_watcher_begin(struct mb_watchers *all, struct mb_watcher *watcher, const atomic_bool *gone)
{
    pthread_mutex_lock(&all->lock);
    bool fits = all->count < MOST;
    if (fits) {
        watcher->begun = true;
        watcher->busy = false;
        watcher->said = NOTHING;
        watcher->ending = all->closed || atomic_load(gone);
        add(all, watcher);
        go_on(all, watcher);
    }
    pthread_mutex_unlock(&all->lock);
    return fits;
}

void mb_watcher_said(struct mb_watchers *all, struct mb_watcher *watcher)
{
    pthread_mutex_lock(&all->lock);
    watcher->busy = false;
    go_on(all, watcher);
    pthread_mutex_unlock(&all->lock);
}

/* With the lock. */
static void finish(struct mb_watchers *all, struct mb_watcher *watcher)
{
    watcher->ending = true;
    if (watcher->busy)
        watcher->cut(watcher);
    go_on(all, watcher);
}

void mb_watcher_gone(struct mb_watchers *all, struct mb_watcher *watcher)
{
    pthread_mutex_lock(&all->lock);
    if (watcher->begun)
        finish(all, watcher);
    pthread_mutex_unlock(&all->lock);
}

void mb_watchers_retire(struct mb_watchers *all)
{
    pthread_mutex_lock(&all->lock);
    all->retired = true;
    for (struct mb_watcher *at = all->first, *next; at != NULL; at = next) {
        next = at->next;
        go_on(all, at);
    }
    pthread_mutex_unlock(&all->lock);
}

void mb_watchers_close(struct mb_watchers *all)
{
    pthread_mutex_lock(&all->lock);
    all->closed = true;
    for (struct mb_watcher *at = all->first, *next; at != NULL; at = next) {
        next = at->next;
        finish(all, at);
    }
    pthread_mutex_unlock(&all->lock);
}
