/* cancel.h - "stop what you are doing", told once, heard by many threads.  Thread-safe. */
#ifndef MB_BASE_CANCEL_H
#define MB_BASE_CANCEL_H

#include "base/error.h"

#include <stdint.h>

struct mb_cancel;
struct mb_cancel_watch;

/* A token that is cancelled when its parent (may be NULL) is, and never the other way. The parent lives
 * longer. */
struct mb_cancel *mb_cancel_new(struct mb_cancel *parent);
void mb_cancel_free(struct mb_cancel *cancel);

/* Idempotent.  Not for signal handlers. */
void mb_cancel_request(struct mb_cancel *cancel);

/* cancel may be NULL: never cancelled. */
bool mb_cancel_requested(const struct mb_cancel *cancel);

/* Sleeps for ns nanoseconds or until cancelled, whichever is first: MB_OK or MB_E_CANCELLED. */
mb_status mb_cancel_sleep(struct mb_cancel *cancel, int64_t ns, struct mb_error *error);

/* Calls fn(ctx) once when cancel is requested, from the thread that requests it, or at once when it already
 * is.  After mb_cancel_unwatch returns, fn is not running and will not run; fn itself must not unwatch.  NULL
 * without memory. */
struct mb_cancel_watch *mb_cancel_watch(struct mb_cancel *cancel, void (*fn)(void *ctx), void *ctx);
void mb_cancel_unwatch(struct mb_cancel_watch *watch);

#endif
