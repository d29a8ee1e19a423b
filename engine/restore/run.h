/* run.h - what the steps of one restore share. */
#ifndef MB_RESTORE_RUN_H
#define MB_RESTORE_RUN_H

#include "base/hint.h"
#include "catalog/checksums.h"
#include "catalog/snapshot.h"
#include "restore/batches.h"
#include "restore/pace.h"
#include "restore/restore.h"

#include <pthread.h>
#include <stdatomic.h>

#define MB_STRAY_NAMES 3U

/* Objects among a collection's binlogs that are no part of the backup. */
struct mb_strays {
    size_t count;
    size_t deletes;                    /* those of them that hold deletes over all partitions */
    const char *names[MB_STRAY_NAMES]; /* of the first */
};

/* A name that something of the plan is to have: a target, or an alias of one. */
struct mb_restore_name {
    const char *db, *name;
};

struct mb_restore {
    const struct mb_restore_env *env;
    const struct mb_restore_options *options;
    const struct mb_milvus_info *milvus;
    const char *dir; /* of the backup, without a slash at the end */
    struct mb_backup backup;
    struct mb_arena *arena;   /* what lasts as long as the report; with the lock held while collections are
                                 worked on */
    struct mb_cancel *cancel; /* the caller's: what is complete is finished also when another one fails */
    pthread_mutex_t lock;
    struct mb_restore_name *names; /* sorted */
    size_t name_count;
    const char *difference; /* of its two descriptions; or NULL */
    struct mb_restore_plan plan;
    struct mb_rbac_plan rbac;       /* empty where it is not asked for */
    bool snapshot;                  /* Milvus has written the data by itself, and reads it so */
    bool foreign;                   /* Milvus cannot read the backup where it lies: all is staged */
    bool staged;                    /* something is */
    struct mb_checksums *checksums; /* of the backup while it is staged; or NULL */
    unsigned parallel;              /* collections at once */
    struct mb_copy_options copy;    /* of one of them */
    struct mb_owner *owner;         /* of the copies, for whoever cleans up; or NULL */
    struct mb_budget *own_budget;   /* of their copies, when the caller gave none; or NULL */
    struct mb_import_pace pace;     /* of all imports */
    int64_t total_bytes;
    atomic_int_fast64_t done_bytes;
};

/* One collection on its way.  Prepared by the thread of the run, worked on by one thread of the pool. */
struct mb_restore_work {
    struct mb_restore *run;
    const struct mb_restore_target *target;
    struct mb_import_batches batches;
    const char *ezk; /* the key of its database, "" for none */
    struct mb_strays strays;
    struct mb_snapshot bundle; /* of a backup of snapshots */
    int64_t rows_missing;      /* that it had when its snapshot was made */
    bool exists;               /* before the restore */
    int64_t old_id;            /* of what is to be dropped or replaced */
    bool replaces;             /* it is made beside the one that exists, and takes its place at the end */
    const char *place;         /* the name under which it is made: the target's, or one beside it */
    int64_t place_id;          /* of the collection of that name, once it is there */
    bool created;              /* by this restore */
    bool copied;               /* all of its data that has to be staged is */
    bool stranded;             /* the old one was renamed away, and could not be renamed back */
    bool unserved;             /* the one that was replaced was loaded, and this one cannot be */
    int64_t rows_before;       /* of a collection that is added to; negative when not known */
    bool complete;             /* all that was asked for is there */
    bool filling;              /* data has begun to go in */
    struct mb_arena *arena;    /* of the thread that works on it */
    struct mb_restore_line line;
    struct mb_progress_row *row;

    bool loaded;                    /* it serves, or a part of it does */
    bool loaded_whole;              /* by this restore, for itself */
    bool fewer_replicas;            /* than it had, for which there is no room */
    bool *settled;                  /* for each alias of the backup: it is one of the following */
    struct mb_strings aliases;      /* of the backup, that lead to it now */
    struct mb_strings lost_aliases; /* why the others do not: a text for each */
};

