#include "restore/pace.h"

#include "base/clock.h"

enum { ENOUGH = 2 }; /* ends, to know something by */

#define AHEAD_NS      (2 * MB_NS_PER_S) /* for the first in the line, */
#define MOST_AHEAD_NS (4 * MB_NS_PER_S) /* and however many are before it */

void mb_import_pace_init(struct mb_import_pace *pace, size_t to_come)
{
    *pace = (struct mb_import_pace){.to_come = to_come};
    pthread_mutex_init(&pace->lock, NULL);
}

void mb_import_pace_done(struct mb_import_pace *pace)
{
    pthread_mutex_destroy(&pace->lock);
}

void mb_import_pace_begin(struct mb_import_pace *pace, struct mb_import_turn *turn, size_t so_many,
                          int64_t now)
{
    pthread_mutex_lock(&pace->lock);
    struct mb_import_turn **at = &pace->first;
    while (*at != NULL)
        at = &(*at)->next;
    *turn = (struct mb_import_turn){.begun_ns = now, .joined = true};
    *at = turn;
    pace->to_come -= so_many < pace->to_come ? so_many : pace->to_come;
    pthread_mutex_unlock(&pace->lock);
}

/* With the lock held. */
static void take_out(struct mb_import_pace *pace, struct mb_import_turn *turn)
{
    struct mb_import_turn **at = &pace->first;
    while (*at != turn)
        at = &(*at)->next;
    *at = turn->next;
    turn->joined = false;
}

static int64_t min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* With the lock held: how many were begun before it and go on. */
static int64_t count_before(const struct mb_import_pace *pace, const struct mb_import_turn *turn)
{
    int64_t count = 0;
    for (const struct mb_import_turn *at = pace->first; at != turn; at = at->next)
        count++;
    return count;
}

/* With the lock held.  What was complete by the time of the first look may have been so for long: then the
 * next ones are looked at sooner.  The time before an import was begun is not the server's. */
static void learn(struct mb_import_pace *pace, const struct mb_import_turn *turn, int64_t now)
{
    int64_t from = max(turn->begun_ns, pace->ended_ns), gap = now - from;
    int64_t unseen = now - max(turn->looked_ns, from);
    bool abreast = count_before(pace, turn) > 0 || gap * 4 < pace->gap_ns;
    pace->ends++;
    pace->ended_ns = now;
    if (abreast)
        pace->abreast++;
    else if (pace->gap_ns == 0)
        pace->gap_ns = gap;
    else if (unseen > pace->gap_ns / 4)
        pace->gap_ns = min(gap, pace->gap_ns) / 2;
    else
        pace->gap_ns = min(gap, (pace->gap_ns + gap) / 2);
}

void mb_import_pace_end(struct mb_import_pace *pace, struct mb_import_turn *turn, int64_t now)
{
    pthread_mutex_lock(&pace->lock);
    learn(pace, turn, now);
    take_out(pace, turn);
    pthread_mutex_unlock(&pace->lock);
}

void mb_import_pace_leave(struct mb_import_pace *pace, struct mb_import_turn *turn)
{
    pthread_mutex_lock(&pace->lock);
    if (turn->joined)
        take_out(pace, turn);
    pthread_mutex_unlock(&pace->lock);
}

/* With the lock held.  An eighth early, so that a pace which quickens is noticed. */
static int64_t expect(const struct mb_import_pace *pace, const struct mb_import_turn *turn, int64_t now)
{
    int64_t before = count_before(pace, turn), gap = pace->gap_ns;
    int64_t most = min(AHEAD_NS + before * min(gap / 2, MB_NS_PER_S), MOST_AHEAD_NS);
    return min(pace->ended_ns + (before + 1) * gap - gap / 8, now + most);
}

int64_t mb_import_pace_expect(struct mb_import_pace *pace, struct mb_import_turn *turn, int64_t now,
                              int64_t *since_ns)
{
    pthread_mutex_lock(&pace->lock);
    bool is_first = pace->first == turn, is_last = turn->next == NULL && pace->to_come == 0;
    bool known = pace->ends >= ENOUGH && pace->abreast * 4 <= pace->ends;
    int64_t expected = known && !(is_first && is_last) ? expect(pace, turn, now) : 0;
    turn->looked_ns = now;
    *since_ns = is_first ? max(turn->begun_ns, pace->ended_ns) : turn->begun_ns;
    pthread_mutex_unlock(&pace->lock);
    return expected;
}
