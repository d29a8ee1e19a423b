#include "milvus/channel_private.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/slice.h>
#include <grpc/support/alloc.h>
#include <grpc/support/log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ opening */

static void drop_log_line(gpr_log_func_args *args)
{
    (void)args;
}

/* A certificate or key in PEM; the caller frees it.  key is the option that names the file. */
static mb_status read_pem(const struct mb_peer *peer, const char *key, const char *path, struct mb_buf *out,
                          struct mb_error *error)
{
    if (mb_file_text(path, out, error) != MB_OK)
        return mb_error_context(error, "%s.%s", peer->keys, key);
    if (strstr(out->data, "-----BEGIN") == NULL)
        return mb_fail(error, MB_E_CONFIG, "%s.%s: %s holds no PEM text", peer->keys, key, path);
    return MB_OK;
}

static mb_status make_tls(const struct mb_channel_options *options, grpc_channel_credentials **out,
                          struct mb_error *error)
{
    struct mb_buf ca, cert, key;
    grpc_ssl_pem_key_cert_pair pair;
    mb_status status = MB_OK;
    bool mutual = options->tls == MB_MILVUS_TLS_MUTUAL;

    mb_buf_init(&ca, 16 << 20);
    mb_buf_init(&cert, 1 << 20);
    mb_buf_init(&key, 1 << 20);
    if (mb_text_is_given(options->ca_cert_path))
        status = read_pem(options->peer, "caCertPath", options->ca_cert_path, &ca, error);
    if (status == MB_OK && mutual &&
        (!mb_text_is_given(options->mtls_cert_path) || !mb_text_is_given(options->mtls_key_path)))
        status =
            mb_fail(error, MB_E_CONFIG, "%s.tlsMode asks for mutual TLS: set %s.mtlsCertPath and mtlsKeyPath",
                    options->peer->keys, options->peer->keys);
    if (status == MB_OK && mutual)
        status = read_pem(options->peer, "mtlsCertPath", options->mtls_cert_path, &cert, error);
    if (status == MB_OK && mutual)
        status = read_pem(options->peer, "mtlsKeyPath", options->mtls_key_path, &key, error);
    if (status == MB_OK) {
        pair = (grpc_ssl_pem_key_cert_pair){.private_key = key.data, .cert_chain = cert.data};
        *out = grpc_ssl_credentials_create(ca.len ? ca.data : NULL, mutual ? &pair : NULL, NULL, NULL);
        if (*out == NULL)
            status = mb_fail(error, MB_E_CONFIG, "%s.tlsMode: the certificates were not accepted",
                             options->peer->keys);
    }
    mb_buf_done(&ca);
    mb_buf_done(&cert);
    mb_buf_done(&key);
    return status;
}

static bool is_loopback(const char *address)
{
    return strcmp(address, "localhost") == 0 || strncmp(address, "127.", 4) == 0 ||
           strcmp(address, "::1") == 0;
}

static grpc_arg integer_arg(const char *key, int value)
{
    /* gRPC copies the key; it is not const for historical reasons. */
    grpc_arg arg = {.type = GRPC_ARG_INTEGER, .value.integer = value};
    memcpy(&arg.key, &key, sizeof key);
    return arg;
}

static grpc_arg string_arg(const char *key, const char *value)
{
    grpc_arg arg = {.type = GRPC_ARG_STRING};
    memcpy(&arg.key, &key, sizeof key);
    memcpy(&arg.value.string, &value, sizeof value);
    return arg;
}

