#include "server/exchange.h"

#include "api/route.h"
#include "base/clock.h"
#include "base/random.h"
#include "server/answer.h"
#include "server/front.h"
#include "server/head.h"
#include "server/target.h"
#include "server/tls.h"
#include "service/metrics.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSON       "application/json; charset=utf-8"
#define MAX_ANSWER (UINT64_C(1) << 30)

enum {
    SPILL = 4,          /* times the limit: how much of a body is read that will be refused */
    BODIES = 8,         /* times the limit: how much all bodies together may hold */
    STRANGE_BODIES = 2, /* likewise, of those who may turn out not to be let in */
};

struct mb_exchange {
    struct mb_exchanges *shared;
    struct MHD_Connection *connection;
    struct mb_connection *line;
    const char *raw;
    int64_t began;
    struct mb_head head;
    struct mb_buf body;
    uint64_t taken, sent; /* bytes of the body that came; of the answer */
    unsigned refusal;     /* the status of an answer that was decided on while the body still comes; 0 */
    const char *name;     /* in the client's certificate */
    struct mb_error why;  /* the caller has no role */
    const struct mb_route *route;
    const struct mb_console_page *page;
    struct mb_api_call call;
    struct mb_watched watched;
    bool begun, started; /* has headers; has been handed to a worker */
    bool judged, served; /* it is known who asks; the API has answered */
    bool strange;        /* a password has to be hashed first: its body has a budget of its own */
    atomic_bool answered;
};

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

static int socket_of(struct mb_exchange *exchange)
{
    return MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
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
    mb_watch_add(exchange->shared->watch, &exchange->watched, socket_of(exchange));
}

/* Not in libmicrohttpd's thread, since looking at a password takes its time. */
static void admit(struct mb_exchange *exchange)
{
    struct mb_api_call *call = &exchange->call;
    if (exchange->judged)
        return;
    exchange->judged = true;
    call->caller.role = MB_ROLE_NONE;
    call->caller.name = "";
    if (exchange->route == NULL || exchange->route->role == MB_ROLE_NONE)
        return;
    if (mb_auth_check(exchange->shared->auth, exchange->head.authorization, exchange->name, call->arena,
                      &call->caller, &exchange->why) == MB_OK)
        return;
    call->caller.role = MB_ROLE_NONE;
    call->caller.name = "";
    call->refusal = &exchange->why;
}

static mb_status serve(void *ctx, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_exchange *exchange = ctx;
    (void)cancel;
    (void)error;
    admit(exchange);
    mb_api_serve(&exchange->call);
    return MB_OK;
}

/* --------------------------------------------------------------- who is asking */

static const char *address_of(struct mb_exchange *exchange)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info != NULL ? info->client_addr : NULL;
    char text[INET6_ADDRSTRLEN] = "";
    if (address != NULL && address->sa_family == AF_INET) {
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, text, sizeof text);
    } else if (address != NULL && address->sa_family == AF_INET6) {
        const struct in6_addr *ip = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        bool mapped = IN6_IS_ADDR_V4MAPPED(ip);
        inet_ntop(mapped ? AF_INET : AF_INET6, mapped ? &ip->s6_addr[12] : ip->s6_addr, text, sizeof text);
    }
    return mb_arena_strdup(exchange->call.arena, text);
}

static const char *certificate_name_of(struct mb_exchange *exchange)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    return info != NULL ? mb_tls_client_name(info->tls_session, exchange->call.arena) : "";
}

static mb_status name_request(struct mb_exchange *exchange, struct mb_error *error)
{
    struct mb_api_call *call = &exchange->call;
    const char *given = exchange->head.request_id;
    char made_up[MB_UUID_SIZE];

    MB_TRY(mb_random_uuid(made_up, error));
    bool usable = *given != '\0' && mb_head_is_plain(given);
    call->caller.request_id = usable ? given : mb_arena_strdup(call->arena, made_up);
    call->request_id = *given != '\0' ? call->caller.request_id : "";
    call->caller.name = "";
    call->caller.address = address_of(exchange);
    exchange->name = certificate_name_of(exchange);
    bool whole = call->caller.request_id != NULL && call->caller.address != NULL && exchange->name != NULL;
    return whole ? MB_OK : mb_fail_memory(error);
}

