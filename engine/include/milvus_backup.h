/*
 * milvus_backup.h - libmilvus_backup: backups of Milvus collections, made, restored and looked after by a
 * program
 *
 * A session is opened from a configuration, the same that the command line reads.  Work that takes time is a
 * task: it is started with a request, runs in threads of the library, and is polled, awaited or cancelled by
 * its handle.  Questions that are answered at once are plain calls on the session.
 *
 *     struct mb_error error = {.struct_size = sizeof error};
 *     struct mb_session_options options = {.struct_size = sizeof options, .config_path = "backup.yaml"};
 *     struct mb_create_request request = {.struct_size = sizeof request, .name = "nightly"};
 *     struct mb_session *session = NULL;
 *     struct mb_task *task = NULL;
 *
 *     mb_status status = mb_session_open(&session, &options, &error);
 *     if (status == MB_OK)
 *         status = mb_create_start(session, &request, &task, &error);
 *     if (status == MB_OK)
 *         status = mb_task_wait(task, -1, &error);
 *     if (status != MB_OK)
 *         fprintf(stderr, "%s\n", error.message);
 *     mb_task_free(task);
 *     mb_session_close(session);
 *
 * Rules that hold for every function below:
 *
 *   Threads     Sessions, tasks and what queries return may be used from any thread, several at once;
 *               only the call that frees or closes a handle is the last one on it, and nobody else is
 *               inside another. Callbacks come from any thread, several at once. They may poll and
 *               cancel, but neither wait for, free nor close anything, nor open a session.
 *   Ownership   What is passed in is copied or used during the call only, but for the ctx of callbacks.
 *               Strings and arrays that a function hands out belong to the handle it was asked of and
 *               live until that is freed. Every function that frees or closes takes NULL.
 *   Structs     Each begins with struct_size, which the caller sets to sizeof the struct, to fill in and
 *               to be filled in alike. Members are only ever appended, and zero always means what it
 *               meant before: a program that was built with an older header gets as much as it knows. A
 *               struct_size that is smaller than the first version of the struct, 0 above all, is
 *               MB_E_INVALID.
 *   Errors      A function that can fail returns a negative mb_status and fills *error, which may be
 *               NULL. error->message is a sentence without a full stop that says what to change and
 *               holds no secret. error->hint says the same as a kind (milvus_backup/hint.h), for
 *               programs that word advice in the terms of their own users, and error->subject what it is
 *               about. On failure no output is written. NULL where something has to be is MB_E_INVALID;
 *               in functions without an error nothing happens.
 *   Units       Times are nanoseconds (_ns) or milliseconds (_ms), points in time milliseconds since
 *               1970, sizes bytes. Texts are UTF-8; names that were found in a storage may hold any
 *               bytes but 0.
 *   Process     The library reads no environment unless it is handed one, installs no signal handler,
 *               sets no locale, writes nothing to standard output or error unless asked, and ends no
 *               process. Its threads take no signals. libcurl, OpenSSL, libxml2 and gRPC are initialised
 *               when the first store or Milvus is opened; what they and the drivers read by themselves
 *               they go on reading (proxies, GRPC_*, a provider's chain of credentials). Drivers stay
 *               mapped until the process ends.
 *   fork        A child has no use of the handles of its parent.
 */
#ifndef MILVUS_BACKUP_H
#define MILVUS_BACKUP_H

#include "milvus_backup/hint.h"
#include "milvus_backup/storage_plugin.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MB_API MB_EXPORT

/* The version that a program is built with; by semantic versioning.  mb_library_version tells the one it runs
 * with. */
#define MB_LIBRARY_MAJOR 0
#define MB_LIBRARY_MINOR 1
#define MB_LIBRARY_PATCH 0

MB_API const char *mb_library_version(void); /* "0.1.0" */

struct mb_session;
struct mb_task;

/* ------------------------------------------------------------------ words */

/* "not found", "timeout": for logs and JSON; never NULL. */
MB_API const char *mb_status_name(mb_status status);

/* "target_exists": for JSON; "none", also for a number that is no kind. */
MB_API const char *mb_hint_name(uint32_t hint);

/* What a request leaves to the configuration, or decides by itself. */
enum { MB_AS_CONFIGURED = 0, MB_YES = 1, MB_NO = 2 };

/* --------------------------------------------------------------- sessions */

/* What was found while the configuration was read. */
enum {
    MB_NOTICE_PROBLEM = 0, /* the session cannot be opened; the error names the first and counts them */
    MB_NOTICE_WARNING = 1, /* probably not what was meant; or there is no log file */
    MB_NOTICE_NOTE = 2     /* for the log, where it is written too */
};

typedef void mb_notice_fn(void *ctx, int kind, const char *text);

/* level is MB_LOG_*; task is the id of the task that the line is about, "" for none.  Secrets of the
 * configuration are masked, line ends and control characters escaped. */
typedef void mb_log_fn(void *ctx, int level, const char *task, const char *text);

struct mb_session_options {
    size_t struct_size;

    /* The file; NULL is "backup.yaml", "" reads none.  It is looked for where it says, in the folder
     * MILVUSCONF of environment, and in ./configs. */
    const char *config_path;
    const char *const *overrides; /* "milvus.port=19531"; the last of several for one key counts */
    size_t override_count;
    const char *const *environment; /* "NAME=value", NULL at the end, such as environ; NULL: none is read */

    /* What messages call an override, reading no file, and the list of drivers: "--set", "pass --config ''",
     * "`milvus-backup drivers`".  NULL for words that fit any program. */
    const char *override_word;
    const char *no_config_word;
    const char *drivers_word;

    /* Where drivers are looked for, in this order, and last where the installation keeps its own: beside this
     * library, or where it was built for. */
    const char *driver_dir;         /* one folder; or NULL */
    const char *driver_path;        /* folders with ':' between; or NULL */
    const char *bundled_driver_dir; /* what the program brings along; or NULL */

    /* For what does not fit into memory; NULL for beside the log's file, /var/tmp or /tmp. */
    const char *temporary_dir;

    const char *log_level; /* "debug": instead of the configuration's; or NULL */
    bool no_log_file;      /* whatever the configuration says */
    bool log_to_stderr;    /* where the configuration says so (log.console); otherwise never */
    bool grpc_speaks; /* gRPC may print to standard error; otherwise it is silenced for the whole process */
    mb_log_fn *log;   /* every line of the session and its tasks, beside the file; or NULL */
    void *log_ctx;
    mb_notice_fn *notice; /* called while mb_session_open runs; or NULL */
    void *notice_ctx;

    /* A session whose log, drivers, temporary folder and budget of memory are shared; the members from
     * driver_dir to log_ctx are then passed over.  Both may be closed in any order; the parent's log is
     * called until both are. */
    struct mb_session *parent;

