/* milvus.h - one Milvus server: typed calls over gRPC, and the few that go over HTTP.
 *
 * Thread-safe.  A call blocks its thread until the answer, its deadline, or cancel, which may be NULL.
 * Results live in the arena that is handed in; outputs are untouched on failure.  What a server answers is
 * judged in one place: a status that is not success becomes an mb_error with the server's own reason; calls
 * that do not reach the server are tried again.  Calls that it turns away for their rate are made again for
 * as long as it does so.  db is a database's name; NULL and "" are "default".
 *
 * Field numbers and the meaning of answers: milvus-proto, milvus.proto, common.proto, schema.proto. */
#ifndef MB_MILVUS_MILVUS_H
#define MB_MILVUS_MILVUS_H

#include "base/arena.h"
#include "base/cancel.h"
#include "base/log.h"
#include "model/collection.h"
#include "model/rbac.h"

struct mb_milvus;
struct mb_meters;

enum mb_milvus_tls {
    MB_MILVUS_TLS_DISABLED,
    MB_MILVUS_TLS_SERVER, /* the server shows a certificate */
    MB_MILVUS_TLS_MUTUAL  /* so do we */
};

/* Strings may be NULL where they may be "".  Everything is copied but log and meters. */
struct mb_milvus_options {
    const char *address; /* an IPv6 one without brackets */
    uint16_t port;
    const char *user;
    const char *password;
    enum mb_milvus_tls tls;
    const char *ca_cert_path; /* "" trusts what the system trusts */
    const char *server_name;  /* expected in the certificate instead of address */
    const char *mtls_cert_path;
    const char *mtls_key_path;
    const char *rest_endpoint;       /* "http://localhost:19530" */
    const char *management_endpoint; /* "http://localhost:9091"; "" for none */
    const char *keys;        /* what address, port and tlsMode are called in the configuration: "milvus" (the
                                default) for "milvus.address", or "milvus.grpc" */
    int64_t call_timeout_ns; /* of one attempt; 0 for 60 seconds */
    bool grpc_speaks;        /* gRPC may print to stderr what it has to say */
    struct mb_log *log;
    struct mb_log *secrets;   /* whose secrets no error says; log, where that is NULL */
    struct mb_meters *meters; /* outlive the client; or NULL */
};

/* Connects, introduces this program and finds out what the server can do.  A failure names the key to change:
 * nobody listens, wrong user or password, TLS where there is none or the other way round. */
mb_status mb_milvus_connect(struct mb_milvus **out, const struct mb_milvus_options *options,
                            struct mb_cancel *cancel, struct mb_error *error);
void mb_milvus_close(struct mb_milvus *milvus); /* no call is running */

/* Where one says "before", a server without the capability does it that way. */
enum mb_milvus_capability {
    MB_MILVUS_DATABASES,          /* before, everything is in "default" */
    MB_MILVUS_RENAME,             /* a collection keeps data, indexes and load state */
    MB_MILVUS_COUNT_ROWS_EXACTLY, /* an import tells how many rows it wrote, deleted ones left out */
    MB_MILVUS_IMPORT_SEGMENTS,    /* imports run side by side, and each takes what lies directly in its
                                     directories, deletes of their own too; before, they run one after the
                                     other, two seconds at least each, and take a whole partition */
    MB_MILVUS_IMPORT_JOBS,        /* imports over HTTP, of many segments together */
    MB_MILVUS_PAUSE_GC,           /* garbage collection */
    MB_MILVUS_PAUSE_GC_OF_ONE,    /* of one collection, the others go on; before, of all of them */
    MB_MILVUS_DESCRIBE_DATABASE,
    MB_MILVUS_DESCRIBE_SEGMENT,        /* its binlogs, over HTTP */
    MB_MILVUS_IMPORT_DELETES_TOGETHER, /* several directories of L0 segments in one job */
    MB_MILVUS_CHECK_FUNCTIONS, /* the models behind functions are called when a collection is created */
    MB_MILVUS_FLUSH_DELETES,   /* a flush writes out the deletes of segments that were written out before */
    MB_MILVUS_IMPORT_UNTIL_TIMESTAMP, /* an import's end may be any timestamp; before, a millisecond */
    MB_MILVUS_FLUSH_ALL,              /* everything at once; before, collection by collection */
    MB_MILVUS_RPC_CHANNEL,            /* a replication reads from it */
    MB_MILVUS_SNAPSHOTS,              /* it writes snapshots of collections to a storage, and reads them */
    MB_MILVUS_REPLICATION, /* it takes a replication's messages, imports among them (replicate.h) */
    MB_MILVUS_CAPABILITIES
};

