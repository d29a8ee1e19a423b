/* restore.h - `restore`: from a backup to collections of a running Milvus. */
#ifndef MB_RESTORE_RESTORE_H
#define MB_RESTORE_RESTORE_H

#include "base/cancel.h"
#include "base/log.h"
#include "base/progress_row.h"
#include "copy/copy.h"
#include "milvus/milvus.h"
#include "restore/ezk.h"
#include "restore/rbac.h"
#include "restore/wish.h"
#include "storage/store.h"

/* What a restore works on.  Everything is the caller's and outlives the call. */
struct mb_restore_env {
    struct mb_milvus *milvus;
    struct mb_storage *milvus_store;
    const char *import_root; /* what Milvus calls the top of its store where that is another name than ours;
                                or NULL */
    struct mb_storage *backup_store;
    const char *backup_root;
    struct mb_progress *progress;
    struct mb_log *log;
};

struct mb_restore_options {
    const char *name;            /* the backup */
    const char *id;              /* unique: temporary objects are named after it */
    struct mb_plan_options plan; /* what goes where */
    struct mb_restore_wishes wishes;
    bool restore_index;
    bool use_auto_index;         /* vector indexes become AUTOINDEX */
    bool drop_exist_collection;  /* a target that is there is made anew, and dropped once that is complete */
    bool drop_first;             /* before it is made anew, for those who lack the space for both */
    bool skip_create_collection; /* a target must be there; with drop_exist_collection it may be missing */
    bool drop_exist_index;
    bool meta_only;   /* no data */
    int64_t until_ms; /* rows and deletes that are younger stay out; milliseconds since 1970, 0 for none */
    bool until_checkpoints; /* so do those that are younger than their channel's checkpoint in the backup */
    bool load;              /* what was loaded when it was backed up; its indexes are made, too */
    bool rbac;              /* users and roles, too, those that are missing */
    struct mb_ezk_mapping ezk;
    bool use_jobs; /* imports over HTTP, many segments in a job (MB_MILVUS_IMPORT_JOBS) */
    bool keep_temp_files;
    unsigned parallel_collections; /* 0 for 2 */
    unsigned import_jobs;          /* under way at once in one collection; 0 for 768 */
    unsigned max_segments_per_job; /* with use_jobs; 0 for 256 */
    struct mb_copy_options copy;
    const struct mb_snapshot_place
        *snapshots;           /* the backup's storage as Milvus is told of it; or NULL, and */
    const char *no_snapshots; /* why it cannot be */
};

/* One line of the summary. */
struct mb_restore_line {
    const char *source_db;
    const char *source_name;
    const char *db;
    const char *name;
    int64_t rows;      /* imported, as the server counts them */
    uint64_t segments; /* in the backup */
    uint64_t imports;  /* calls */
    int64_t bytes;     /* in the backup */
    int64_t ns;
    struct mb_strings aliases; /* of the backup, that lead to it now */
    bool was_loaded;           /* when it was backed up */
    bool loaded;               /* now */
};

struct mb_restore_report {
    struct mb_restore_line *lines;
    size_t count;
    struct mb_strings warnings; /* what was given and matched nothing, and what befell the collections */
    bool snapshot;              /* it was one of snapshots, which Milvus restores as they are */
    bool staged;                /* the data went through Milvus' own store first */
    struct mb_rbac_line *rbac;  /* users and roles of the backup; none where they were not asked for */
    size_t rbac_count;
    uint64_t lost_aliases; /* of the backup, that were not made; a warning says of each why not */
};

/* Nothing is changed before it is known that the backup can be read, that every target is free (or may be
 * dropped, or is there, as the options say) and that the data is where the description says.  A target that
 * is to be dropped stays as it is until the new one is complete, where the server can rename collections;
 * else, and with drop_first, until all that can fail without it has been tried.  What a restore that was
 * killed left half renamed is mended before anything else.  Temporary objects are removed whatever happens,
 * also after a cancellation.  A failure names the collections that this call made and that hold part of their
 * data, and those that are whole: these have their aliases and are loaded, where nothing but the failure of
 * another one or a cancellation was in the way.  The report lives in arena; after a failure it holds the
 * warnings, too, and is empty where nothing was changed. */
mb_status mb_restore_run(const struct mb_restore_env *env, const struct mb_restore_options *options,
                         struct mb_arena *arena, struct mb_restore_report *report, struct mb_cancel *cancel,
                         struct mb_error *error);

#endif
