/* log_message.h - one message of a cluster's log, as a replication sends it.  Pure.
 *
 * It goes to several channels: each copy has a tick of its own, and they share the number of the first. */
#ifndef MB_MILVUS_LOG_MESSAGE_H
#define MB_MILVUS_LOG_MESSAGE_H

#include "milvus/convert.h"
#include "replicate.pb-c.h"

/* Milvus' MessageType. */
enum {
    MB_LOG_CREATE_COLLECTION = 5,
    MB_LOG_IMPORT = 11,
    MB_LOG_ALTER_LOAD_CONFIG = 14,
    MB_LOG_CREATE_DATABASE = 16,
    MB_LOG_ALTER_ALIAS = 19,
    MB_LOG_RESTORE_RBAC = 21,
    MB_LOG_CREATE_INDEX = 34,
    MB_LOG_COMMIT_IMPORT = 45
};

/* Milvus' ResourceDomain: what a message holds while it takes effect, so that another about the same waits.
 */
enum { MB_LOG_HOLDS_COLLECTION = 2, MB_LOG_HOLDS_DATABASE = 3, MB_LOG_HOLDS_PRIVILEGES = 4 };

struct mb_log_hold {
    int domain;
    const char *key;
    bool shared;
};

struct mb_log_message {
    int type;
    int version;
    const ProtobufCMessage *header; /* NULL for one without members */
    const ProtobufCMessage *body;   /* likewise */
    const char *const *channels;    /* where its copies go */
    size_t channel_count;
    struct mb_log_hold holds[2]; /* domain 0 for none */
};

/* An ImmutableMessage: the copy for channels[which].  broadcast_id is the same for all copies of a message.
 */
mb_status mb_log_message_pack(const struct mb_log_message *message, size_t which, uint64_t broadcast_id,
                              uint64_t tick, struct mb_arena *arena, struct mb_bytes *out,
                              struct mb_error *error);

/* The tick of a message that a cluster has written. */
mb_status mb_log_message_tick(const struct mb_bytes *message, uint64_t *out, struct mb_error *error);

/* "dml_3" of "dml_3_4711v0", "dml_3" of "dml_3_vcchan", in arena; NULL without memory. */
const char *mb_log_physical_channel(const char *channel, struct mb_arena *arena);

#endif
