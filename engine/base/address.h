/* address.h - addresses of the network as text. */
#ifndef MB_BASE_ADDRESS_H
#define MB_BASE_ADDRESS_H

#include <netinet/in.h>
#include <stddef.h>

enum { MB_ADDRESS_SIZE = INET6_ADDRSTRLEN };

/* "192.0.2.1", also for one that IPv6 wraps, or "2001:db8::1"; "" for NULL and what is neither.  Returns out,
 * which has room for MB_ADDRESS_SIZE bytes. */
const char *mb_address_text(const struct sockaddr *address, char *out);

#endif
