#include "server/exchange_private.h"

#include "base/clock.h"
#include "server/front.h"
#include "server/target.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_ANSWER (UINT64_C(1) << 30)

/* ------------------------------------------------------------------ the worker */

static void answered(struct mb_api_call *call)
{
    struct mb_exchange *exchange = call->door;
    struct mb_calls *calls = exchange->shared->calls;
    mb_watch_drop(exchange->shared->watch, &exchange->watched);
    atomic_store(&exchange->answered, true);
    MHD_resume_connection(exchange->connection); /* which may free the exchange at once */
    mb_calls_answered(calls);
}

static void on_gone(void *ctx)
{
    struct mb_exchange *exchange = ctx;
    mb_api_left(&exchange->call);
}

static void bind_task(struct mb_api_call *call)
{
    struct mb_exchange *exchange = call->door;
    exchange->watched.gone = on_gone;
    exchange->watched.ctx = exchange;
    mb_watch_add(exchange->shared->watch, &exchange->watched, mb_exchange_socket(exchange));
}

static mb_status serve(void *ctx, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_exchange *exchange = ctx;
    (void)cancel;
    (void)error;
    mb_exchange_admit(exchange);
    mb_api_serve(&exchange->call);
    return MB_OK;
}

/* ------------------------------------------------------------- from begin to end */

struct mb_exchange *mb_exchange_new(struct mb_exchanges *shared, struct MHD_Connection *connection,
                                    struct mb_connection *line, const char *raw)
{
    struct mb_exchange *exchange = calloc(1, sizeof *exchange);
    struct mb_arena *arena = exchange != NULL ? mb_arena_new() : NULL;
    if (arena == NULL) {
        free(exchange);
        return NULL;
    }
    exchange->shared = shared;
    exchange->connection = connection;
    exchange->line = line;
    exchange->raw = mb_arena_strdup(arena, raw);
    exchange->began = mb_clock_monotonic();
    exchange->why = MB_ERROR_INIT;
    exchange->call = (struct mb_api_call){
        .api = shared->api, .arena = arena, .answered = answered, .bind = bind_task, .door = exchange};
    mb_buf_init(&exchange->body, shared->body_limit);
    mb_buf_init(&exchange->call.answer.body, MAX_ANSWER);
    mb_connection_hurry(shared->connections, line, 0);
    return exchange;
}

static mb_status read_request(struct mb_exchange *exchange, const char *method, const char *version,
                              struct mb_error *error)
{
    struct mb_api_call *call = &exchange->call;
    struct mb_target target = {0};
    call->method = mb_arena_strdup(call->arena, method);
    if (call->method == NULL || exchange->raw == NULL)
        return mb_fail_memory(error);
    MB_TRY(mb_head_read(&exchange->head, call->arena, exchange->connection, version, error));
    MB_TRY(mb_target_parse(call->arena, exchange->raw, &target, error));
    call->path = target.path;
    call->raw_query = target.raw_query;
    call->query = target.query;
    call->query_count = target.query_count;
    return MB_OK;
}

bool mb_exchange_begin(struct mb_exchange *exchange, const char *method, const char *version)
{
    struct mb_exchanges *shared = exchange->shared;
    struct mb_error error = MB_ERROR_INIT;
    exchange->begun = true;
    if (read_request(exchange, method, version, &error) != MB_OK)
        return error.status != MB_E_NO_MEMORY &&
               mb_exchange_linger(exchange, mb_exchange_refuse_malformed(exchange));
    if (mb_exchange_is_forged(exchange))
        return mb_exchange_linger(exchange, mb_exchange_refuse_forged(exchange));
    if (exchange->head.length > shared->body_limit)
        return mb_exchange_linger(exchange, mb_exchange_refuse_too_large(exchange));
    exchange->route = mb_route_find(exchange->call.method, exchange->call.path);
    mb_connection_hurry(shared->connections, exchange->line, exchange->head.length);
    return !mb_exchange_is_guarded(exchange) || mb_exchange_judge(exchange);
}

bool mb_exchange_has_begun(const struct mb_exchange *exchange)
{
    return exchange->begun;
}

/* Neither the route nor a look at the password takes time. */
static bool is_quick(const struct mb_exchange *exchange)
{
    const struct mb_route *route = exchange->route;
    if (route == NULL || !route->quick)
        return route == NULL;
    return route->role == MB_ROLE_NONE ||
           mb_auth_knows(exchange->shared->auth, exchange->head.authorization, exchange->name);
}

static bool hand_over(struct mb_exchange *exchange)
{
    struct mb_exchanges *shared = exchange->shared;
    struct mb_api_call *call = &exchange->call;
    struct mb_error error = MB_ERROR_INIT;

    if (call->caller.request_id == NULL && mb_exchange_name(exchange, &error) != MB_OK)
        return false;
    call->body = mb_buf_text(&exchange->body);
    call->body_len = exchange->body.len;
    exchange->started = exchange->served = true;
    mb_connection_rest(shared->connections, exchange->line);
    MHD_suspend_connection(exchange->connection); /* before anybody could resume it */
    if (mb_calls_start(shared->calls, is_quick(exchange), serve, exchange, &error) != MB_OK)
        mb_api_text(call, 503, "text/plain", error.message);
    return true;
}

bool mb_exchange_go_on(struct mb_exchange *exchange)
{
    struct mb_api_call *call = &exchange->call;
    if (exchange->started)
        return !atomic_load(&exchange->answered) || mb_exchange_answer(exchange);
    if (exchange->refusal == 413)
        return mb_exchange_refuse_too_large(exchange);
    if (exchange->refusal != 0)
        return mb_exchange_refuse_for_now(exchange,
                                          "{\"code\":3,\"msg\":\"too many bodies at once; try again\"}");
    if (atomic_load(&exchange->shared->closing))
        return mb_exchange_refuse_for_now(exchange, "{\"code\":3,\"msg\":\"the server is stopping\"}");
    if (mb_front_answer(call, exchange->head.accept, &exchange->page))
        return mb_exchange_answer(exchange);
    return hand_over(exchange);
}

static void tell(const struct mb_exchange *exchange)
{
    const struct mb_api_call *call = &exchange->call;
    char line[512], took[32];
    snprintf(line, sizeof line, "%s %.200s: %u, %llu bytes in %s, for %s%s%s, request %s", call->method,
             call->path, exchange->page != NULL ? 200 : call->answer.status,
             (unsigned long long)exchange->sent,
             mb_text_duration(mb_clock_monotonic() - exchange->began, took, sizeof took), call->caller.name,
             *call->caller.name != '\0' ? " at " : "", call->caller.address, call->caller.request_id);
    mb_session_log(exchange->shared->session, MB_LOG_INFO, line);
}

void mb_exchange_free(struct mb_exchange *exchange)
{
    struct mb_exchanges *shared = exchange->shared;
    if (shared->logged && exchange->served)
        tell(exchange);
    mb_connection_hurry(shared->connections, exchange->line, 0);
    mb_exchange_forget_body(exchange);
    mb_buf_done(&exchange->call.answer.body);
    mb_arena_free(exchange->call.arena);
    if (exchange->started)
        mb_calls_over(shared->calls);
    free(exchange);
}
