#include "milvus/stream_call.h"

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/support/alloc.h>
#include <string.h>

enum { BEGAN, SENT, ANSWERED, ENDED };

static mb_status start(struct mb_stream_call *call, const grpc_op *ops, size_t count,
                       struct mb_stream_tag *tag, struct mb_error *error)
{
    if (grpc_call_start_batch(call->grpc, ops, count, tag, NULL) != GRPC_CALL_OK)
        return mb_fail(error, MB_E_INTERNAL, "gRPC did not take a message of the stream");
    call->pending++;
    return MB_OK;
}

/* ------------------------------------------------------------ a call's life */

static void prepare(struct mb_stream_call *call, const struct mb_metadata *headers, size_t header_count)
{
    *call = (struct mb_stream_call){.header_count = header_count, .details = grpc_empty_slice()};
    call->began = (struct mb_stream_tag){call, BEGAN};
    call->sent = (struct mb_stream_tag){call, SENT};
    call->answered = (struct mb_stream_tag){call, ANSWERED};
    call->ended = (struct mb_stream_tag){call, ENDED};
    grpc_metadata_array_init(&call->first);
    grpc_metadata_array_init(&call->trailing);
    for (size_t i = 0; i < header_count; i++) {
        call->headers[i].key = grpc_slice_from_copied_string(headers[i].key);
        call->headers[i].value = grpc_slice_from_copied_string(headers[i].value);
    }
}

static mb_status start_all(struct mb_stream_call *call, struct mb_error *error)
{
    const grpc_op status = {.op = GRPC_OP_RECV_STATUS_ON_CLIENT,
                            .data.recv_status_on_client = {.trailing_metadata = &call->trailing,
                                                           .status = &call->status,
                                                           .status_details = &call->details}};
    const grpc_op headers[] = {
        {.op = GRPC_OP_SEND_INITIAL_METADATA,
         .data.send_initial_metadata = {.count = call->header_count, .metadata = call->headers}},
        {.op = GRPC_OP_RECV_INITIAL_METADATA,
         .data.recv_initial_metadata.recv_initial_metadata = &call->first}};
    MB_TRY(start(call, &status, 1, &call->ended, error));
    MB_TRY(start(call, headers, 2, &call->began, error));
    return mb_stream_call_listen(call, error);
}

mb_status mb_stream_call_begin(struct mb_stream_call *call, struct mb_channel *channel,
                               grpc_completion_queue *queue, const char *path,
                               const struct mb_metadata *headers, size_t header_count, struct mb_error *error)
{
    if (header_count > sizeof call->headers / sizeof call->headers[0])
        return mb_fail(error, MB_E_INVALID, "too many headers");
    prepare(call, headers, header_count);
    grpc_slice name = grpc_slice_from_copied_string(path);
    call->grpc = grpc_channel_create_call(channel->grpc, NULL, GRPC_PROPAGATE_DEFAULTS, queue, name, NULL,
                                          gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
    grpc_slice_unref(name);
    mb_status status = start_all(call, error);
    if (status != MB_OK && call->pending == 0)
        mb_stream_call_end(call);
    return status;
}

bool mb_stream_call_is_open(const struct mb_stream_call *call)
{
    return call->grpc != NULL;
}

bool mb_stream_call_is_over(const struct mb_stream_call *call)
{
    return call->over && call->pending == 0;
}

void mb_stream_call_cancel(struct mb_stream_call *call)
{
    if (call->grpc != NULL)
        grpc_call_cancel(call->grpc, NULL);
}

void mb_stream_call_why(const struct mb_stream_call *call, const struct mb_peer *peer, struct mb_error *error)
{
    if (call->status == GRPC_STATUS_OK) {
        mb_fail(error, MB_E_UNAVAILABLE, "%s closed it", peer->place);
        return;
    }
    char *details = grpc_slice_to_c_string(call->details);
    mb_status_from_grpc(peer, (int)call->status, details, error);
    gpr_free(details);
}

static void drop(grpc_byte_buffer **buffer)
{
    if (*buffer != NULL)
        grpc_byte_buffer_destroy(*buffer);
    *buffer = NULL;
}

void mb_stream_call_end(struct mb_stream_call *call)
{
    drop(&call->out);
    drop(&call->in);
    for (size_t i = 0; i < call->header_count; i++) {
        grpc_slice_unref(call->headers[i].key);
        grpc_slice_unref(call->headers[i].value);
    }
    grpc_metadata_array_destroy(&call->first);
    grpc_metadata_array_destroy(&call->trailing);
    grpc_slice_unref(call->details);
    grpc_call_unref(call->grpc);
    call->grpc = NULL;
}

/* ----------------------------------------------------------------- messages */

bool mb_stream_call_may_send(const struct mb_stream_call *call)
{
    return call->grpc != NULL && !call->sending && !call->over;
}

mb_status mb_stream_call_send(struct mb_stream_call *call, grpc_slice bytes, struct mb_error *error)
{
    call->out = grpc_raw_byte_buffer_create(&bytes, 1);
    const grpc_op op = {.op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = call->out};
    MB_TRY(start(call, &op, 1, &call->sent, error));
    call->sending = true;
    return MB_OK;
}

mb_status mb_stream_call_listen(struct mb_stream_call *call, struct mb_error *error)
{
    const grpc_op op = {.op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &call->in};
    drop(&call->in);
    return start(call, &op, 1, &call->answered, error);
}

mb_status mb_stream_call_answer(struct mb_stream_call *call, struct mb_buf *out, struct mb_error *error)
{
    grpc_byte_buffer_reader reader;
    if (call->in == NULL || !grpc_byte_buffer_reader_init(&reader, call->in))
        return mb_fail(error, MB_E_PROTOCOL, "an answer cannot be read");
    grpc_slice all = grpc_byte_buffer_reader_readall(&reader);
    mb_buf_append(out, GRPC_SLICE_START_PTR(all), GRPC_SLICE_LENGTH(all));
    grpc_slice_unref(all);
    grpc_byte_buffer_reader_destroy(&reader);
    return mb_buf_status(out, error);
}

/* ------------------------------------------------------------------- events */

static enum mb_stream_event take(struct mb_stream_call *call, int kind)
{
    call->pending--;
    if (kind == SENT) {
        call->sending = false;
        drop(&call->out);
    }
    if (kind == ENDED)
        call->over = true;
    if (kind == ANSWERED && call->in != NULL)
        return MB_STREAM_ANSWERED;
    return mb_stream_call_is_over(call) ? MB_STREAM_ENDED : MB_STREAM_NOTHING;
}

enum mb_stream_event mb_stream_next(grpc_completion_queue *queue, int64_t within_ns,
                                    struct mb_stream_call **out)
{
    gpr_timespec until = within_ns == INT64_MAX ? gpr_inf_future(GPR_CLOCK_MONOTONIC)
                                                : gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                                               gpr_time_from_nanos(within_ns, GPR_TIMESPAN));
    grpc_event event = grpc_completion_queue_next(queue, until, NULL);
    if (event.type != GRPC_OP_COMPLETE)
        return MB_STREAM_NOTHING;
    const struct mb_stream_tag *tag = event.tag;
    *out = tag->call;
    return take(tag->call, tag->kind);
}