struct mb_milvus_info {
    const char *version_text; /* as the server tells it, "v2.3.5": to be shown, not to be judged by */
    const char *place;        /* for people: "localhost:19530" */
    bool can[MB_MILVUS_CAPABILITIES];
};

/* "Milvus 2.4 or later": for messages. */
const char *mb_milvus_needs(enum mb_milvus_capability capability);

/* Is that a serialized schema.ValueField, or nothing? */
bool mb_milvus_is_value(const struct mb_bytes *bytes);

/* Valid until mb_milvus_close. */
const struct mb_milvus_info *mb_milvus_info(const struct mb_milvus *milvus);

/* ---------------------------------------------------------------- databases */

/* {"default"} from a server without databases. */
mb_status mb_milvus_list_databases(struct mb_milvus *milvus, struct mb_arena *arena, struct mb_strings *out,
                                   struct mb_cancel *cancel, struct mb_error *error);

/* Id and properties where the server tells them (see describe_database), otherwise just the name. */
mb_status mb_milvus_describe_database(struct mb_milvus *milvus, const char *db, struct mb_arena *arena,
                                      struct mb_database *out, struct mb_cancel *cancel,
                                      struct mb_error *error);

/* The key of an encrypted database, as the server hands it out for backups and wants it back with an import.
 * The log hides it from then on. */
mb_status mb_milvus_backup_ezk(struct mb_milvus *milvus, const char *db, struct mb_arena *arena,
                               const char **out, struct mb_cancel *cancel, struct mb_error *error);

/* Fails when it is there; MB_E_UNSUPPORTED without MB_MILVUS_DATABASES.  A server without
 * MB_MILVUS_DESCRIBE_DATABASE passes over properties, which may be NULL. */
mb_status mb_milvus_create_database(struct mb_milvus *milvus, const char *db,
                                    const struct mb_properties *properties, struct mb_cancel *cancel,
                                    struct mb_error *error);

/* -------------------------------------------------------------- collections */

/* The names, in the server's order.  A database that is not there is MB_E_NOT_FOUND. */
mb_status mb_milvus_list_collections(struct mb_milvus *milvus, const char *db, struct mb_arena *arena,
                                     struct mb_strings *out, struct mb_cancel *cancel,
                                     struct mb_error *error);

/* By name or alias.  A database that is not there is MB_E_NOT_FOUND. */
mb_status mb_milvus_has_collection(struct mb_milvus *milvus, const char *db, const char *collection,
                                   bool *out, struct mb_cancel *cancel, struct mb_error *error);

/* MB_E_NOT_FOUND when there is none.  db_name is db where the server does not tell it. */
mb_status mb_milvus_describe_collection(struct mb_milvus *milvus, const char *db, const char *collection,
                                        struct mb_arena *arena, struct mb_collection *out,
                                        struct mb_cancel *cancel, struct mb_error *error);

/* From collection: db_name, name, schema, shards_num, consistency_level, num_partitions (0 leaves it to the
 * server) and properties.  The schema is sent with the collection's name, whatever name is in it. */
mb_status mb_milvus_create_collection(struct mb_milvus *milvus, const struct mb_collection *collection,
                                      struct mb_cancel *cancel, struct mb_error *error);

/* With its data, indexes and partitions. */
mb_status mb_milvus_drop_collection(struct mb_milvus *milvus, const char *db, const char *collection,
                                    struct mb_cancel *cancel, struct mb_error *error);

/* From field: all but its id, which the server gives. */
mb_status mb_milvus_add_field(struct mb_milvus *milvus, const char *db, const char *collection,
                              const struct mb_field *field, struct mb_cancel *cancel, struct mb_error *error);

/* Sets these properties and leaves the others as they are. */
mb_status mb_milvus_alter_collection(struct mb_milvus *milvus, const char *db, const char *collection,
                                     const struct mb_properties *properties, struct mb_cancel *cancel,
                                     struct mb_error *error);

/* In its database.  MB_E_UNSUPPORTED without MB_MILVUS_RENAME.  A name that is taken, also by
 * an alias, is an error, and so is an alias for from.  After a failure with MB_ERR_AMBIGUOUS, and after
 * MB_E_NOT_FOUND, it may have been done all the same. */
mb_status mb_milvus_rename_collection(struct mb_milvus *milvus, const char *db, const char *from,
                                      const char *to, struct mb_cancel *cancel, struct mb_error *error);

