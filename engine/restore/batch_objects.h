/* batch_objects.h - the binlogs that should lie in the directories of some batches, and what else may lie
 * there.
 */
#ifndef MB_RESTORE_BATCH_OBJECTS_H
#define MB_RESTORE_BATCH_OBJECTS_H

#include "restore/batches.h"
#include "verify/expected.h"

/* The insert or the delta logs of some batches.  It belongs to one thread and stays where it is. */
struct mb_batch_objects {
    struct mb_import_batches batches;
    bool is_delta;
    struct mb_expected *named;    /* by the description */
    struct mb_expected *left_out; /* folders with deletes that an older tool has left out of it */
};

mb_status mb_batch_objects_init(struct mb_batch_objects *objects, const struct mb_import_batches *batches,
                                bool is_delta, struct mb_cancel *cancel, struct mb_error *error);
void mb_batch_objects_done(struct mb_batch_objects *objects);

/* May an object of that name that the description does not name belong to the backup all the same? */
bool mb_batch_objects_left_out(const struct mb_batch_objects *objects, const char *name);

#endif
