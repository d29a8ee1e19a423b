#include "rpc/exchange_private.h"

#include "api/route.h"
#include "base/clock.h"
#include "rpc/identity.h"
#include "rpc/message.h"

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <health.pb-c.h>
#include <stdlib.h>

enum { MAX_UNDER_WAY = 1000, MAX_ANSWER = 256 << 20 };

/* ------------------------------------------------------------------- its life */

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

void mb_event_report(struct mb_exchanges *all, struct mb_event *event, bool ok)
{
    mb_exchanges_pass(all);
    event->happened(event->exchange, ok);
}

/* -------------------------------------------------------------------- its task */

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
    mb_exchange_end(exchange, &how);
}

/* -------------------------------------------------------------------- its work */

/* Until the call has ended, since what is made of the body is as large. */
static mb_status hold_body(struct mb_exchange *exchange, struct mb_error *error)
{
    struct mb_exchanges *all = exchange->all;
    uint64_t len = grpc_byte_buffer_length(exchange->request);
    uint64_t others = atomic_fetch_add(&all->bodies, len);
    exchange->held = len;
    if (others + len <= MB_RPC_BODIES * all->body_limit)
        return MB_OK;
    return mb_fail(error, MB_E_THROTTLED, "too many bodies at once; try again");
}

static mb_status take_request(struct mb_exchange *exchange, ProtobufCMessage **out, struct mb_error *error)
{
    grpc_byte_buffer_reader reader;
    if (exchange->request != NULL)
        MB_TRY(hold_body(exchange, error));
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

static bool say_health(struct mb_watcher *watcher, int status)
{
    Grpc__Health__V1__HealthCheckResponse health = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    health.status = (Grpc__Health__V1__HealthCheckResponse__ServingStatus)status;
    return mb_exchange_tell(watcher->ctx, &health.base);
}

static void cut_watch(struct mb_watcher *watcher)
{
    struct mb_exchange *exchange = watcher->ctx;
    grpc_call_cancel(exchange->call, NULL);
}

static void end_watch(struct mb_watcher *watcher)
{
    mb_exchange_end_with(watcher->ctx, GRPC_STATUS_UNAVAILABLE, "the server stops");
}

static void watch(struct mb_exchange *exchange, const ProtobufCMessage *request)
{
    exchange->watcher = (struct mb_watcher){.ctx = exchange,
                                            .unknown = !mb_rpc_serves(request),
                                            .say = say_health,
                                            .cut = cut_watch,
                                            .end = end_watch};
    if (!mb_watcher_begin(&exchange->all->watchers, &exchange->watcher, &exchange->gone))
        mb_exchange_end_with(exchange, GRPC_STATUS_RESOURCE_EXHAUSTED, "too many watch the server already");
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
    if (status == MB_OK && exchange->method->watches) {
        watch(exchange, request);
        return MB_OK;
    }
    if (status == MB_OK)
        how = exchange->method->answer(request, atomic_load(&exchange->all->retired), ask->arena);
    else
        how = mb_rpc_failed(ask, &error);
    mb_exchange_end(exchange, &how);
    return MB_OK;
}

static void receive(struct mb_exchange *exchange)
{
    const grpc_op op = {.op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &exchange->request};
    if (!mb_exchange_batch(exchange, &op, 1, &exchange->received))
        mb_exchange_end_with(exchange, GRPC_STATUS_INTERNAL, "gRPC gives no message");
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
        mb_exchange_end_with(exchange, GRPC_STATUS_RESOURCE_EXHAUSTED, "out of memory");
        return MB_OK;
    }
    mb_identity_slice(exchange->details.method, name, sizeof name);
    exchange->method = mb_rpc_method_find(name);
    if (exchange->method == NULL) {
        mb_exchange_end_with(exchange, GRPC_STATUS_UNIMPLEMENTED, "no method is called so");
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
        mb_exchange_end_with(exchange, GRPC_STATUS_UNAVAILABLE, error.message);
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

static void on_told(struct mb_exchange *exchange, bool ok)
{
    (void)ok;
    mb_watcher_said(&exchange->all->watchers, &exchange->watcher);
}

static void on_sent(struct mb_exchange *exchange, bool ok)
{
    (void)ok;
    mb_exchange_release(exchange);
}

static void on_closed(struct mb_exchange *exchange, bool ok)
{
    (void)ok;
    await_no_more(exchange);
    atomic_store(&exchange->gone, true);
    if (atomic_load(&exchange->bound))
        mb_api_left(&exchange->ask);
    mb_watcher_gone(&exchange->all->watchers, &exchange->watcher);
    mb_exchange_release(exchange);
}

static void on_arrived(struct mb_exchange *exchange, bool ok)
{
    struct mb_exchanges *all = exchange->all;
    struct mb_error error = MB_ERROR_INIT;
    const grpc_op op = {.op = GRPC_OP_RECV_CLOSE_ON_SERVER,
                        .data.recv_close_on_server.cancelled = &exchange->cancelled};
    if (!ok) {
        mb_exchange_destroy(exchange);
        return;
    }
    mb_exchange_invite(all, &error);
    unsigned others = atomic_fetch_add(&all->under_way, 1);
    atomic_store(&exchange->holders, 2);
    if (!mb_exchange_batch(exchange, &op, 1, &exchange->closed))
        mb_exchange_release(exchange);
    if (others >= MAX_UNDER_WAY) {
        mb_exchange_end_with(exchange, GRPC_STATUS_RESOURCE_EXHAUSTED, "too many calls are under way");
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
    exchange->told = (struct mb_event){on_told, exchange};
    exchange->sent = (struct mb_event){on_sent, exchange};
    exchange->closed = (struct mb_event){on_closed, exchange};
    exchange->words = exchange->pushback.value = grpc_empty_slice();
    grpc_call_details_init(&exchange->details);
    grpc_metadata_array_init(&exchange->metadata);
    mb_buf_init(&exchange->ask.answer.body, MAX_ANSWER);
    mb_exchanges_pass(all);
    if (grpc_server_request_call(atomic_load(&all->server), &exchange->call, &exchange->details,
                                 &exchange->metadata, all->queue, all->queue,
                                 &exchange->arrived) == GRPC_CALL_OK)
        return MB_OK;
    exchange->call = NULL;
    mb_exchange_destroy(exchange);
    return mb_fail(error, MB_E_INTERNAL, "gRPC brings no calls");
}
