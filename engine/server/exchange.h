/* exchange.h - one request on its way through the door: read, handed to a worker, answered.
 *
 * libmicrohttpd's thread reads and sends; while a worker serves the call the connection is suspended.  A
 * client that leaves meanwhile is noticed when its answer is sent, so the work goes on, unless the call is
 * bound to it (watch.h). */
#ifndef MB_SERVER_EXCHANGE_H
#define MB_SERVER_EXCHANGE_H

#include "api/api.h"
#include "server/calls.h"
#include "server/connections.h"
#include "server/linger.h"
#include "server/watch.h"
#include "service/auth.h"

#include <stdatomic.h>

struct MHD_Connection;

/* What all exchanges of a door share. */
struct mb_exchanges {
    struct mb_api *api;
    struct mb_auth *auth;
    struct mb_session *session; /* whose log tells of them */
    struct mb_metrics *metrics; /* that count what never reaches the API; or NULL */
    struct mb_connections *connections;
    struct mb_calls *calls;
    struct mb_linger *linger;
    struct mb_watch *watch;
    uint64_t body_limit;
    bool on_loopback;        /* only this machine reaches the door */
    bool logged;             /* each of them */
    atomic_ullong bodies;    /* bytes that are held */
    atomic_ullong strangers; /* likewise, of those whose passwords are looked at afterwards */
    atomic_bool closing;     /* nothing more is taken */
};

struct mb_exchange;

/* raw is the target as sent.  NULL without memory. */
struct mb_exchange *mb_exchange_new(struct mb_exchanges *shared, struct MHD_Connection *connection,
                                    struct mb_connection *line, const char *raw);
void mb_exchange_free(struct mb_exchange *exchange);

/* The three times that libmicrohttpd calls: with the headers, with parts of the body, and when all is there
 * or the answer is.  False to cut the connection. */
bool mb_exchange_begin(struct mb_exchange *exchange, const char *method, const char *version);
bool mb_exchange_take(struct mb_exchange *exchange, const char *data, size_t len);
bool mb_exchange_go_on(struct mb_exchange *exchange);

bool mb_exchange_has_begun(const struct mb_exchange *exchange);

#endif
