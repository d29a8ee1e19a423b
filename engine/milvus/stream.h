/* stream.h - calls of one method that stay open, side by side: messages go out in order, confirmations come
 * back.
 *
 * Each message has a tick, higher than those before it on its stream; a confirmation is about all up to its
 * own.  A stream that breaks is opened anew, after 100 ms and then ever more rarely up to 10 s, and what is
 * not confirmed goes out once more, in order.  Whoever sends or waits does the work: there is no thread, and
 * between the calls nothing moves.  Not thread-safe. */
#ifndef MB_MILVUS_STREAM_H
#define MB_MILVUS_STREAM_H

#include "base/log.h"
#include "milvus/channel.h"

struct mb_streams;

struct mb_streams_options {
    const char *path;                  /* "/package.Service/Method" */
    const struct mb_metadata *headers; /* of every stream */
    size_t header_count;
    const char *const *names; /* of the streams, for messages */
    size_t count;
    /* What an answer confirms. */
    mb_status (*read)(const void *bytes, size_t len, uint64_t *tick, struct mb_error *error);
    int64_t patience_ns; /* without a confirmation while one is due; 0 for five minutes */
    size_t most_bytes;   /* unconfirmed, of all streams, one message apart; 0 for 32 MiB */
    struct mb_log *log;
};

/* Copies the options but for log and peer; touches the network when the first message is sent. */
mb_status mb_streams_open(struct mb_streams **out, struct mb_channel *channel,
                          const struct mb_streams_options *options, struct mb_error *error);
void mb_streams_close(struct mb_streams *streams); /* what is unconfirmed is dropped */

/* Takes a copy of a message, and waits while too much is unconfirmed.  That it is taken does not say that it
 * has arrived.  MB_E_UNAUTHENTICATED, MB_E_FORBIDDEN, MB_E_UNSUPPORTED and MB_E_INVALID come at once from a
 * server that refuses the stream, everything else when the patience is over. */
mb_status mb_streams_send(struct mb_streams *streams, size_t which, uint64_t tick, const void *bytes,
                          size_t len, struct mb_cancel *cancel, struct mb_error *error);

/* How many messages are not confirmed. */
size_t mb_streams_unconfirmed(const struct mb_streams *streams);

/* Until all is confirmed. */
mb_status mb_streams_settle(struct mb_streams *streams, struct mb_cancel *cancel, struct mb_error *error);

#endif
