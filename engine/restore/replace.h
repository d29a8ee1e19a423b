/* replace.h - a new collection in the place of one that is there, without a moment in which neither is.
 *
 * The new one is made beside the old one, under a name that follows from the target's, and takes its name
 * only when it is complete: the old one is renamed away, the new one is renamed to the target's name, aliases
 * move over, and only then is the old one dropped.  Whatever ends the program, the target's name or, between
 * the two renames, the name for what is replaced leads to a complete collection; the next restore to the same
 * target finds out by the names which of the steps were done. */
#ifndef MB_RESTORE_REPLACE_H
#define MB_RESTORE_REPLACE_H

#include "restore/run.h"

/* On the old collection while it waits to be dropped: the id of the new one. */
#define MB_REPLACED_BY "milvus_backup.replaced_by"

#define MB_MAX_COLLECTION_NAME 255U

/* The names beside a target.  They end in a checksum of its whole name, so that nobody else has made a
 * collection of that name by chance, and stay within what Milvus allows. */
const char *mb_replace_new_name(const char *target, struct mb_arena *arena);
const char *mb_replace_old_name(const char *target, struct mb_arena *arena);

/* Before the work's target is looked for: puts back what a killed restore had renamed away without putting
 * the new one in its place, and ends what one had begun that came further.  MB_E_EXISTS when somebody else
 * has made the target since. */
mb_status mb_replace_mend(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error);

/* Chooses the place beside the target and drops what a killed restore left there. */
mb_status mb_replace_begin(struct mb_restore_work *work, struct mb_arena *arena, struct mb_cancel *cancel,
                           struct mb_error *error);

/* The collection is complete and takes the place of the old one; it is loaded before when that one is, as far
 * as there are indexes.  A failure until then leaves the old one as it was.  From the first rename on it is
 * not cancelled. */
mb_status mb_replace_swap(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error);

/* After a failure before the swap: drops the incomplete new one, whatever was cancelled.  Only warns. */
void mb_replace_abandon(struct mb_restore_work *work);

#endif
