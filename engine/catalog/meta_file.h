/* meta_file.h - a backup's description as the texts of its JSON files. */
#ifndef MB_CATALOG_META_FILE_H
#define MB_CATALOG_META_FILE_H

#include "base/log.h"
#include "catalog/layout.h"
#include "catalog/meta_tables.h"
#include "json/reader.h"

/* One of the five files that describe a backup. */
mb_status mb_meta_write(const struct mb_backup *backup, enum mb_meta_file file, const struct mb_sink *sink,
                        struct mb_error *error);

/* How much is kept of segments, which are the mass of a description. */
enum mb_meta_depth {
    MB_META_WHOLE,
    MB_META_OUTLINE, /* their ids, digests and how many logs they have: one list of each kind, whose logs are
                        NULL */
    MB_META_FRAME    /* full_meta.json: of those in partitions nothing */
};

/* A description that is being read, file by file.  Zeroed, with arena set, it is empty. */
struct mb_meta_draft {
    struct mb_arena *arena;
    bool names_only; /* of collections read only what identifies them */
    enum mb_meta_depth depth;
    struct mb_backup backup;
    struct mb_partition_backup *partitions; /* of partition_meta.json */
    size_t partition_count;
    struct mb_segment_backup *segments; /* of segment_meta.json */
    size_t segment_count;
    const char *source_root;
    bool spoken;     /* it stands in no file yet */
    bool by_levels;  /* a level file was read */
    const char *bad; /* the file that mb_meta_finish found damaged; NULL for none */
};

/* Adds what the file says; the reader stands at its beginning. */
mb_status mb_meta_read(struct mb_meta_draft *draft, enum mb_meta_file file, struct mb_json_reader *reader,
                       struct mb_error *error);

/* Puts partitions and segments into their collections, and fills in what old writers left out.  MB_E_CORRUPT
 * when the files contradict themselves or each other.  log, which may be NULL, is told of what belongs
 * nowhere and holds nothing. */
mb_status mb_meta_finish(struct mb_meta_draft *draft, struct mb_log *log, struct mb_backup *out,
                         struct mb_error *error);

#endif
