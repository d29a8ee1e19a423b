#include "copy/limiter.h"

#include "base/clock.h"

enum { HELD_ROUNDS = 8, PEACE_ROUNDS = 16 };

/* What a job costs besides its bytes, as bytes: makes rounds of small and of large objects comparable. */
static const uint64_t job_work = UINT64_C(256) << 10;

/* A shorter round says more about the scheduler than about the service. */
static const int64_t round_min_ns = 200 * MB_NS_PER_MS;

static void begin_round(struct mb_limiter *limiter, int64_t now_ns)
{
    limiter->round_ns = now_ns;
    limiter->round_jobs = 0;
    limiter->round_work = 0;
    limiter->mute = false;
}

void mb_limiter_init(struct mb_limiter *limiter, unsigned start, unsigned max, unsigned turns, int64_t now_ns)
{
    *limiter = (struct mb_limiter){
        .limit = max < start ? max : start,
        .max = max,
        .turns = turns,
        .trial = true,
        .doubling = true,
    };
    limiter->proven = limiter->limit;
    begin_round(limiter, now_ns);
    limiter->mute = turns > 1;
}

static void try_more(struct mb_limiter *limiter)
{
    unsigned more = limiter->doubling ? limiter->limit : (limiter->limit + 3) / 4;
    limiter->proven = limiter->limit;
    limiter->limit = more < limiter->max - limiter->limit ? limiter->limit + more : limiter->max;
    limiter->trial = limiter->limit != limiter->proven;
    limiter->held = 0;
}

static void end_trial(struct mb_limiter *limiter)
{
    limiter->limit = limiter->proven;
    limiter->trial = false;
    limiter->doubling = false;
    limiter->held = 0;
}

static void judge_trial(struct mb_limiter *limiter, double rate)
{
    double wanted = limiter->proven_rate * (limiter->doubling ? 1.5 : 1.15);
    if (rate > wanted) {
        limiter->proven_rate = rate;
        try_more(limiter);
        return;
    }
    end_trial(limiter);
}

void mb_limiter_note(struct mb_limiter *limiter, uint64_t bytes, unsigned jobs, int64_t now_ns)
{
    limiter->round_jobs++;
    limiter->round_work += bytes + job_work;
    if (jobs + 1 < limiter->limit)
        limiter->mute = true;
    int64_t elapsed = now_ns - limiter->round_ns;
    if (limiter->round_jobs < limiter->limit * limiter->turns || elapsed < round_min_ns)
        return;

    double rate = (double)limiter->round_work / (double)elapsed;
    limiter->deaf = false;
    if (!limiter->mute) {
        if (limiter->trial) {
            judge_trial(limiter, rate);
        } else {
            limiter->proven_rate = (limiter->proven_rate + rate) / 2;
            if (++limiter->held >= HELD_ROUNDS)
                try_more(limiter);
        }
    }
    begin_round(limiter, now_ns);
}

void mb_limiter_overloaded(struct mb_limiter *limiter, int64_t now_ns)
{
    if (limiter->deaf)
        return;
    limiter->limit = limiter->limit > 1 ? limiter->limit / 2 : 1;
    limiter->proven = limiter->limit;
    limiter->proven_rate = 0;
    limiter->trial = false;
    limiter->doubling = false;
    limiter->held = -PEACE_ROUNDS;
    limiter->deaf = true;
    begin_round(limiter, now_ns);
}

void mb_limiter_crowded(struct mb_limiter *limiter)
{
    if (limiter->trial)
        end_trial(limiter);
    limiter->mute = true;
}
