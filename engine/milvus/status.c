#include "milvus/status.h"
#include "milvus/reason.h"

#include <grpc/status.h>
#include <stdio.h>
#include <string.h>

static bool contains(const char *text, const char *part)
{
    return strcasestr(text, part) != NULL;
}

/* Into text, of MB_REASON_CAP bytes; what is left out goes to the log. */
static const char *brief(const struct mb_peer *peer, const char *reason, char *text)
{
    if (!mb_reason_brief(reason, text, MB_REASON_CAP))
        mb_log(peer->log, MB_LOG_DEBUG, "%s says: %s", peer->place, reason);
    mb_log_mask(peer->secrets, text);
    return *text ? text : "no reason given";
}

/* gRPC says these when no byte of the call can have reached a server. */
static bool never_connected(const char *details)
{
    return contains(details, "failed to connect") || contains(details, "dns resolution failed") ||
           contains(details, "connections to all backends failing");
}

static bool speaks_of_tls(const char *details)
{
    return contains(details, "ssl") || contains(details, "tls") || contains(details, "handshake") ||
           contains(details, "certificate") || contains(details, "peer name");
}

/* Certificates and protocols do not come right by waiting. */
static bool is_lasting(const char *details)
{
    return contains(details, "ssl_error_ssl") || contains(details, "certificate") ||
           contains(details, "peer name") || contains(details, "http1.x");
}

static mb_status fail_unreachable(const struct mb_peer *peer, const char *details, const char *reason,
                                  struct mb_error *error)
{
    const char *k = peer->keys;
    bool tls = peer->tls != MB_MILVUS_TLS_DISABLED;
    mb_status status = is_lasting(details) ? MB_E_CONFIG : MB_E_UNAVAILABLE;

    if (tls && speaks_of_tls(details))
        status =
            mb_fail(error, status,
                    "the TLS handshake with %s failed (check %s.tlsMode, %s.caCertPath, %s.serverName%s; a "
                    "server without TLS needs %s.tlsMode 0): %s",
                    peer->place, k, k, k,
                    peer->tls == MB_MILVUS_TLS_MUTUAL ? ", mtlsCertPath, mtlsKeyPath" : "", k, reason);
    else if (contains(details, "connection refused") || contains(details, "dns resolution") ||
             contains(details, "no route") || contains(details, "unreachable") ||
             contains(details, "timed out") || contains(details, "timeout"))
        status = mb_fail(error, status,
                         "nobody answers at %s (is Milvus running; check %s.address and %s.port): %s",
                         peer->place, k, k, reason);
    else
        status =
            mb_fail(error, status,
                    "the connection to %s broke (check %s.address, %s.port and %s.tlsMode, which is %s): %s",
                    peer->place, k, k, k, tls ? "on" : "off", reason);
    if (!never_connected(details))
        error->flags |= MB_ERR_AMBIGUOUS;
    return status;
}

static mb_status fail_user(const struct mb_peer *peer, const char *details, struct mb_error *error)
{
    return mb_fail(error, MB_E_UNAUTHENTICATED,
                   "%s does not accept %s (check milvus.user and milvus.password): %s", peer->place,
                   peer->has_user ? "the user or password" : "calls without a user", details);
}

/* A message that is too large stays so; what else is short comes back. */
static mb_status fail_exhausted(const struct mb_peer *peer, const char *reason, struct mb_error *error)
{
    if (contains(reason, "larger than max"))
        return mb_fail(error, MB_E_PROTOCOL, "%s: %s", peer->place, reason);
    return mb_fail(error, MB_E_THROTTLED, "%s turned the call away: %s", peer->place, reason);
}

