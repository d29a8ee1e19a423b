/* url.h - percent-encoding and endpoints. */
#ifndef MB_COMMON_URL_H
#define MB_COMMON_URL_H

#include "common/str.h"

#include <stdint.h>

/* Appends text with every byte encoded that is neither unreserved (RFC 3986 section 2.3) nor in keep:
 * "/" for a path, "" for a query. */
void mb_url_encode(struct mb_str *out, const char *text, const char *keep);

/* Appends "name=value" to a query, both encoded, with '&' between. value may be NULL: "name=". */
void mb_url_query(struct mb_str *query, const char *name, const char *value);

/* In place.  plus: '+' stands for a space, as in forms.  False for a broken escape and for %00; the text is
 * then undefined. */
bool mb_url_decode(char *text, bool plus);

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
void mb_endpoint_authority(const struct mb_endpoint *endpoint, const char *prefix, struct mb_str *out);

bool mb_endpoint_equal(const struct mb_endpoint *a, const struct mb_endpoint *b);

/* Is the host this machine itself, link-local, or the metadata service of a cloud?  Never reached by a proxy
 * that only the environment names. */
bool mb_host_is_local(const char *host);

#endif
