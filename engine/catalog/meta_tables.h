/* meta_tables.h - the members of every object in a backup's JSON files, in the order of the Go program. */
#ifndef MB_CATALOG_META_TABLES_H
#define MB_CATALOG_META_TABLES_H

#include "model/backup.h"
#include "json/table.h"

extern const struct mb_json_field mb_meta_backup_fields[];         /* struct mb_backup, full_meta.json */
extern const struct mb_json_field mb_meta_backup_summary_fields[]; /* struct mb_backup, backup_meta.json */
extern const struct mb_json_field mb_meta_collection_fields[];     /* struct mb_collection_backup */
extern const struct mb_json_field mb_meta_partition_fields[];      /* struct mb_partition_backup */
extern const struct mb_json_field mb_meta_segment_fields[];        /* struct mb_segment_backup */
extern const struct mb_json_field mb_meta_index_fields[];          /* struct mb_index */

/* The context of a writer that is given one of these tables: which file it is about to write. */
struct mb_meta_view {
    const struct mb_backup *backup;
    bool partitions;
    bool segments; /* of the partitions */
    bool l0_segments;
};

/* The context of an input: Milvus' root as the first log path tells it; NULL until then. */
struct mb_meta_source {
    const char *root;
};

#endif
