/* stage.h - where Milvus finds the directories of a backup: where they lie, or in a copy in its own store. */
#ifndef MB_RESTORE_STAGE_H
#define MB_RESTORE_STAGE_H

#include "restore/run.h"

/* Can Milvus read the backup's directory itself? */
bool mb_stage_is_needed(const struct mb_restore_env *env, const char *dir, struct mb_arena *arena);

/* How many of so many collections can be copied side by side, each of at least one part, and, in *copy, how
 * much each may have under way: together not more than what *copy allowed for all of them, whose memory they
 * share. */
unsigned mb_stage_divide(struct mb_copy_options *copy, unsigned collections);

/* Before the first copy: reads what the bytes are to be compared with, says in Milvus' store whose copies are
 * to come, and removes those of restores that were killed on this machine. */
mb_status mb_stage_begin(struct mb_restore *run, struct mb_cancel *cancel, struct mb_error *error);

/* After the last collection, whatever was cancelled.  Only warns. */
void mb_stage_end(struct mb_restore *run);

/* Has it a copy made?  All have where Milvus cannot read the backup, otherwise those with strays in their
 * directories, all of whose files Milvus would read. */
bool mb_stage_has_copy(const struct mb_restore *run, const struct mb_import_batch *batch);

/* Makes the copies of all batches of the work that have one, before the first is imported. */
mb_status mb_stage_all(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error);

/* The paths to import for a batch, into arena: the insert directory, then that of the deletes, which is left
 * out when there are none unless always_deletes.  Makes the batch's copy first, of no more than what belongs
 * to the backup, unless mb_stage_all has; an object whose bytes are not those that create recorded is
 * MB_E_CORRUPT. */
mb_status mb_stage_batch(struct mb_restore_work *work, const struct mb_import_batch *batch,
                         bool always_deletes, struct mb_arena *arena, struct mb_strings *out,
                         struct mb_cancel *cancel, struct mb_error *error);

/* Removes the copies of a collection, whatever was cancelled.  Only warns. */
void mb_stage_clean(struct mb_restore_work *work);

#endif
