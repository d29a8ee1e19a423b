/* until.h - what is younger than a point in time stays out of a restore. */
#ifndef MB_RESTORE_UNTIL_H
#define MB_RESTORE_UNTIL_H

#include "restore/run.h"

/* Tells the batches of a collection where they end, as the options say; which of their rows are left is not
 * known then.  MB_E_UNSUPPORTED when they shall end at checkpoints that the backup does not have. */
mb_status mb_restore_limit(struct mb_restore_work *work, struct mb_error *error);

/* Were there rows, and is none as old as that? */
bool mb_restore_left_nothing(const struct mb_restore_work *work);

#endif
