/* shared.h - answers that many callers ask for at once, read once for all who asked before the reading began.
 *
 * For one key there is one reading at a time.  Who asks meanwhile waits for the next, since what is being
 * read may be older than the question; so a storage is asked as often as one client would that asks again and
 * again.  Nobody waits in a thread: who asks while nobody reads reads until there is nobody left, and calls
 * back whoever asked.  Thread-safe. */
#ifndef MB_API_SHARED_H
#define MB_API_SHARED_H

#include "base/buf.h"

struct mb_shared;

/* One question; stays where it is until it is answered. */
struct mb_shared_question {
    const char *key; /* of those with one key any one's read does */
    mb_status (*read)(void *ctx, struct mb_buf *out, struct mb_error *error);
    /* Called once, from any thread; text is NULL after a failure.  Both are gone afterwards. */
    void (*answer)(void *ctx, const char *text, const struct mb_error *error);
    void *ctx;
    struct mb_shared_question *next;
};

struct mb_shared *mb_shared_new(void);
void mb_shared_free(struct mb_shared *shared); /* nothing is unanswered; NULL is allowed */

/* Returns at once when somebody reads; otherwise reads and answers. */
void mb_shared_ask(struct mb_shared *shared, struct mb_shared_question *question);

#endif
