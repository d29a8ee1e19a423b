/* run.h - what the steps of one restore share. */
#ifndef MB_RESTORE_RUN_H
#define MB_RESTORE_RUN_H

#include "catalog/checksums.h"
#include "restore/restore.h"
#include "restore/units.h"

#include <stdatomic.h>

struct mb_restore {
    const struct mb_restore_env *env;
    const struct mb_restore_options *options;
    const struct mb_milvus_info *milvus;
    const char *dir; /* of the backup, without a slash at the end */
    struct mb_backup backup;
    struct mb_restore_plan plan;
    bool staged;                         /* Milvus cannot read the backup where it lies */
    struct mb_checksums *checksums;      /* of the backup while it is staged; or NULL */
    unsigned parallel;                   /* collections at once */
    struct mb_transfer_options transfer; /* of one of them */
    int64_t total_bytes;
    atomic_int_fast64_t done_bytes;
};

/* One collection on its way.  Prepared by the thread of the run, worked on by one thread of the pool. */
struct mb_restore_work {
    struct mb_restore *run;
    const struct mb_restore_target *target;
    struct mb_import_units units;
    const char *ezk;        /* the key of its database, "" for none */
    bool exists;            /* before the restore */
    bool created;           /* by this restore */
    bool complete;          /* all that was asked for is there */
    bool filling;           /* data has begun to go in */
    struct mb_arena *arena; /* of the thread that works on it */
    struct mb_restore_line line;
};

/* The name of the collection for messages: "db.name". */
#define MB_WORK_NAME(work) (work)->target->db, (work)->target->name

/* Everything for one collection (mb_job_fn). */
mb_status mb_restore_collection(void *work, struct mb_cancel *cancel, struct mb_error *error);

/* Imports the units of a collection and waits for them. */
mb_status mb_restore_import(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error);

/* Raises the progress of the whole by so many bytes. */
void mb_restore_advance(struct mb_restore *run, int64_t bytes);

#endif
