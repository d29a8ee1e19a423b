/* turns.h - how many collections are listed and handed to the copy at once; more of them may be flushed
 * meanwhile.  Thread-safe. */
#ifndef MB_BACKUP_TURNS_H
#define MB_BACKUP_TURNS_H

#include "base/cancel.h"

#include <pthread.h>

struct mb_create_turns {
    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t changed;
    unsigned left;
};

void mb_create_turns_init(struct mb_create_turns *turns, unsigned at_once);
void mb_create_turns_done(struct mb_create_turns *turns);

/* Waits until one is free: MB_OK, or MB_E_CANCELLED. */
mb_status mb_create_turn_take(struct mb_create_turns *turns, struct mb_cancel *cancel,
                              struct mb_error *error);
void mb_create_turn_give(struct mb_create_turns *turns);

#endif
