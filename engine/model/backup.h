/* backup.h - one backup as plain data: databases, collections, partitions, segments, binlogs.
 *
 * Lives in the arena of whoever made it.  A binlog is kept as its id and size; its keys follow from the ids
 * around it (catalog/layout.h), so that a backup of a million binlogs fits in memory. */
#ifndef MB_MODEL_BACKUP_H
#define MB_MODEL_BACKUP_H

#include "model/collection.h"

struct mb_binlog {
    int64_t id;
    int64_t size; /* bytes */
};

struct mb_field_binlogs {
    int64_t field_id; /* a column group's id for storage version 2 and up */
    struct mb_binlog *logs;
    size_t count;
};

struct mb_segment_backup {
    int64_t id;
    int64_t collection_id;
    int64_t partition_id; /* -1: deletes over all partitions */
    int64_t rows;
    int64_t size;     /* bytes of all its objects */
    int64_t group_id; /* 0: no group element in its path */
    int64_t storage_version;
    bool is_l0;
    const char *virtual_channel;
    struct mb_field_binlogs *insert_logs;
    size_t insert_count;
    struct mb_field_binlogs *delta_logs; /* the ids of their fields mean nothing; count may be 0 in one */
    size_t delta_count;
    uint64_t digest; /* of all that was said of it, where only its outline was read; or 0 */
};

struct mb_partition_backup {
    int64_t id;
    const char *name;
    int64_t collection_id;
    int64_t size;
    const char *load_state; /* "NotLoad", "Loading", "Loaded" or "" */
    struct mb_segment_backup *segments;
    size_t segment_count;
};

struct mb_collection_backup {
    struct mb_collection collection;
    struct mb_partition_backup *partitions;
    size_t partition_count;
    struct mb_segment_backup *l0_segments; /* over all partitions */
    size_t l0_count;
    struct mb_index *indexes;
    size_t index_count;
    bool has_index;
    const char *load_state;
    int32_t replicas; /* that it was loaded with; 0 where they were not asked for, as for one */
    int64_t size;
    uint64_t backup_timestamp;
    uint64_t physical_timestamp;
    struct mb_checkpoint *checkpoints; /* read from files: timestamp is 0, position holds it */
    size_t checkpoint_count;
    const char *snapshot; /* "snapshot_backup" as JSON text; "" for none */
    int64_t row_count;    /* of its segments when a snapshot was made of it; 0 where nobody counted them */
};

struct mb_backup {
    const char *id;
    const char *name;
    const char *milvus_version; /* as reported */
    const char *format;         /* "" is binlogs; "snapshot" is Milvus' own bundle */
    const char *source_root;    /* Milvus' root path at the time; log_path begins with it */
    int64_t size;
    uint64_t backup_timestamp;
    struct mb_database *databases;
    size_t database_count;
    struct mb_collection_backup *collections;
    size_t collection_count;

    /* What only some servers have, as the JSON text of the member of that name in the file; "" for none. */
    const char *rbac_meta;
    const char *rpc_channel_info;
    const char *flush_all_msgs; /* "flush_all_msgs_base64" */
    const char *control_channel;
    struct mb_strings physical_channels;
};

/* How many logs there are in all of them; is there any? */
size_t mb_field_binlogs_count(const struct mb_field_binlogs *fields, size_t count);
bool mb_field_binlogs_any(const struct mb_field_binlogs *fields, size_t count);

/* Does it hold deletes alone?  Some versions of the Go program did not write so; such a segment has no insert
 * logs. */
bool mb_segment_is_l0(const struct mb_segment_backup *segment);

#endif
