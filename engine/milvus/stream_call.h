/* stream_call.h - one call that stays open, as gRPC's core has it: at most one message goes out and one comes
 * in at a time.  All zero when there is none; whoever takes the events of the queue drives it. */
#ifndef MB_MILVUS_STREAM_CALL_H
#define MB_MILVUS_STREAM_CALL_H

#include "base/arena.h"
#include "milvus/channel_private.h"

#include <grpc/slice.h>

struct mb_stream_tag {
    struct mb_stream_call *call;
    int kind;
};

struct mb_stream_call {
    grpc_call *grpc; /* NULL for none */
    struct mb_stream_tag began, sent, answered, ended;
    unsigned pending; /* batches that have not come back */
    bool sending, over;
    grpc_byte_buffer *out, *in;
    grpc_metadata headers[8];
    size_t header_count;
    grpc_metadata_array first, trailing;
    grpc_status_code status;
    grpc_slice details;
};

enum mb_stream_event {
    MB_STREAM_NOTHING,  /* nothing that matters */
    MB_STREAM_ANSWERED, /* mb_stream_call_answer has it; nothing more comes before mb_stream_call_listen */
    MB_STREAM_ENDED     /* the call is over */
};

/* The next event of a queue, within so many nanoseconds; INT64_MAX waits for one. */
enum mb_stream_event mb_stream_next(grpc_completion_queue *queue, int64_t within_ns,
                                    struct mb_stream_call **out);

mb_status mb_stream_call_begin(struct mb_stream_call *call, struct mb_channel *channel,
                               grpc_completion_queue *queue, const char *path,
                               const struct mb_metadata *headers, size_t header_count,
                               struct mb_error *error);
bool mb_stream_call_is_open(const struct mb_stream_call *call);
bool mb_stream_call_may_send(const struct mb_stream_call *call);
mb_status mb_stream_call_send(struct mb_stream_call *call, grpc_slice bytes, struct mb_error *error);

mb_status mb_stream_call_answer(struct mb_stream_call *call, struct mb_buf *out, struct mb_error *error);
mb_status mb_stream_call_listen(struct mb_stream_call *call, struct mb_error *error);

/* Its end comes by the queue. */
void mb_stream_call_cancel(struct mb_stream_call *call);

/* Why it ended; that it ended well is a reason, too. */
void mb_stream_call_why(const struct mb_stream_call *call, const struct mb_peer *peer,
                        struct mb_error *error);

/* Has it ended, and is nothing of it under way any more? */
bool mb_stream_call_is_over(const struct mb_stream_call *call);

/* Gives back what it holds, when it is over. */
void mb_stream_call_end(struct mb_stream_call *call);

#endif
