/* compare.h - two folders of objects, side by side, in one pass over both listings. */
#ifndef MB_RELOCATE_COMPARE_H
#define MB_RELOCATE_COMPARE_H

#include "storage/store.h"

struct mb_folder {
    struct mb_storage *storage;
    const char *prefix; /* ends with a slash */
};

struct mb_pair {
    const char *name; /* relative to the prefixes; valid during the call */
    bool here, there; /* on which side it is */
    uint64_t size_here, size_there;
    const char *etag_here;
};

/* Calls visit for every name of either side, in byte order, and holds no more than a page of each.  Both
 * stores must list in order (MB_CAP_LIST_SORTED). */
mb_status mb_folders_compare(const struct mb_folder *here, const struct mb_folder *there,
                             mb_status (*visit)(void *ctx, const struct mb_pair *pair,
                                                struct mb_error *error),
                             void *ctx, struct mb_cancel *cancel, struct mb_error *error);

#endif