    /* With a parent: configured as it is, and by the overrides above what it was overridden with.  Nothing is
     * read again: config_path and environment are passed over, and what was found in them is told of no more.
     */
    bool like_parent;
};

/* Reads and checks the configuration and opens the log; touches no network.  MB_E_CONFIG when the
 * configuration has problems, with MB_HINT_CONFIG_FILE when there is no such file.  A log file that cannot be
 * written is a warning.
 */
MB_API mb_status mb_session_open(struct mb_session **out, const struct mb_session_options *options,
                                 struct mb_error *error);

/* Ends what the session does, tasks and queries: they fail with MB_E_CANCELLED after cleaning up behind them.
 * Only good to be closed afterwards.  Does not wait. */
MB_API void mb_session_cancel(struct mb_session *session);

/* Cancels tasks that still run and waits for them.  Their handles stay good for everything but have to be
 * freed. */
MB_API void mb_session_close(struct mb_session *session);

/* So many tasks run at once, of the session and all that share its log with it; 0, as at first, for any
 * number.  Others wait for their turn in the order of their coming, and are polled, awaited and cancelled as
 * those that run.  Deletes and prunes never wait. */
MB_API void mb_session_limit_tasks(struct mb_session *session, uint32_t at_once);

/* Called once for each task of the session, and of all that share its log with it, when it has ended, from a
 * thread of the task; a callback like any other.  It may be called before the call that starts the task has
 * returned, and has returned before mb_task_free of that task or mb_session_close of its session does.  NULL
 * for no longer. */
typedef void mb_task_end_fn(void *ctx, struct mb_task *task);
MB_API void mb_session_on_task_end(struct mb_session *session, mb_task_end_fn *fn, void *ctx);

struct mb_session_about {
    size_t struct_size;
    const char *config_path; /* the file that was read; "" for none */
    int32_t config_schema;   /* 1 or 2 */
    bool log_to_stderr;      /* lines of the log go to standard error */
    const char *log_folder;  /* "" without a file */
    int32_t log_level;       /* MB_LOG_* */
    uint64_t memory;      /* transfer.memoryMiB in bytes: for objects on their way, of all tasks together */
    uint64_t memory_peak; /* the most that their buffers ever held */
    const char *backup_bucket; /* where backups are kept; "" for files */
    const char
        *backup_root_path; /* what their keys begin with, no slash at either end; of files the folder */
    uint64_t memory_used;  /* what their buffers hold now */
};

MB_API mb_status mb_session_about(struct mb_session *session, struct mb_session_about *out,
                                  struct mb_error *error);

/* A line in the session's log, and nowhere else. */
MB_API void mb_session_log(struct mb_session *session, int level, const char *text);

/* What calls of one kind have cost so far, of the session and all that share its log with it. */
enum { MB_METRIC_BOUNDS = 16, MB_METRIC_STATUSES = 32 };

struct mb_metric_row {
    size_t struct_size;
    const char *service;                  /* "milvus_storage", "backup_storage", "milvus" */
    const char *driver;                   /* "s3"; "" for Milvus */
    const char *operation;                /* "get"; "DescribeCollection" */
    uint64_t calls;                       /* attempts, also those that failed */
    uint64_t failures;                    /* of these */
    uint64_t retries;                     /* of these, after which the call was made again */
    uint64_t bytes;                       /* moved by calls that succeeded */
    uint64_t total_ns;                    /* of all attempts together */
    uint64_t within[MB_METRIC_BOUNDS];    /* calls that took no longer than mb_metric_bound_ns(i) */
    uint64_t failed[MB_METRIC_STATUSES];  /* failures by status: failed[-MB_E_TIMEOUT] */
    uint64_t retried[MB_METRIC_STATUSES]; /* retries by the status of the failure before */
};

/* From 1 ms to five minutes; -1 behind the last. */
MB_API int64_t mb_metric_bound_ns(size_t i);

/* Rows come with the first store that is opened and the first call to Milvus, and stay where they are.
 * Cheap. Texts live until the last of these sessions is closed. */
MB_API size_t mb_session_metric_count(struct mb_session *session);
MB_API mb_status mb_session_metric_at(struct mb_session *session, size_t i, struct mb_metric_row *out,
                                      struct mb_error *error);

/* For who lists often: from now on a list reads again of a backup only what the storage shows to have changed
 * since, and keeps up to so many bytes for that.  To be called before anything is listed. */
MB_API mb_status mb_session_remember(struct mb_session *session, size_t bytes, struct mb_error *error);

/* A secret of the program's own: from now on it is masked in the log, as those of the configuration are. */
MB_API void mb_session_hide(struct mb_session *session, const char *secret);

/* One key of the configuration. */
struct mb_config_row {
    size_t struct_size;
    const char *parameter;  /* "Milvus.Grpc.Address" */
    const char *key;        /* in the schema that is in use */
    const char *value;      /* a secret's is masked */
    const char *source;     /* "override", "env", "config" or "default" */
    const char *source_key; /* the key or environment variable it came by; "" for a default */
    const char *where;      /* "configs/backup.yaml:12:9"; "" elsewhere */
};

MB_API size_t mb_session_config_count(struct mb_session *session);
MB_API mb_status mb_session_config_at(struct mb_session *session, size_t i, struct mb_config_row *out,
                                      struct mb_error *error);

/* What the configuration says of a server, checked.  Lists end with NULL. */
struct mb_server_settings {
    size_t struct_size;
    bool enabled;
    bool logs_requests;
    const char *base_path; /* in front of the API as clients see it */
    const char *address;
    uint16_t port, grpc_port; /* 0 for a free one, and for no gRPC */
    const char *state_dir;    /* "" for none */
    uint32_t shutdown_seconds, request_seconds;
    uint32_t tasks, queue, history, connections;
    uint64_t body_limit;
    bool allow_unauthenticated;
    const char *credentials_file, *tls_cert, *tls_key, *tls_client_ca; /* "" for none */
    const char *const *buckets;
    const char *const *root_paths;
};

MB_API mb_status mb_session_server(struct mb_session *session, struct mb_server_settings *out,
                                   struct mb_error *error);

/* What the configuration has a server back up by itself: schedules, in its order. */
struct mb_schedule_row {
    size_t struct_size;
    const char *name;        /* letters, digits, '_' and '-' */
    const char *cron;        /* "0 3 * * *" */
    const char *timezone;    /* "UTC", "Europe/Berlin" */
    const char *backup_name; /* of its backups, "nightly_%Y%m%d_%H%M%S" in that time zone */
    const char *filter;      /* as for a create, "" for none; one of these three at most */
    const char *const *collections;
    size_t collection_count;
    const char *const *databases;
    size_t database_count;
    int32_t strategy; /* MB_CREATE_* */
    bool enabled;
    uint32_t keep_last, keep_daily, keep_weekly,
        keep_monthly;        /* as for a prune, which comes after a success; */
    const char *keep_within; /* 0 and "" for no such rule */
    const char *where;       /* "configs/backup.yaml:12:3" */
    uint32_t retries;        /* of a run that failed, each so long after it */
    uint32_t retry_seconds;
    int32_t format; /* MB_FORMAT_* */
};

