/* memo.h - what listings have read of each backup, for as long as the storage shows the same files.
 *
 * A stamp is what a listing tells of a backup's description: names, sizes, times and ETags.  What was read
 * under one stamp is of no use under another, so nothing is older than the listing that asks.  Thread-safe.
 */
#ifndef MB_CATALOG_MEMO_H
#define MB_CATALOG_MEMO_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct mb_memo;

enum mb_memo_kind { MB_MEMO_BACKUP, MB_MEMO_COLLECTIONS, MB_MEMO_DETAILS, MB_MEMO_KINDS };

/* Takes so many bytes and not more: what has no room is not remembered. */
mb_status mb_memo_new(struct mb_memo **out, size_t bytes, struct mb_error *error);
void mb_memo_free(struct mb_memo *memo); /* NULL is allowed */

/* A look at all backups begins; and has ended: what nobody asked for since it began is forgotten, with the
 * backup that is gone.  NULL for memo is allowed here and below, and remembers nothing. */
uint64_t mb_memo_begin(struct mb_memo *memo);
void mb_memo_end(struct mb_memo *memo, uint64_t begun);

/* What was put under the name, if the stamp is the same; a copy in arena.  False for nothing. */
bool mb_memo_get(struct mb_memo *memo, const char *name, const char *stamp, enum mb_memo_kind kind,
                 struct mb_arena *arena, const char **data, size_t *len);

/* Another stamp than before makes everything of that name forgotten first.  "" is no stamp. */
void mb_memo_put(struct mb_memo *memo, const char *name, const char *stamp, enum mb_memo_kind kind,
                 const void *data, size_t len);

size_t mb_memo_used(struct mb_memo *memo); /* bytes */

#endif
