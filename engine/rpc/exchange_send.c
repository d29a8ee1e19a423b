#include "rpc/exchange_private.h"

#include <grpc/byte_buffer.h>
#include <stdio.h>
#include <stdlib.h>

void mb_exchange_destroy(struct mb_exchange *exchange)
{
    atomic_fetch_sub(&exchange->all->bodies, exchange->held);
    if (exchange->call != NULL) {
        grpc_call_unref(exchange->call);
        atomic_fetch_sub(&exchange->all->under_way, 1);
    }
    grpc_call_details_destroy(&exchange->details);
    grpc_metadata_array_destroy(&exchange->metadata);
    grpc_byte_buffer_destroy(exchange->request);
    grpc_byte_buffer_destroy(exchange->reply);
    grpc_slice_unref(exchange->words);
    grpc_slice_unref(exchange->pushback.value);
    mb_buf_done(&exchange->ask.answer.body);
    mb_arena_free(exchange->ask.arena);
    free(exchange);
}

void mb_exchange_release(struct mb_exchange *exchange)
{
    if (atomic_fetch_sub(&exchange->holders, 1) == 1)
        mb_exchange_destroy(exchange);
}

void mb_exchanges_pass(struct mb_exchanges *all)
{
    atomic_fetch_add(&all->passed, 1);
}

bool mb_exchange_batch(struct mb_exchange *exchange, const grpc_op *ops, size_t count, struct mb_event *event)
{
    mb_exchanges_pass(exchange->all);
    return grpc_call_start_batch(exchange->call, ops, count, event, NULL) == GRPC_CALL_OK;
}

static void pack(struct mb_exchange *exchange, const ProtobufCMessage *reply)
{
    grpc_slice bytes = grpc_slice_malloc(protobuf_c_message_get_packed_size(reply));
    protobuf_c_message_pack(reply, GRPC_SLICE_START_PTR(bytes));
    grpc_byte_buffer_destroy(exchange->reply);
    exchange->reply = grpc_raw_byte_buffer_create(&bytes, 1);
    grpc_slice_unref(bytes);
}

/* What gRPC's own retries go by. */
static void say_when(struct mb_exchange *exchange, unsigned seconds)
{
    char text[24];
    snprintf(text, sizeof text, "%u000", seconds);
    exchange->pushback = (grpc_metadata){.key = grpc_slice_from_static_string("grpc-retry-pushback-ms"),
                                         .value = grpc_slice_from_copied_string(text)};
}

static size_t put_metadata(struct mb_exchange *exchange, grpc_op *ops)
{
    if (exchange->spoken)
        return 0;
    exchange->spoken = true;
    ops[0] = (grpc_op){.op = GRPC_OP_SEND_INITIAL_METADATA};
    return 1;
}

bool mb_exchange_tell(struct mb_exchange *exchange, const ProtobufCMessage *message)
{
    grpc_op ops[2];
    size_t count = put_metadata(exchange, ops);
    pack(exchange, message);
    ops[count++] = (grpc_op){.op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = exchange->reply};
    return mb_exchange_batch(exchange, ops, count, &exchange->told);
}

void mb_exchange_end(struct mb_exchange *exchange, const struct mb_rpc_end *how)
{
    grpc_op ops[3];
    size_t count = put_metadata(exchange, ops);
    if (how->reply != NULL) {
        pack(exchange, how->reply);
        ops[count++] =
            (grpc_op){.op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = exchange->reply};
    }
    exchange->words = grpc_slice_from_copied_string(how->details);
    if (how->retry_after > 0)
        say_when(exchange, how->retry_after);
    ops[count++] =
        (grpc_op){.op = GRPC_OP_SEND_STATUS_FROM_SERVER,
                  .data.send_status_from_server = {.status = how->status,
                                                   .status_details = &exchange->words,
                                                   .trailing_metadata = &exchange->pushback,
                                                   .trailing_metadata_count = how->retry_after > 0}};
    if (!mb_exchange_batch(exchange, ops, count, &exchange->sent))
        mb_exchange_release(exchange);
}

void mb_exchange_end_with(struct mb_exchange *exchange, grpc_status_code status, const char *details)
{
    mb_exchange_end(exchange, &(struct mb_rpc_end){.status = status, .details = details});
}
