#include "server/server.h"

#include "base/text.h"
#include "rpc/rpc.h"
#include "server/http.h"

#include <stdio.h>

#define AN_HOUR_NS INT64_C(3600000000000)

struct server {
    const struct mb_server_options *options;
    struct mb_server_settings settings;
    struct mb_service *service;
    struct mb_api *api;
    struct mb_http_door *http;
    struct mb_rpc *rpc; /* or NULL */
};

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

static mb_status open_service(struct server *server, struct mb_error *error)
{
    const struct mb_server_settings *settings = &server->settings;
    const struct mb_service_options options = {.state_dir = settings->state_dir,
                                               .tasks = settings->tasks,
                                               .queue = settings->queue,
                                               .history = settings->history};
    return mb_service_open(&server->service, server->options->session, &options, error);
}

static mb_status open_rpc(struct server *server, struct mb_error *error)
{
    const struct mb_server_settings *settings = &server->settings;
    const struct mb_rpc_options rpc = {.address = settings->address,
                                       .port = settings->grpc_port,
                                       .tls_cert = settings->tls_cert,
                                       .tls_key = settings->tls_key,
                                       .tls_client_ca = settings->tls_client_ca,
                                       .body_limit = settings->body_limit,
                                       .request_seconds = settings->request_seconds};
    if (settings->grpc_port == 0)
        return MB_OK;
    return mb_rpc_open(&server->rpc, server->api, NULL, &rpc, error);
}

static mb_status open_doors(struct server *server, struct mb_error *error)
{
    const struct mb_server_settings *settings = &server->settings;
    const struct mb_http_door_options http = {.address = settings->address,
                                              .port = settings->port,
                                              .connections = settings->connections,
                                              .request_seconds = settings->request_seconds,
                                              .body_limit = settings->body_limit};
    MB_TRY(mb_api_open(&server->api, server->service,
                       &(struct mb_api_options){.base_path = settings->base_path}, error));
    MB_TRY(mb_http_door_open(&server->http, server->api, &http, error));
    return open_rpc(server, error);
}

static void tell_listening(const struct server *server)
{
    char rest[300], grpc[300] = "";
    snprintf(rest, sizeof rest, "http://%s:%u", server->settings.address,
             (unsigned)mb_http_door_port(server->http));
    if (server->rpc != NULL)
        snprintf(grpc, sizeof grpc, "%s:%u", server->settings.address, (unsigned)mb_rpc_port(server->rpc));
    server->options->listening(server->options->ctx, rest, grpc);
}

/* The doors stay open while tasks end, for those who wait for them or ask how far they are. */
static void close_all(struct server *server)
{
    mb_rpc_retire(server->rpc);
    if (server->service != NULL)
        mb_service_stop(server->service, (int64_t)server->settings.shutdown_seconds * 1000);
    mb_rpc_close(server->rpc);
    mb_http_door_close(server->http);
    mb_api_close(server->api);
    mb_service_close(server->service);
}

static mb_status serve(struct server *server, struct mb_cancel *cancel, struct mb_error *error)
{
    MB_TRY(read_settings(server, error));
    MB_TRY(open_service(server, error));
    MB_TRY(open_doors(server, error));
    tell_listening(server);
    for (struct mb_error told = MB_ERROR_INIT; !mb_cancel_requested(cancel);)
        mb_cancel_sleep(cancel, AN_HOUR_NS, &told);
    return MB_OK;
}

mb_status mb_server_run(const struct mb_server_options *options, struct mb_cancel *cancel,
                        struct mb_error *error)
{
    struct server server = {.options = options};
    mb_status status = serve(&server, cancel, error);
    close_all(&server);
    return status;
}
