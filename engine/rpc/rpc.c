#include "rpc/rpc.h"

#include "base/clock.h"
#include "base/thread.h"
#include "rpc/credentials.h"
#include "rpc/exchange.h"
#include "rpc/gate.h"

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
    struct mb_event stopped;
    pthread_t reader;
    bool has_reader;
    int port;
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
    while (!stopped || atomic_load(&rpc->calls.under_way) > 0) {
        int64_t when = mb_exchanges_hurry(&rpc->calls);
        grpc_event report = grpc_completion_queue_next(rpc->calls.queue, until(when), NULL);
        if (report.type != GRPC_OP_COMPLETE)
            continue;
        struct mb_event *event = report.tag;
        if (event == &rpc->stopped)
            stopped = true;
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
static mb_status listen_behind_gate(struct mb_rpc *rpc, const struct mb_rpc_options *options,
                                    struct mb_error *error)
{
    grpc_server_credentials *credentials = NULL;
    MB_TRY(mb_rpc_credentials(options, &credentials, error));
    rpc->port = grpc_server_add_http2_port(rpc->calls.server, "127.0.0.1:0", credentials);
    grpc_server_credentials_release(credentials);
    if (rpc->port > 0)
        return MB_OK;
    return mb_fail(error, MB_E_CONFIG,
                   "gRPC cannot listen: 127.0.0.1 is not there, or server.tls cannot be used");
}

static void on_waiting(void *ctx, const char *line)
{
    mb_session_log(ctx, MB_LOG_WARN, line);
}

static mb_status open_gate(struct mb_rpc *rpc, const struct mb_rpc_options *options, struct mb_error *error)
{
    const struct mb_gate_options gate = {.listener = options->listener,
                                         .to = (uint16_t)rpc->port,
                                         .connections = options->connections,
                                         .seconds = options->request_seconds,
                                         .tell = on_waiting,
                                         .ctx = options->session};
    return mb_gate_open(&rpc->calls.gate, &gate, error);
}

static mb_status start(struct mb_rpc *rpc, const struct mb_rpc_options *options, struct mb_error *error)
{
    struct mb_exchanges *calls = &rpc->calls;
    rpc->workers = mb_pool_new(WORKERS);
    rpc->quick = mb_pool_new(QUICK_WORKERS);
    calls->workers = rpc->workers != NULL ? mb_group_new(rpc->workers, NULL) : NULL;
    calls->quick = rpc->quick != NULL ? mb_group_new(rpc->quick, NULL) : NULL;
    calls->queue = grpc_completion_queue_create_for_next(NULL);
    calls->server = create_server(options);
    if (calls->workers == NULL || calls->quick == NULL || calls->queue == NULL || calls->server == NULL)
        return mb_fail_memory(error);
    grpc_server_register_completion_queue(calls->server, calls->queue, NULL);
    MB_TRY(listen_behind_gate(rpc, options, error));
    MB_TRY(open_gate(rpc, options, error)); /* which has to be there for the first call */
    if (mb_thread_start(&rpc->reader, read_reports, rpc) != 0)
        return mb_fail_memory(error);
    rpc->has_reader = true;
    grpc_server_start(calls->server);
    for (int i = 0; i < INVITATIONS; i++)
        MB_TRY(mb_exchange_invite(calls, error));
    return MB_OK;
}

mb_status mb_rpc_open(struct mb_rpc **out, struct mb_api *api, struct mb_auth *auth,
                      const struct mb_rpc_options *options, struct mb_error *error)
{
    struct mb_rpc *rpc = calloc(1, sizeof *rpc);
    if (rpc == NULL)
        return mb_fail_memory(error);
    mb_watchers_init(&rpc->calls.watchers);
    rpc->calls.api = api;
    rpc->calls.auth = auth;
    rpc->calls.body_limit = options->body_limit;
    rpc->calls.patience_ns = (int64_t)options->request_seconds * MB_NS_PER_S;
    if (!options->speaks)
        gpr_set_log_function(drop_log_line);
    grpc_init();
    mb_status status = start(rpc, options, error);
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
    if (calls->server == NULL)
        return;
    grpc_server_shutdown_and_notify(calls->server, calls->queue, &rpc->stopped);
    if (rpc->has_reader)
        pthread_join(rpc->reader, NULL);
    else
        grpc_completion_queue_next(calls->queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
    grpc_server_destroy(calls->server);
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
    atomic_store(&rpc->calls.closed, true);
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
    free(rpc);
}