MB_API size_t mb_session_schedule_count(struct mb_session *session);
MB_API mb_status mb_session_schedule_at(struct mb_session *session, size_t i, struct mb_schedule_row *out,
                                        struct mb_error *error);

/* A key that the configuration knows, for help and documentation. */
struct mb_key_row {
    size_t struct_size;
    const char *name;        /* "milvus.port" */
    const char *type;        /* "string", "int", "bool", "list" */
    const char *def;         /* as text; "" for none */
    const char *environment; /* the variable it is taken from, too; NULL for none */
    const char *inherits;    /* the key whose value it takes when it is not set; NULL for none */
    const char *help;        /* one sentence */
    bool secret;
};

/* Row i of the schema's table (1 or 2); MB_E_NOT_FOUND past its end.  Needs no session; texts live for ever.
 */
MB_API mb_status mb_key_at(int32_t schema, size_t i, struct mb_key_row *out, struct mb_error *error);

/* A configuration in the keys of schema v1 as a file in those of schema v2.  Loading the new file, where the
 * environment has its variables renamed, does what loading the old one does. */
struct mb_migration;

struct mb_migration_options {
    size_t struct_size;
    const char *config_path;        /* the old file, looked for as mb_session_open does */
    const char *const *environment; /* counts as there; its secrets are not put into the file.  NULL: none */
    const char *no_config_word;     /* as there */
    const char *drivers_word;
    mb_notice_fn *notice; /* told the problems for which the old file cannot be migrated; or NULL */
    void *notice_ctx;
};

/* Touches nothing but the old file.  MB_E_INVALID when it is of schema v2, MB_E_CONFIG when it has problems,
 * with MB_HINT_CONFIG_FILE when there is no such file. */
MB_API mb_status mb_migration_make(struct mb_migration **out, const struct mb_migration_options *options,
                                   struct mb_error *error);
MB_API void mb_migration_free(struct mb_migration *migration);

struct mb_migration_about {
    size_t struct_size;
    const char *config_path; /* the file that was read */
    const char *text;        /* the new file; the secrets of the old one stand in it */
    size_t warning_count;    /* of what got lost or is refused */
    size_t rename_count;
    const char *fault; /* why the new file is refused when it is loaded; NULL when it is not */
};

MB_API mb_status mb_migration_about(const struct mb_migration *migration, struct mb_migration_about *out,
                                    struct mb_error *error);

/* Sentences without secrets; NULL past the last. */
MB_API const char *mb_migration_warning(const struct mb_migration *migration, size_t i);

/* A variable of the environment that is called otherwise with the new file. */
struct mb_migration_name {
    size_t struct_size;
    const char *from; /* "MINIO_SECRET_KEY" */
    const char *to;   /* "MILVUS_STORAGE_AUTH_SECRET_ACCESS_KEY" */
};

MB_API mb_status mb_migration_name_at(const struct mb_migration *migration, size_t i,
                                      struct mb_migration_name *out, struct mb_error *error);

/* --------------------------------------------------------------- requests */

/* What to do before copying. */
enum {
    MB_CREATE_DEFAULT = 0,      /* BULK_FLUSH of everything where the server can, else SERIAL_FLUSH */
    MB_CREATE_META_ONLY = 1,    /* no data at all */
    MB_CREATE_SKIP_FLUSH = 2,   /* only what Milvus has written out by itself */
    MB_CREATE_SERIAL_FLUSH = 3, /* flush one collection after the other */
    MB_CREATE_BULK_FLUSH = 4 /* flush all of Milvus at once; where it cannot, SERIAL_FLUSH with a warning */
};

/* Who writes the data, and how. */
enum {
    MB_FORMAT_AUTO = 0,    /* snapshots where Milvus makes them (3.0 and later) and reaches the storage of the
                              backup, else binlogs; an interrupted create is gone on with as it was begun */
    MB_FORMAT_BINLOG = 1,  /* binlogs are copied */
    MB_FORMAT_SNAPSHOT = 2 /* Milvus writes a snapshot of each collection */
};

/* From a running Milvus to a backup.
 *
 * Which collections: filter counts before database_collections, and that before collections and databases,
 * which exclude each other; what does not count becomes a warning of the task.  NULL, "" and lists of nothing
 * but "" are not given; all of them not given is everything. */
struct mb_create_request {
    size_t struct_size;
    const char *name;                 /* letters, digits and underscores; NULL makes one from the time */
    const char *filter;               /* "coll,db.coll,db.*,db.": the last is the database alone */
    const char *database_collections; /* {"db1":["c1","c2"],"db2":[]}; an empty list is the whole database */
    const char *const *collections;   /* "coll" or "db.coll" */
    size_t collection_count;
    const char *const *databases;
    size_t database_count;
    int32_t strategy; /* MB_CREATE_* */
    bool resume;      /* go on with an interrupted create of this name */
    bool take_over;   /* with resume: also where another seems to be at work, who then fails */
    int32_t pause_gc; /* MB_AS_CONFIGURED: backup.gcPause */
    const char *id;   /* of the backup, for one that is made anew: up to 200 bytes that nobody else uses; NULL
                         for the task's */
    bool rbac;        /* users (with hashed passwords), roles, grants and privilege groups of all of Milvus */
    int32_t format;   /* MB_FORMAT_*; MB_FORMAT_SNAPSHOT not with MB_CREATE_META_ONLY */
    bool index_extra; /* also what only Milvus' etcd knows of indexes (milvus.etcd.endpoints) */
};

/* A line of a restore's plan: what a collection becomes.  Several of one source make several of it. */
struct mb_restore_mapping {
    size_t struct_size;
    const char *source_db; /* in the backup */
    const char *target_db;
    const char *source; /* a collection; both NULL make the database alone */
    const char *target;
    int32_t shards;          /* 0 for as many as in the backup; more than max_shards also */
    const char *description; /* NULL for that of the backup */
};

/* From a backup to a running Milvus.  Which collections: as for a create, by their names in the backup; but
 * filter is about the names after suffix and renames. */
struct mb_restore_request {
    size_t struct_size;
    const char *name;
    const char *filter;
    const char *database_collections;
    const char *const *collections;
    size_t collection_count;
    const char *const *databases;
    size_t database_count;
    const char *suffix;        /* behind the names of collections that no rename is about */
    const char *const *rename; /* "coll:new", "db.coll:db2.new", "db.*:db2.*" */
    size_t rename_count;
    bool restore_index;
    bool use_auto_index;         /* vector indexes become AUTOINDEX */
    bool drop_exist_collection;  /* a target that exists is made anew, and dropped once that is complete */
    bool drop_first;             /* with drop_exist_collection: dropped before, for lack of space for both */
    bool drop_exist_index;       /* of a target that exists */
    bool skip_create_collection; /* targets exist; with drop_exist_collection they may be missing */
    bool meta_only;              /* no data */
    bool use_import_jobs;        /* import over HTTP, many segments in a job (Milvus 2.4 and later) */
    int32_t keep_temp_files;     /* MB_AS_CONFIGURED: restore.keepTempFiles */

