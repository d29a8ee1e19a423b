#include "server/server.h"

#include "api/hint.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "rpc/rpc.h"
#include "server/http.h"
#include "server/listener.h"
#include "server/notify.h"
#include "service/health.h"
#include "service/metrics.h"
#include "service/schedule.h"

#include <stdio.h>

#define AN_HOUR_MS INT64_C(3600000)
#define MS_PER_S   INT64_C(1000)

enum { LISTS_MEMORY = 8 << 20 }; /* bytes */

struct server {
    const struct mb_server_options *options;
    struct mb_server_settings settings;
    struct mb_listener listener, grpc_listener;
    struct mb_tls tls;
    struct mb_service *service;
    struct mb_schedules *schedules;
    struct mb_health *health;
    struct mb_metrics *metrics;
    struct mb_auth *auth;
    struct mb_api *api;
    struct mb_http_door *http;
    struct mb_rpc *rpc; /* or NULL */
};

/* -------------------------------------------------------------------- settings */

static mb_status read_settings(struct server *server, struct mb_error *error)
{
    const struct mb_server_options *options = server->options;
    int64_t port = 0;
    server->settings = (struct mb_server_settings){.struct_size = sizeof server->settings};
    MB_TRY(mb_session_server(options->session, &server->settings, error));
    if (!server->settings.enabled)
        return mb_fail(error, MB_E_CONFIG, "http.enabled is false, so there is no server; make it true");
    if (options->address != NULL && *options->address != '\0')
        server->settings.address = options->address;
    if (options->port != NULL && mb_text_to_int64(options->port, &port))
        server->settings.port = (uint16_t)port;
    return MB_OK;
}

static mb_status read_tls(struct server *server, struct mb_error *error)
{
    const struct mb_server_settings *settings = &server->settings;
    const struct mb_tls_files files = {
        .cert = settings->tls_cert, .key = settings->tls_key, .client_ca = settings->tls_client_ca};
    return mb_tls_read(&server->tls, &files, error);
}

/* A server that everybody may use to delete backups is not to be had by an oversight. */
static mb_status check_who_may(const struct server *server, struct mb_error *error)
{
    const struct mb_server_settings *settings = &server->settings;
    if (!server->listener.beyond || mb_auth_required(server->auth) || settings->allow_unauthenticated)
        return MB_OK;
    return mb_fail(error, MB_E_CONFIG,
                   "server.address is '%s', which other machines reach, and there are no credentials: name "
                   "some in server.credentialsFile (or one token in MILVUS_BACKUP_TOKEN), or listen on "
                   "127.0.0.1, or let everybody do everything with server.allowUnauthenticated: true",
                   settings->address);
}

/* ----------------------------------------------------------------------- doors */

static mb_status open_http(struct server *server, struct mb_error *error)
{
    const struct mb_server_settings *settings = &server->settings;
    const struct mb_http_door_options http = {.listener = server->listener.fd,
                                              .api = server->api,
                                              .auth = server->auth,
                                              .session = server->options->session,
                                              .metrics = server->metrics,
                                              .tls = &server->tls,
                                              .connections = settings->connections,
                                              .request_seconds = settings->request_seconds,
                                              .body_limit = settings->body_limit,
                                              .on_loopback = !server->listener.beyond,
                                              .logged = settings->logs_requests};
    return mb_http_door_open(&server->http, &http, error);
}

static mb_status open_rpc(struct server *server, struct mb_error *error)
{
    const struct mb_server_settings *settings = &server->settings;
    if (settings->grpc_port == 0)
        return MB_OK;
    MB_TRY(mb_listener_open(&server->grpc_listener, settings->address, settings->grpc_port,
                            "server.grpcPort or SERVER_GRPC_PORT", error));
    const struct mb_rpc_options rpc = {.listener = server->grpc_listener.fd,
                                       .connections = settings->connections,
                                       .session = server->options->session,
                                       .tls_cert = settings->tls_cert,
                                       .tls_key = settings->tls_key,
                                       .tls_client_ca = settings->tls_client_ca,
                                       .body_limit = settings->body_limit,
                                       .request_seconds = settings->request_seconds};
    return mb_rpc_open(&server->rpc, server->api, server->auth, &rpc, error);
}

static mb_status open_auth(struct server *server, struct mb_error *error)
{
    const struct mb_auth_options auth = {.credentials_file = server->settings.credentials_file,
                                         .token = server->options->token,
                                         .certificates = server->tls.client_ca != NULL,
                                         .session = server->options->session};
    mb_session_hide(server->options->session, server->options->token);
    return mb_auth_open(&server->auth, &auth, error);
}

static mb_status open_service(struct server *server, struct mb_error *error)
{
    const struct mb_server_settings *settings = &server->settings;
    const struct mb_service_options options = {.state_dir = settings->state_dir,
                                               .tasks = settings->tasks,
                                               .queue = settings->queue,
                                               .history = settings->history,
                                               .word = mb_api_warning};
    MB_TRY(mb_session_remember(server->options->session, LISTS_MEMORY, error));
    return mb_service_open(&server->service, server->options->session, &options, error);
}

