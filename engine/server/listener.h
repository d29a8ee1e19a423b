/* listener.h - the socket that a door listens on. */
#ifndef MB_SERVER_LISTENER_H
#define MB_SERVER_LISTENER_H

#include "base/error.h"

#include <stdint.h>

struct mb_listener {
    int fd;
    uint16_t port; /* the one that was taken, for 0 */
    bool beyond;   /* reached from other machines */
};

/* address is one of IPv4 or IPv6, with or without brackets, or a name; "::" is all of both.  What is wrong is
 * said by the key server.address and by port_keys, the ways to choose another port, in words. */
mb_status mb_listener_open(struct mb_listener *out, const char *address, uint16_t port, const char *port_keys,
                           struct mb_error *error);

/* "[::1]:8080" and "http://[::1]:8080" in a buffer. */
const char *mb_listener_place(char *out, size_t cap, const char *address, uint16_t port);
const char *mb_listener_url(char *out, size_t cap, const char *scheme, const char *address, uint16_t port);

#endif
