/* bundle.h - is a bundle that Milvus wrote by itself all there?  Its own numbers and a listing must agree. */
#ifndef MB_VERIFY_BUNDLE_H
#define MB_VERIFY_BUNDLE_H

#include "verify/folder.h"

struct mb_bundle {
    const char *below;    /* where it lies in the folder: "bundle/1/" */
    int64_t files, bytes; /* at least: a bundle's own description may not be counted */
};

/* Lists until there is as much, for as long as the store's patience lasts.  MB_E_CORRUPT when there is less;
 * *files and *bytes are what was found. */
mb_status mb_bundle_check(const struct mb_folder *folder, const struct mb_bundle *bundle, uint64_t *files,
                          uint64_t *bytes, struct mb_cancel *cancel, struct mb_error *error);

/* The file that describes it, by its name in the folder: MB_E_CORRUPT when it is missing or empty. */
mb_status mb_bundle_check_metadata(const struct mb_folder *folder, const char *name, struct mb_cancel *cancel,
                                   struct mb_error *error);

#endif
