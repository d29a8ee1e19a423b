/* run.h - what the steps of one compaction share.  Private to the room. */
#ifndef MB_COMPACT_RUN_H
#define MB_COMPACT_RUN_H

#include "catalog/checksums.h"
#include "catalog/layout.h"
#include "catalog/objects.h"
#include "compact/compact.h"
#include "verify/content.h"

#include <stdatomic.h>

/* One delta log of an L0 segment. */
struct delete_log {
    const struct mb_segment_backup *l0;
    int64_t id;
    uint64_t size;
    bool shares_id; /* another L0 segment of the collection has a log of that id */
};

/* Those of one collection: of partitions in their order, and last those over all of them. */
struct deletes {
    struct delete_log *items;
    size_t count;
    int64_t free_id; /* no log of the collection has this id or a higher one; INT64_MAX for none */
};

/* Where the description has a segment of a partition. */
struct place {
    int64_t collection_id, partition_id, segment_id;
    struct mb_segment_backup *segment;
};

struct run {
    const struct mb_compact *compact;
    struct mb_arena *arena;
    const char *from_dir, *to_dir;
    const char *id;            /* of the new backup */
    struct mb_folder from, to; /* the same */
    struct mb_claim *claim;
    struct mb_backup backup; /* the source's, until mb_compact_fold has made the new one of it */
    struct deletes *deletes; /* of each collection */
    struct place *places;    /* in order */
    size_t place_count;
    struct mb_content content;
    struct mb_expected *expected; /* binlogs of the source */
    struct mb_checksums *checksums;
    struct mb_objects *objects; /* of the new backup */
    struct mb_copy *copy;
    struct mb_cancel *cancel;
    struct mb_buf from_key, to_key;  /* of the object at hand */
    atomic_bool touched;             /* an object may have been written */
    struct mb_compact_report report; /* raised by the threads of the copy until that has ended */
    struct mb_expected *present;     /* what an interrupted run has left; NULL for nothing */
    struct mb_compact_report kept;   /* of that, what is part of the new backup */
};

/* deletes.c: finds every delta log of an L0 segment, and proves that Milvus takes it as one of any segment.
 */
mb_status mb_compact_find_deletes(struct run *run, struct mb_error *error);

/* Can the log be about rows of that segment, which holds rows? */
bool mb_compact_applies(const struct delete_log *log, const struct mb_segment_backup *segment);

bool mb_compact_holds_rows(const struct mb_segment_backup *segment);

/* append.c: puts logs behind the segment's delta logs, in one list. */
mb_status mb_compact_append(struct run *run, struct mb_segment_backup *segment, const struct mb_binlog *logs,
                            size_t count, struct mb_error *error);

/* find.c: makes it possible to find segments. */
mb_status mb_compact_index(struct run *run, struct mb_error *error);

/* The segment of a partition that an object of the source belongs to; NULL for none.  *is_l0 (may be NULL):
 * it is a log of deletes that goes to other segments. */
struct mb_segment_backup *mb_compact_find(const struct run *run, const struct mb_source_key *key,
                                          bool *is_l0);

/* fold.c: makes the description of the new backup: no L0 segments, their logs behind those of segments, in
 * the order of deletes; sizes summed anew. */
mb_status mb_compact_fold(struct run *run, struct mb_error *error);

/* move.c: copies all but what L0 segments have, and takes up delta logs that the description left out.
 * MB_E_CORRUPT when the source has lost something. */
mb_status mb_compact_move_plain(struct run *run, struct mb_error *error);

/* move.c: copies the logs of L0 segments to where the new description says. */
mb_status mb_compact_move_deletes(struct run *run, struct mb_error *error);

/* resume.c: what lies under the new name. */
mb_status mb_compact_find_present(struct run *run, struct mb_error *error);

/* resume.c: does the object at hand, of from_key to to_key, lie there already?  And counting it as done. */
bool mb_compact_is_present(const struct run *run, uint64_t size);
mb_status mb_compact_keep(struct run *run, uint64_t size, bool added, struct mb_error *error);

/* check.c: does everything that the new description names lie there, and nothing else? */
mb_status mb_compact_verify(struct run *run, struct mb_error *error);

#endif
