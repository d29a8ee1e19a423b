/* named.h - the objects that the description of a backup names. */
#ifndef MB_VERIFY_NAMED_H
#define MB_VERIFY_NAMED_H

#include "model/backup.h"
#include "verify/expected.h"

/* Tells every binlog of the segment, or of all the collection's, by its name in the backup
 * ("binlogs/insert_log/..."), with the size that the description says, or MB_ANY_SIZE where it says none. One
 * that is described twice is told twice.
 */
mb_status mb_named_by_segment(const struct mb_segment_backup *segment, mb_expect_fn *expect, void *ctx,
                              struct mb_error *error);
mb_status mb_named_by_collection(const struct mb_collection_backup *collection, mb_expect_fn *expect,
                                 void *ctx, struct mb_error *error);

/* Older tools have left deletes out of their descriptions: of a segment with insert logs and no delta logs
 * they may lie in the backup all the same.  Tells the folders of such deletes ("binlogs/delta_log/1/2/3/").
 */
mb_status mb_named_left_out(const struct mb_segment_backup *segment, mb_expect_fn *expect, void *ctx,
                            struct mb_error *error);

/* Is that the name of a delta log, and its folder among those that mb_named_left_out has told? */
bool mb_named_is_left_out(const struct mb_expected *folders, const char *name);

#endif
