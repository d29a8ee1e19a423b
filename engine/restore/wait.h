/* wait.h - one import that the server works on: when to look at it, and what the looks mean. */
#ifndef MB_RESTORE_WAIT_H
#define MB_RESTORE_WAIT_H

#include "restore/pace.h"
#include "restore/run.h"

struct mb_import_watch {
    const struct mb_import_batch *batches;
    size_t batch_count;
    int64_t bytes;
    int64_t rows; /* by the description */
    int64_t least_rows;
    int64_t task;   /* of a call over gRPC */
    const char *id; /* of a job over HTTP */

    bool done;
    int64_t imported; /* rows, as the server counts them */
    int32_t percent;  /* never falls */
    bool nearly;      /* all is written: the end is a matter of seconds */
    int64_t started_ns;
    int64_t since_ns;      /* the server has not worked on it before */
    int64_t looked_ns;     /* last look; 0 for none */
    int64_t moved_ns;      /* last progress */
    int64_t not_before_ns; /* no look is worth while before; 0 for nothing said */
    struct mb_import_turn turn;
    int64_t failing_since_ns;  /* looks that got no answer; 0 for none */
    char state[32];            /* the server's word at the last look */
    struct mb_wait wait;       /* since the server said so first */
    int64_t unknown_since_ns;  /* looks after which the server did not know it; 0 for none */
    int64_t may_be_unknown_ns; /* for so long it need not know it; 0 for what suits most */
};

/* Of an import that the server has just taken, until it is complete or nobody looks after it any more. */
void mb_import_watch_begin(struct mb_restore_work *work, struct mb_import_watch *job);
void mb_import_watch_end(struct mb_restore_work *work, struct mb_import_watch *job);

/* When to look next: within 100 ms at first, then less and less often, at least once a second; more rarely
 * while very many are under way, and not before the restore's pace says that it is worth while. */
int64_t mb_import_watch_due(const struct mb_import_watch *job, size_t running);

/* Looks once, and shows in the progress, and at debug in the log, what the import is doing.  An import that
 * failed, or that the server has not known for some time, is an error; a look that failed is none unless
 * nothing but such looks happened for two minutes.  A standstill is only warned of: how long an import takes
 * is the server's affair. */
mb_status mb_import_watch_look(struct mb_restore_work *work, struct mb_import_watch *job,
                               struct mb_cancel *cancel, struct mb_error *error);

/* What mb_import_watch_look makes of an answer at the time now. */
mb_status mb_import_watch_judge(struct mb_import_watch *job, const struct mb_import_state *state, int64_t now,
                                struct mb_error *error);

#endif
