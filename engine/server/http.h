/* http.h - the door for HTTP, over libmicrohttpd.
 *
 * Its own threads read requests and send answers; calls are served in a pool of workers, while their
 * connections rest. */
#ifndef MB_SERVER_HTTP_H
#define MB_SERVER_HTTP_H

#include "api/api.h"

struct mb_http_door;

struct mb_http_door_options {
    const char *address;
    uint16_t port; /* 0 takes a free one */
    unsigned connections;
    unsigned request_seconds;
    uint64_t body_limit;
};

mb_status mb_http_door_open(struct mb_http_door **out, struct mb_api *api,
                            const struct mb_http_door_options *options, struct mb_error *error);
uint16_t mb_http_door_port(const struct mb_http_door *door);

/* Takes no connection any more, waits for the calls under way, and ends. */
void mb_http_door_close(struct mb_http_door *door);

#endif
