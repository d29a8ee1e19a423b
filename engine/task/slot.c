#include "task/slot.h"

#include "base/clock.h"

#include <time.h>

enum { LOOK_MS = 50 };

void mb_slot_init(struct mb_slot *slot)
{
    pthread_condattr_t attributes;

    *slot = (struct mb_slot){0};
    pthread_mutex_init(&slot->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&slot->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

void mb_slot_done(struct mb_slot *slot)
{
    pthread_cond_destroy(&slot->changed);
    pthread_mutex_destroy(&slot->mutex);
}

/* With the mutex held.  A token has no condition to wait on, so it is looked at. */
static mb_status await_opener(struct mb_slot *slot, struct mb_cancel *cancel, struct mb_error *error)
{
    while (slot->opening) {
        if (mb_cancel_requested(cancel))
            return mb_fail(error, MB_E_CANCELLED, "cancelled");
        int64_t until = mb_clock_monotonic() + LOOK_MS * MB_NS_PER_MS;
        struct timespec time = {.tv_sec = (time_t)(until / MB_NS_PER_S),
                                .tv_nsec = (long)(until % MB_NS_PER_S)};
        pthread_cond_timedwait(&slot->changed, &slot->mutex, &time);
    }
    return MB_OK;
}

/* With the mutex held, which is let go while fn works. */
static mb_status open_thing(struct mb_slot *slot, mb_slot_open_fn *fn, void *ctx, struct mb_cancel *cancel,
                            struct mb_error *error)
{
    void *thing = NULL;

    slot->opening = true;
    pthread_mutex_unlock(&slot->mutex);
    mb_status status = fn(ctx, &thing, cancel, error);
    pthread_mutex_lock(&slot->mutex);
    slot->opening = false;
    if (status == MB_OK)
        slot->thing = thing;
    pthread_cond_broadcast(&slot->changed);
    return status;
}

mb_status mb_slot_use(struct mb_slot *slot, mb_slot_open_fn *fn, void *ctx, void **out,
                      struct mb_cancel *cancel, struct mb_error *error)
{
    pthread_mutex_lock(&slot->mutex);
    mb_status status = await_opener(slot, cancel, error);
    if (status == MB_OK && slot->thing == NULL)
        status = open_thing(slot, fn, ctx, cancel, error);
    if (status == MB_OK) {
        *out = slot->thing;
        slot->users += slot->thing != NULL;
    }
    pthread_mutex_unlock(&slot->mutex);
    return status;
}

void *mb_slot_leave(struct mb_slot *slot)
{
    void *thing = NULL;

    pthread_mutex_lock(&slot->mutex);
    if (slot->users > 0 && --slot->users == 0) {
        thing = slot->thing;
        slot->thing = NULL;
    }
    pthread_mutex_unlock(&slot->mutex);
    return thing;
}
