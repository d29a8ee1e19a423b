/* snapshot.h - backups of which Milvus writes the data: a snapshot of each collection, exported to the
 * backup's folder.  Private to the room. */
#ifndef MB_BACKUP_SNAPSHOT_H
#define MB_BACKUP_SNAPSHOT_H

#include "backup/create.h"
#include "catalog/snapshot.h"

/* format.c: decides whether the backup is one of snapshots: by what was asked for, what Milvus can, and what
 * an interrupted create had begun.  Before the claim. */
mb_status mb_create_choose_format(struct mb_create *create, struct mb_cancel *cancel, struct mb_error *error);

/* format.c: what else than its collections an interrupted create must have in common with the one that goes
 * on with it; "" for binlogs. */
const char *mb_create_format_mark(const struct mb_create *create);

/* snapshots.c: has a snapshot of each collection exported, and compares the bundles with what Milvus says of
 * them.  Where that was not asked for and Milvus does not know the calls, create->snapshots is false
 * afterwards, nothing was written, and a warning says so. */
mb_status mb_create_snapshots(struct mb_create *create, struct mb_cancel *cancel, struct mb_error *error);

/* snapshot.c: one collection (mb_job_fn). */
mb_status mb_create_snapshot(void *collection, struct mb_cancel *cancel, struct mb_error *error);

/* bundles.c: removes what an interrupted create left below a part of the backup's folder ("bundle/"). */
mb_status mb_create_clear(struct mb_create *create, const char *below, struct mb_cancel *cancel,
                          struct mb_error *error);

/* bundles.c: is the bundle of a collection all there? */
mb_status mb_create_check_bundle(struct mb_create_collection *job, const struct mb_snapshot *snapshot,
                                 struct mb_cancel *cancel, struct mb_error *error);

/* bundles.c: records every object of the bundles. */
mb_status mb_create_record_bundles(struct mb_create *create, struct mb_cancel *cancel,
                                   struct mb_error *error);

#endif