    /* Instead of suffix and rename; each as large as the first one says.  What no mapping names is left out,
     * unless a filter names it: then it keeps its name. */
    const struct mb_restore_mapping *mappings;
    size_t mapping_count;
    const char *target_filter; /* as filter, but beside any of the choices above; not with filter */
    int32_t max_shards;        /* none is made with more; 0 for no limit */

    /* Keys that are left out of what is made, though the backup has them. */
    const char *const *skip_collection_properties;
    size_t skip_collection_property_count;
    const char *const *skip_field_index_params;
    size_t skip_field_index_param_count;
    const char *const *skip_field_type_params;
    size_t skip_field_type_param_count;
    const char *const *skip_index_params; /* of indexes */
    size_t skip_index_param_count;

    bool lenient; /* a name that the backup does not hold is a warning; none left restores nothing */

    /* Rows and deletes that were written later stay out: "2026-11-28T22:30:00Z", "2026-11-28 22:30:00+01:00";
     * UTC without a zone; NULL for no end.  What had been deleted by then and was cleared away before the
     * backup was made is not in the backup, and does not come back. */
    const char *until;
    bool until_checkpoints; /* or later than the backup's checkpoint of the channel they came through */
    bool rbac;              /* users, roles, grants and privilege groups: those that the target lacks */
    bool load; /* what was loaded when it was backed up is loaded again; its indexes are made for that */

    /* Keys of encrypted databases that are to be handed to Milvus instead of those in the backup: the one at
     * i of ezk_to for the database, or the old key, at i of ezk_from. */
    const char *const *ezk_from;
    const char *const *ezk_to;
    size_t ezk_count;
};

/* A whole backup from the storage of one session to that of another. */
struct mb_transfer_request {
    size_t struct_size;
    const char *name;
    struct mb_session *peer; /* the other side; may be closed once the task has been started */
    bool from_peer;          /* the backup comes from there; otherwise it goes there */
    bool take_over;          /* go on also where another seems to be at work, who then fails */
};

/* Is everything there that makes up a backup, and does it hold what it held when it was made? */
struct mb_verify_request {
    size_t struct_size;
    const char *name;
    bool read_data; /* and compare checksums; otherwise names and sizes alone */
    uint32_t
        part; /* with read_data: which of the parts to read, from 1, so that a month of nights reads all */
    uint32_t parts; /* 0, with part, for all at once */
};

/* Everything below the backup's folder goes, unfinished uploads too. */
struct mb_delete_request {
    size_t struct_size;
    const char *name;
    bool force; /* also while somebody makes it, who then fails */
};

/* What no rule keeps is deleted, one backup after the other, the oldest first.  Rules are joined: what one of
 * them keeps stays, and so do the last complete backup, what is not complete, and what another task of this
 * process is at work on.  No rule at all is MB_E_INVALID.  A backup is as old as its data, whenever it was
 * moved to where it is. */
struct mb_prune_request {
    size_t struct_size;
    const char *pattern;     /* only backups whose names match, as a shell would: "nightly_*"; NULL for all */
    const char *made_by;     /* only names that this can have made: "nightly_%Y%m%d_%H%M%S"; NULL for all */
    uint32_t keep_last;      /* the last so many; */
    uint32_t keep_daily;     /* of each of the last so many days that have one, the last one; */
    uint32_t keep_weekly;    /* likewise for weeks, which begin on Monday, */
    uint32_t keep_monthly;   /* and months; */
    const char *keep_within; /* all that is not older: "36h", "7d", "4w", "6m" (months), "1y"; or NULL */
    const char *timezone;    /* whose days these are, "Europe/Berlin"; NULL for UTC */
    bool dry_run;            /* only tells what would be removed */
};

/* A backup once more under another name, without L0 segments: what they delete is put beside the segments
 * that it is about, so that every Milvus can restore it.  Each delta log of an L0 segment is there as often
 * as there are segments that it can be about. */
struct mb_compact_request {
    size_t struct_size;
    const char *name;
    const char *output; /* of the new backup; NULL for name and "_l0compacted" */
    bool force;         /* what lies under that name is removed first, unless somebody is making it */
    bool resume;        /* goes on with what an interrupted one has left there; not with force */
};

/* A backup into a cluster of the managed cloud that the configuration names: uploaded into a volume there,
 * which the cloud migrates by itself from then on. */
struct mb_migrate_request {
    size_t struct_size;
    const char *name;
    const char *cluster_id;
    const char *volume; /* that takes the upload; NULL for one that the cloud makes for a while */
};

/* From a backup of a whole cluster, made with MB_CREATE_BULK_FLUSH, to a cluster that is to be replicated to
 * and has taken nothing so far.  It takes nothing but messages of its source, so the restore says them in
 * that one's place; the replication goes on where the backup ends.  The task is a MB_TASK_RESTORE.  A failure
 * behind the first message says so, and leaves a cluster to be set up anew. */
struct mb_restore_secondary_request {
    size_t struct_size;
    const char *name;
    const char *source_cluster; /* the ids by which the replicate configuration knows them */
    const char *target_cluster; /* that of the configuration's Milvus */
};

/* Judge a request alone, before anything is opened; starting does the same first.  MB_E_INVALID or
 * MB_E_CONFIG, with MB_HINT_INPUT and the member's name where one member is malformed. */
MB_API mb_status mb_create_check(const struct mb_create_request *request, struct mb_error *error);
MB_API mb_status mb_restore_check(const struct mb_restore_request *request, struct mb_error *error);
MB_API mb_status mb_transfer_check(const struct mb_transfer_request *request, struct mb_error *error);
MB_API mb_status mb_verify_check(const struct mb_verify_request *request, struct mb_error *error);
MB_API mb_status mb_delete_check(const struct mb_delete_request *request, struct mb_error *error);
MB_API mb_status mb_prune_check(const struct mb_prune_request *request, struct mb_error *error);
MB_API mb_status mb_compact_check(const struct mb_compact_request *request, struct mb_error *error);
MB_API mb_status mb_migrate_check(const struct mb_migrate_request *request, struct mb_error *error);
MB_API mb_status mb_restore_secondary_check(const struct mb_restore_secondary_request *request,
                                            struct mb_error *error);

/* ------------------------------------------------------------------ tasks */

/* Begin the work, in threads of the library, and return.  What fails later, connections first, is the task's
 * failure: mb_task_wait tells it.  *out is to be freed whatever becomes of the task. */
