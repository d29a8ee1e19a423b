/* turn.h - which tasks may run: as many at once as is allowed, in the order of their coming. */
#ifndef MB_TASK_TURN_H
#define MB_TASK_TURN_H

#include "base/cancel.h"

#include <pthread.h>
#include <stdint.h>

/* One who asks; stays where it is until it leaves. */
struct mb_turn {
    struct mb_turn *next; /* in the line */
    pthread_cond_t changed;
    bool mine;     /* it may run, or does */
    bool given_up; /* nobody wants it to run any more */
};

/* The line.  Thread-safe. */
struct mb_turns {
    pthread_mutex_t lock;
    uint32_t at_once; /* 0 for no limit */
    uint32_t taken;
    struct mb_turn *first;
};

void mb_turns_init(struct mb_turns *turns);
void mb_turns_done(struct mb_turns *turns);

/* Who stands in line gets what that frees; who runs already stays. */
void mb_turns_limit(struct mb_turns *turns, uint32_t at_once);

/* Takes a turn, or a place at the end of the line: false.  Either way mb_turn_leave follows. */
bool mb_turn_ask(struct mb_turns *turns, struct mb_turn *turn);

/* Until the turn has come: MB_OK, or MB_E_CANCELLED. */
mb_status mb_turn_await(struct mb_turns *turns, struct mb_turn *turn, struct mb_cancel *cancel,
                        struct mb_error *error);

/* Gives the turn to the next, or leaves the line. */
void mb_turn_leave(struct mb_turns *turns, struct mb_turn *turn);

#endif
