/* known_binlogs.h - what is known beforehand about segments: that they consist of these binlogs and no
 * others. */
#ifndef MB_BACKUP_KNOWN_BINLOGS_H
#define MB_BACKUP_KNOWN_BINLOGS_H

#include "backup/create.h"

struct mb_known_binlogs {
    struct mb_binlogs *binlogs; /* NULL: nothing is known */
    bool of_all;                /* or only of the segments that Milvus is writing to */
};

/* binlogs is the caller's to free. */
mb_status mb_known_binlogs_find(struct mb_create_collection *collection, struct mb_known_binlogs *out,
                                struct mb_cancel *cancel, struct mb_error *error);

bool mb_known_binlogs_cover(const struct mb_known_binlogs *known, const struct mb_segment *segment);

/* list_binlogs.c: lists the collection's live binlogs and hands those that the backup lacks to the copy. */
mb_status mb_create_list_binlogs(struct mb_create_collection *collection,
                                 const struct mb_known_binlogs *known, struct mb_cancel *cancel,
                                 struct mb_error *error);

/* describe_segments.c: puts the segments into the description; fails when binlogs are missing. */
mb_status mb_create_describe_segments(struct mb_create_collection *collection,
                                      const struct mb_known_binlogs *known, struct mb_error *error);

#endif
