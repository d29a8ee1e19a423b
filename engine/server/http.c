#include "server/http.h"

#include "base/clock.h"
#include "base/file.h"
#include "server/exchange.h"
#include "service/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
    CONNECTION_MEMORY = 256 << 10, /* for the headers; once a connection was used it keeps all of it */
    MOST_OPTIONS = 16,
};
#define GRACE (10 * MB_NS_PER_S) /* for clients to take their last answers */

struct mb_http_door {
    struct mb_exchanges shared;
    struct MHD_Daemon *daemon;
    bool demands_certificates;
};

/* ---------------------------------------------------------------- connections */

static void on_full(void *ctx, unsigned count)
{
    struct mb_http_door *door = ctx;
    char line[160];
    snprintf(line, sizeof line, "%u connections are open, as many as server.connections allows; others wait",
             count);
    mb_session_log(door->shared.session, MB_LOG_WARN, line);
}

static void on_connection(void *ctx, struct MHD_Connection *connection, void **place,
                          enum MHD_ConnectionNotificationCode what)
{
    struct mb_http_door *door = ctx;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        mb_connections_leave(door->shared.connections, *place);
        mb_metrics_connection(door->shared.metrics, MB_DOOR_HTTP, -1);
        return;
    }
    mb_metrics_connection(door->shared.metrics, MB_DOOR_HTTP, 1);
    const union MHD_ConnectionInfo *socket =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    *place = mb_connections_join(door->shared.connections, socket->connect_fd);
    if (door->demands_certificates)
        mb_tls_demand_certificate(
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session);
}

static struct mb_connection *line_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info != NULL ? info->socket_context : NULL;
}

/* ------------------------------------------------------------------- requests */

static void *on_target(void *ctx, const char *target, struct MHD_Connection *connection)
{
    struct mb_http_door *door = ctx;
    return mb_exchange_new(&door->shared, connection, line_of(connection), target != NULL ? target : "");
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data, size_t *len,
                                  void **place)
{
    struct mb_exchange *exchange = *place;
    bool goes_on;
    (void)ctx;
    (void)connection;
    (void)url;
    if (exchange == NULL)
        return MHD_NO;
    if (!mb_exchange_has_begun(exchange)) {
        goes_on = mb_exchange_begin(exchange, method, version);
    } else if (*len > 0) {
        goes_on = mb_exchange_take(exchange, data, *len);
        *len = 0;
    } else {
        goes_on = mb_exchange_go_on(exchange);
    }
    return goes_on ? MHD_YES : MHD_NO;
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **place,
                         enum MHD_RequestTerminationCode how)
{
    (void)ctx;
    (void)connection;
    (void)how;
    if (*place != NULL)
        mb_exchange_free(*place);
    *place = NULL;
}

/* Targets are decoded by target.h, which knows what a query is. */
static size_t leave_encoded(void *ctx, struct MHD_Connection *connection, char *text)
{
    size_t len = 0;
    (void)ctx;
    (void)connection;
    while (text[len] != '\0')
        len++;
    return len;
}

static void on_message(void *ctx, const char *format, va_list args) MB_PRINTF(2, 0);

static void on_message(void *ctx, const char *format, va_list args)
{
    struct mb_http_door *door = ctx;
    char line[512];
    vsnprintf(line, sizeof line, format, args);
    mb_session_log(door->shared.session, MB_LOG_DEBUG, line);
}

/* ------------------------------------------------------------------- the door */

static void put_tls(struct MHD_OptionItem *options, size_t *count, const struct mb_tls *tls)
{
    options[(*count)++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, tls->cert};
    options[(*count)++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, tls->key};
    options[(*count)++] =
        (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)mb_tls_priorities};
    if (tls->client_ca != NULL)
        options[(*count)++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_TRUST, 0, tls->client_ca};
}

static mb_status start(struct mb_http_door *door, const struct mb_http_door_options *options,
                       struct mb_error *error)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    struct MHD_OptionItem more[MOST_OPTIONS] = {0};
    size_t count = 0;
    int listener = fcntl(options->listener, F_DUPFD_CLOEXEC, 0);
    if (listener < 0)
        return mb_fail_errno(error, errno, "open the server's door");
    if (options->tls->cert != NULL) {
        flags |= MHD_USE_TLS;
        put_tls(more, &count, options->tls);
    }
    more[count] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    door->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, door, MHD_OPTION_EXTERNAL_LOGGER, on_message, door,
        MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_CONNECTION_LIMIT, options->connections,
        MHD_OPTION_CONNECTION_TIMEOUT, options->request_seconds, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY, MHD_OPTION_NOTIFY_COMPLETED, on_completed, door,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, door, MHD_OPTION_URI_LOG_CALLBACK, on_target, door,
        MHD_OPTION_UNESCAPE_CALLBACK, leave_encoded, NULL, MHD_OPTION_ARRAY, more, MHD_OPTION_END);
    if (door->daemon == NULL)
        return mb_fail(error, MB_E_INTERNAL, "the server's door for HTTP does not open; the log knows more");
    return MB_OK;
}

static mb_status open_door(struct mb_http_door *door, const struct mb_http_door_options *options,
                           struct mb_error *error)
{
    const struct mb_connections_options connections = {
        .limit = options->connections, .seconds = options->request_seconds, .full = on_full, .ctx = door};
    MB_TRY(mb_connections_new(&door->shared.connections, &connections, error));
    MB_TRY(mb_calls_new(&door->shared.calls, error));
    MB_TRY(mb_watch_new(&door->shared.watch, error));
    MB_TRY(mb_linger_new(&door->shared.linger, options->request_seconds, error));
    return start(door, options, error);
}

mb_status mb_http_door_open(struct mb_http_door **out, const struct mb_http_door_options *options,
                            struct mb_error *error)
{
    struct mb_http_door *door = calloc(1, sizeof *door);
    if (door == NULL)
        return mb_fail_memory(error);
    door->demands_certificates = options->tls->client_ca != NULL;
    door->shared = (struct mb_exchanges){.api = options->api,
                                         .auth = options->auth,
                                         .session = options->session,
                                         .metrics = options->metrics,
                                         .body_limit = options->body_limit,
                                         .on_loopback = options->on_loopback,
                                         .logged = options->logged};
    if (open_door(door, options, error) != MB_OK) {
        mb_http_door_close(door);
        return error->status;
    }
    *out = door;
    return MB_OK;
}

void mb_http_door_close(struct mb_http_door *door)
{
    if (door == NULL)
        return;
    if (door->daemon != NULL) {
        atomic_store(&door->shared.closing, true);
        int listener = MHD_quiesce_daemon(door->daemon);
        shutdown(listener, SHUT_RDWR);            /* closed later, since the thread may just accept from it */
        mb_calls_wait(door->shared.calls, GRACE); /* a suspended connection must not see the daemon's end */
        MHD_stop_daemon(door->daemon);
        mb_file_close(listener);
    }
    mb_watch_free(door->shared.watch);
    mb_linger_free(door->shared.linger);
    mb_calls_free(door->shared.calls);
    mb_connections_free(door->shared.connections);
    free(door);
}
