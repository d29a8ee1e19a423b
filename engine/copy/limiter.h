/* limiter.h - how many jobs to have under way at once.
 *
 * Starts low, doubles while that moves more bytes a second, then holds and tries
 * a quarter more from time to time.  A service that is overloaded halves it, once for
 * each round of jobs, and has peace from trials for a while.
 * Plain arithmetic: the caller brings the time and the lock. */
#ifndef MB_COPY_LIMITER_H
#define MB_COPY_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

struct mb_limiter {
    unsigned limit; /* jobs that may run */
    unsigned max;
    unsigned turns;

    unsigned proven; /* the limit before the trial, and what it moved */
    double proven_rate;
    bool trial;
    bool doubling;
    int held; /* rounds since the last trial; below zero after an overload */

    int64_t round_ns; /* the round of jobs that is being measured */
    unsigned round_jobs;
    uint64_t round_work;
    bool mute; /* the round says nothing about the service: too few jobs, or too little memory for them */
    bool deaf; /* this round's overload has been answered */
};

/* A round is as many turns of all jobs that may run: few turns for what costs us nothing, more where a wrong
 * judgement costs memory; then the first round, in which connections are made, is not judged either. */
void mb_limiter_init(struct mb_limiter *limiter, unsigned start, unsigned max, unsigned turns,
                     int64_t now_ns);

/* A job of so many bytes has ended; jobs were at work besides it. */
void mb_limiter_note(struct mb_limiter *limiter, uint64_t bytes, unsigned jobs, int64_t now_ns);

void mb_limiter_overloaded(struct mb_limiter *limiter, int64_t now_ns);

/* Jobs wait for each other in here: more of them are of no use, whatever the service could do. */
void mb_limiter_crowded(struct mb_limiter *limiter);

#endif
