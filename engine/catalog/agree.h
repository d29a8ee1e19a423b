/* agree.h - full_meta.json compared with the level files, which say the same of a backup in other words. */
#ifndef MB_CATALOG_AGREE_H
#define MB_CATALOG_AGREE_H

#include "catalog/layout.h"

/* Something that only one of the two knows, or of which they say different things. */
struct mb_disagreement {
    enum mb_meta_file file; /* the level file that should say the same */
    const char *what;       /* "segment 20 of partition 10 of default.c"; valid during the call */
    bool in_full, in_level;
};

typedef mb_status mb_disagree_fn(void *ctx, const struct mb_disagreement *disagreement,
                                 struct mb_error *error);

/* Calls visit for every collection, index, partition and segment in which the two descriptions of a backup
 * differ, and for the backup as a whole.  Level files name no deletes over all partitions: what only
 * full_meta.json says of those is no disagreement. */
mb_status mb_descriptions_compare(const struct mb_backup *full, const struct mb_backup *levels,
                                  mb_disagree_fn *visit, void *ctx, struct mb_error *error);

#endif
