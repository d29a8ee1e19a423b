/* gc_lease.h - Milvus' garbage collection, held back for as long as a backup runs. */
#ifndef MB_BACKUP_GC_LEASE_H
#define MB_BACKUP_GC_LEASE_H

#include "milvus/milvus.h"

struct mb_gc_lease;

/* Pauses it and renews the pause until mb_gc_lease_end.  A server that cannot, or does not answer, is warned
 * about in the log: *out is NULL then, and that is no failure.  Of one that does not answer, error says why
 * although the call succeeds. */
mb_status mb_gc_lease_begin(struct mb_gc_lease **out, struct mb_milvus *milvus, struct mb_log *log,
                            struct mb_cancel *cancel, struct mb_error *error);

/* How long the lease waits before it renews the pause again, given how the last attempt went: several
 * attempts fit into what a pause lasts. */
int64_t mb_gc_lease_wait_ns(mb_status last);

/* Resumes garbage collection, whatever was cancelled meanwhile.  NULL is fine. */
void mb_gc_lease_end(struct mb_gc_lease *lease);

#endif
