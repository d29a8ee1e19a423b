/* watch.h - clients whose leaving matters while their calls are served.  Thread-safe.
 *
 * libmicrohttpd does not look at a connection that rests.  A thread does for those that are handed in: the
 * end of what a client sends counts as leaving, and so does silence where not even its machine answers. */
#ifndef MB_SERVER_WATCH_H
#define MB_SERVER_WATCH_H

#include "base/error.h"

#include <stdint.h>

struct mb_watch;

/* Lies with whoever waits; gone and ctx are to be filled, the rest is the watch's. */
struct mb_watched {
    void (*gone)(void *ctx); /* once, by the thread; must not add or drop */
    void *ctx;
    uint64_t number; /* 0 while it is not watched */
    int fd;
    struct mb_watched *next;
};

mb_status mb_watch_new(struct mb_watch **out, struct mb_error *error);
void mb_watch_free(struct mb_watch *watch); /* nobody is watched */

/* fd stays open until one is dropped.  Where the system does not let us watch it, nobody is gone. */
void mb_watch_add(struct mb_watch *watch, struct mb_watched *one, int fd);

/* Afterwards gone is neither called nor at work.  Also for one that was never added. */
void mb_watch_drop(struct mb_watch *watch, struct mb_watched *one);

#endif
