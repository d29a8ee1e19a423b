#include "server/exchange_private.h"

#include "base/address.h"
#include "base/random.h"
#include "server/tls.h"

#include <microhttpd.h>
#include <string.h>

static const char *address_of(struct mb_exchange *exchange)
{
    char text[MB_ADDRESS_SIZE];
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return mb_arena_strdup(exchange->call.arena,
                           mb_address_text(info != NULL ? info->client_addr : NULL, text));
}

static const char *certificate_name_of(struct mb_exchange *exchange)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    return info != NULL ? mb_tls_client_name(info->tls_session, exchange->call.arena) : "";
}

mb_status mb_exchange_name(struct mb_exchange *exchange, struct mb_error *error)
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

void mb_exchange_admit(struct mb_exchange *exchange)
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

/* Did a website make its visitor's browser send this?  It cannot read what a GET answers; but a name of its
 * own that leads to this machine makes the answer one of its own site, which matters where there are no
 * credentials. */
bool mb_exchange_is_forged(const struct mb_exchange *exchange)
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

static void answered_at_once(struct mb_api_call *call)
{
    (void)call;
}

bool mb_exchange_judge(struct mb_exchange *exchange)
{
    struct mb_api_call *call = &exchange->call;
    struct mb_error error = MB_ERROR_INIT;
    if (mb_exchange_name(exchange, &error) != MB_OK)
        return false;
    exchange->strange =
        !mb_auth_is_quick(exchange->shared->auth, exchange->head.authorization, exchange->name);
    if (exchange->strange)
        return true;
    mb_exchange_admit(exchange);
    if (call->caller.role >= exchange->route->role)
        return true;
    exchange->served = true;
    call->answered = answered_at_once;
    mb_api_serve(call);
    exchange->refusal = call->answer.status;
    return mb_exchange_linger(exchange, mb_exchange_answer(exchange));
}

bool mb_exchange_is_guarded(const struct mb_exchange *exchange)
{
    const struct mb_route *route = exchange->route;
    return route != NULL && route->role != MB_ROLE_NONE && mb_auth_required(exchange->shared->auth) &&
           (exchange->head.length > 0 || exchange->head.chunked);
}
