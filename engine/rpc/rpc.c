#include "rpc/rpc.h"

#include "base/clock.h"
#include "base/thread.h"
#include "rpc/credentials.h"
#include "rpc/exchange.h"
#include "rpc/gate.h"
#include "service/metrics.h"

#include <grpc/support/log.h>
#include <grpc/support/time.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY       (UINT64_C(16) << 20) /* for what is no body */
#define A_CONNECTION (UINT64_C(32) << 10) /* likewise, of each */

enum { WORKERS = 32, QUICK_WORKERS = 4, INVITATIONS = 4, CALLS_A_CONNECTION = 100, MAX_METADATA = 16 << 10 };

struct mb_rpc {
    struct mb_exchanges calls;
    struct mb_pool *workers, *quick;
    struct mb_rpc_options options;
    struct mb_event stopped, old_stopped;
    pthread_mutex_t lock;       /* between closing and taking another server */
    _Atomic(grpc_server *) old; /* whose listener died; it ends with its last call */
    pthread_t reader;
    bool has_reader;
};

/* -------------------------------------------------------------- gRPC's reports */

static gpr_timespec until(int64_t when)
{
    if (when == INT64_MAX)
        return gpr_inf_future(GPR_CLOCK_MONOTONIC);
    return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                        gpr_time_from_nanos(when - mb_clock_monotonic(), GPR_TIMESPAN));
}

/* Until the door is closed and no call is under way any more. */
static void *read_reports(void *ctx)
{
    struct mb_rpc *rpc = ctx;
    bool stopped = false;
    while (!stopped || atomic_load(&rpc->old) != NULL || atomic_load(&rpc->calls.under_way) > 0) {
        int64_t when = mb_exchanges_hurry(&rpc->calls);
        grpc_event report = grpc_completion_queue_next(rpc->calls.queue, until(when), NULL);
        if (report.type != GRPC_OP_COMPLETE)
            continue;
        struct mb_event *event = report.tag;
        if (event == &rpc->stopped)
            stopped = true;
        else if (event == &rpc->old_stopped)
            grpc_server_destroy(atomic_exchange(&rpc->old, NULL));
        else
            mb_event_report(&rpc->calls, event, report.success != 0);
    }
    return NULL;
}

/* --------------------------------------------------------------------- opening */

static void drop_log_line(gpr_log_func_args *args)
{
    (void)args;
}

static grpc_arg number(const char *key, int64_t value)
{
    return (grpc_arg){.type = GRPC_ARG_INTEGER,
                      .key = (char *)(uintptr_t)key,
                      .value.integer = value < INT32_MAX ? (int)value : INT32_MAX};
}

/* Of bodies on their way.  Beyond it gRPC ends calls that have not come as a whole, and idle connections. */
static grpc_arg bound(grpc_resource_quota *quota, const struct mb_rpc_options *options)
{
    grpc_resource_quota_resize(quota, MEMORY + A_CONNECTION * options->connections +
                                          MB_RPC_BODIES * options->body_limit);
    return (grpc_arg){.type = GRPC_ARG_POINTER,
                      .key = (char *)(uintptr_t)GRPC_ARG_RESOURCE_QUOTA,
                      .value.pointer = {.p = quota, .vtable = grpc_resource_quota_arg_vtable()}};
}

static grpc_server *create_server(const struct mb_rpc_options *options)
{
    grpc_resource_quota *memory = grpc_resource_quota_create("gRPC's door");
    grpc_arg args[] = {
        bound(memory, options),
        number(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, (int64_t)options->body_limit),
        number(GRPC_ARG_MAX_CONCURRENT_STREAMS, CALLS_A_CONNECTION),
        number(GRPC_ARG_MAX_METADATA_SIZE, MAX_METADATA),
        /* Nobody else gets a share of what the gate passes on. */
        number(GRPC_ARG_ALLOW_REUSEPORT, 0),
        /* Only what is not compressed: a few bytes can say gigabytes. */
        number(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1 << GRPC_COMPRESS_NONE),
        number(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, (int64_t)options->request_seconds * 1000),
        /* Those who are gone without a word are noticed, those who ask often whether we live are not sent
           away. */
        number(GRPC_ARG_KEEPALIVE_TIME_MS, 60000),
        number(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20000),
        number(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1),
        number(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0),
        number(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5000),
        number(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 600000),
    };
    grpc_server *server =
        grpc_server_create(&(grpc_channel_args){.num_args = sizeof args / sizeof *args, .args = args}, NULL);
    grpc_resource_quota_unref(memory);
    return server;
}

