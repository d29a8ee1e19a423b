#include "copy/pace.h"

#include "base/clock.h"

enum { HELD_ROUNDS = 8, PEACE_ROUNDS = 16 };

/* What a job costs besides its bytes, as bytes: makes rounds of small and of large objects comparable. */
static const uint64_t job_work = UINT64_C(256) << 10;

/* A shorter round says more about the scheduler than about the service. */
static const int64_t round_min_ns = 200 * MB_NS_PER_MS;

static void begin_round(struct mb_pace *pace, int64_t now_ns)
{
    pace->round_ns = now_ns;
    pace->round_jobs = 0;
    pace->round_work = 0;
    pace->mute = false;
}

void mb_pace_init(struct mb_pace *pace, unsigned start, unsigned max, unsigned turns, int64_t now_ns)
{
    *pace = (struct mb_pace){
        .limit = max < start ? max : start,
        .max = max,
        .turns = turns,
        .trial = true,
        .doubling = true,
    };
    pace->proven = pace->limit;
    begin_round(pace, now_ns);
    pace->mute = turns > 1;
}

static void try_more(struct mb_pace *pace)
{
    unsigned more = pace->doubling ? pace->limit : (pace->limit + 3) / 4;
    pace->proven = pace->limit;
    pace->limit = more < pace->max - pace->limit ? pace->limit + more : pace->max;
    pace->trial = pace->limit != pace->proven;
    pace->held = 0;
}

static void end_trial(struct mb_pace *pace)
{
    pace->limit = pace->proven;
    pace->trial = false;
    pace->doubling = false;
    pace->held = 0;
}

static void judge_trial(struct mb_pace *pace, double rate)
{
    double wanted = pace->proven_rate * (pace->doubling ? 1.5 : 1.15);
    if (rate > wanted) {
        pace->proven_rate = rate;
        try_more(pace);
        return;
    }
    end_trial(pace);
}

void mb_pace_note(struct mb_pace *pace, uint64_t bytes, unsigned jobs, int64_t now_ns)
{
    pace->round_jobs++;
    pace->round_work += bytes + job_work;
    if (jobs + 1 < pace->limit)
        pace->mute = true;
    int64_t elapsed = now_ns - pace->round_ns;
    if (pace->round_jobs < pace->limit * pace->turns || elapsed < round_min_ns)
        return;

    double rate = (double)pace->round_work / (double)elapsed;
    pace->deaf = false;
    if (!pace->mute) {
        if (pace->trial) {
            judge_trial(pace, rate);
        } else {
            pace->proven_rate = (pace->proven_rate + rate) / 2;
            if (++pace->held >= HELD_ROUNDS)
                try_more(pace);
        }
    }
    begin_round(pace, now_ns);
}

void mb_pace_overloaded(struct mb_pace *pace, int64_t now_ns)
{
    if (pace->deaf)
        return;
    pace->limit = pace->limit > 1 ? pace->limit / 2 : 1;
    pace->proven = pace->limit;
    pace->proven_rate = 0;
    pace->trial = false;
    pace->doubling = false;
    pace->held = -PEACE_ROUNDS;
    pace->deaf = true;
    begin_round(pace, now_ns);
}

void mb_pace_crowded(struct mb_pace *pace)
{
    if (pace->trial)
        end_trial(pace);
    pace->mute = true;
}
