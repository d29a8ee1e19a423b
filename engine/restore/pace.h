/* pace.h - how quickly a server completes the imports of one restore, learned from those that it has
 * completed.
 *
 * A server that works on one import after the other need not be asked about those which still wait behind
 * others, nor about the first of them before its time.  What is expected is only when the next look is worth
 * while: a server that is quicker, or that works on several at once, is found out by the looks, and then
 * nothing is put off any more.  Thread-safe. */
#ifndef MB_RESTORE_PACE_H
#define MB_RESTORE_PACE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One import's place among those of the restore. */
struct mb_import_turn {
    struct mb_import_turn *next; /* begun later */
    int64_t begun_ns;
    int64_t looked_ns; /* it was seen not to be complete */
    bool joined;
};

struct mb_import_pace {
    pthread_mutex_t lock;         /* for what follows */
    struct mb_import_turn *first; /* under way, in the order of their beginnings */
    size_t to_come;               /* that have not begun yet */
    size_t ends;                  /* so many are complete, */
    size_t abreast;               /* and of these so many as if others had been worked on beside them */
    int64_t gap_ns;               /* from the end of one to that of the next; 0 while not known */
    int64_t ended_ns;             /* the last end; 0 before the first */
};

void mb_import_pace_init(struct mb_import_pace *pace, size_t to_come);
void mb_import_pace_done(struct mb_import_pace *pace);

/* so_many of those to come begin now, as one import. */
void mb_import_pace_begin(struct mb_import_pace *pace, struct mb_import_turn *turn, size_t so_many,
                          int64_t now);

/* It is complete. */
void mb_import_pace_end(struct mb_import_pace *pace, struct mb_import_turn *turn, int64_t now);

/* Nobody looks after it any more; nothing for one that has not begun, or has ended. */
void mb_import_pace_leave(struct mb_import_pace *pace, struct mb_import_turn *turn);

/* It is not complete at this time.  Before what is returned no look is worth while; 0 when nothing can be
 * said, and when it is the last of all, whose end somebody waits for.  *since_ns: before which a server that
 * makes one after the other was not at work on it.
 */
int64_t mb_import_pace_expect(struct mb_import_pace *pace, struct mb_import_turn *turn, int64_t now,
                              int64_t *since_ns);

#endif