/* Where only the gate leads somebody to. */
static mb_status listen_behind_gate(grpc_server *server, const struct mb_rpc_options *options, int *port,
                                    struct mb_error *error)
{
    grpc_server_credentials *credentials = NULL;
    MB_TRY(mb_rpc_credentials(options, &credentials, error));
    *port = grpc_server_add_http2_port(server, "127.0.0.1:0", credentials);
    grpc_server_credentials_release(credentials);
    if (*port > 0)
        return MB_OK;
    return mb_fail(error, MB_E_CONFIG,
                   "gRPC cannot listen: 127.0.0.1 is not there, or server.tls cannot be used");
}

static mb_status open_server(struct mb_rpc *rpc, grpc_server **out, int *port, struct mb_error *error)
{
    grpc_server *server = create_server(&rpc->options);
    if (server == NULL)
        return mb_fail_memory(error);
    grpc_server_register_completion_queue(server, rpc->calls.queue, NULL);
    if (listen_behind_gate(server, &rpc->options, port, error) != MB_OK) {
        grpc_server_destroy(server);
        return error->status;
    }
    *out = server;
    return MB_OK;
}

static mb_status let_calls_come(struct mb_exchanges *calls, struct mb_error *error)
{
    grpc_server_start(atomic_load(&calls->server));
    for (int i = 0; i < INVITATIONS; i++)
        MB_TRY(mb_exchange_invite(calls, error));
    return MB_OK;
}

/* With the lock.  One at a time can be on its way out. */
static uint16_t take_another_server(struct mb_rpc *rpc, struct mb_error *error)
{
    grpc_server *server = NULL;
    int port = 0;
    if (atomic_load(&rpc->calls.closed) || atomic_load(&rpc->old) != NULL ||
        open_server(rpc, &server, &port, error) != MB_OK)
        return 0;
    grpc_server *old = atomic_exchange(&rpc->calls.server, server);
    atomic_store(&rpc->old, old);
    let_calls_come(&rpc->calls, error);
    grpc_server_shutdown_and_notify(old, rpc->calls.queue, &rpc->old_stopped);
    return (uint16_t)port;
}

static uint16_t on_dead_listener(void *ctx)
{
    struct mb_rpc *rpc = ctx;
    struct mb_error error = MB_ERROR_INIT;
    pthread_mutex_lock(&rpc->lock);
    uint16_t port = take_another_server(rpc, &error);
    bool closed = atomic_load(&rpc->calls.closed);
    pthread_mutex_unlock(&rpc->lock);
    if (closed)
        return 0;
    mb_session_log(rpc->options.session, MB_LOG_ERROR,
                   port != 0 ? "gRPC did not take connections any more; it was opened anew"
                             : "gRPC does not take connections any more; it is tried again to open it anew");
    return port;
}

static void on_count(void *ctx, int change)
{
    const struct mb_rpc *rpc = ctx;
    mb_metrics_connection(mb_api_metrics(rpc->calls.api), MB_DOOR_GRPC, change);
}

static void on_waiting(void *ctx, const char *line)
{
    const struct mb_rpc *rpc = ctx;
    mb_session_log(rpc->options.session, MB_LOG_WARN, line);
}

static mb_status open_gate(struct mb_rpc *rpc, int port, struct mb_error *error)
{
    const struct mb_rpc_options *options = &rpc->options;
    const struct mb_gate_options gate = {.listener = options->listener,
                                         .to = (uint16_t)port,
                                         .connections = options->connections,
                                         .seconds = options->request_seconds,
                                         .count = on_count,
                                         .tell = on_waiting,
                                         .renew = on_dead_listener,
                                         .ctx = rpc};
    return mb_gate_open(&rpc->calls.gate, &gate, error);
}

