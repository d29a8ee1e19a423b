/* hint.h - giving an error the kind of what it asks its reader to do (milvus_backup/hint.h lists them). */
#ifndef MB_BASE_HINT_H
#define MB_BASE_HINT_H

#include "base/error.h"
#include "milvus_backup/hint.h"

/* mb_fail with a hint.  A subject that is too long is cut; NULL for none. */
mb_status mb_fail_hint(struct mb_error *error, mb_status status, enum mb_hint hint, const char *subject,
                       const char *fmt, ...) MB_PRINTF(5, 6);

/* Gives a hint to an error that has none: what is nearest to the cause knows best.  Returns error->status. */
mb_status mb_error_hint(struct mb_error *error, enum mb_hint hint, const char *subject);

/* "target_exists": for JSON; "none", also for a number that is no kind. */
MB_EXPORT const char *mb_hint_name(uint32_t hint);

#endif
