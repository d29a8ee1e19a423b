#include "backup/turns.h"

void mb_create_turns_init(struct mb_create_turns *turns, unsigned at_once)
{
    turns->left = at_once;
    pthread_mutex_init(&turns->lock, NULL);
    pthread_cond_init(&turns->changed, NULL);
}

void mb_create_turns_done(struct mb_create_turns *turns)
{
    pthread_cond_destroy(&turns->changed);
    pthread_mutex_destroy(&turns->lock);
}

static void wake_all(void *ctx)
{
    struct mb_create_turns *turns = ctx;
    pthread_mutex_lock(&turns->lock);
    pthread_cond_broadcast(&turns->changed);
    pthread_mutex_unlock(&turns->lock);
}

mb_status mb_create_turn_take(struct mb_create_turns *turns, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_cancel_watch *watch = mb_cancel_watch(cancel, wake_all, turns);
    if (watch == NULL)
        return mb_fail_memory(error);
    pthread_mutex_lock(&turns->lock);
    while (turns->left == 0 && !mb_cancel_requested(cancel))
        pthread_cond_wait(&turns->changed, &turns->lock);
    bool taken = !mb_cancel_requested(cancel);
    if (taken)
        turns->left--;
    pthread_mutex_unlock(&turns->lock);
    mb_cancel_unwatch(watch);
    return taken ? MB_OK : mb_fail(error, MB_E_CANCELLED, "cancelled");
}

void mb_create_turn_give(struct mb_create_turns *turns)
{
    pthread_mutex_lock(&turns->lock);
    turns->left++;
    pthread_cond_signal(&turns->changed);
    pthread_mutex_unlock(&turns->lock);
}