static const char *grpc_status_name(int grpc_status)
{
    static const char *const names[] = {
        [GRPC_STATUS_OK] = "OK",
        [GRPC_STATUS_CANCELLED] = "CANCELLED",
        [GRPC_STATUS_UNKNOWN] = "UNKNOWN",
        [GRPC_STATUS_INVALID_ARGUMENT] = "INVALID_ARGUMENT",
        [GRPC_STATUS_DEADLINE_EXCEEDED] = "DEADLINE_EXCEEDED",
        [GRPC_STATUS_NOT_FOUND] = "NOT_FOUND",
        [GRPC_STATUS_ALREADY_EXISTS] = "ALREADY_EXISTS",
        [GRPC_STATUS_PERMISSION_DENIED] = "PERMISSION_DENIED",
        [GRPC_STATUS_RESOURCE_EXHAUSTED] = "RESOURCE_EXHAUSTED",
        [GRPC_STATUS_FAILED_PRECONDITION] = "FAILED_PRECONDITION",
        [GRPC_STATUS_ABORTED] = "ABORTED",
        [GRPC_STATUS_OUT_OF_RANGE] = "OUT_OF_RANGE",
        [GRPC_STATUS_UNIMPLEMENTED] = "UNIMPLEMENTED",
        [GRPC_STATUS_INTERNAL] = "INTERNAL",
        [GRPC_STATUS_UNAVAILABLE] = "UNAVAILABLE",
        [GRPC_STATUS_DATA_LOSS] = "DATA_LOSS",
        [GRPC_STATUS_UNAUTHENTICATED] = "UNAUTHENTICATED",
    };
    if (grpc_status < 0 || (size_t)grpc_status >= sizeof names / sizeof names[0] ||
        names[grpc_status] == NULL)
        return "UNKNOWN";
    return names[grpc_status];
}

/* What none of the keys of Milvus explains. */
static mb_status fail_foreign(const struct mb_peer *peer, int grpc_status, const char *reason,
                              struct mb_error *error)
{
    switch (grpc_status) {
    case GRPC_STATUS_UNAVAILABLE:
    case GRPC_STATUS_CANCELLED:
    case GRPC_STATUS_ABORTED:
        return mb_fail(error, MB_E_UNAVAILABLE, "%s: %s", peer->place, reason);
    case GRPC_STATUS_DEADLINE_EXCEEDED:
        return mb_fail(error, MB_E_TIMEOUT, "%s did not answer in time", peer->place);
    case GRPC_STATUS_RESOURCE_EXHAUSTED:
        return mb_fail(error, MB_E_THROTTLED, "%s turned the call away: %s", peer->place, reason);
    case GRPC_STATUS_UNAUTHENTICATED:
    case GRPC_STATUS_PERMISSION_DENIED:
        return mb_fail(error, MB_E_FORBIDDEN, "%s: %s", peer->place, reason);
    default:
        return mb_fail(error, MB_E_PROTOCOL, "%s: %s", peer->place, reason);
    }
}

mb_status mb_status_from_grpc(const struct mb_peer *peer, int grpc_status, const char *details,
                              struct mb_error *error)
{
    char text[MB_REASON_CAP];
    const char *reason = brief(peer, details, text);
    mb_status status;

    if (peer->foreign)
        return fail_foreign(peer, grpc_status, reason, error);
    switch (grpc_status) {
    case GRPC_STATUS_UNAVAILABLE:
        status = fail_unreachable(peer, details, reason, error);
        break;
    case GRPC_STATUS_UNAUTHENTICATED:
        status = fail_user(peer, reason, error);
        break;
    case GRPC_STATUS_PERMISSION_DENIED:
        status = mb_fail(error, MB_E_FORBIDDEN, "the user in milvus.user may not do this at %s: %s",
                         peer->place, reason);
        break;
    case GRPC_STATUS_RESOURCE_EXHAUSTED:
        status = fail_exhausted(peer, reason, error);
        break;
    case GRPC_STATUS_UNIMPLEMENTED:
        status = mb_fail(error, MB_E_UNSUPPORTED, "this Milvus does not know the call: %s", reason);
        break;
    case GRPC_STATUS_DEADLINE_EXCEEDED:
        status = mb_fail(error, MB_E_TIMEOUT, "%s did not answer in time", peer->place);
        error->flags |= MB_ERR_AMBIGUOUS;
        break;
    case GRPC_STATUS_NOT_FOUND:
        status = mb_fail(error, MB_E_NOT_FOUND, "%s", reason);
        break;
    case GRPC_STATUS_INVALID_ARGUMENT:
        status = mb_fail(error, MB_E_INVALID, "%s", reason);
        break;
    case GRPC_STATUS_CANCELLED:
    case GRPC_STATUS_ABORTED:
        status = mb_fail(error, MB_E_UNAVAILABLE, "%s broke the call off: %s", peer->place, reason);
        error->flags |= MB_ERR_AMBIGUOUS;
        break;
    default:
        status = mb_fail(error, MB_E_PROTOCOL, "%s: %s", peer->place, reason);
        break;
    }
    snprintf(error->provider_code, sizeof error->provider_code, "%s", grpc_status_name(grpc_status));
    return status;
}

