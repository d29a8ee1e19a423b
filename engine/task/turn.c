#include "task/turn.h"

void mb_turns_init(struct mb_turns *turns)
{
    *turns = (struct mb_turns){0};
    pthread_mutex_init(&turns->lock, NULL);
}

void mb_turns_done(struct mb_turns *turns)
{
    pthread_mutex_destroy(&turns->lock);
}

/* With the lock held. */
static bool is_free(const struct mb_turns *turns)
{
    return turns->at_once == 0 || turns->taken < turns->at_once;
}

/* With the lock held: to those at the head of the line. */
static void hand_out(struct mb_turns *turns)
{
    while (turns->first != NULL && is_free(turns)) {
        struct mb_turn *turn = turns->first;
        turns->first = turn->next;
        turns->taken++;
        turn->mine = true;
        pthread_cond_signal(&turn->changed);
    }
}

void mb_turns_limit(struct mb_turns *turns, uint32_t at_once)
{
    pthread_mutex_lock(&turns->lock);
    turns->at_once = at_once;
    hand_out(turns);
    pthread_mutex_unlock(&turns->lock);
}

bool mb_turn_ask(struct mb_turns *turns, struct mb_turn *turn)
{
    *turn = (struct mb_turn){0};
    pthread_cond_init(&turn->changed, NULL);
    pthread_mutex_lock(&turns->lock);
    struct mb_turn **last = &turns->first;
    while (*last != NULL)
        last = &(*last)->next;
    *last = turn;
    hand_out(turns);
    bool mine = turn->mine;
    pthread_mutex_unlock(&turns->lock);
    return mine;
}

struct giving_up {
    struct mb_turns *turns;
    struct mb_turn *turn;
};

static void give_up(void *ctx)
{
    const struct giving_up *giving_up = ctx;
    pthread_mutex_lock(&giving_up->turns->lock);
    giving_up->turn->given_up = true;
    pthread_cond_signal(&giving_up->turn->changed);
    pthread_mutex_unlock(&giving_up->turns->lock);
}

mb_status mb_turn_await(struct mb_turns *turns, struct mb_turn *turn, struct mb_cancel *cancel,
                        struct mb_error *error)
{
    struct giving_up giving_up = {turns, turn};
    struct mb_cancel_watch *watch = mb_cancel_watch(cancel, give_up, &giving_up);
    if (watch == NULL)
        return mb_fail_memory(error);
    pthread_mutex_lock(&turns->lock);
    while (!turn->mine && !turn->given_up)
        pthread_cond_wait(&turn->changed, &turns->lock);
    bool mine = turn->mine;
    pthread_mutex_unlock(&turns->lock);
    mb_cancel_unwatch(watch);
    return mine ? MB_OK : mb_fail(error, MB_E_CANCELLED, "cancelled while it waited for its turn");
}

void mb_turn_leave(struct mb_turns *turns, struct mb_turn *turn)
{
    pthread_mutex_lock(&turns->lock);
    struct mb_turn **at = &turns->first;
    while (*at != NULL && *at != turn)
        at = &(*at)->next;
    if (turn->mine)
        turns->taken--;
    else if (*at != NULL)
        *at = turn->next;
    hand_out(turns);
    pthread_mutex_unlock(&turns->lock);
    pthread_cond_destroy(&turn->changed);
}
