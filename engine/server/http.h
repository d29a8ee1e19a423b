/* http.h - the door for HTTP, over libmicrohttpd.
 *
 * A thread of its own reads requests and sends answers; calls are served in workers, while their connections
 * rest. */
#ifndef MB_SERVER_HTTP_H
#define MB_SERVER_HTTP_H

#include "api/api.h"
#include "server/tls.h"
#include "service/auth.h"

struct mb_http_door;
struct mb_metrics;

struct mb_http_door_options {
    int listener; /* a socket, which stays the caller's; the door's end ends its listening */
    struct mb_api *api;
    struct mb_auth *auth;
    struct mb_session *session; /* its log */
    struct mb_metrics *metrics; /* or NULL */
    const struct mb_tls *tls;   /* without a certificate for none */
    unsigned connections;
    unsigned request_seconds; /* for a request to come, and for an answer to be taken */
    uint64_t body_limit;
    bool on_loopback; /* only this machine reaches the listener */
    bool logged;      /* every request */
};

mb_status mb_http_door_open(struct mb_http_door **out, const struct mb_http_door_options *options,
                            struct mb_error *error);

/* Takes no connection any more, waits for the calls under way, and ends. */
void mb_http_door_close(struct mb_http_door *door);

#endif
