/* connections.h - who is connected, and until when each has time to send or to take something.
 *
 * A client that sends a byte now and then would hold its connection for ever, so each has a point in time by
 * which a request must be there as a whole, or an answer have been taken.  A thread looks, and cuts. */
#ifndef MB_SERVER_CONNECTIONS_H
#define MB_SERVER_CONNECTIONS_H

#include "base/error.h"

#include <stdint.h>

struct mb_connections;
struct mb_connection;

struct mb_connections_options {
    unsigned limit;
    unsigned seconds;                        /* for a request */
    void (*full)(void *ctx, unsigned count); /* the limit is reached; called once a minute at most */
    void *ctx;
};

mb_status mb_connections_new(struct mb_connections **out, const struct mb_connections_options *options,
                             struct mb_error *error);
void mb_connections_free(struct mb_connections *connections); /* all have left */

/* fd stays open until mb_connections_leave.  NULL without memory. */
struct mb_connection *mb_connections_join(struct mb_connections *connections, int fd);
void mb_connections_leave(struct mb_connections *connections, struct mb_connection *connection);

/* From now on it has the time of a request, and that which bytes take on a slow line; or no limit. */
void mb_connection_hurry(struct mb_connections *connections, struct mb_connection *connection,
                         uint64_t bytes);
void mb_connection_rest(struct mb_connections *connections, struct mb_connection *connection);

/* So many that an idle one is not worth what it holds: to be closed after its answer. */
bool mb_connections_crowded(struct mb_connections *connections);

#endif
