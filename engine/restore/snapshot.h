/* snapshot.h - restoring what Milvus has written by itself: from the bundle of a snapshot to a collection. */
#ifndef MB_RESTORE_SNAPSHOT_H
#define MB_RESTORE_SNAPSHOT_H

#include "restore/run.h"

/* Can this Milvus take the backup's snapshots, and is nothing asked for that it cannot do with them?
 * MB_E_UNSUPPORTED says what. */
mb_status mb_snapshot_check(const struct mb_restore *run, struct mb_error *error);

/* Reads where the bundle of the work lies. */
mb_status mb_snapshot_plan(struct mb_restore_work *work, struct mb_arena *arena, struct mb_error *error);

/* bundles.c: is all there that makes up the bundles of the works?  By what create recorded, or else by the
 * numbers that Milvus told it.  MB_E_CORRUPT names the first that is not. */
mb_status mb_snapshot_prove(const struct mb_restore *run, const struct mb_restore_work *works,
                            struct mb_arena *arena, struct mb_cancel *cancel, struct mb_error *error);

/* Has Milvus make the collection, counts its rows, and changes what was asked to be otherwise. */
mb_status mb_snapshot_fill(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error);

/* skips.c: takes away what is to be left out, and describes the collection otherwise. */
mb_status mb_snapshot_change(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error);

#endif
