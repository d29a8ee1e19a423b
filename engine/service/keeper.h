/* keeper.h - the thread that takes tasks when they have ended: writes them down, frees them, and tells those
 * who wait. */
#ifndef MB_SERVICE_KEEPER_H
#define MB_SERVICE_KEEPER_H

#include "service/known.h"

/* Until the service is over; ctx is the service. */
void *mb_keeper_run(void *ctx);

/* All records as lines; ctx is the service, without its lock. */
void mb_keeper_gather(void *ctx, struct mb_buf *lines);

/* Writes a record down.  What goes wrong is for the log: work must not fail for want of a history. */
void mb_keeper_write(struct mb_service *service, const struct mb_kept *kept);

#endif