/* Milvus' codes (pkg/util/merr) and the older enum (common.proto ErrorCode), where they mean something to us.
 */
static const struct code {
    int32_t code;
    bool old;
    mb_status status;
} codes[] = {
    {1, false, MB_E_UNAVAILABLE},        {2, false, MB_E_UNAVAILABLE},
    {4, false, MB_E_THROTTLED},          {8, false, MB_E_THROTTLED},
    {3, false, MB_E_NO_SPACE},           {7, false, MB_E_NO_SPACE},
    {10, false, MB_E_UNSUPPORTED},       {100, false, MB_E_NOT_FOUND},
    {200, false, MB_E_NOT_FOUND},        {700, false, MB_E_NOT_FOUND},
    {800, false, MB_E_NOT_FOUND},        {1000, false, MB_E_NOT_FOUND},
    {1100, false, MB_E_INVALID},         {1101, false, MB_E_INVALID},
    {1102, false, MB_E_INVALID},         {1400, false, MB_E_UNAUTHENTICATED},
    {1800, false, MB_E_UNAUTHENTICATED}, {1401, false, MB_E_FORBIDDEN},
    {1807, false, MB_E_THROTTLED},       {3, true, MB_E_FORBIDDEN},
    {4, true, MB_E_NOT_FOUND},           {5, true, MB_E_INVALID},
    {25, true, MB_E_NOT_FOUND},          {28, true, MB_E_NOT_FOUND},
    {49, true, MB_E_THROTTLED},          {56, true, MB_E_UNAVAILABLE},
    {57, true, MB_E_UNAVAILABLE},        {100, true, MB_E_UNAVAILABLE},
};

static mb_status code_to_status(int32_t code, bool old)
{
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i].code == code && codes[i].old == old)
            return codes[i].status;
    return MB_OK;
}

/* Servers before 2.3 say most things in words only. */
static mb_status text_to_status(const char *reason)
{
    if (contains(reason, "rate limit exceeded") || contains(reason, "request is rejected by"))
        return MB_E_THROTTLED;
    if (contains(reason, "can't find collection") || contains(reason, "collection not found") ||
        contains(reason, "index not found") || contains(reason, "index not exist") ||
        contains(reason, "index doesn't exist") || contains(reason, "partition not found") ||
        contains(reason, "database not found") || contains(reason, "task id doesn't exist") ||
        contains(reason, "job does not exist"))
        return MB_E_NOT_FOUND;
    return MB_OK;
}

mb_status mb_status_from_server(const struct mb_server_status *server, const struct mb_peer *peer,
                                struct mb_error *error)
{
    if (server->code == 0 && server->error_code == 0)
        return MB_OK;

    char text[MB_REASON_CAP];
    const char *reason = brief(peer, server->reason, text);
    mb_status status = text_to_status(server->reason);
    if (status == MB_OK && server->code != 0)
        status = code_to_status(server->code, false);
    if (status == MB_OK)
        status = code_to_status(server->error_code, true);

    if (status == MB_E_UNAUTHENTICATED) {
        status = fail_user(peer, reason, error);
    } else if (status == MB_E_FORBIDDEN) {
        status = mb_fail(error, status, "the user in milvus.user may not do this: %s", reason);
    } else if (status != MB_OK) {
        status = mb_fail(error, status, "%s", reason);
    } else {
        /* It was reached and answered: only its own word makes of that a matter of trying again. */
        status = mb_fail(error, server->retriable ? MB_E_UNAVAILABLE : MB_E_INTERNAL, "%s", reason);
    }
    if (server->retriable)
        error->flags |= MB_ERR_RETRYABLE;
    snprintf(error->provider_code, sizeof error->provider_code, "%d",
             server->code ? (int)server->code : (int)server->error_code);
    return status;
}

const char *mb_status_reason(const struct mb_peer *peer, const char *reason, struct mb_arena *arena)
{
    char text[MB_REASON_CAP];
    return mb_arena_strdup(arena, *reason ? brief(peer, reason, text) : "");
}