/* ------------------------------------------------------------------ its answer */

/* What never reached the API, which counts its own. */
static void count_own_answer(struct mb_exchange *exchange)
{
    struct mb_metrics *metrics = exchange->shared->metrics;
    if (exchange->served)
        return;
    mb_metrics_begin(metrics);
    mb_metrics_end(metrics, exchange->page != NULL ? "page" : "door",
                   exchange->page != NULL ? 200 : exchange->call.answer.status,
                   mb_clock_monotonic() - exchange->began);
}

static bool send_answer(struct mb_exchange *exchange)
{
    struct mb_exchanges *shared = exchange->shared;
    struct mb_answer *answer = &exchange->call.answer;
    struct mb_answer_options options = {.page = exchange->page,
                                        .challenge = mb_auth_challenge(shared->auth),
                                        .last = exchange->refusal != 0 || atomic_load(&shared->closing) ||
                                                mb_connections_crowded(shared->connections)};
    mb_connection_hurry(shared->connections, exchange->line, answer->body.len);
    count_own_answer(exchange);
    exchange->sent = exchange->page != NULL ? exchange->page->len : answer->body.len;
    return mb_answer_send(exchange->connection, answer, &options);
}

static bool refuse(struct mb_exchange *exchange, unsigned status, const char *content_type, const char *text)
{
    exchange->refusal = status;
    mb_front_text(&exchange->call, status, content_type, text);
    return send_answer(exchange);
}

static bool refuse_malformed(struct mb_exchange *exchange)
{
    return refuse(exchange, 400, "text/plain; charset=utf-8", "400 Bad Request");
}

static bool refuse_for_now(struct mb_exchange *exchange, const char *text)
{
    return refuse(exchange, 503, JSON, text);
}

static bool refuse_forged(struct mb_exchange *exchange)
{
    return refuse(exchange, 403, JSON, "{\"code\":2,\"msg\":\"the request comes from another website\"}");
}

static bool refuse_too_large(struct mb_exchange *exchange)
{
    return refuse(exchange, 413, JSON,
                  "{\"code\":400,\"msg\":\"the body is larger than server.bodyLimitMiB allows\"}");
}

/* ---------------------------------------------------------------- its body */

static atomic_ullong *budget_of(struct mb_exchange *exchange)
{
    return exchange->strange ? &exchange->shared->strangers : &exchange->shared->bodies;
}

static void forget_body(struct mb_exchange *exchange)
{
    atomic_fetch_sub(budget_of(exchange), exchange->body.len);
    mb_buf_done(&exchange->body);
    exchange->body = MB_BUF_INIT(0);
}

/* A body that is not wanted any more is read all the same, or else its client would not hear why. */
static void drop_body(struct mb_exchange *exchange, unsigned status)
{
    exchange->refusal = status;
    forget_body(exchange);
}

