/* layout.h - the only place that knows how keys look: of a backup, and of Milvus' own root.
 *
 * "dir" is what mb_layout_backup_dir returned.  The functions that make keys of objects put them into a
 * buffer that the caller keeps for the next key: it is emptied first, and its status is what they return. */
#ifndef MB_CATALOG_LAYOUT_H
#define MB_CATALOG_LAYOUT_H

#include "base/arena.h"
#include "base/buf.h"
#include "model/backup.h"

/* The rule for names of new backups: 1 to 128 bytes, [A-Za-z_][A-Za-z0-9_]*.  MB_E_INVALID says what is
 * wrong.
 */
mb_status mb_layout_check_name(const char *name, struct mb_error *error);

/* What may be read or deleted: any single path element of 1024 bytes at most, since older tools and people
 * made others. */
mb_status mb_layout_check_existing_name(const char *name, struct mb_error *error);

/* "<root>/<name>" without a slash at the end; root is cleaned and may be empty.  NULL without memory. */
char *mb_layout_backup_dir(struct mb_arena *arena, const char *root, const char *name);

enum mb_meta_file {
    MB_META_BACKUP,
    MB_META_COLLECTION,
    MB_META_PARTITION,
    MB_META_SEGMENT,
    MB_META_FULL,
    MB_META_OBJECTS,     /* key, size and checksum of every object */
    MB_META_IN_PROGRESS, /* there while the backup is being made */
    MB_META_COUNT
};

const char *mb_layout_meta_name(enum mb_meta_file file); /* "backup_meta.json" */

/* Is that the name, relative to the backup's directory, of a further file that some version of the Go program
 * writes? Nobody reads it. */
bool mb_layout_is_other_meta(const char *name);
char *mb_layout_meta_key(struct mb_arena *arena, const char *dir, enum mb_meta_file file);

/* Where an object of a segment lies in the backup.  The group element follows from the segment. */
mb_status mb_layout_insert_key(struct mb_buf *key, const char *dir, const struct mb_segment_backup *segment,
                               int64_t field_id, int64_t log_id);
mb_status mb_layout_delta_key(struct mb_buf *key, const char *dir, const struct mb_segment_backup *segment,
                              int64_t log_id);

/* The directories that Import takes for a segment, with a slash at the end.  Several segments may have the
 * same one (a shared group; a partition without groups): import each directory once. */
mb_status mb_layout_insert_dir(struct mb_buf *key, const char *dir, const struct mb_segment_backup *segment);
mb_status mb_layout_delta_dir(struct mb_buf *key, const char *dir, const struct mb_segment_backup *segment);

/* The prefix, with a slash at the end, under which all insert or all delta logs of a collection lie. */
mb_status mb_layout_collection_prefix(struct mb_buf *key, const char *dir, bool is_delta,
                                      int64_t collection_id);

/* "log_path" of a binlog in the description: its key in Milvus, with the root as it stands in the backup. */
mb_status mb_layout_insert_log_path(struct mb_buf *path, const char *source_root,
                                    const struct mb_segment_backup *segment, int64_t field_id,
                                    int64_t log_id);
mb_status mb_layout_delta_log_path(struct mb_buf *path, const char *source_root,
                                   const struct mb_segment_backup *segment, int64_t log_id);

/* The prefixes, with a slash at the end, under which all objects of a segment lie in Milvus.  milvus_root
 * may be empty or have slashes around it. */
mb_status mb_layout_source_insert_prefix(struct mb_buf *key, const char *milvus_root, int64_t collection_id,
                                         int64_t partition_id, int64_t segment_id);
mb_status mb_layout_source_delta_prefix(struct mb_buf *key, const char *milvus_root, int64_t collection_id,
                                        int64_t partition_id, int64_t segment_id);

/* The same for all segments of a collection. */
mb_status mb_layout_source_collection_prefix(struct mb_buf *key, const char *milvus_root, bool is_delta,
                                             int64_t collection_id);

struct mb_source_key {
    bool is_delta;
    int64_t collection_id;
    int64_t partition_id; /* -1 for deletes over all partitions */
    int64_t segment_id;
    int64_t field_id; /* 0 for a delta log */
    int64_t log_id;
    size_t root_len; /* bytes of the key before "/insert_log" or "/delta_log" */
};

/* Strict: exactly the elements of an insert or delta log below milvus_root, each a plain decimal number. */
bool mb_layout_parse_source_key(const char *milvus_root, const char *key, struct mb_source_key *out);

/* The same for an object in a backup, with or without a group element; root_len is the length before
 * "/binlogs". */
bool mb_layout_parse_backup_key(const char *dir, const char *key, struct mb_source_key *out);

/* The same for a key whose root is not known; it is told as root_len. */
bool mb_layout_parse_log_path(const char *key, struct mb_source_key *out);

#endif
