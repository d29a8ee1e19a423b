/* unit_objects.h - the binlogs that should lie in the directories of some units, and what else may lie there.
 */
#ifndef MB_RESTORE_UNIT_OBJECTS_H
#define MB_RESTORE_UNIT_OBJECTS_H

#include "restore/units.h"
#include "verify/expected.h"

/* The insert or the delta logs of some units.  It belongs to one thread and stays where it is. */
struct mb_unit_objects {
    struct mb_import_units units;
    bool is_delta;
    struct mb_expected *named;    /* by the description */
    struct mb_expected *left_out; /* folders with deletes that an older tool has left out of it */
};

mb_status mb_unit_objects_init(struct mb_unit_objects *objects, const struct mb_import_units *units,
                               bool is_delta, struct mb_cancel *cancel, struct mb_error *error);
void mb_unit_objects_done(struct mb_unit_objects *objects);

/* May an object of that name that the description does not name belong to the backup all the same? */
bool mb_unit_objects_left_out(const struct mb_unit_objects *objects, const char *name);

#endif