MB_API mb_status mb_create_start(struct mb_session *session, const struct mb_create_request *request,
                                 struct mb_task **out, struct mb_error *error);
MB_API mb_status mb_restore_start(struct mb_session *session, const struct mb_restore_request *request,
                                  struct mb_task **out, struct mb_error *error);
MB_API mb_status mb_transfer_start(struct mb_session *session, const struct mb_transfer_request *request,
                                   struct mb_task **out, struct mb_error *error);
MB_API mb_status mb_verify_start(struct mb_session *session, const struct mb_verify_request *request,
                                 struct mb_task **out, struct mb_error *error);
MB_API mb_status mb_delete_start(struct mb_session *session, const struct mb_delete_request *request,
                                 struct mb_task **out, struct mb_error *error);
MB_API mb_status mb_prune_start(struct mb_session *session, const struct mb_prune_request *request,
                                struct mb_task **out, struct mb_error *error);
MB_API mb_status mb_compact_start(struct mb_session *session, const struct mb_compact_request *request,
                                  struct mb_task **out, struct mb_error *error);
MB_API mb_status mb_migrate_start(struct mb_session *session, const struct mb_migrate_request *request,
                                  struct mb_task **out, struct mb_error *error);
MB_API mb_status mb_restore_secondary_start(struct mb_session *session,
                                            const struct mb_restore_secondary_request *request,
                                            struct mb_task **out, struct mb_error *error);

/* Cancels what still runs, waits for it, and frees. */
MB_API void mb_task_free(struct mb_task *task);

enum {
    MB_TASK_CREATE = 1,
    MB_TASK_RESTORE = 2,
    MB_TASK_TRANSFER = 3,
    MB_TASK_VERIFY = 4,
    MB_TASK_DELETE = 5,
    MB_TASK_PRUNE = 6,
    MB_TASK_COMPACT = 7,
    MB_TASK_MIGRATE = 8
};

enum {
    MB_TASK_QUEUED = 0, /* waits for its turn, see mb_session_limit_tasks */
    MB_TASK_RUNNING = 1,
    MB_TASK_SUCCEEDED = 2,
    MB_TASK_FAILED = 3,
    MB_TASK_CANCELLED = 4
};

/* "create", "running"; "unknown" for any other number. */
MB_API const char *mb_task_kind_name(int32_t kind);
MB_API const char *mb_task_state_name(int32_t state);

/* A UUID.  A backup that a create makes anew has the same unless its request names another; one that is gone
 * on with keeps its own. */
MB_API const char *mb_task_id(const struct mb_task *task);
MB_API int32_t mb_task_kind(const struct mb_task *task);
MB_API const char *mb_task_backup(const struct mb_task *task); /* the name of the backup it is about; of a
                                                                   prune, the pattern */

/* How far a task is.  Cheap: ten times a second is fine. */
struct mb_task_status {
    size_t struct_size;
    int32_t state;    /* MB_TASK_* */
    double percent;   /* 0 to 100, an estimate; never falls, and 100 only when it has succeeded */
    char phase[32];   /* "flush", "copy", "import"; "" before the first */
    int64_t phase_ns; /* how long it has been in it */
    int64_t ns;       /* how long it has been running; or ran; 0 before its turn */
    uint64_t collections_done, collections_total;
    uint64_t objects_done, objects_total; /* in this phase */
    uint64_t bytes_done, bytes_total;     /* in this phase */
    bool totals_final;                    /* listing has ended: the totals of this phase grow no more */
    double phase_percent;  /* of a phase whose work bytes do not measure, such as an import; 0 otherwise */
    uint64_t bytes_per_s;  /* lately */
    int64_t left_ns;       /* till the end of the phase, an estimate; -1 while there is none */
    uint64_t retries;      /* calls to storage and Milvus that were made again */
    char waiting_for[256]; /* what holds it up at this moment; "" for nothing */
    int64_t waiting_ns;    /* for how long */
    uint32_t phase_count;  /* phases so far, this one included */
    int64_t queued_ms;     /* points in time: it was started by the program, */
    int64_t started_ms;    /* its turn came, */
    int64_t ended_ms;      /* and it ended; 0 for not yet and for never */
    bool resumable; /* it has not succeeded, and what it left can be gone on with: by a create with resume, or
                       the same transfer */
};

MB_API mb_status mb_task_poll(struct mb_task *task, struct mb_task_status *out, struct mb_error *error);

/* A phase that is over, or the one it is in. */
struct mb_task_phase {
    size_t struct_size;
    const char *name;
    int64_t ns; /* how long it took, or has taken so far */
    uint64_t objects, bytes;
    bool ended;
};

/* i is less than phase_count.  MB_E_NOT_FOUND for one that is too long ago: eight that are over are kept. */
MB_API mb_status mb_task_phase_at(struct mb_task *task, size_t i, struct mb_task_phase *out,
                                  struct mb_error *error);

enum { MB_COLLECTION_WAITING = 0, MB_COLLECTION_RUNNING = 1, MB_COLLECTION_DONE = 2 };

/* One collection of a create or a restore: how far it is, and afterwards what was done. */
struct mb_task_collection {
    size_t struct_size;
    const char *db; /* in Milvus */
    const char *name;
    const char *source_db; /* in the backup; differs from db for a restore that renames */
    const char *source_name;
    int32_t state;     /* MB_COLLECTION_* */
    const char *doing; /* "flush", "copy", "import"; "" before it begins and afterwards */
    int64_t rows;      /* in the backup, or restored; -1 while not known */
    uint64_t segments;
    uint64_t objects;
    uint64_t imports; /* calls to Milvus */
    uint64_t bytes_done, bytes_total;
    int64_t ns;                   /* that it took, or has taken so far */
    int64_t started_ms, ended_ms; /* points in time; 0 for not yet and for never */

    /* Of a restore that has succeeded. */
    const char *const *aliases; /* those of the backup that lead to it now */
    size_t alias_count;
    bool was_loaded; /* when it was backed up, it or a part of it */
    bool loaded;     /* and now */
};

/* The number grows until the task has looked at what there is. */
MB_API size_t mb_task_collection_count(struct mb_task *task);
MB_API mb_status mb_task_collection_at(struct mb_task *task, size_t i, struct mb_task_collection *out,
                                       struct mb_error *error);

/* Until the task has ended, at most so long; -1 for ever.  MB_END when the time has passed and the task goes
 * on; otherwise the task's own status, its failure in *error.  Any number of threads may wait. */
MB_API mb_status mb_task_wait(struct mb_task *task, int64_t timeout_ms, struct mb_error *error);

/* Tells the task to stop and clean up; does not wait.  It then ends as MB_TASK_CANCELLED, unless it was done
 * already or fails in another way on the way out. */
MB_API void mb_task_cancel(struct mb_task *task);

