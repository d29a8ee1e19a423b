/* secondary.h - `restore secondary`: from a backup to a cluster that is to be replicated to.
 *
 * Such a cluster takes nothing but the messages of a replication, so the restore is one: it says, in place of
 * the source, what has led to what the backup holds.  Where the backup's flush ends, the real replication
 * goes on. */
#ifndef MB_SECONDARY_SECONDARY_H
#define MB_SECONDARY_SECONDARY_H

#include "restore/restore.h"

struct mb_secondary_options {
    const char *name; /* the backup */
    const char *id;   /* unique: temporary objects are named after it */
    const char *source_cluster, *target_cluster;
    bool keep_temp_files;
    unsigned import_jobs;          /* under way at once; 0 for 64 */
    unsigned max_segments_per_job; /* 0 for 256 */
    struct mb_copy_options copy;
};

/* Nothing is sent before it is known that the backup was made for this and can be read, that the server takes
 * messages of that source and has taken none so far, and that nothing in it is in the way.  A failure behind
 * the first message says what the secondary holds then and what to do.  The report lives in arena. */
mb_status mb_secondary_run(const struct mb_restore_env *env, const struct mb_secondary_options *options,
                           struct mb_arena *arena, struct mb_restore_report *report, struct mb_cancel *cancel,
                           struct mb_error *error);

#endif
