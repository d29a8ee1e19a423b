/* named.h - the objects that the description of a backup names. */
#ifndef MB_VERIFY_NAMED_H
#define MB_VERIFY_NAMED_H

#include "model/backup.h"
#include "verify/expected.h"

/* Tells every binlog of the collection by its name in the backup ("binlogs/insert_log/..."), with the size
 * that the description says, or MB_ANY_SIZE where it says none.  One that is described twice is told twice.
 */
mb_status mb_named_by_collection(const struct mb_collection_backup *collection, mb_expect_fn *expect,
                                 void *ctx, struct mb_error *error);

#endif