static grpc_channel *create_channel(const struct mb_channel_options *options, const char *target,
                                    grpc_channel_credentials *credentials)
{
    grpc_arg list[16];
    size_t n = 0;

    list[n++] = integer_arg(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, -1);
    list[n++] = integer_arg(GRPC_ARG_MAX_SEND_MESSAGE_LENGTH, -1);
    list[n++] = integer_arg(GRPC_ARG_KEEPALIVE_TIME_MS, 10000);
    list[n++] = integer_arg(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10000);
    list[n++] = integer_arg(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    list[n++] = integer_arg(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    list[n++] = integer_arg(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
    list[n++] = integer_arg(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 3000);
    list[n++] = integer_arg(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 3000);
    list[n++] = integer_arg(GRPC_ARG_ENABLE_RETRIES, 0);
    if (is_loopback(options->address))
        list[n++] = integer_arg(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    if (mb_text_is_given(options->server_name))
        list[n++] = string_arg(GRPC_SSL_TARGET_NAME_OVERRIDE_ARG, options->server_name);
    return grpc_channel_create(target, credentials, &(grpc_channel_args){.num_args = n, .args = list});
}

mb_status mb_channel_open(struct mb_channel **out, const struct mb_channel_options *options,
                          struct mb_error *error)
{
    char target[512];
    grpc_channel_credentials *credentials = NULL;
    mb_status status = MB_OK;
    bool ipv6 = strchr(options->address, ':') != NULL;

    struct mb_channel *channel = calloc(1, sizeof *channel);
    if (channel == NULL)
        return mb_fail_memory(error);
    channel->peer = options->peer;
    /* gRPC prints what goes wrong to stderr, for the whole process; we have it in the status of the call. */
    if (!options->grpc_speaks)
        gpr_set_log_function(drop_log_line);
    grpc_init();

    int n = snprintf(target, sizeof target, ipv6 ? "dns:///[%s]:%u" : "dns:///%s:%u", options->address,
                     (unsigned)options->port);
    if (n < 0 || (size_t)n >= sizeof target)
        status = mb_fail(error, MB_E_CONFIG, "%s.address is too long", options->peer->keys);
    else if (options->tls == MB_MILVUS_TLS_DISABLED)
        credentials = grpc_insecure_credentials_create();
    else
        status = make_tls(options, &credentials, error);
    if (status == MB_OK) {
        channel->grpc = create_channel(options, target, credentials);
        if (channel->grpc == NULL)
            status = mb_fail_memory(error);
    }
    if (credentials)
        grpc_channel_credentials_release(credentials);
    if (status != MB_OK) {
        mb_channel_close(channel);
        return status;
    }
    *out = channel;
    return MB_OK;
}

void mb_channel_close(struct mb_channel *channel)
{
    if (channel == NULL)
        return;
    if (channel->grpc)
        grpc_channel_destroy(channel->grpc);
    grpc_shutdown_blocking();
    free(channel);
}

/* ----------------------------------------------------------------- one call */

/* What the batch of operations reads from and writes to. */
struct exchange {
    grpc_metadata headers[8];
    grpc_byte_buffer *request;
    grpc_byte_buffer *response;
    grpc_metadata_array initial_metadata;
    grpc_metadata_array trailing_metadata;
    grpc_status_code status;
    grpc_slice details;
};

static void exchange_done(struct exchange *x, size_t header_count)
{
    for (size_t i = 0; i < header_count; i++)
        grpc_slice_unref(x->headers[i].value);
    grpc_metadata_array_destroy(&x->initial_metadata);
    grpc_metadata_array_destroy(&x->trailing_metadata);
    grpc_slice_unref(x->details);
    grpc_byte_buffer_destroy(x->request);
    if (x->response)
        grpc_byte_buffer_destroy(x->response);
}

static void exchange_init(struct exchange *x, const struct mb_channel_call *call)
{
    *x = (struct exchange){.status = GRPC_STATUS_UNKNOWN, .details = grpc_empty_slice()};
    grpc_metadata_array_init(&x->initial_metadata);
    grpc_metadata_array_init(&x->trailing_metadata);
    for (size_t i = 0; i < call->header_count; i++) {
        x->headers[i].key = grpc_slice_from_static_string(call->headers[i].key);
        x->headers[i].value = grpc_slice_from_copied_string(call->headers[i].value);
    }
    grpc_slice bytes = grpc_slice_from_copied_buffer(call->request, call->request_len);
    x->request = grpc_raw_byte_buffer_create(&bytes, 1);
    grpc_slice_unref(bytes);
}

static grpc_call_error start(grpc_call *grpc, struct exchange *x, size_t header_count)
{
    grpc_op ops[] = {
        {.op = GRPC_OP_SEND_INITIAL_METADATA,
         .data.send_initial_metadata = {.count = header_count, .metadata = x->headers}},
        {.op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = x->request},
        {.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT},
        {.op = GRPC_OP_RECV_INITIAL_METADATA,
         .data.recv_initial_metadata.recv_initial_metadata = &x->initial_metadata},
        {.op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &x->response},
        {.op = GRPC_OP_RECV_STATUS_ON_CLIENT,
         .data.recv_status_on_client = {.trailing_metadata = &x->trailing_metadata,
                                        .status = &x->status,
                                        .status_details = &x->details}},
    };
    return grpc_call_start_batch(grpc, ops, sizeof ops / sizeof ops[0], x, NULL);
}

static void cancel_call(void *ctx)
{
    grpc_call_cancel(ctx, NULL);
}

static mb_status take_response(struct exchange *x, const struct mb_peer *peer, struct mb_buf *response,
                               struct mb_error *error)
{
    grpc_byte_buffer_reader reader;
    if (x->response == NULL || !grpc_byte_buffer_reader_init(&reader, x->response))
        return mb_fail(error, MB_E_PROTOCOL, "%s answered without a message", peer->place);
    grpc_slice all = grpc_byte_buffer_reader_readall(&reader);
    mb_buf_append(response, GRPC_SLICE_START_PTR(all), GRPC_SLICE_LENGTH(all));
    grpc_slice_unref(all);
    grpc_byte_buffer_reader_destroy(&reader);
    return mb_buf_status(response, error);
}

static mb_status take_failure(struct exchange *x, const struct mb_peer *peer, struct mb_cancel *cancel,
                              struct mb_error *error)
{
    if (mb_cancel_requested(cancel))
        return mb_fail(error, MB_E_CANCELLED, "cancelled");
    char *details = grpc_slice_to_c_string(x->details);
    mb_status status = mb_status_from_grpc(peer, (int)x->status, details, error);
    gpr_free(details);
    return status;
}

static bool wait_until(grpc_completion_queue *queue, struct exchange *x, gpr_timespec when)
{
    return grpc_completion_queue_pluck(queue, x, when, NULL).type == GRPC_OP_COMPLETE;
}

/* Cancels the call only when its answer stays out for long after cancellation. */
static void wait_patiently(grpc_call *grpc, grpc_completion_queue *queue, struct exchange *x,
                           int64_t patience_ns, struct mb_cancel *cancel)
{
    const gpr_timespec step = gpr_time_from_millis(50, GPR_TIMESPAN);
    int64_t until = INT64_MAX;

    while (!wait_until(queue, x, gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), step))) {
        int64_t now = mb_clock_monotonic();
        if (until == INT64_MAX && mb_cancel_requested(cancel))
            until = now + patience_ns;
        if (now < until)
            continue;
        cancel_call(grpc);
        wait_until(queue, x, gpr_inf_future(GPR_CLOCK_REALTIME));
        return;
    }
}

/* The completion queue is the call's own and is plucked by the thread that waits, as gRPC's synchronous C++
 * stubs do: no thread of ours, and no limit on how many calls wait at once. */
mb_status mb_channel_unary(struct mb_channel *channel, const struct mb_channel_call *call,
                           struct mb_buf *response, struct mb_cancel *cancel, struct mb_error *error)
{
    struct exchange x;
    mb_status status = MB_OK;
    struct mb_cancel_watch *watch = NULL;
    bool watched = cancel != NULL && call->patience_ns == 0;
    gpr_timespec deadline =
        gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_nanos(call->timeout_ns, GPR_TIMESPAN));

    if (call->header_count > sizeof x.headers / sizeof x.headers[0])
        return mb_fail(error, MB_E_INVALID, "too many headers");
    if (mb_cancel_requested(cancel))
        return mb_fail(error, MB_E_CANCELLED, "cancelled");

    exchange_init(&x, call);
    grpc_completion_queue *queue = grpc_completion_queue_create_for_pluck(NULL);
    grpc_slice path = grpc_slice_from_copied_string(call->path);
    grpc_call *grpc = grpc_channel_create_call(channel->grpc, NULL, GRPC_PROPAGATE_DEFAULTS, queue, path,
                                               NULL, deadline, NULL);
    grpc_slice_unref(path);

    if (start(grpc, &x, call->header_count) != GRPC_CALL_OK) {
        status = mb_fail(error, MB_E_INTERNAL, "gRPC did not take the call");
        goto out;
    }
    if (watched) {
        watch = mb_cancel_watch(cancel, cancel_call, grpc);
        if (watch == NULL)
            grpc_call_cancel(grpc, NULL);
    }
    if (cancel != NULL && !watched)
        wait_patiently(grpc, queue, &x, call->patience_ns, cancel);
    else
        wait_until(queue, &x, gpr_inf_future(GPR_CLOCK_REALTIME));
    if (watched && watch == NULL)
        status = mb_fail_memory(error);
    else if (x.status == GRPC_STATUS_OK)
        status = take_response(&x, channel->peer, response, error);
    else
        status = take_failure(&x, channel->peer, cancel, error);

out:
    mb_cancel_unwatch(watch);
    grpc_call_unref(grpc);
    grpc_completion_queue_shutdown(queue);
    grpc_completion_queue_destroy(queue);
    exchange_done(&x, call->header_count);
    return status;
}
