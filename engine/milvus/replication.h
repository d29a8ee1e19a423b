/* replication.h - the streams of a replication, for the files that make its messages. */
#ifndef MB_MILVUS_REPLICATION_H
#define MB_MILVUS_REPLICATION_H

#include "milvus/log_message.h"
#include "milvus/replicate.h"

const char *mb_replication_control(const struct mb_replication *replication);

/* Sends every copy of a message. */
mb_status mb_replication_broadcast(struct mb_replication *replication, const struct mb_log_message *message,
                                   struct mb_cancel *cancel, struct mb_error *error);

/* Sends one that is made already, on a physical channel. */
mb_status mb_replication_send(struct mb_replication *replication, const char *channel, uint64_t tick,
                              const struct mb_bytes *message, struct mb_cancel *cancel,
                              struct mb_error *error);

#endif
