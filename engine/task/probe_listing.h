/* probe_listing.h - how a storage lists: in which order, and what was written just before? */
#ifndef MB_TASK_PROBE_LISTING_H
#define MB_TASK_PROBE_LISTING_H

#include "storage/store.h"

struct mb_probe_listing {
    bool in_order; /* by bytes */
    bool at_once;  /* a listing shows what was written before it */
};

/* Writes two small objects whose keys begin with key, lists and removes them, also when it fails half way.
 * Both false is no failure: everything works on such a storage, too. */
mb_status mb_probe_listing(struct mb_storage *storage, const char *key, struct mb_probe_listing *out,
                           struct mb_cancel *cancel, struct mb_error *error);

#endif
