#include "rpc/exchange.h"

#include "api/route.h"
#include "base/clock.h"
#include "rpc/identity.h"
#include "rpc/message.h"

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_UNDER_WAY = 1000, MAX_ANSWER = 256 << 20 };

struct mb_exchange {
    struct mb_exchanges *all;
    struct mb_event arrived, received, sent, closed;
    atomic_int holders; /* the work, until `sent`, and gRPC, until `closed` */
    grpc_call *call;
    grpc_call_details details;
    grpc_metadata_array metadata;
    grpc_byte_buffer *request, *reply;
    grpc_slice words;
    grpc_metadata pushback;
    int cancelled;
    atomic_bool bound, gone; /* its task ends with the call; the call has ended */
    const struct mb_rpc_method *method;
    struct mb_error refusal;
    struct mb_api_call ask;
    int64_t deadline; /* of its request */
    bool is_awaited;  /* is in the list of those whose requests have not come */
    struct mb_exchange *earlier, *later;
};

/* ------------------------------------------------------------------- its life */

static void destroy(struct mb_exchange *exchange)
{
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

static void release(struct mb_exchange *exchange)
{
    if (atomic_fetch_sub(&exchange->holders, 1) == 1)
        destroy(exchange);
}

static void await(struct mb_exchange *exchange)
{
    struct mb_exchanges *all = exchange->all;
    exchange->deadline = mb_clock_monotonic() + all->patience_ns;
    exchange->earlier = all->last;
    *(all->last != NULL ? &all->last->later : &all->first) = exchange;
    all->last = exchange;
    exchange->is_awaited = true;
}

static void await_no_more(struct mb_exchange *exchange)
{
    struct mb_exchanges *all = exchange->all;
    if (!exchange->is_awaited)
        return;
    *(exchange->earlier != NULL ? &exchange->earlier->later : &all->first) = exchange->later;
    *(exchange->later != NULL ? &exchange->later->earlier : &all->last) = exchange->earlier;
    exchange->is_awaited = false;
}

int64_t mb_exchanges_hurry(struct mb_exchanges *all)
{
    int64_t now = mb_clock_monotonic();
    bool closed = atomic_load(&all->closed);
    while (all->first != NULL && (closed || all->first->deadline <= now)) {
        struct mb_exchange *exchange = all->first;
        await_no_more(exchange);
        grpc_call_cancel_with_status(exchange->call,
                                     closed ? GRPC_STATUS_UNAVAILABLE : GRPC_STATUS_DEADLINE_EXCEEDED,
                                     closed ? "the server stops" : "the request did not come in time", NULL);
    }
    /* Whether the door is closed is asked every second, while there is someone to cancel. */
    if (all->first == NULL)
        return INT64_MAX;
    return all->first->deadline < now + MB_NS_PER_S ? all->first->deadline : now + MB_NS_PER_S;
}

/* gRPC's locks order what threads do to an exchange before and after.  Tools that cannot look into gRPC see
 * the same by this. */
static void pass(struct mb_exchanges *all)
{
    atomic_fetch_add(&all->passed, 1);
}

void mb_event_report(struct mb_exchanges *all, struct mb_event *event, bool ok)
{
    pass(all);
    event->happened(event->exchange, ok);
}

static bool start_batch(struct mb_exchange *exchange, const grpc_op *ops, size_t count,
                        struct mb_event *event)
{
    pass(exchange->all);
    return grpc_call_start_batch(exchange->call, ops, count, event, NULL) == GRPC_CALL_OK;
}

/* --------------------------------------------------------------------- its end */

static void pack(struct mb_exchange *exchange, const ProtobufCMessage *reply)
{
    grpc_slice bytes = grpc_slice_malloc(protobuf_c_message_get_packed_size(reply));
    protobuf_c_message_pack(reply, GRPC_SLICE_START_PTR(bytes));
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

/* By any thread, once. */
static void end(struct mb_exchange *exchange, const struct mb_rpc_end *how)
{
    grpc_op ops[3] = {{.op = GRPC_OP_SEND_INITIAL_METADATA}};
    size_t count = 1;
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
    if (!start_batch(exchange, ops, count, &exchange->sent))
        release(exchange);
}

static void end_with(struct mb_exchange *exchange, grpc_status_code status, const char *details)
{
    end(exchange, &(struct mb_rpc_end){.status = status, .details = details});
}

/* The client may have left before or leaves later: one of both notices. */
static void bind_task(struct mb_api_call *call)
{
    struct mb_exchange *exchange = call->door;
    atomic_store(&exchange->bound, true);
    if (atomic_load(&exchange->gone))
        mb_api_left(call);
}

static void answered(struct mb_api_call *call)
{
    struct mb_exchange *exchange = call->door;
    atomic_store(&exchange->bound, false);
    const struct mb_rpc_end how = mb_rpc_method_end(exchange->method, call);
    mb_buf_done(&call->answer.body);
    end(exchange, &how);
}

/* -------------------------------------------------------------------- its work */

static mb_status take_request(struct mb_exchange *exchange, ProtobufCMessage **out, struct mb_error *error)
{
    grpc_byte_buffer_reader reader;
    if (exchange->request == NULL || !grpc_byte_buffer_reader_init(&reader, exchange->request))
        return mb_fail(error, MB_E_INVALID, "the call came without a message");
    grpc_slice bytes = grpc_byte_buffer_reader_readall(&reader);
    grpc_byte_buffer_reader_destroy(&reader);
    mb_status status = mb_message_unpack(exchange->method->request, GRPC_SLICE_START_PTR(bytes),
                                         GRPC_SLICE_LENGTH(bytes), exchange->ask.arena, out, error);
    grpc_slice_unref(bytes);
    grpc_byte_buffer_destroy(exchange->request);
    exchange->request = NULL;
    return status;
}

static mb_status serve(void *ctx, struct mb_cancel *cancel, struct mb_error *ignored)
{
    struct mb_exchange *exchange = ctx;
    struct mb_api_call *ask = &exchange->ask;
    struct mb_error error = MB_ERROR_INIT;
    ProtobufCMessage *request = NULL;
    struct mb_rpc_end how;
    (void)cancel;
    (void)ignored;
    mb_status status = take_request(exchange, &request, &error);
    if (status == MB_OK && exchange->method->answer == NULL)
        status = mb_rpc_method_ask(exchange->method, request, ask, &error);
    if (status == MB_OK && exchange->method->answer == NULL) {
        mb_api_serve(ask);
        return MB_OK;
    }
    if (status == MB_OK)
        how = exchange->method->answer(request, atomic_load(&exchange->all->retired), ask->arena);
    else
        how = mb_rpc_failed(ask, &error);
    end(exchange, &how);
    return MB_OK;
}

static void receive(struct mb_exchange *exchange)
{
    const grpc_op op = {.op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &exchange->request};
    if (!start_batch(exchange, &op, 1, &exchange->received))
        end_with(exchange, GRPC_STATUS_INTERNAL, "gRPC gives no message");
}

static void fill_call(struct mb_exchange *exchange)
{
    exchange->ask.api = exchange->all->api;
    exchange->ask.method = exchange->method->method;
    exchange->ask.path = exchange->method->path;
    exchange->ask.raw_query = exchange->ask.body = "";
    exchange->ask.full = true;
    exchange->ask.answered = answered;
    exchange->ask.bind = bind_task;
    exchange->ask.door = exchange;
}

static mb_status find_identity(struct mb_exchange *exchange)
{
    const struct mb_exchanges *all = exchange->all;
    const struct mb_identity_source source = {
        .grpc = exchange->call, .metadata = &exchange->metadata, .gate = all->gate, .auth = all->auth};
    return mb_identity_find(&source, &exchange->ask, &exchange->refusal);
}

/* Who may not call has no message read. */
static mb_status begin(void *ctx, struct mb_cancel *cancel, struct mb_error *ignored)
{
    struct mb_exchange *exchange = ctx;
    struct mb_api_call *ask = &exchange->ask;
    char name[128];
    (void)cancel;
    (void)ignored;
    ask->arena = mb_arena_new();
    if (ask->arena == NULL) {
        end_with(exchange, GRPC_STATUS_RESOURCE_EXHAUSTED, "out of memory");
        return MB_OK;
    }
    mb_identity_slice(exchange->details.method, name, sizeof name);
    exchange->method = mb_rpc_method_find(name);
    if (exchange->method == NULL) {
        end_with(exchange, GRPC_STATUS_UNIMPLEMENTED, "no method is called so");
        return MB_OK;
    }
    fill_call(exchange);
    exchange->refusal = MB_ERROR_INIT;
    if (exchange->method->answer == NULL && find_identity(exchange) != MB_OK) {
        ask->refusal = &exchange->refusal;
        mb_api_serve(ask);
    } else {
        receive(exchange);
    }
    return MB_OK;
}

static void hand_over(struct mb_exchange *exchange, mb_job_fn *work, struct mb_group *to)
{
    struct mb_error error = MB_ERROR_INIT;
    if (mb_group_submit(to, work, exchange, &error) != MB_OK)
        end_with(exchange, GRPC_STATUS_UNAVAILABLE, error.message);
}

/* --------------------------------------------------------------- what gRPC says */

static bool is_quick(const struct mb_rpc_method *method)
{
    const struct mb_route *route =
        method->answer == NULL ? mb_route_find(method->method, method->path) : NULL;
    return method->answer != NULL || (route != NULL && route->quick);
}

static void on_received(struct mb_exchange *exchange, bool ok)
{
    (void)ok;
    await_no_more(exchange);
    hand_over(exchange, serve, is_quick(exchange->method) ? exchange->all->quick : exchange->all->workers);
}

static void on_sent(struct mb_exchange *exchange, bool ok)
{
    (void)ok;
    release(exchange);
}

static void on_closed(struct mb_exchange *exchange, bool ok)
{
    (void)ok;
    await_no_more(exchange);
    atomic_store(&exchange->gone, true);
    if (atomic_load(&exchange->bound))
        mb_api_left(&exchange->ask);
    release(exchange);
}

static void on_arrived(struct mb_exchange *exchange, bool ok)
{
    struct mb_exchanges *all = exchange->all;
    struct mb_error error = MB_ERROR_INIT;
    const grpc_op op = {.op = GRPC_OP_RECV_CLOSE_ON_SERVER,
                        .data.recv_close_on_server.cancelled = &exchange->cancelled};
    if (!ok) {
        destroy(exchange);
        return;
    }
    mb_exchange_invite(all, &error);
    unsigned others = atomic_fetch_add(&all->under_way, 1);
    atomic_store(&exchange->holders, 2);
    if (!start_batch(exchange, &op, 1, &exchange->closed))
        release(exchange);
    if (others >= MAX_UNDER_WAY) {
        end_with(exchange, GRPC_STATUS_RESOURCE_EXHAUSTED, "too many calls are under way");
        return;
    }
    await(exchange);
    hand_over(exchange, begin, all->quick);
}

mb_status mb_exchange_invite(struct mb_exchanges *all, struct mb_error *error)
{
    struct mb_exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL)
        return mb_fail_memory(error);
    exchange->all = all;
    exchange->arrived = (struct mb_event){on_arrived, exchange};
    exchange->received = (struct mb_event){on_received, exchange};
    exchange->sent = (struct mb_event){on_sent, exchange};
    exchange->closed = (struct mb_event){on_closed, exchange};
    exchange->words = exchange->pushback.value = grpc_empty_slice();
    grpc_call_details_init(&exchange->details);
    grpc_metadata_array_init(&exchange->metadata);
    mb_buf_init(&exchange->ask.answer.body, MAX_ANSWER);
    pass(all);
    if (grpc_server_request_call(all->server, &exchange->call, &exchange->details, &exchange->metadata,
                                 all->queue, all->queue, &exchange->arrived) == GRPC_CALL_OK)
        return MB_OK;
    exchange->call = NULL;
    destroy(exchange);
    return mb_fail(error, MB_E_INTERNAL, "gRPC brings no calls");
}