/* The task's own status and its failure, MB_OK also while it runs. */
MB_API mb_status mb_task_error(struct mb_task *task, struct mb_error *error);

/* What its starter must hear of although it is no failure; they come at any time, and stay. */
struct mb_task_warning {
    size_t struct_size;
    const char *text;
    uint32_t hint; /* MB_HINT_IGNORED for a member of the request that does not count, ... */
    const char *subject;
};

MB_API size_t mb_task_warning_count(struct mb_task *task);
MB_API mb_status mb_task_warning_at(struct mb_task *task, size_t i, struct mb_task_warning *out,
                                    struct mb_error *error);

/* ---------------------------------------------------------------- results */

/* Of a task that has succeeded; MB_E_INVALID for any other, and for one of another kind. */

struct mb_create_result {
    size_t struct_size;
    const char *name;
    const char *id;
    const char
        *how; /* the objects went: "copied inside s3://bucket", "streamed, 8 at once"; "" without any */
    int64_t ns;
    uint64_t users, roles, grants, privilege_groups; /* with rbac */
};

struct mb_restore_result {
    size_t struct_size;
    const char *name;
    bool staged; /* Milvus could not read the backup where it lies: the data went through its own storage */
    int64_t ns;
    uint64_t aliases;      /* of the backup, that lead to restored collections now; */
    uint64_t lost_aliases; /* those that do not, each with a warning that says why */
    uint64_t loaded;       /* collections */
    uint64_t unloaded;     /* collections that were loaded when they were backed up, and are not now */
    uint64_t rbac_made;    /* with rbac: users, roles, grants and privilege groups, */
    uint64_t rbac_left;    /* and those that were there and are as they were */
};

struct mb_transfer_result {
    size_t struct_size;
    const char *name;
    const char *how;
    uint64_t objects; /* of the backup */
    uint64_t bytes;
    uint64_t present;  /* of these, already there from an interrupted run */
    uint64_t verified; /* checksums compared with those that were recorded */
    uint64_t unlisted; /* found by name where the source's listing lacked them */
    uint64_t strays;   /* in the source's folder but no part of the backup: they stay behind */
    const char *first_stray;
    int64_t ns;
};

struct mb_delete_result {
    size_t struct_size;
    const char *name;
    uint64_t objects; /* removed */
    int64_t ns;
};

/* There also for a verify that found damages, which ends as MB_TASK_FAILED with MB_E_CORRUPT. */
struct mb_verify_result {
    size_t struct_size;
    const char *name;
    uint64_t expected;    /* objects that should be there */
    uint64_t objects;     /* that are there as they should be */
    uint64_t bytes;       /* of these */
    uint64_t unlisted;    /* of these, found by name where the listing lacked them */
    uint64_t read;        /* objects that were read from beginning to end */
    uint64_t read_bytes;  /* of these */
    uint64_t compared;    /* of these, with a checksum that was recorded */
    uint64_t left_out;    /* delta logs that the description of an older tool does not name */
    bool recorded;        /* there is a list of all objects, by which strays are known for sure */
    bool described_twice; /* in full_meta.json and in the level files, which were compared */
    uint64_t faults;      /* all of them, also those that are not kept one by one */
    uint64_t damages;     /* of these, those that are not harmless */
    int64_t ns;
};

/* There also for a prune that failed after it had decided. */
struct mb_prune_result {
    size_t struct_size;
    const char *pattern;
    bool dry_run;
    uint64_t kept;    /* backups that the prune is about and that stay */
    uint64_t removed; /* in a dry run: that would be */
    uint64_t left;    /* that were to be removed and are still there, whole or in part */
    uint64_t bytes;   /* of the data of those that were removed */
    uint64_t objects; /* removed */
    int64_t ns;
};

struct mb_compact_result {
    size_t struct_size;
    const char *name;   /* the backup that was compacted, */
    const char *output; /* the new one, */
    const char *id;     /* and its id */
    const char *how;
    uint64_t objects; /* of the new backup's data */
    uint64_t bytes;
    uint64_t folded;      /* L0 segments that it has no more */
    uint64_t added;       /* delta logs of segments that were made of theirs */
    uint64_t added_bytes; /* of these */
    uint64_t verified;    /* checksums compared with those that were recorded */
    uint64_t strays;      /* in the source's folder but no part of the backup: they stay behind */
    const char *first_stray;
    int64_t ns;
};

struct mb_migrate_result {
    size_t struct_size;
    const char *name;
    const char *cluster_id;
    const char *volume; /* where the backup lies now, */
    const char *path;   /* and where in it */
    const char *job_id; /* of the cloud */
    const char *how;
    uint64_t objects; /* of the backup */
    uint64_t bytes;
    uint64_t present;  /* of these, already there from an interrupted run */
    uint64_t verified; /* checksums compared with those that were recorded, after the last renewal */
    uint64_t unlisted; /* found by name where the source's listing lacked them */
    uint64_t renewals; /* of the volume's credentials */
    uint64_t strays;   /* in the source's folder but no part of the backup: they stay behind */
    const char *first_stray;
    int64_t ns;
};

MB_API mb_status mb_task_create_result(struct mb_task *task, struct mb_create_result *out,
                                       struct mb_error *error);
MB_API mb_status mb_task_restore_result(struct mb_task *task, struct mb_restore_result *out,
                                        struct mb_error *error);
MB_API mb_status mb_task_transfer_result(struct mb_task *task, struct mb_transfer_result *out,
                                         struct mb_error *error);
MB_API mb_status mb_task_verify_result(struct mb_task *task, struct mb_verify_result *out,
                                       struct mb_error *error);
MB_API mb_status mb_task_delete_result(struct mb_task *task, struct mb_delete_result *out,
                                       struct mb_error *error);

MB_API mb_status mb_task_prune_result(struct mb_task *task, struct mb_prune_result *out,
                                      struct mb_error *error);
MB_API mb_status mb_task_compact_result(struct mb_task *task, struct mb_compact_result *out,
                                        struct mb_error *error);
MB_API mb_status mb_task_migrate_result(struct mb_task *task, struct mb_migrate_result *out,
                                        struct mb_error *error);

enum { MB_RBAC_USER = 0, MB_RBAC_ROLE = 1, MB_RBAC_GRANT = 2, MB_RBAC_PRIVILEGE_GROUP = 3 };

/* What a restore with rbac did with one entry of the backup. */
struct mb_rbac_row {
    size_t struct_size;
    int32_t kind;     /* MB_RBAC_* */
    const char *text; /* "alice"; of a grant "Search on Collection c in db for readers" */
    bool made;        /* otherwise the target had it, and it is as it was */
};

/* When the task has succeeded; 0 without rbac. */
MB_API size_t mb_task_rbac_count(struct mb_task *task);
MB_API mb_status mb_task_rbac_at(struct mb_task *task, size_t i, struct mb_rbac_row *out,
                                 struct mb_error *error);

