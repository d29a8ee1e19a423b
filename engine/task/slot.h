/* slot.h - one thing that several users share: opened by the first, kept while somebody uses it or for good.
 */
#ifndef MB_TASK_SLOT_H
#define MB_TASK_SLOT_H

#include "base/cancel.h"

#include <pthread.h>

struct mb_slot {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool opening;
    unsigned users;
    void *thing; /* NULL while there is none */
};

/* *out may become NULL, for a thing that is not there and may be missing: then the next user tries again. */
typedef mb_status mb_slot_open_fn(void *ctx, void **out, struct mb_cancel *cancel, struct mb_error *error);

void mb_slot_init(struct mb_slot *slot);
void mb_slot_done(struct mb_slot *slot); /* nobody uses it; the thing is the caller's to close */

/* Uses the thing, opened by fn when there is none yet.  Waits while another opens it, until cancelled. */
mb_status mb_slot_use(struct mb_slot *slot, mb_slot_open_fn *fn, void *ctx, void **out,
                      struct mb_cancel *cancel, struct mb_error *error);

/* Ends one use.  Returns the thing when that was the last, for the caller to close; else NULL. */
void *mb_slot_leave(struct mb_slot *slot);

#endif
