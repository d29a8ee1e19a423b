/* proof.h - is everything there that the description of a backup names, and can it be read? */
#ifndef MB_RESTORE_PROOF_H
#define MB_RESTORE_PROOF_H

#include "restore/run.h"

/* Lists the insert and the delta logs of the work's collection in the backup, each once, and compares keys
 * and sizes with the description.  MB_E_CORRUPT names the first binlog that is missing or has another size,
 * and how many do, after the store's patience.  What the description does not name is no error: it is counted
 * in the work's strays and in the batch in whose directories it lies.  Deletes of a segment of which the
 * description lists none belong to the backup (older tools have left them out); then nothing is known about
 * how many rows the batch will hold, and its least_rows become 0.  Names go into arena. */
mb_status mb_restore_prove(struct mb_restore_work *work, struct mb_arena *arena, struct mb_cancel *cancel,
                           struct mb_error *error);

/* Reads one byte of the largest insert and the largest delta log of every batch: a service may list what it
 * does not give out (archived objects, keys of an encryption that is gone). */
mb_status mb_restore_probe(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error);

#endif
