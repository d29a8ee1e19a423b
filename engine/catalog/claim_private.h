/* claim_private.h - what claim.c, claim_begin.c, claim_end.c and claim_heart.c share. */
#ifndef MB_CATALOG_CLAIM_PRIVATE_H
#define MB_CATALOG_CLAIM_PRIVATE_H

#include "catalog/claim.h"

#include <pthread.h>

struct mb_claim {
    struct mb_catalog catalog;
    struct mb_arena *arena;
    struct mb_owner *owner;
    const char *name;
    const char *dir;
    const char *key; /* of the record */
    const char *commit_key;
    struct mb_claim_timing timing;
    struct mb_cancel *work;
    struct mb_cancel *stop; /* of the heart and what it asks the store */
    pthread_t heart, watch;
    bool heart_runs, watch_runs;
    pthread_mutex_t turn;          /* one of us at a time reads and writes the record */
    struct mb_claim_record record; /* as it is to be; under turn */
    char heartbeat[32];
    pthread_mutex_t lock; /* over what follows */
    int64_t renewed_ns;   /* monotonic */
    struct mb_error late; /* why the last renewal failed; MB_OK when it did not */
    bool lost;
    struct mb_error why;
};

struct mb_claim_timing mb_claim_timing_of(const struct mb_claim_timing *given);

/* Random; NULL without memory or randomness. */
const char *mb_claim_new_generation(struct mb_arena *arena);

/* A claim that stands nowhere yet; like says what the record is about. */
mb_status mb_claim_new(struct mb_claim **out, const struct mb_catalog *catalog, const char *name,
                       const struct mb_claim_record *like, const struct mb_claim_timing *timing,
                       struct mb_cancel *cancel, struct mb_error *error);

/* Under turn: MB_E_EXISTS, and the claim is lost, when the record is not the one that this claim put. */
mb_status mb_claim_look(struct mb_claim *claim, struct mb_cancel *cancel, struct mb_error *error);

/* The same, taking the turn. */
mb_status mb_claim_look_in_turn(struct mb_claim *claim, struct mb_cancel *cancel, struct mb_error *error);

/* MB_E_EXISTS, and the claim is lost, when somebody has committed. */
mb_status mb_claim_check_uncommitted(struct mb_claim *claim, struct mb_cancel *cancel,
                                     struct mb_error *error);
mb_status mb_claim_fail_committed(struct mb_claim *claim, struct mb_error *error);

/* Under turn; leaves another's record alone. */
mb_status mb_claim_remove_record(struct mb_claim *claim, struct mb_cancel *cancel, struct mb_error *error);

/* Under turn. */
mb_status mb_claim_put(struct mb_claim *claim, unsigned flags, struct mb_cancel *cancel,
                       struct mb_error *error);

/* Cancels the work; the first reason stays. */
void mb_claim_lose(struct mb_claim *claim, const struct mb_error *why);

/* claim_heart.c */
mb_status mb_claim_start_heart(struct mb_claim *claim, struct mb_error *error);
void mb_claim_stop_heart(struct mb_claim *claim);

/* claim_heart.c: calls fn with a token that is cancelled after some seconds. */
mb_status mb_claim_last_words(struct mb_claim *claim,
                              mb_status (*fn)(struct mb_claim *claim, struct mb_cancel *cancel,
                                              struct mb_error *error),
                              struct mb_error *error);

#endif
