/* batches.h - which directories of a backup are imported together.  Pure.
 *
 * A batch is what one pair of directories holds: a segment, several that share a directory, or a partition.
 * What one import may take is the server's to say (MB_MILVUS_IMPORT_SEGMENTS). */
#ifndef MB_RESTORE_BATCHES_H
#define MB_RESTORE_BATCHES_H

#include "base/arena.h"
#include "model/backup.h"

/* Later phases need earlier ones to have ended: a delete is imported after the rows that it is about. */
enum mb_batch_phase { MB_BATCH_DATA, MB_BATCH_PARTITION_DELETES, MB_BATCH_ALL_DELETES, MB_BATCH_PHASES };

struct mb_batch_segment {
    const struct mb_segment_backup *segment;
    const struct mb_batch_segment *next;
};

struct mb_import_batch {
    enum mb_batch_phase phase;
    size_t number;          /* in the order in which the backup lists them */
    const char *partition;  /* its name; "" for deletes over all partitions */
    const char *insert_dir; /* keys in the backup's store, with a slash at the end; NULL for deletes only */
    const char *delta_dir;
    bool has_deletes; /* the description lists delta logs, or mb_restore_prove has found some that it left out
                       */
    const char *virtual_channel;
    int64_t storage_version;
    int64_t rows;       /* by the description, deleted ones included */
    int64_t least_rows; /* that cannot have been deleted */
    uint64_t until;     /* a timestamp of Milvus: what is younger stays out; 0 for none */
    int64_t bytes;
    const struct mb_batch_segment *first;
    size_t segments;
    size_t strays; /* objects in its directories that are no part of the backup */
};

struct mb_import_batches {
    struct mb_import_batch *items; /* by phase and partition, then by channel and storage version */
    size_t count;
};

/* dir is the backup's directory; by_segment: the server has MB_MILVUS_IMPORT_SEGMENTS.  MB_E_CORRUPT when a
 * segment with rows has no insert logs, MB_E_UNSUPPORTED when the server is older than what the backup needs.
 */
mb_status mb_import_batches_make(const struct mb_collection_backup *collection, const char *dir,
                                 bool by_segment, struct mb_arena *arena, struct mb_import_batches *out,
                                 struct mb_error *error);

#endif
