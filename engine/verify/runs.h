/* runs.h - entries of a listing, sorted by key: an external merge sort.  What does not fit into memory goes
 * to a temporary file, a sorted run at a time. */
#ifndef MB_VERIFY_RUNS_H
#define MB_VERIFY_RUNS_H

#include "storage/store.h"

struct mb_runs;

/* memory_bytes bounds the keys that are held while entries are added.  log, which may be NULL, says where the
 * file may lie (base/temporary.h). */
mb_status mb_runs_new(struct mb_runs **out, size_t memory_bytes, struct mb_log *log, struct mb_error *error);
void mb_runs_free(struct mb_runs *runs);

/* Of an entry key, size and etag are kept. */
mb_status mb_runs_add(struct mb_runs *runs, const struct mb_entry *entry, struct mb_error *error);

/* After the last add. */
mb_status mb_runs_merge(struct mb_runs *runs, struct mb_error *error);

/* MB_OK with the next entry in byte order, valid until the next call, or MB_END.  A key that was added twice
 * comes twice. */
mb_status mb_runs_next(struct mb_runs *runs, struct mb_entry *out, struct mb_error *error);

#endif