bool mb_exchange_take(struct mb_exchange *exchange, const char *data, size_t len)
{
    struct mb_exchanges *shared = exchange->shared;
    exchange->taken += len;
    if (exchange->taken > SPILL * shared->body_limit)
        return false;
    if (exchange->refusal != 0)
        return true;
    atomic_ullong *held = budget_of(exchange);
    uint64_t most = (exchange->strange ? STRANGE_BODIES : BODIES) * shared->body_limit;
    if (exchange->taken > shared->body_limit) {
        drop_body(exchange, 413);
    } else if (exchange->route == NULL || exchange->route->body == NULL) {
        return true; /* nobody reads it */
    } else if (atomic_load(held) + len > most || mb_buf_append(&exchange->body, data, len) != MB_OK) {
        drop_body(exchange, 503);
    } else {
        atomic_fetch_add(held, len);
    }
    return true;
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

/* Did a website make its visitor's browser send this?  It cannot read what a GET answers; but a name of its
 * own that leads to this machine makes the answer one of its own site, which matters where there are no
 * credentials. */
static bool is_forged(const struct mb_exchange *exchange)
{
    static const char *const harmless[] = {"GET", "HEAD", "OPTIONS"};
    const struct mb_exchanges *shared = exchange->shared;
    const struct mb_origin *origin = &exchange->head.origin;
    bool changes = true;
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        changes = changes && strcmp(exchange->call.method, harmless[i]) != 0;
    if (changes && mb_origin_is_foreign(origin))
        return true;
    return shared->on_loopback && *origin->host != '\0' && !mb_origin_host_is_local(origin->host) &&
           !mb_auth_required(shared->auth);
}

/* Refused without its body, which the client may be about to send all the same. */
static bool refuse_at_once(struct mb_exchange *exchange, bool refused)
{
    if (refused && (exchange->head.length > 0 || exchange->head.chunked))
        mb_linger_add(exchange->shared->linger, socket_of(exchange));
    return refused;
}

static void answered_at_once(struct mb_api_call *call)
{
    (void)call;
}

/* Who may not come in hears so before a body is taken that would need memory which others need. */
static bool judge(struct mb_exchange *exchange)
{
    struct mb_api_call *call = &exchange->call;
    struct mb_error error = MB_ERROR_INIT;
    if (name_request(exchange, &error) != MB_OK)
        return false;
    exchange->strange =
        !mb_auth_is_quick(exchange->shared->auth, exchange->head.authorization, exchange->name);
    if (exchange->strange)
        return true;
    admit(exchange);
    if (call->caller.role >= exchange->route->role)
        return true;
    exchange->served = true;
    call->answered = answered_at_once;
    mb_api_serve(call);
    exchange->refusal = call->answer.status;
    return refuse_at_once(exchange, send_answer(exchange));
}

static bool is_to_be_judged(const struct mb_exchange *exchange)
{
    const struct mb_route *route = exchange->route;
    return route != NULL && route->role != MB_ROLE_NONE && mb_auth_required(exchange->shared->auth) &&
           (exchange->head.length > 0 || exchange->head.chunked);
}

bool mb_exchange_begin(struct mb_exchange *exchange, const char *method, const char *version)
{
    struct mb_exchanges *shared = exchange->shared;
    struct mb_error error = MB_ERROR_INIT;
    exchange->begun = true;
    if (read_request(exchange, method, version, &error) != MB_OK)
        return error.status != MB_E_NO_MEMORY && refuse_at_once(exchange, refuse_malformed(exchange));
    if (is_forged(exchange))
        return refuse_at_once(exchange, refuse_forged(exchange));
    if (exchange->head.length > shared->body_limit)
        return refuse_at_once(exchange, refuse_too_large(exchange));
    exchange->route = mb_route_find(exchange->call.method, exchange->call.path);
    mb_connection_hurry(shared->connections, exchange->line, exchange->head.length);
    return !is_to_be_judged(exchange) || judge(exchange);
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

    if (call->caller.request_id == NULL && name_request(exchange, &error) != MB_OK)
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
        return !atomic_load(&exchange->answered) || send_answer(exchange);
    if (exchange->refusal == 413)
        return refuse_too_large(exchange);
    if (exchange->refusal != 0)
        return refuse_for_now(exchange, "{\"code\":3,\"msg\":\"too many bodies at once; try again\"}");
    if (atomic_load(&exchange->shared->closing))
        return refuse_for_now(exchange, "{\"code\":3,\"msg\":\"the server is stopping\"}");
    if (mb_front_answer(call, exchange->head.accept, &exchange->page))
        return send_answer(exchange);
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
    forget_body(exchange);
    mb_buf_done(&exchange->call.answer.body);
    mb_arena_free(exchange->call.arena);
    if (exchange->started)
        mb_calls_over(shared->calls);
    free(exchange);
}
