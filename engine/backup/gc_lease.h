/* gc_lease.h - Milvus' garbage collection, held back for as long as a backup runs. */
#ifndef MB_BACKUP_GC_LEASE_H
#define MB_BACKUP_GC_LEASE_H

#include "milvus/milvus.h"

struct mb_gc_lease;

/* The server's two calls.  A pause that fails may have been done all the same when its error is marked
 * MB_ERR_AMBIGUOUS. */
struct mb_gc_calls {
    mb_status (*pause)(void *ctx, unsigned seconds, struct mb_arena *arena, enum mb_gc_result *result,
                       const char **ticket, struct mb_cancel *cancel, struct mb_error *error);
    mb_status (*resume)(void *ctx, const char *ticket, struct mb_error *error);
    void *ctx;
};

/* What is paused of a server: all of it, or these collections, each by a call of its own; all that they
 * need, which outlives the lease. */
struct mb_gc_scope {
    struct mb_milvus *milvus;
    struct mb_ids collections; /* none: all of it */
};

struct mb_gc_calls mb_gc_calls_of(struct mb_gc_scope *scope);

struct mb_gc_times {
    unsigned pause_seconds; /* how long a pause lasts by itself */
    int64_t renew_ns;       /* from a pause to the next */
    int64_t retry_ns;       /* from one that failed to the next: several fit into what a pause lasts */
    int64_t first_ns;       /* the same, for the first attempts */
};

extern const struct mb_gc_times mb_gc_times_default;

/* Pauses it and renews the pause until mb_gc_lease_end.  That it cannot be paused is no failure: it is warned
 * about in the log, tried again, and told at the end.  Cancelled, nothing stays paused.  log may be NULL. */
mb_status mb_gc_lease_begin(struct mb_gc_lease **out, const struct mb_gc_calls *calls,
                            const struct mb_gc_times *times, struct mb_log *log, struct mb_cancel *cancel,
                            struct mb_error *error);

/* What the backup's maker must hear of. */
struct mb_gc_report {
    const char *unpaused;  /* why garbage collection went on for some of the time; "" when it did not */
    const char *unresumed; /* why it stays paused for up to pause_seconds; "" when it does not */
};

/* Resumes garbage collection, whatever was cancelled meanwhile.  Texts are in arena; lease may be NULL. */
void mb_gc_lease_end(struct mb_gc_lease *lease, struct mb_arena *arena, struct mb_gc_report *report);

#endif
