/* create.h - what the steps of one create share.  Private to the room. */
#ifndef MB_BACKUP_CREATE_H
#define MB_BACKUP_CREATE_H

#include "backup/backup.h"
#include "backup/binlogs.h"
#include "backup/gc_lease.h"
#include "backup/turns.h"
#include "base/pool.h"
#include "catalog/claim.h"
#include "catalog/layout.h"

#include <pthread.h>
#include <stdatomic.h>

#define MB_PARALLEL_COLLECTIONS 4U

struct mb_create;

/* One collection on its way into the backup.  Its arena is used by one thread at a time. */
struct mb_create_collection {
    struct mb_create *create;
    struct mb_arena *arena;
    const char *db;
    const char *name;
    bool skipped;           /* its data lies outside Milvus */
    int64_t loaded_percent; /* when it was described */
    struct mb_collection_backup backup;
    struct mb_segment *segments; /* the live ones */
    size_t segment_count;
    struct mb_binlogs *binlogs;
    struct mb_progress_row *row;
    int64_t started_ns;
    int64_t flushed_ns;
    atomic_int_fast64_t ended_ns;
    atomic_uint_fast64_t moved;
    atomic_bool listed;    /* every object has been handed to the copy */
    const char *bundle;    /* the folder of its snapshot, in the backup's */
    uint64_t bundle_files; /* in it */
    const char *undropped; /* why its snapshot stays in Milvus; or NULL */
};

struct mb_create {
    const struct mb_backup_env *env;
    const struct mb_backup_options *options;
    struct mb_catalog catalog;
    struct mb_arena *arena;
    const char *dir; /* the backup's directory */
    struct mb_claim *claim;
    struct mb_backup backup;
    struct mb_rbac rbac; /* empty where it is not asked for */
    struct mb_create_collection *collections;
    size_t collection_count;
    struct mb_objects *objects;
    struct mb_copy *copy;
    struct mb_create_turns turns; /* of collections that are flushed */
    struct mb_binlogs *present;   /* what an interrupted create left; NULL when not resumed */
    struct mb_strings warnings;   /* see mb_backup_report */
    pthread_mutex_t storage_lock;
    struct mb_gc_scope gc_scope;
    struct mb_gc_lease *gc_lease; /* or NULL */
    bool storage_checked;
    bool resumed;          /* an interrupted create is gone on with */
    bool snapshots;        /* Milvus writes the data, instead of us */
    atomic_bool exporting; /* it has begun to */
    bool flushed;          /* all collections, before the first of them is looked at */
    atomic_bool touched;   /* an object may have been written */
};

/* warning.c: keeps a line for the report and puts it into the log.  One thread at a time. */
mb_status mb_create_warn(struct mb_create *create, struct mb_error *error, const char *fmt, ...)
    MB_PRINTF(3, 4);

/* describe.c: databases and collections of the selection, everything but their data. */
mb_status mb_create_describe(struct mb_create *create, struct mb_pool *pool, struct mb_cancel *cancel,
                             struct mb_error *error);

/* describe.c: the collection's partitions as they are now. */
mb_status mb_create_describe_partitions(struct mb_create_collection *collection, struct mb_cancel *cancel,
                                        struct mb_error *error);

/* index_extra.c: adds what Milvus' etcd knows of a collection's indexes, where that is asked for. */
mb_status mb_create_add_index_extra(struct mb_create_collection *collection, struct mb_cancel *cancel,
                                    struct mb_error *error);

/* sound.c: MB_E_PROTOCOL for what no reader of the backup would take (anything twice, ids that do not fit,
 * ...): of all that was described, of the segments that a collection is said to have, and of these as they
 * are to be described.
 */
mb_status mb_create_check_described(const struct mb_create *create, struct mb_error *error);
mb_status mb_create_check_listed(const struct mb_create_collection *collection, struct mb_error *error);
mb_status mb_create_check_segments(struct mb_create_collection *collection, struct mb_error *error);

/* flush.c: flushes everything at once where that is asked for and can be done. */
mb_status mb_create_flush_all(struct mb_create *create, struct mb_cancel *cancel, struct mb_error *error);

/* flush.c: flushes one collection. */
mb_status mb_create_flush(struct mb_create_collection *collection, struct mb_cancel *cancel,
                          struct mb_error *error);

/* flush.c: where a replication would go on from this backup, if the server can tell. */
mb_status mb_create_note_channel(struct mb_create *create, struct mb_cancel *cancel, struct mb_error *error);

/* How many collections are worked on at once. */
static inline unsigned mb_create_parallel(const struct mb_create *create)
{
    unsigned wanted = create->options->parallel_collections;
    return wanted > 0 ? wanted : MB_PARALLEL_COLLECTIONS;
}

/* segments.c: flushes one collection, unless that was done a moment ago or is not to be done. */
mb_status mb_create_flush_if_due(struct mb_create_collection *collection, struct mb_cancel *cancel,
                                 struct mb_error *error);

/* segments.c: flushes one collection, lists its segments' binlogs and hands them to the copy. */
mb_status mb_create_segments(void *collection, struct mb_cancel *cancel, struct mb_error *error);

/* quiet.c: does Milvus still add to it? */
bool mb_create_is_being_written(const struct mb_segment *segment);

/* quiet.c: the binlogs of the segments that Milvus is writing to at this moment, once it has written the
 * same of every field; *out is NULL when there are no such segments. */
mb_status mb_create_await_quiet(struct mb_create_collection *collection, struct mb_binlogs **out,
                                struct mb_cancel *cancel, struct mb_error *error);

/* moved.c: every object of the collection has been handed to the copy. */
void mb_create_listed(struct mb_create_collection *collection);

/* moved.c: the copy's report of one object that lies in the backup. */
mb_status mb_create_moved(void *create, const struct mb_object_moved *object, struct mb_error *error);

/* The same of one that an interrupted run had copied, nobody remembers how. */
mb_status mb_create_kept(struct mb_create_collection *job, const char *key, uint64_t size,
                         struct mb_error *error);

/* storage_check.c: is this the storage that Milvus writes to?  Once a create, by the first segment that has
 * rows; says which key is wrong when its binlogs are not there. */
mb_status mb_create_check_storage(struct mb_create_collection *collection, struct mb_cancel *cancel,
                                  struct mb_error *error);

/* inspect.c: what lies in the backup's directory, before resuming. */
mb_status mb_create_find_present(struct mb_create *create, struct mb_cancel *cancel, struct mb_error *error);

/* inspect.c: compares the backup's directory with what should be in it, by listing; removes what does not
 * belong to a resumed backup. */
mb_status mb_create_verify(struct mb_create *create, struct mb_cancel *cancel, struct mb_error *error);

#endif
