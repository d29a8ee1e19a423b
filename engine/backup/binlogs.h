/* binlogs.h - the binlogs of one collection's segments, gathered from a listing.  Not thread-safe. */
#ifndef MB_BACKUP_BINLOGS_H
#define MB_BACKUP_BINLOGS_H

#include "base/error.h"
#include "model/backup.h"

struct mb_binlogs;
struct mb_source_key;

struct mb_binlog_entry {
    int64_t segment_id;
    int64_t field_id; /* 0 for delta logs */
    int64_t log_id;
    int64_t size;
    bool is_delta;
};

/* The binlog that a key is that of. */
struct mb_binlog_entry mb_binlogs_entry(const struct mb_source_key *key, uint64_t size);

/* For the given live segments; they are the caller's and outlive it. */
mb_status mb_binlogs_new(struct mb_binlogs **out, const struct mb_segment *segments, size_t count,
                         struct mb_error *error);
void mb_binlogs_free(struct mb_binlogs *binlogs);

/* The live segment of that id, or NULL: what no live segment owns is not part of the backup. */
const struct mb_segment *mb_binlogs_segment(const struct mb_binlogs *binlogs, int64_t segment_id);

mb_status mb_binlogs_add(struct mb_binlogs *binlogs, const struct mb_binlog_entry *entry,
                         struct mb_error *error);

/* After the last add, before the calls below; of entries that were added twice one is kept. */
void mb_binlogs_sort(struct mb_binlogs *binlogs);

size_t mb_binlogs_count(const struct mb_binlogs *binlogs);

/* The entry with the same segment, kind, field and log, or NULL. */
const struct mb_binlog_entry *mb_binlogs_find(const struct mb_binlogs *binlogs,
                                              const struct mb_binlog_entry *key);

/* Do both hold the same entries, with the same sizes? */
bool mb_binlogs_equal(const struct mb_binlogs *a, const struct mb_binlogs *b);

/* Fills logs and size of out from the entries of its segment (out->id), into arena. */
mb_status mb_binlogs_fill(const struct mb_binlogs *binlogs, struct mb_segment_backup *out,
                          struct mb_arena *arena, struct mb_error *error);

/* The first field that has another number of binlogs than the segment's first field; or NULL. */
const struct mb_field_binlogs *mb_binlogs_uneven(const struct mb_segment_backup *segment);

#endif