static mb_status open_schedules(struct server *server, struct mb_error *error)
{
    const struct mb_schedules_options options = {.state_dir = server->settings.state_dir};
    return mb_schedules_open(&server->schedules, server->options->session, server->service, &options, error);
}

static mb_status open_metrics(struct server *server, struct mb_error *error)
{
    const struct mb_metrics_options options = {.session = server->options->session,
                                               .service = server->service,
                                               .schedules = server->schedules,
                                               .health = server->health,
                                               .connections = server->settings.connections};
    return mb_metrics_open(&server->metrics, &options, error);
}

static mb_status open_all(struct server *server, struct mb_error *error)
{
    const struct mb_server_settings *settings = &server->settings;
    struct mb_api_options api = {.base_path = settings->base_path};
    MB_TRY(read_settings(server, error));
    MB_TRY(read_tls(server, error));
    MB_TRY(open_auth(server, error));
    MB_TRY(mb_listener_open(&server->listener, settings->address, settings->port,
                            "server.port, SERVER_PORT or -p", error));
    MB_TRY(check_who_may(server, error));
    MB_TRY(open_service(server, error));
    MB_TRY(open_schedules(server, error));
    MB_TRY(mb_health_open(&server->health, server->options->session, error));
    api.schedules = server->schedules;
    api.health = server->health;
    MB_TRY(open_metrics(server, error));
    api.metrics = server->metrics;
    MB_TRY(mb_api_open(&server->api, server->service, &api, error));
    MB_TRY(open_http(server, error));
    return open_rpc(server, error);
}

static void close_all(struct server *server)
{
    mb_schedules_stop(server->schedules);
    if (server->service != NULL)
        mb_service_stop(server->service, 0);
    mb_rpc_close(server->rpc);
    mb_http_door_close(server->http);
    mb_health_close(server->health);
    mb_api_close(server->api);
    mb_metrics_close(server->metrics);
    mb_schedules_close(server->schedules);
    mb_service_close(server->service);
    mb_auth_close(server->auth);
    mb_file_close(server->listener.fd);
    mb_file_close(server->grpc_listener.fd);
    mb_tls_done(&server->tls);
}

/* ------------------------------------------------------------------------ life */

static void tell_listening(const struct server *server)
{
    const struct mb_server_options *options = server->options;
    char rest[320], grpc[320] = "", state[400];
    mb_listener_url(rest, sizeof rest, server->tls.cert != NULL ? "https" : "http", server->settings.address,
                    server->listener.port);
    if (server->rpc != NULL)
        mb_listener_place(grpc, sizeof grpc, server->settings.address, server->grpc_listener.port);
    options->listening(options->ctx, rest, grpc);
    snprintf(state, sizeof state, "READY=1\nSTATUS=listening on %s", rest);
    mb_notify(options->notify_socket, state);
}

/* The manager is told twice within its time that this thread still runs. */
static void wait_for_the_end(const struct server *server, struct mb_cancel *cancel)
{
    const struct mb_server_options *options = server->options;
    int64_t ms = options->watchdog_ms > 0 ? (options->watchdog_ms + 1) / 2 : AN_HOUR_MS;
    for (struct mb_error told = MB_ERROR_INIT; !mb_cancel_requested(cancel);) {
        mb_cancel_sleep(cancel, ms * MB_NS_PER_MS, &told);
        if (options->watchdog_ms > 0)
            mb_notify(options->notify_socket, "WATCHDOG=1");
    }
}

/* The doors stay open while tasks end, so that those who wait for them hear how. */
static void stop(struct server *server)
{
    char state[120];
    unsigned long long us = (UINT64_C(30) + server->settings.shutdown_seconds) * 1000000;
    int len = snprintf(state, sizeof state, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%llu", us);
    if (server->options->watchdog_ms > 0) /* nobody says WATCHDOG=1 any more */
        snprintf(state + len, sizeof state - (size_t)len, "\nWATCHDOG_USEC=%llu", us);
    mb_notify(server->options->notify_socket, state);
    mb_rpc_retire(server->rpc);
    mb_schedules_stop(server->schedules);
    mb_service_stop(server->service, (int64_t)server->settings.shutdown_seconds * MS_PER_S);
    mb_session_cancel(server->options->session); /* what is asked of a storage that does not answer */
}

static mb_status serve(struct server *server, struct mb_cancel *cancel, struct mb_error *error)
{
    MB_TRY(open_all(server, error));
    tell_listening(server);
    wait_for_the_end(server, cancel);
    stop(server);
    return MB_OK;
}

mb_status mb_server_run(const struct mb_server_options *options, struct mb_cancel *cancel,
                        struct mb_error *error)
{
    struct server server = {.options = options, .listener = {.fd = -1}, .grpc_listener = {.fd = -1}};
    mb_status status = serve(&server, cancel, error);
    close_all(&server);
    return status;
}
