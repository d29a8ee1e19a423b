/* proof.h - is everything there that the description of a backup names? */
#ifndef MB_RESTORE_PROOF_H
#define MB_RESTORE_PROOF_H

#include "restore/run.h"

/* Lists the insert and the delta logs of the work's collection in the backup, each once, and compares keys
 * and sizes with the description.  MB_E_CORRUPT names the first binlog that is missing or has another size,
 * and how many do.  What the description does not name is no error: older tools have left deltas out.  Where
 * there are such deltas, nothing is known about how many rows the units will hold, and their least_rows
 * become 0. */
mb_status mb_restore_prove(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error);

#endif
