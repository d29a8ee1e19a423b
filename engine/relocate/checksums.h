/* checksums.h - the checksums of a backup's objects by key, 24 bytes each. */
#ifndef MB_RELOCATE_CHECKSUMS_H
#define MB_RELOCATE_CHECKSUMS_H

#include "base/cancel.h"
#include "storage/store.h"

struct mb_checksums;

/* Reads the backup's objects.jsonl; a backup without one, as older tools wrote it, has no checksums. */
mb_status mb_checksums_read(struct mb_checksums **out, struct mb_storage *storage, const char *key,
                            struct mb_cancel *cancel, struct mb_error *error);
void mb_checksums_free(struct mb_checksums *checksums);

/* False when none is known.  key is relative to the backup's directory. */
bool mb_checksums_find(const struct mb_checksums *checksums, const char *key, uint32_t *crc32c);

#endif
