#include "server/http.h"

#include "base/pool.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { WORKERS = 16, MAX_ANSWER = 256 << 20 };

struct mb_http_door {
    struct MHD_Daemon *daemon;
    struct mb_api *api;
    struct mb_http_door_options options;
    struct mb_pool *workers;
    struct mb_group *calls;
};

/* One request on its way. */
struct exchange {
    struct mb_http_door *door;
    struct MHD_Connection *connection;
    struct mb_buf body;
    struct mb_api_call call;
    bool served; /* has been handed to a worker */
};

/* ------------------------------------------------------------------ the call */

static void answered(struct mb_api_call *call)
{
    struct exchange *exchange = call->door;
    MHD_resume_connection(exchange->connection);
}

static mb_status serve(void *ctx, struct mb_cancel *cancel, struct mb_error *error)
{
    struct exchange *exchange = ctx;
    (void)cancel;
    (void)error;
    mb_api_serve(&exchange->call);
    return MB_OK;
}

static enum MHD_Result add_pair(void *ctx, enum MHD_ValueKind kind, const char *key, const char *value)
{
    struct mb_api_call *call = ctx;
    struct mb_kv *pairs = (struct mb_kv *)(uintptr_t)call->query;
    (void)kind;
    pairs[call->query_count++] = (struct mb_kv){.key = key, .value = value != NULL ? value : ""};
    return MHD_YES;
}

static void take_query(struct exchange *exchange)
{
    struct mb_api_call *call = &exchange->call;
    int count = MHD_get_connection_values(exchange->connection, MHD_GET_ARGUMENT_KIND, NULL, NULL);
    call->query = mb_arena_alloc(call->arena, (size_t)count + 1, sizeof *call->query);
    if (call->query != NULL)
        MHD_get_connection_values(exchange->connection, MHD_GET_ARGUMENT_KIND, add_pair, call);
}

static void hand_over(struct exchange *exchange)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_api_call *call = &exchange->call;
    const char *id = MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, "request_id");

    take_query(exchange);
    call->request_id = id != NULL ? id : "";
    call->caller =
        (struct mb_caller){.name = "", .role = MB_ROLE_WRITE, .address = "", .request_id = call->request_id};
    call->body = mb_buf_text(&exchange->body);
    call->body_len = exchange->body.len;
    exchange->served = true;
    MHD_suspend_connection(exchange->connection);
    if (mb_group_submit(exchange->door->calls, serve, exchange, &error) != MB_OK)
        mb_api_text(call, 503, "text/plain", error.message);
}

static enum MHD_Result send_answer(struct exchange *exchange)
{
    struct mb_answer *answer = &exchange->call.answer;
    size_t len = answer->body.len;
    char *body = mb_buf_steal(&answer->body);
    struct MHD_Response *response =
        body != NULL ? MHD_create_response_from_buffer_with_free_callback(len, body, free)
                     : MHD_create_response_from_buffer(0, (char *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);
    if (response == NULL)
        return MHD_NO;
    if (answer->content_type != NULL)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
    if (answer->location != NULL)
        MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION, answer->location);
    enum MHD_Result queued = MHD_queue_response(exchange->connection, answer->status, response);
    MHD_destroy_response(response);
    return queued;
}

/* ------------------------------------------------------------- its connection */

static struct exchange *begin(struct mb_http_door *door, struct MHD_Connection *connection, const char *url,
                              const char *method)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    struct mb_arena *arena = exchange != NULL ? mb_arena_new() : NULL;
    if (arena == NULL) {
        free(exchange);
        return NULL;
    }
    exchange->door = door;
    exchange->connection = connection;
    mb_buf_init(&exchange->body, door->options.body_limit);
    exchange->call = (struct mb_api_call){.api = door->api,
                                          .arena = arena,
                                          .method = mb_arena_strdup(arena, method),
                                          .path = mb_arena_strdup(arena, url),
                                          .raw_query = "",
                                          .answered = answered,
                                          .door = exchange};
    mb_buf_init(&exchange->call.answer.body, MAX_ANSWER);
    return exchange;
}

static void ended(void *ctx, struct MHD_Connection *connection, void **place,
                  enum MHD_RequestTerminationCode how)
{
    struct exchange *exchange = *place;
    (void)ctx;
    (void)connection;
    (void)how;
    if (exchange == NULL)
        return;
    *place = NULL;
    mb_buf_done(&exchange->body);
    mb_buf_done(&exchange->call.answer.body);
    mb_arena_free(exchange->call.arena);
    free(exchange);
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data, size_t *len,
                                  void **place)
{
    struct exchange *exchange = *place;
    (void)version;
    if (exchange == NULL) {
        *place = begin(ctx, connection, url, method);
        return *place != NULL ? MHD_YES : MHD_NO;
    }
    if (*len > 0) {
        mb_buf_append(&exchange->body, data, *len);
        *len = 0;
        return MHD_YES;
    }
    if (exchange->served)
        return send_answer(exchange);
    hand_over(exchange);
    return MHD_YES;
}

/* ------------------------------------------------------------------- the door */

static mb_status listen_at(struct mb_http_door *door, struct mb_error *error)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(door->options.port)};
    if (inet_pton(AF_INET, door->options.address, &address.sin_addr) != 1)
        return mb_fail(error, MB_E_CONFIG, "server.address is '%s', which is no address",
                       door->options.address);
    door->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, door->options.port, NULL, NULL, on_request,
        door, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_CONNECTION_LIMIT,
        door->options.connections, MHD_OPTION_CONNECTION_TIMEOUT, door->options.request_seconds,
        MHD_OPTION_NOTIFY_COMPLETED, ended, NULL, MHD_OPTION_END);
    if (door->daemon == NULL)
        return mb_fail(error, MB_E_CONFIG, "cannot listen on %s:%u", door->options.address,
                       (unsigned)door->options.port);
    return MB_OK;
}

static mb_status open_door(struct mb_http_door *door, struct mb_error *error)
{
    door->workers = mb_pool_new(WORKERS);
    door->calls = door->workers != NULL ? mb_group_new(door->workers, NULL) : NULL;
    if (door->calls == NULL)
        return mb_fail_memory(error);
    return listen_at(door, error);
}

mb_status mb_http_door_open(struct mb_http_door **out, struct mb_api *api,
                            const struct mb_http_door_options *options, struct mb_error *error)
{
    struct mb_http_door *door = calloc(1, sizeof *door);
    if (door == NULL)
        return mb_fail_memory(error);
    door->api = api;
    door->options = *options;
    mb_status status = open_door(door, error);
    if (status != MB_OK) {
        mb_http_door_close(door);
        return status;
    }
    *out = door;
    return MB_OK;
}

uint16_t mb_http_door_port(const struct mb_http_door *door)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(door->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info != NULL ? info->port : 0;
}

void mb_http_door_close(struct mb_http_door *door)
{
    if (door == NULL)
        return;
    if (door->daemon != NULL)
        MHD_quiesce_daemon(door->daemon);
    mb_group_free(door->calls);
    if (door->daemon != NULL)
        MHD_stop_daemon(door->daemon);
    mb_pool_free(door->workers);
    free(door);
}