/* The name of the collection for messages: "db.name". */
#define MB_WORK_NAME(work) (work)->target->db, (work)->target->name

/* Gives the error a hint about the collection. */
mb_status mb_restore_hint(const struct mb_restore_work *work, enum mb_hint hint, struct mb_error *error);

/* What it is called in Milvus until it is complete. */
#define MB_WORK_PLACE(work) (work)->target->db, (work)->place

/* Everything for one collection (mb_job_fn). */
mb_status mb_restore_collection(void *work, struct mb_cancel *cancel, struct mb_error *error);

/* Imports the batches of a collection and waits for them. */
mb_status mb_restore_import(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error);

/* How many rows the collection holds by its segments; negative where the server does not tell. */
mb_status mb_restore_rows(const struct mb_restore_work *work, int64_t *out, struct mb_cancel *cancel,
                          struct mb_error *error);

/* Compares that with the backup after the last import; in_doubt when an import told an implausible number.
 * MB_E_CORRUPT when rows are missing, or too many, and the backup does not say why.  Without
 * MB_MILVUS_COUNT_ROWS_EXACTLY it takes both the imports and the segments to say that rows are missing. */
mb_status mb_restore_check_rows(struct mb_restore_work *work, bool in_doubt, struct mb_cancel *cancel,
                                struct mb_error *error);

/* Raises the progress of the collection and of the whole by so many bytes. */
void mb_restore_advance(struct mb_restore_work *work, int64_t bytes);

/* surroundings.c: can the server have the databases of the plan? */
mb_status mb_restore_check_databases(const struct mb_restore *run, struct mb_error *error);

/* surroundings.c: makes those that are not there, with the properties that they have in the backup. */
mb_status mb_restore_databases(struct mb_restore *run, const struct mb_strings *there, struct mb_arena *arena,
                               struct mb_cancel *cancel, struct mb_error *error);

/* surroundings.c: which users and roles are missing, where they are asked for; changes nothing. */
mb_status mb_restore_plan_rbac(struct mb_restore *run, struct mb_arena *arena, struct mb_cancel *cancel,
                               struct mb_error *error);

/* surroundings.c: makes them.  They come first: whoever makes collections may need them. */
mb_status mb_restore_rbac(struct mb_restore *run, struct mb_cancel *cancel, struct mb_error *error);

/* restore.c: the description, whatever its format; and where the backup lies. */
mb_status mb_restore_read(struct mb_restore *run, struct mb_arena *arena, struct mb_cancel *cancel,
                          struct mb_error *error);

/* load.c: does a load_state of a backup say that it, or a part of it, was loaded? */
bool mb_restore_says_loaded(const char *state);

/* load.c: was it, or a part of it, loaded when it was backed up? */
bool mb_restore_was_loaded(const struct mb_restore_work *work);

/* load.c: are its indexes made, or does a snapshot bring them?  What is to be loaded needs them. */
bool mb_restore_makes_indexes(const struct mb_restore_work *work);

/* load.c: loads it where it is made; with fewer replicas where so many cannot be. */
mb_status mb_restore_load_place(struct mb_restore_work *work, const struct mb_load *load,
                                struct mb_cancel *cancel, struct mb_error *error);

/* load.c: loads what was loaded when it was backed up, if that is asked for, and waits for it. */
mb_status mb_restore_load(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error);

/* aliases.c: before any of these; which names are wanted how often. */
mb_status mb_restore_aliases_begin(struct mb_restore *run, struct mb_restore_work *works,
                                   struct mb_error *error);

/* aliases.c: gives a collection that is complete, and that this restore has made, those aliases that nothing
 * else of the plan wants: none is in the way of a collection that is still to be made.  What fails is left to
 * the next. */
void mb_restore_aliases_of(struct mb_restore_work *work);

/* aliases.c: the others, one collection after the other in the order of the plan.  Those that lead elsewhere
 * stay as they are. */
mb_status mb_restore_aliases(struct mb_restore *run, struct mb_restore_work *works, struct mb_error *error);

#endif
