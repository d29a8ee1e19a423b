/* run.h - what the steps of one restore of a secondary share. */
#ifndef MB_SECONDARY_RUN_H
#define MB_SECONDARY_RUN_H

#include "milvus/replicate.h"
#include "restore/run.h"
#include "secondary/secondary.h"

/* One collection: as messages tell it. */
struct mb_secondary_collection {
    struct mb_collection born;     /* with all hidden fields, and its properties in the schema */
    struct mb_collection imported; /* as imports are told of it: without the server's own fields */
    struct mb_partition *partitions;
    size_t partition_count;
    struct mb_replicated_index *indexes;
    size_t index_count;
    int64_t least_rows; /* that it has for sure, unless there are younger ones than the flush among them */
};

struct mb_secondary {
    const struct mb_secondary_options *options;
    struct mb_restore restore;
    struct mb_restore_options restore_options;
    struct mb_restore_work *works;               /* of restore.plan */
    struct mb_secondary_collection *collections; /* in the same order */
    struct mb_checkpoint *flushed;               /* the messages of the flush, with their ticks */
    size_t flushed_count;
    bool *databases_there; /* of restore.plan.databases */
    struct mb_replication *replication;
    struct mb_arena *arena;
};

/* check.c: all that can be known before the first message.  Changes nothing. */
mb_status mb_secondary_check(struct mb_secondary *run, struct mb_cancel *cancel, struct mb_error *error);

/* check.c: of the i-th database of restore.plan, in the source; 0 where the backup does not tell it. */
int64_t mb_secondary_database_id(const struct mb_secondary *run, size_t i);

/* schema.c: what a replication tells of a collection.  MB_E_UNSUPPORTED when the backup does not say enough.
 */
mb_status mb_secondary_describe(const struct mb_collection_backup *source, struct mb_arena *arena,
                                struct mb_secondary_collection *out, struct mb_error *error);

/* index.c: its indexes. */
mb_status mb_secondary_indexes(const struct mb_collection_backup *source, struct mb_arena *arena,
                               struct mb_secondary_collection *out, struct mb_error *error);

/* tell.c: databases, collections and their indexes; waits until the collections are there. */
mb_status mb_secondary_tell_before(struct mb_secondary *run, struct mb_cancel *cancel,
                                   struct mb_error *error);

/* tell.c: aliases, what is loaded, users and roles, and the messages of the flush, which come last. */
mb_status mb_secondary_tell_after(struct mb_secondary *run, struct mb_cancel *cancel, struct mb_error *error);

/* import.c: all data, and compares the numbers of rows. */
mb_status mb_secondary_import(struct mb_secondary *run, struct mb_cancel *cancel, struct mb_error *error);

/* Until the secondary has confirmed all; the progress says so. */
mb_status mb_secondary_settle(struct mb_secondary *run, struct mb_cancel *cancel, struct mb_error *error);

/* A number that nobody else gives: above 0, of 63 bits. */
mb_status mb_secondary_number(int64_t *out, struct mb_error *error);

#endif
