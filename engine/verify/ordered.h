/* ordered.h - the objects below a prefix in byte order, in whatever order the store lists them.
 *
 * Where the store lists in order, its pages are passed on as they come.  Otherwise the whole listing is read
 * first and sorted: in memory as far as memory_bytes reach, in a temporary file beyond. */
#ifndef MB_VERIFY_ORDERED_H
#define MB_VERIFY_ORDERED_H

#include "storage/store.h"

struct mb_ordered;

#define MB_ORDERED_MEMORY_BYTES ((size_t)16 << 20)

/* memory_bytes is 0 for MB_ORDERED_MEMORY_BYTES.  One thread. */
mb_status mb_ordered_open(struct mb_ordered **out, struct mb_storage *storage, const char *prefix,
                          size_t memory_bytes, struct mb_cancel *cancel, struct mb_error *error);

/* MB_OK with the next entry, of which key, size and etag (NULL when not known) are set and valid until the
 * next call, or MB_END.  Each key comes once.  MB_E_PROTOCOL when the store turns out not to list in the
 * order that it promised; whoever opens the listing again then gets it sorted. */
mb_status mb_ordered_next(struct mb_ordered *ordered, const struct mb_entry **out, struct mb_error *error);

/* Was it that? */
bool mb_ordered_was_misled(const struct mb_ordered *ordered);

void mb_ordered_close(struct mb_ordered *ordered);

#endif
