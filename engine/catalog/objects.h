/* objects.h - meta/objects.jsonl: every object of a backup with its size and checksum, one JSON object a
 * line.
 *
 *   {"key":"binlogs/insert_log/1/2/3/3/100/7","size":88,"crc32c":"1a2b3c4d","etag":"..."}
 *
 * crc32c and etag are left out when they are not known, and so is "copied", which is "inside" or "streamed".
 * Members that a reader does not know are passed over, except those that begin with "ref": they are kept for
 * saying that an object lies in another backup.  The Go program ignores the file; verify works from it. */
#ifndef MB_CATALOG_OBJECTS_H
#define MB_CATALOG_OBJECTS_H

#include "storage/store.h"

/* How an object came into the backup when that was made. */
enum mb_copied {
    MB_COPIED_UNKNOWN,
    MB_COPIED_INSIDE,  /* inside the storage service */
    MB_COPIED_STREAMED /* through the program that made it */
};

struct mb_object_record {
    const char *key; /* relative to the backup's directory */
    uint64_t size;
    bool has_crc32c;
    uint32_t crc32c;
    const char *etag; /* "" when not known */
    enum mb_copied copied;
};

struct mb_objects;

/* Collects records in an unlinked temporary file (base/temporary.h), so that memory does not grow with their
 * number.  log may be NULL. */
mb_status mb_objects_new(struct mb_objects **out, struct mb_log *log, struct mb_error *error);
void mb_objects_free(struct mb_objects *objects);

/* Thread-safe. */
mb_status mb_objects_add(struct mb_objects *objects, const struct mb_object_record *record,
                         struct mb_error *error);

/* Writes all records that were added to key, and tells how many bytes that were and their checksum; no adding
 * meanwhile. */
mb_status mb_objects_save(struct mb_objects *objects, struct mb_storage *storage, const char *key,
                          uint64_t *size, uint32_t *crc32c, struct mb_cancel *cancel, struct mb_error *error);

struct mb_objects_reader;

/* cancel may be NULL and outlives the reader.  One thread. */
mb_status mb_objects_open(struct mb_objects_reader **out, struct mb_storage *storage, const char *key,
                          struct mb_cancel *cancel, struct mb_error *error);

/* MB_OK with the next record, valid until the next call, or MB_END.  A line that is no record is MB_E_CORRUPT
 * with its number, one with an unknown member that begins with "ref" MB_E_UNSUPPORTED. */
mb_status mb_objects_next(struct mb_objects_reader *reader, const struct mb_object_record **out,
                          struct mb_error *error);
void mb_objects_close(struct mb_objects_reader *reader);

#endif