/* "user", "role", "grant", "privilege_group": for JSON. */
MB_API const char *mb_rbac_kind_name(int32_t kind);

enum {
    MB_PRUNE_KEPT = 0,
    MB_PRUNE_DUE = 1, /* no rule keeps it: what a dry run tells, and what a prune has not come to */
    MB_PRUNE_REMOVED = 2,
    MB_PRUNE_FAILED = 3
};

/* What a prune decided about one backup. */
struct mb_prune_row {
    size_t struct_size;
    const char *name;
    int32_t state;   /* MB_STATE_* */
    int64_t made_ms; /* when its data was taken; where that is not known, when it was completed; or 0 */
    int64_t size;    /* of its data */
    int32_t decision;
    const char *why; /* "daily 2026-11-28, monthly 2026-11", "no rule keeps it"; of MB_PRUNE_FAILED, the
                        error */
};

/* The oldest first, when the task has ended. */
MB_API size_t mb_task_prune_count(struct mb_task *task);
MB_API mb_status mb_task_prune_at(struct mb_task *task, size_t i, struct mb_prune_row *out,
                                  struct mb_error *error);

/* "kept", "due", "removed", "failed": for JSON. */
MB_API const char *mb_prune_decision_name(int32_t decision);

/* What a verify found. */
enum {
    MB_TASK_FAULT_OTHER = 0,
    MB_TASK_FAULT_MISSING = 1,
    MB_TASK_FAULT_SIZE = 2,
    MB_TASK_FAULT_CHECKSUM = 3,    /* its bytes are not those that were recorded */
    MB_TASK_FAULT_UNREADABLE = 4,  /* it is there, but cannot be read, or not understood */
    MB_TASK_FAULT_DESCRIPTION = 5, /* two descriptions of the backup differ */
    MB_TASK_FAULT_STRAY = 6        /* nothing names it */
};

struct mb_task_fault {
    size_t struct_size;
    int32_t kind;         /* MB_TASK_FAULT_* */
    bool harmless;        /* no damage: worth telling */
    const char *name;     /* the object, below the backup's folder */
    const char *expected; /* "10 bytes", "CRC32C 0badcafe" */
    const char *found;    /* "nothing", "9 bytes", or why not */
};

/* By kind and name, when the task has ended; the first thousand of each kind. */
MB_API size_t mb_task_fault_count(struct mb_task *task);
MB_API mb_status mb_task_fault_at(struct mb_task *task, size_t i, struct mb_task_fault *out,
                                  struct mb_error *error);

/* "missing", "size": for JSON. */
MB_API const char *mb_task_fault_name(int32_t kind);

/* ---------------------------------------------------------------- queries */

/* Each answers when it is done, a missing backup folder on local disk is one without backups, and
 * mb_session_cancel ends it.  Stores are opened at the first query that needs them, proven to answer, and
 * kept. */

enum {
    MB_STATE_COMPLETE = 0,
    MB_STATE_IN_PROGRESS = 1, /* somebody is making it */
    MB_STATE_INTERRUPTED = 2, /* its maker was killed or cut off */
    MB_STATE_FAILED = 3,
    MB_STATE_FOREIGN =
        4, /* objects without a whole description: what a tool without marks, or a delete, left */
    MB_STATE_UNREADABLE = 5 /* complete, but its description cannot be read */
};

/* "complete", "in progress", ... */
MB_API const char *mb_state_name(int32_t state);

struct mb_backup_entry {
    size_t struct_size;
    const char *name;
    int32_t state; /* MB_STATE_* */
    const char *id;
    const char *milvus_version;
    const char *format;      /* "binlog", "snapshot" */
    int64_t size;            /* of its data */
    const char *failed;      /* when it failed, "2026-11-21T06:49:30Z"; or "" */
    const char *reason;      /* why; or "" */
    const char *problem;     /* why it cannot be restored; "" for one that can */
    size_t collection_count; /* 0 also where they were not asked for */
    int64_t rows;            /* -1 where they were not asked for, or are not known */
    int64_t made_ms; /* since 1970, by the storage's clock: when it was completed there, or was moved there;
                        0 where it was not asked for, or is not known */
    int64_t took_ms; /* from its first flush till then; -1 likewise */
};

struct mb_backup_collection {
    size_t struct_size;
    const char *db;
    const char *name;
};

struct mb_list_request {
    size_t struct_size;
    const char
        *collection;       /* only backups that hold it: "coll" in any database, or "db.coll"; NULL for all */
    bool with_collections; /* costs a further file for each backup; implied by collection */
    bool with_details;     /* rows and times too: costs the whole description of each */
};

struct mb_backup_list;

/* By name, whatever their state; request may be NULL. */
MB_API mb_status mb_session_list(struct mb_session *session, const struct mb_list_request *request,
                                 struct mb_backup_list **out, struct mb_error *error);
MB_API void mb_backup_list_free(struct mb_backup_list *list);
MB_API size_t mb_backup_list_count(const struct mb_backup_list *list);
MB_API mb_status mb_backup_list_at(const struct mb_backup_list *list, size_t i, struct mb_backup_entry *out,
                                   struct mb_error *error);
MB_API mb_status mb_backup_list_collection(const struct mb_backup_list *list, size_t i, size_t j,
                                           struct mb_backup_collection *out, struct mb_error *error);

/* When a backup was made, as struct mb_backup_entry has it. */
struct mb_backup_times {
    size_t struct_size;
    int64_t made_ms; /* since 1970, by the storage's clock; 0 when not known */
    int64_t took_ms; /* -1 when not known */
};

struct mb_get_request {
    size_t struct_size;
    const char *name;
    bool detail;                   /* with partitions, segments and binlogs */
    uint32_t indent;               /* spaces a level; 0 writes one line */
    struct mb_backup_times *times; /* NULL, or filled in, which takes a look at one object more */
};

/* Judges the request alone, as mb_session_get does first; the name also stands for that of other queries. */
MB_API mb_status mb_get_check(const struct mb_get_request *request, struct mb_error *error);

/* The description of a backup as JSON, without a line end behind it, and without the keys of encrypted
 * databases.  sink is used by the caller's thread. */
MB_API mb_status mb_session_get(struct mb_session *session, const struct mb_get_request *request,
                                const struct mb_sink *sink, struct mb_error *error);

/* The bytes that describe a backup: all objects of its folder "meta", by one listing.  0 where there are
 * none. */
MB_API mb_status mb_session_meta_size(struct mb_session *session, const char *name, uint64_t *out,
                                      struct mb_error *error);

/* One backup for people. */
struct mb_info;

