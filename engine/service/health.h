/* health.h - whether Milvus and both storages answer: asked in a thread of its own, one time for all who want
 * to know.  Thread-safe. */
#ifndef MB_SERVICE_HEALTH_H
#define MB_SERVICE_HEALTH_H

#include "service/service.h"

struct mb_health;

enum {
    MB_HEALTH_FRESH_MS = 5000, /* what was found so lately need not be asked again */
    MB_HEALTH_KNOWN_MS = 60000 /* what a probe may be told that must not wait */
};

struct mb_health_part {
    bool reachable;
    char place[256], version[64]; /* "" */
    char error[600];              /* "" */
};

struct mb_health_status {
    int64_t checked_ms; /* since 1970; 0 when nobody has asked yet */
    struct mb_health_part parts[MB_PARTS];
};

mb_status mb_health_open(struct mb_health **out, struct mb_session *session, struct mb_error *error);

/* Tells all who wait.  When nobody asks any more. */
void mb_health_close(struct mb_health *health); /* NULL is allowed */

/* Calls fn once with what is known and no older than so: at once, from the caller's thread, or when all have
 * been asked, from health's own.  What is older than MB_HEALTH_FRESH_MS is asked anew in any case. */
typedef void mb_health_fn(void *ctx, const struct mb_health_status *status);
void mb_health_ask(struct mb_health *health, int64_t oldest_ms, mb_health_fn *fn, void *ctx);

/* What is known, at once; asked anew when it is no longer fresh. */
void mb_health_look(struct mb_health *health, struct mb_health_status *out);

/* Has every part answered? */
bool mb_health_is_good(const struct mb_health_status *status);

#endif