/* A name that is taken, by a collection or by an alias, is an error; which one differs by version. */
mb_status mb_milvus_create_alias(struct mb_milvus *milvus, const char *db, const char *alias,
                                 const char *collection, struct mb_cancel *cancel, struct mb_error *error);

/* Makes an alias that is there one of this collection. */
mb_status mb_milvus_alter_alias(struct mb_milvus *milvus, const char *db, const char *alias,
                                const char *collection, struct mb_cancel *cancel, struct mb_error *error);

/* collection is for messages: whose it was. */
mb_status mb_milvus_drop_alias(struct mb_milvus *milvus, const char *db, const char *alias,
                               const char *collection, struct mb_cancel *cancel, struct mb_error *error);

/* Ids and names, the default partition among them. */
mb_status mb_milvus_list_partitions(struct mb_milvus *milvus, const char *db, const char *collection,
                                    struct mb_arena *arena, struct mb_partition **out, size_t *count,
                                    struct mb_cancel *cancel, struct mb_error *error);

/* By that name; the id is the server's. */
mb_status mb_milvus_create_partition(struct mb_milvus *milvus, const char *db, const char *collection,
                                     const char *partition, struct mb_cancel *cancel, struct mb_error *error);

/* ------------------------------------------------------------------ indexes */

/* Every index of the collection; none is no error. */
mb_status mb_milvus_describe_indexes(struct mb_milvus *milvus, const char *db, const char *collection,
                                     struct mb_arena *arena, struct mb_index **out, size_t *count,
                                     struct mb_cancel *cancel, struct mb_error *error);

/* From index: field_name, name, params. */
mb_status mb_milvus_create_index(struct mb_milvus *milvus, const char *db, const char *collection,
                                 const struct mb_index *index, struct mb_cancel *cancel,
                                 struct mb_error *error);

/* By its name; the server builds none until one is created again. */
mb_status mb_milvus_drop_index(struct mb_milvus *milvus, const char *db, const char *collection,
                               const char *index_name, struct mb_cancel *cancel, struct mb_error *error);

/* ------------------------------------------------------- segments and flush */

/* How much is loaded, 0 to 100; 0 also when the collection is not loaded at all.  partition NULL asks about
 * the whole collection. */
mb_status mb_milvus_load_progress(struct mb_milvus *milvus, const char *db, const char *collection,
                                  const char *partition, int64_t *percent, struct mb_cancel *cancel,
                                  struct mb_error *error);

/* Does it serve, or is it about to?  partition NULL asks about the whole collection, of which a part is
 * enough. */
mb_status mb_milvus_is_loaded(struct mb_milvus *milvus, const char *db, const char *collection,
                              const char *partition, bool *out, struct mb_cancel *cancel,
                              struct mb_error *error);

/* What is loaded: partitions, or everything when that is NULL, with so many replicas; 0 leaves that to the
 * server. */
struct mb_load {
    const struct mb_strings *partitions;
    int32_t replicas;
};

/* Loads it and waits until it serves.  Every vector needs an index, which the server builds first. */
mb_status mb_milvus_load(struct mb_milvus *milvus, const char *db, const char *collection,
                         const struct mb_load *load, struct mb_cancel *cancel, struct mb_error *error);

/* How many replicas of a collection are loaded; collection_id is its own. */
mb_status mb_milvus_count_replicas(struct mb_milvus *milvus, const char *db, const char *collection,
                                   int64_t collection_id, int32_t *out, struct mb_cancel *cancel,
                                   struct mb_error *error);

/* The persistent segments, in whatever state and of whatever level. */
mb_status mb_milvus_list_segments(struct mb_milvus *milvus, const char *db, const char *collection,
                                  struct mb_arena *arena, struct mb_segment **out, size_t *count,
                                  struct mb_cancel *cancel, struct mb_error *error);

/* Which binlogs make up one segment, as the server knows them. */
struct mb_segment_logs {
    struct mb_segment_field_logs {
        int64_t field_id;
        struct mb_ids log_ids;
    } * insert_logs, *delta_logs;
    size_t insert_count, delta_count;
    const char *virtual_channel;
};

/* MB_E_UNSUPPORTED where the server does not offer it (see describe_segment). */
mb_status mb_milvus_describe_segment(struct mb_milvus *milvus, const char *db, int64_t collection_id,
                                     int64_t segment_id, struct mb_arena *arena, struct mb_segment_logs *out,
                                     struct mb_cancel *cancel, struct mb_error *error);

/* Has everything that was written so far put into storage, and waits until it is there. */
mb_status mb_milvus_flush(struct mb_milvus *milvus, const char *db, const char *collection,
                          struct mb_arena *arena, struct mb_flushed *out, struct mb_cancel *cancel,
                          struct mb_error *error);

