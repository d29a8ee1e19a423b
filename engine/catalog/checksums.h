/* checksums.h - what meta/objects.jsonl says of a backup's objects, their sizes and bytes, to compare with
 * what lies there and what passes by: 24 bytes each. */
#ifndef MB_CATALOG_CHECKSUMS_H
#define MB_CATALOG_CHECKSUMS_H

#include "base/cancel.h"
#include "storage/store.h"

struct mb_checksums;

/* Reads those of the backup in the directory dir; one without the file, as older tools wrote it, has none.
 * MB_E_CORRUPT when a line is no record. */
mb_status mb_checksums_read(struct mb_checksums **out, struct mb_storage *storage, const char *dir,
                            struct mb_cancel *cancel, struct mb_error *error);
void mb_checksums_free(struct mb_checksums *checksums);

/* False when none is known.  name is relative to the backup's directory. */
bool mb_checksums_find(const struct mb_checksums *checksums, const char *name, uint32_t *crc32c);

/* Compares the bytes that were read of an object with what was recorded; *compared is false when nothing was.
 * MB_E_CORRUPT names the object and says what to do.  Any number of threads. */
mb_status mb_checksums_compare(const struct mb_checksums *checksums, const char *name, uint32_t crc32c,
                               bool *compared, struct mb_error *error);

/* Notes that an object lies in the backup.  MB_E_CORRUPT when it has another size than was recorded. */
mb_status mb_checksums_see(struct mb_checksums *checksums, const char *name, uint64_t size,
                           struct mb_error *error);

/* MB_E_CORRUPT, with how many and which is the first, when recorded objects were not seen in storage. */
mb_status mb_checksums_all_seen(const struct mb_checksums *checksums, struct mb_storage *storage,
                                struct mb_cancel *cancel, struct mb_error *error);

#endif
