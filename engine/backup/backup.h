/* backup.h - `create`: from a running Milvus to a complete backup. */
#ifndef MB_BACKUP_BACKUP_H
#define MB_BACKUP_BACKUP_H

#include "base/cancel.h"
#include "base/log.h"
#include "base/progress_row.h"
#include "catalog/catalog.h"
#include "copy/copy.h"
#include "milvus/etcd.h"
#include "milvus/milvus.h"
#include "model/backup.h"
#include "model/selection.h"
#include "storage/store.h"

/* The numbers stand in the claim records of backups that are to be resumed. */
enum mb_backup_strategy {
    MB_STRATEGY_META_ONLY = 1, /* no segments at all */
    MB_STRATEGY_SKIP_FLUSH,    /* only what Milvus has written out by itself */
    MB_STRATEGY_SERIAL_FLUSH,  /* flush one collection after the other */
    MB_STRATEGY_BULK_FLUSH,    /* flush all of the server at once where it can, with a warning where not */
    MB_STRATEGY_FLUSH          /* the one or the other: at once when everything is backed up */
};

enum mb_backup_format {
    MB_DATA_AUTO,     /* snapshots where Milvus can and the storages allow it, else binlogs */
    MB_DATA_BINLOGS,  /* we copy what Milvus has written */
    MB_DATA_SNAPSHOTS /* Milvus writes bundles of its own */
};

/* What the keys are called that say where Milvus' storage is: for messages. */
struct mb_backup_keys {
    const char *address;
    const char *bucket;
    const char *root_path;
};

/* What a backup works on.  Everything is the caller's and outlives the call. */
struct mb_backup_env {
    struct mb_milvus *milvus;
    struct mb_etcd *etcd; /* of that Milvus, for what only it knows of indexes; NULL leaves that out */
    struct mb_storage *milvus_store;
    const char *milvus_root; /* Milvus' root path inside its store, clean */
    struct mb_backup_keys milvus_keys;
    const char *rpc_channel; /* its name where Milvus has one; "" for none */
    struct mb_storage *backup_store;
    const char *backup_root;
    struct mb_progress *progress;
    struct mb_log *log;
};

struct mb_backup_options {
    const char *name;
    const char *id; /* a UUID */
    const struct mb_selection *selection;
    enum mb_backup_strategy strategy;
    bool pause_gc;
    bool rbac;      /* users and roles, too */
    bool resume;    /* go on where an earlier create of this name was interrupted */
    bool take_over; /* also when that one seems to be at work */
    enum mb_backup_format format;
    const struct mb_snapshot_place
        *snapshots;                /* the backup's storage as Milvus is told of it; or NULL, and */
    const char *no_snapshots;      /* why it cannot be */
    unsigned parallel_collections; /* at once; of several, four times as many are flushed. 0 for 4 */
    struct mb_copy_options copy;
};

/* One line of the summary. */
struct mb_backup_line {
    const char *db;
    const char *collection;
    int64_t rows;
    uint64_t segments;
    uint64_t objects;
    int64_t bytes;
    int64_t ns; /* from its flush to its last object */
};

struct mb_backup_report {
    struct mb_backup_line *lines;
    size_t count;
    const char *id;                                /* of a create that was gone on with, the one it had */
    const char *how;                               /* how the objects went */
    size_t users, roles, grants, privilege_groups; /* of a create with rbac */
    struct mb_strings warnings;                    /* what its maker must hear of although it is a success */
};

/* Nothing is written before it is certain that the name is free, the backup's root can be written to
 * and Milvus' storage is the one that Milvus writes to.  Afterwards the backup is complete, or it is marked
 * as in progress and can be resumed or deleted.  The report lives in arena. */
mb_status mb_backup_create(const struct mb_backup_env *env, const struct mb_backup_options *options,
                           struct mb_arena *arena, struct mb_backup_report *report, struct mb_cancel *cancel,
                           struct mb_error *error);

#endif