/* The same with every collection of the server.  MB_E_UNSUPPORTED without MB_MILVUS_FLUSH_ALL. */
mb_status mb_milvus_flush_all(struct mb_milvus *milvus, struct mb_arena *arena, struct mb_flushed_all *out,
                              struct mb_cancel *cancel, struct mb_error *error);

/* Where a replication that begins now would read on; see MB_MILVUS_RPC_CHANNEL. */
mb_status mb_milvus_rpc_position(struct mb_milvus *milvus, const char *channel, struct mb_arena *arena,
                                 const char **out, struct mb_cancel *cancel, struct mb_error *error);

/* ------------------------------------------------------------------- import */

struct mb_import {
    const char *db;
    const char *collection;
    const char *partition; /* "" for all: deletes over all partitions */
    struct mb_strings files;
    struct mb_properties options;
};

/* Milvus' timestamps are milliseconds since 1970 and a counter within each: the last one of a millisecond. */
uint64_t mb_milvus_timestamp(int64_t ms);

/* That of a position as a description holds it (struct mb_checkpoint). */
mb_status mb_milvus_position_timestamp(const struct mb_bytes *position, uint64_t *out,
                                       struct mb_error *error);

/* What this server wants the option "end_ts" of an import to be, for rows and deletes that are younger than
 * a timestamp to stay out: text in arena, NULL without memory. */
const char *mb_milvus_import_end(const struct mb_milvus *milvus, uint64_t timestamp, struct mb_arena *arena);

/* Begins an import over gRPC; *task is its number, for mb_milvus_import_state.  It goes on whatever becomes
 * of us. */
mb_status mb_milvus_import(struct mb_milvus *milvus, const struct mb_import *import, int64_t *task,
                           struct mb_cancel *cancel, struct mb_error *error);

enum mb_import_phase {
    MB_IMPORT_RUNNING,
    MB_IMPORT_COMPLETED,
    MB_IMPORT_FAILED,
    MB_IMPORT_UNKNOWN /* the server does not know such a task */
};

struct mb_import_state {
    enum mb_import_phase phase;
    int32_t percent; /* 0 to 100 */
    int64_t rows;
    const char *state;  /* the server's word: "Started", "Importing" */
    const char *reason; /* of a failure; "" otherwise */
    const char *detail; /* all that the server says of it, stack traces included; or NULL */
};

/* A look, which waits for nothing.  A failed import is a state and no failure of the call. */
mb_status mb_milvus_import_state(struct mb_milvus *milvus, int64_t task, struct mb_arena *arena,
                                 struct mb_import_state *out, struct mb_cancel *cancel,
                                 struct mb_error *error);

/* The same over HTTP, for servers from 2.4 on: one job takes many pairs of directories. */
struct mb_import_job {
    const char *db;
    const char *collection;
    const char *partition;
    struct mb_strings *files; /* one list for each segment */
    size_t file_count;
    struct mb_properties options;
};

/* Begins one; *job_id, in arena, is what mb_milvus_import_job_state wants.  It goes on whatever becomes of
 * us. */
mb_status mb_milvus_import_job(struct mb_milvus *milvus, const struct mb_import_job *job,
                               struct mb_arena *arena, const char **job_id, struct mb_cancel *cancel,
                               struct mb_error *error);

/* As mb_milvus_import_state. */
mb_status mb_milvus_import_job_state(struct mb_milvus *milvus, const char *db, const char *job_id,
                                     struct mb_arena *arena, struct mb_import_state *out,
                                     struct mb_cancel *cancel, struct mb_error *error);

/* ---------------------------------------------------------------- snapshots */

/* Where Milvus writes a snapshot to, or finds one: how it is told of a storage. */
struct mb_snapshot_place {
    const char *uri;  /* of the bucket, with a slash at its end: "s3://a-bucket/" */
    const char *spec; /* how to reach it, a secret; "" where Milvus knows that by itself */
};

enum mb_snapshot_phase {
    MB_SNAPSHOT_RUNNING,
    MB_SNAPSHOT_COMPLETED,
    MB_SNAPSHOT_FAILED,
    MB_SNAPSHOT_UNKNOWN /* no such job (any more) */
};

/* An export, or a restore, of which the last four are not told. */
struct mb_snapshot_job {
    enum mb_snapshot_phase phase;
    const char *state; /* the server's word: "Executing" */
    int32_t percent;
    const char *reason; /* why it failed */
    int64_t total_files, copied_files, total_bytes;
    const char *metadata_uri;
};

