/* What the configuration says of a server. */
#include "task/session.h"

/* The list of the configuration with NULL behind it. */
static mb_status list_of(const struct mb_config *config, const struct mb_strings *list,
                         const char *const **out, struct mb_error *error)
{
    const char **items = mb_arena_alloc(config->arena, list->count + 1, sizeof *items);
    if (items == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < list->count; i++)
        items[i] = list->items[i];
    *out = items;
    return MB_OK;
}

static mb_status settings_of(struct mb_session *session, struct mb_server_settings *out,
                             struct mb_error *error)
{
    if (session == NULL)
        return mb_abi_missing("session", error);
    const struct mb_config_server *server = &session->config->server;
    struct mb_server_settings value = {.enabled = server->enabled,
                                       .logs_requests = server->debug_mode,
                                       .base_path = server->swagger_base_path,
                                       .address = server->address,
                                       .port = server->port,
                                       .grpc_port = server->grpc_port,
                                       .state_dir = server->state_dir,
                                       .shutdown_seconds = server->shutdown_seconds,
                                       .request_seconds = server->request_seconds,
                                       .tasks = server->tasks,
                                       .queue = server->queue,
                                       .history = server->history,
                                       .connections = server->connections,
                                       .body_limit = server->body_limit,
                                       .allow_unauthenticated = server->allow_unauthenticated,
                                       .credentials_file = server->credentials_file,
                                       .tls_cert = server->tls_cert,
                                       .tls_key = server->tls_key,
                                       .tls_client_ca = server->tls_client_ca};
    pthread_mutex_lock(&session->lock); /* over the configuration's arena */
    mb_status status = list_of(session->config, &server->buckets, &value.buckets, error);
    if (status == MB_OK)
        status = list_of(session->config, &server->root_paths, &value.root_paths, error);
    pthread_mutex_unlock(&session->lock);
    MB_TRY(status);
    return mb_abi_give(out, MB_UP_TO(struct mb_server_settings, root_paths), &value, sizeof value, error);
}

mb_status mb_session_server(struct mb_session *session, struct mb_server_settings *out,
                            struct mb_error *error)
{
    MB_ANSWER(error, settings_of(session, out, &own));
}
