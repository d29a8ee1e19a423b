/* endpoint.h - where a service listens, as its address, port and useSSL are configured. */
#ifndef MB_COMMON_ENDPOINT_H
#define MB_COMMON_ENDPOINT_H

#include "base/buf.h"

struct mb_endpoint {
    bool tls;
    bool ip;        /* host is a number, not a name */
    uint16_t port;  /* never 0 */
    char host[256]; /* lower case; IPv6 in its brackets */
};

/* address is a name or number, IPv6 with or without brackets, also with a scheme or a port of its own as long
 * as these agree with tls and port.  port 0: 443 or 80.  MB_E_CONFIG names the keys address, port and useSSL.
 */
mb_status mb_endpoint_parse(struct mb_endpoint *out, const char *address, uint16_t port, bool tls,
                            struct mb_error *error);

/* Appends "[prefix.]host[:port]"; the port is left out when it is the scheme's own.  prefix may be NULL. */
void mb_endpoint_authority(const struct mb_endpoint *endpoint, const char *prefix, struct mb_buf *out);

bool mb_endpoint_equal(const struct mb_endpoint *a, const struct mb_endpoint *b);

#endif