/* A name that is taken, and a server that makes none (MB_E_UNSUPPORTED), are errors. */
mb_status mb_milvus_create_snapshot(struct mb_milvus *milvus, const char *db, const char *collection,
                                    const char *name, struct mb_cancel *cancel, struct mb_error *error);

/* The moment that it holds, as a timestamp of Milvus. */
mb_status mb_milvus_describe_snapshot(struct mb_milvus *milvus, const char *db, const char *collection,
                                      const char *name, uint64_t *timestamp, struct mb_cancel *cancel,
                                      struct mb_error *error);

mb_status mb_milvus_drop_snapshot(struct mb_milvus *milvus, const char *db, const char *collection,
                                  const char *name, struct mb_cancel *cancel, struct mb_error *error);

/* Has Milvus copy the snapshot to place, below path there. */
mb_status mb_milvus_export_snapshot(struct mb_milvus *milvus, const char *db, const char *collection,
                                    const char *name, const struct mb_snapshot_place *place, const char *path,
                                    int64_t *job, struct mb_cancel *cancel, struct mb_error *error);

/* Has Milvus make a collection, which must not be there, of the snapshot whose metadata lies at path. */
mb_status mb_milvus_restore_snapshot(struct mb_milvus *milvus, const char *db, const char *collection,
                                     const struct mb_snapshot_place *place, const char *path, int64_t *job,
                                     struct mb_cancel *cancel, struct mb_error *error);

enum mb_snapshot_work { MB_SNAPSHOT_EXPORT, MB_SNAPSHOT_RESTORE };

/* Whom what a job is doing is told, after every look; what it is told lives during the call. */
struct mb_snapshot_watcher {
    void (*look)(void *ctx, const struct mb_snapshot_job *job);
    void *ctx;
};

/* Waits until the job has ended; *out is then complete.  One that failed, or that the server has not known
 * for some time, is an error; looks that get no answer are none, unless there was nothing else for two
 * minutes. */
mb_status mb_milvus_await_snapshot(struct mb_milvus *milvus, enum mb_snapshot_work work, int64_t job,
                                   const struct mb_snapshot_watcher *watcher, struct mb_arena *arena,
                                   struct mb_snapshot_job *out, struct mb_cancel *cancel,
                                   struct mb_error *error);

/* Takes properties away from a collection, parameters from a field, and from an index; those that it has not
 * are passed over. */
mb_status mb_milvus_drop_properties(struct mb_milvus *milvus, const char *db, const char *collection,
                                    const struct mb_strings *keys, struct mb_cancel *cancel,
                                    struct mb_error *error);
mb_status mb_milvus_drop_field_params(struct mb_milvus *milvus, const char *db, const char *collection,
                                      const char *field, const struct mb_strings *keys,
                                      struct mb_cancel *cancel, struct mb_error *error);
mb_status mb_milvus_drop_index_params(struct mb_milvus *milvus, const char *db, const char *collection,
                                      const char *index, const struct mb_strings *keys,
                                      struct mb_cancel *cancel, struct mb_error *error);

/* ---------------------------------------------------------- users and roles */

/* All of the server, whatever the database.  MB_E_UNSUPPORTED from one that does not hand them out. */
mb_status mb_milvus_backup_rbac(struct mb_milvus *milvus, struct mb_arena *arena, struct mb_rbac *out,
                                struct mb_cancel *cancel, struct mb_error *error);

/* Makes all of these; one that is there is an error. */
mb_status mb_milvus_restore_rbac(struct mb_milvus *milvus, const struct mb_rbac *rbac,
                                 struct mb_cancel *cancel, struct mb_error *error);

/* ------------------------------------------------------- garbage collection */

enum mb_gc_result {
    MB_GC_DONE,
    MB_GC_UNSUPPORTED /* this server cannot; the caller warns and goes on */
};

/* Has the server keep files that it would remove, for the given seconds; asked again, the time starts anew.
 * collection_id 0 means all.  *ticket (in arena) is what resume wants back; "" from most servers. */
mb_status mb_milvus_gc_pause(struct mb_milvus *milvus, int64_t collection_id, unsigned seconds,
                             struct mb_arena *arena, enum mb_gc_result *result, const char **ticket,
                             struct mb_cancel *cancel, struct mb_error *error);

/* Takes back the pause that ticket stands for; without it, it ends by itself when its time is over. */
mb_status mb_milvus_gc_resume(struct mb_milvus *milvus, const char *ticket, enum mb_gc_result *result,
                              struct mb_cancel *cancel, struct mb_error *error);

#endif
