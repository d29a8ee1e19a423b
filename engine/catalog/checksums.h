/* checksums.h - what meta/objects.jsonl says of the bytes of a backup's objects, to compare with what passes
 * by: 16 bytes each. */
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

#endif