static mb_status start(struct mb_rpc *rpc, struct mb_error *error)
{
    struct mb_exchanges *calls = &rpc->calls;
    grpc_server *server = NULL;
    int port = 0;
    rpc->workers = mb_pool_new(WORKERS);
    rpc->quick = mb_pool_new(QUICK_WORKERS);
    calls->workers = rpc->workers != NULL ? mb_group_new(rpc->workers, NULL) : NULL;
    calls->quick = rpc->quick != NULL ? mb_group_new(rpc->quick, NULL) : NULL;
    calls->queue = grpc_completion_queue_create_for_next(NULL);
    if (calls->workers == NULL || calls->quick == NULL || calls->queue == NULL)
        return mb_fail_memory(error);
    MB_TRY(open_server(rpc, &server, &port, error));
    atomic_store(&calls->server, server);
    MB_TRY(open_gate(rpc, port, error)); /* which has to be there for the first call */
    if (mb_thread_start(&rpc->reader, read_reports, rpc) != 0)
        return mb_fail_memory(error);
    rpc->has_reader = true;
    return let_calls_come(calls, error);
}

mb_status mb_rpc_open(struct mb_rpc **out, struct mb_api *api, struct mb_auth *auth,
                      const struct mb_rpc_options *options, struct mb_error *error)
{
    struct mb_rpc *rpc = calloc(1, sizeof *rpc);
    if (rpc == NULL)
        return mb_fail_memory(error);
    rpc->options = *options;
    pthread_mutex_init(&rpc->lock, NULL);
    mb_watchers_init(&rpc->calls.watchers);
    rpc->calls.api = api;
    rpc->calls.auth = auth;
    rpc->calls.body_limit = options->body_limit;
    rpc->calls.patience_ns = (int64_t)options->request_seconds * MB_NS_PER_S;
    if (!options->speaks)
        gpr_set_log_function(drop_log_line);
    grpc_init();
    mb_status status = start(rpc, error);
    if (status != MB_OK) {
        mb_rpc_close(rpc);
        return status;
    }
    *out = rpc;
    return MB_OK;
}

/* --------------------------------------------------------------------- closing */

void mb_rpc_retire(struct mb_rpc *rpc)
{
    if (rpc == NULL)
        return;
    atomic_store(&rpc->calls.retired, true);
    mb_watchers_retire(&rpc->calls.watchers);
}

static void stop_server(struct mb_rpc *rpc)
{
    struct mb_exchanges *calls = &rpc->calls;
    grpc_server *server = atomic_load(&calls->server);
    if (server == NULL)
        return;
    grpc_server_shutdown_and_notify(server, calls->queue, &rpc->stopped);
    if (rpc->has_reader)
        pthread_join(rpc->reader, NULL);
    else
        grpc_completion_queue_next(calls->queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
    grpc_server_destroy(server);
}

static void end_queue(struct mb_exchanges *calls)
{
    if (calls->queue == NULL)
        return;
    grpc_completion_queue_shutdown(calls->queue);
    while (grpc_completion_queue_next(calls->queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL).type !=
           GRPC_QUEUE_SHUTDOWN)
        continue;
    grpc_completion_queue_destroy(calls->queue);
}

void mb_rpc_close(struct mb_rpc *rpc)
{
    if (rpc == NULL)
        return;
    mb_rpc_retire(rpc);
    pthread_mutex_lock(&rpc->lock);
    atomic_store(&rpc->calls.closed, true);
    pthread_mutex_unlock(&rpc->lock);
    mb_gate_shut(rpc->calls.gate);
    mb_watchers_close(&rpc->calls.watchers);
    stop_server(rpc);
    mb_gate_close(rpc->calls.gate);
    end_queue(&rpc->calls);
    mb_group_free(rpc->calls.workers);
    mb_group_free(rpc->calls.quick);
    mb_pool_free(rpc->workers);
    mb_pool_free(rpc->quick);
    grpc_shutdown_blocking();
    mb_watchers_done(&rpc->calls.watchers);
    pthread_mutex_destroy(&rpc->lock);
    free(rpc);
}