struct mb_info_backup {
    size_t struct_size;
    const char *name;
    const char *id;
    const char *milvus_version;
    const char *format;
    const char *source_root; /* Milvus' root path when it was made */
    int64_t size;
    int64_t rows;
    uint64_t segments;
    int64_t made_ms;  /* since 1970; 0 when not known */
    int64_t took_ms;  /* -1 when not known */
    bool has_objects; /* the list of its objects is there, which backups of other tools lack */
    uint64_t objects; /* in that list */
    uint64_t objects_bytes;
    uint64_t objects_summed; /* of these, with a checksum */
    uint64_t objects_summed_bytes;
    uint64_t objects_inside;   /* copied inside the storage service when the backup was made, */
    uint64_t objects_streamed; /* and through the program; of the others it is not known */
    size_t database_count;
    size_t collection_count;
    uint64_t l0_segments; /* of segments, those with deletes alone */
};

struct mb_info_collection {
    size_t struct_size;
    const char *db;
    const char *name;
    int64_t id;
    const char *description;
    int64_t rows;
    int64_t size;
    uint64_t segments;
    size_t partition_count;
    size_t index_count;
    const char *const *aliases;
    size_t alias_count;
    const char *load_state; /* "NotLoad", "Loading", "Loaded" or "" */
    int32_t shards;
    size_t field_count;
};

struct mb_info_partition {
    size_t struct_size;
    const char *name;
    int64_t rows;
    int64_t size;
    uint64_t segments;
    const char *load_state;
};

struct mb_info_index {
    size_t struct_size;
    const char *name;
    const char *field;
    const char *type;   /* "HNSW"; "" when not known */
    const char *metric; /* "L2"; "" when not known */
};

MB_API mb_status mb_session_info(struct mb_session *session, const char *name, struct mb_info **out,
                                 struct mb_error *error);
MB_API void mb_info_free(struct mb_info *info);
MB_API mb_status mb_info_backup(const struct mb_info *info, struct mb_info_backup *out,
                                struct mb_error *error);
MB_API const char *mb_info_database(const struct mb_info *info, size_t i); /* its name; NULL past the last */
MB_API mb_status mb_info_collection(const struct mb_info *info, size_t i, struct mb_info_collection *out,
                                    struct mb_error *error);
MB_API mb_status mb_info_partition(const struct mb_info *info, size_t i, size_t j,
                                   struct mb_info_partition *out, struct mb_error *error);
MB_API mb_status mb_info_index(const struct mb_info *info, size_t i, size_t j, struct mb_info_index *out,
                               struct mb_error *error);

/* Can everything be used?  Writes, reads, lists, copies and removes probe objects of one byte at most on both
 * sides, and asks Milvus for its version. */
struct mb_check;

struct mb_check_result {
    size_t struct_size;
    const char *milvus_version;
    const char *milvus_place; /* "localhost:19530" */
    bool copied_in_service;   /* objects can be copied without passing through this process */
    bool milvus_empty;        /* nothing lies where Milvus is said to keep its data */
    const char
        *refusal; /* why objects will pass through this process although the service could copy; or "" */
    size_t step_count;
};

enum { MB_SIDE_MILVUS = 0, MB_SIDE_BACKUP = 1 };

struct mb_check_side {
    size_t struct_size;
    const char *driver;
    const char *bucket; /* "" where the driver knows none */
    const char *root_path;
    const char *place;      /* for people: "s3 localhost:9000, bucket a-bucket, path files" */
    bool lists_in_order;    /* by bytes */
    bool lists_at_once;     /* a listing shows what was written before it */
    const char *bucket_key; /* what the configuration calls bucket and root path */
    const char *root_path_key;
};

struct mb_check_step {
    size_t struct_size;
    const char *side; /* "milvus", "backup" */
    const char *operation;
    int64_t ns;
};

MB_API mb_status mb_session_check(struct mb_session *session, struct mb_check **out, struct mb_error *error);
MB_API void mb_check_free(struct mb_check *check);
MB_API mb_status mb_check_result(const struct mb_check *check, struct mb_check_result *out,
                                 struct mb_error *error);
MB_API mb_status mb_check_side(const struct mb_check *check, int side, struct mb_check_side *out,
                               struct mb_error *error);
MB_API mb_status mb_check_step(const struct mb_check *check, size_t i, struct mb_check_step *out,
                               struct mb_error *error);

/* Does everything answer?  Writes nothing and costs a few calls: for those who ask again and again.  Milvus
 * and both storages are asked side by side, within so many milliseconds; 0 for 5,000.  What does not answer
 * is no failure of the call. */
struct mb_ping;

enum { MB_PART_MILVUS = 0, MB_PART_MILVUS_STORAGE = 1, MB_PART_BACKUP_STORAGE = 2, MB_PARTS = 3 };

struct mb_ping_part {
    size_t struct_size;
    bool reachable;
    const char *place;   /* for people: "localhost:19530" */
    const char *version; /* of Milvus; "" for a storage and for what did not answer */
    const char *error;   /* why it cannot be reached; "" */
    int64_t ns;          /* that it took */
};

MB_API mb_status mb_session_ping(struct mb_session *session, int64_t timeout_ms, struct mb_ping **out,
                                 struct mb_error *error);
MB_API void mb_ping_free(struct mb_ping *ping);
MB_API mb_status mb_ping_part(const struct mb_ping *ping, int part, struct mb_ping_part *out,
                              struct mb_error *error);

/* Storage drivers that can be found, loaded or not. */
struct mb_driver_list;

struct mb_driver_entry {
    size_t struct_size;
    const char *name;
    const char *path;
    const char *problem; /* why it cannot be loaded; the members below are then "" and 0 */
    const char *version;
    const char *description;
    const char *thread_model; /* "serial", "per store", "parallel" */
    uint32_t abi_major, abi_minor;
    const char *const *capabilities; /* beyond what each must: "copy", "multipart" */
    size_t capability_count;
    size_t option_count;
};

/* name is a driver or any spelling of storageType, and one that cannot be loaded is MB_E_CONFIG; or NULL for
 * all. */
MB_API mb_status mb_session_drivers(struct mb_session *session, const char *name, struct mb_driver_list **out,
                                    struct mb_error *error);
MB_API void mb_driver_list_free(struct mb_driver_list *list);
MB_API size_t mb_driver_list_count(const struct mb_driver_list *list);
MB_API mb_status mb_driver_list_at(const struct mb_driver_list *list, size_t i, struct mb_driver_entry *out,
                                   struct mb_error *error);

struct mb_driver_option_row {
    size_t struct_size;
    const char *name;
    const char *type;    /* "string", "bool", "int", "size", "duration", "enum", "path", "url" */
    const char *def;     /* NULL for none */
    const char *choices; /* of an enum: "static|iam|default"; else NULL */
    const char *when;    /* "auth.type=static"; NULL for always */
    const char *help;
    bool required;
    bool secret;
};

MB_API mb_status mb_driver_list_option(const struct mb_driver_list *list, size_t i, size_t j,
                                       struct mb_driver_option_row *out, struct mb_error *error);

#ifdef __cplusplus
}
#endif

#endif
