/* compare.h - two folders of objects, side by side, in one pass over both listings. */
#ifndef MB_VERIFY_COMPARE_H
#define MB_VERIFY_COMPARE_H

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

struct mb_pair_visitor {
    mb_status (*visit)(void *ctx, const struct mb_pair *pair, struct mb_error *error);
    /* Forgets what was visited: a store turned out not to list in order, and everything will be visited
     * again, from the beginning.  At most once for each store; NULL when there is nothing to forget. */
    mb_status (*restart)(void *ctx, struct mb_error *error);
    void *ctx;
};

/* Calls visit once for every name of either side, in byte order.  Folder markers are left out.  Holds no more
 * than a page of a store that lists in order; other listings are sorted first (ordered.h). */
mb_status mb_folders_compare(const struct mb_folder *here, const struct mb_folder *there,
                             const struct mb_pair_visitor *visitor, struct mb_cancel *cancel,
                             struct mb_error *error);

#endif
