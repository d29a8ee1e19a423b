/* replicate.h - what a replication tells its secondary: the messages of the source's log, over streams.
 *
 * A replication is not thread-safe, and works while somebody sends or waits (stream.h).  Messages are taken
 * in the order of the calls; what depends on another message having taken effect waits with
 * mb_replication_settle first.  Everything of a collection is what it is in the source: ids, channels, names.
 */
#ifndef MB_MILVUS_REPLICATE_H
#define MB_MILVUS_REPLICATE_H

#include "milvus/milvus.h"

/* ------------------------------------------------------------------ who replicates to whom */

struct mb_replicate_cluster {
    const char *id;
    struct mb_strings channels; /* physical ones; the n-th of one cluster is the n-th of another */
};

struct mb_replicate_edge {
    const char *source, *target;
};

struct mb_replicate_configuration {
    struct mb_replicate_cluster *clusters;
    size_t cluster_count;
    struct mb_replicate_edge *edges;
    size_t edge_count;
};

/* Empty where none is set.  MB_E_UNSUPPORTED from a server that knows no such thing. */
mb_status mb_milvus_replicate_configuration(struct mb_milvus *milvus, struct mb_arena *arena,
                                            struct mb_replicate_configuration *out, struct mb_cancel *cancel,
                                            struct mb_error *error);

/* How far the server has taken what source says on the channel that is target_channel here; 0 for nothing. */
mb_status mb_milvus_replicate_checkpoint(struct mb_milvus *milvus, const char *source,
                                         const char *target_channel, uint64_t *tick, struct mb_cancel *cancel,
                                         struct mb_error *error);

/* ----------------------------------------------------------------------------- the streams */

struct mb_replication;

struct mb_replication_options {
    const char *source;          /* cluster id */
    struct mb_strings channels;  /* physical ones of the source: a stream each */
    const char *control_channel; /* of the source */
    int64_t patience_ns;         /* without a confirmation while one is due; 0 for five minutes */
};

mb_status mb_replication_open(struct mb_replication **out, struct mb_milvus *milvus,
                              const struct mb_replication_options *options, struct mb_error *error);
void mb_replication_close(struct mb_replication *replication); /* before the client; NULL for none */

/* How many messages have been handed over, each copy counted, and how many of them are confirmed. */
uint64_t mb_replication_sent(const struct mb_replication *replication);
uint64_t mb_replication_confirmed(const struct mb_replication *replication);

/* Until the secondary has confirmed all.  That a message is confirmed says that it will take effect. */
mb_status mb_replication_settle(struct mb_replication *replication, struct mb_cancel *cancel,
                                struct mb_error *error);

/* ---------------------------------------------------------------------------- the messages */

mb_status mb_replicate_database(struct mb_replication *replication, const struct mb_database *database,
                                struct mb_cancel *cancel, struct mb_error *error);

/* With the schema as it is to be there, hidden fields included, and these partitions. */
mb_status mb_replicate_collection(struct mb_replication *replication, const struct mb_collection *collection,
                                  const struct mb_partition *partitions, size_t partition_count,
                                  struct mb_cancel *cancel, struct mb_error *error);

struct mb_replicated_index {
    int64_t field_id, id;
    const char *name;
    uint64_t create_time;
    struct mb_properties type_params, index_params, user_params;
    bool is_auto;
    int32_t min_version, max_version;
};

mb_status mb_replicate_index(struct mb_replication *replication, const struct mb_collection *collection,
                             const struct mb_replicated_index *index, struct mb_cancel *cancel,
                             struct mb_error *error);

struct mb_replicated_import {
    int64_t job_id;
    int64_t partition_id;           /* -1 for all */
    const struct mb_strings *files; /* one list for each segment */
    size_t file_count;
    struct mb_properties options;
};

/* The job's state: mb_milvus_import_job_state. */
mb_status mb_replicate_import(struct mb_replication *replication, const struct mb_collection *collection,
                              const struct mb_replicated_import *import, struct mb_cancel *cancel,
                              struct mb_error *error);

/* Shows what an import has brought. */
mb_status mb_replicate_commit(struct mb_replication *replication, const struct mb_collection *collection,
                              int64_t job_id, struct mb_cancel *cancel, struct mb_error *error);

struct mb_replicated_load {
    struct mb_ids partitions;
    const struct mb_replicated_field {
        int64_t field_id, index_id; /* 0 for no index */
    } * fields;
    size_t field_count;
    struct mb_ids replicas; /* an id for each */
};

mb_status mb_replicate_load(struct mb_replication *replication, const struct mb_collection *collection,
                            const struct mb_replicated_load *load, struct mb_cancel *cancel,
                            struct mb_error *error);

mb_status mb_replicate_alias(struct mb_replication *replication, const struct mb_collection *collection,
                             const char *alias, struct mb_cancel *cancel, struct mb_error *error);

mb_status mb_replicate_rbac(struct mb_replication *replication, const struct mb_rbac *rbac,
                            struct mb_cancel *cancel, struct mb_error *error);

/* A message that the source itself has written on this physical channel, byte by byte. */
mb_status mb_replicate_written(struct mb_replication *replication, const char *channel,
                               const struct mb_bytes *message, struct mb_cancel *cancel,
                               struct mb_error *error);

/* The tick of such a message; MB_E_CORRUPT for what is none. */
mb_status mb_replicated_tick(const struct mb_bytes *message, uint64_t *out, struct mb_error *error);

/* The physical channel that a virtual one is on, in arena; NULL without memory. */
const char *mb_replicated_channel(const char *virtual_channel, struct mb_arena *arena);

#endif
