/* tls.h - certificates of the door, by GnuTLS, which libmicrohttpd stands on. */
#ifndef MB_SERVER_TLS_H
#define MB_SERVER_TLS_H

#include "base/arena.h"

struct mb_tls_files {
    const char *cert, *key, *client_ca; /* PEM; "" for none: without cert there is no TLS */
};

/* PEM texts; NULL for none. */
struct mb_tls {
    char *cert, *key, *client_ca;
};

/* Reads the files, and sees that they belong together.  What is wrong is said by server.tls.* and the file.
 */
mb_status mb_tls_read(struct mb_tls *out, const struct mb_tls_files *files, struct mb_error *error);
void mb_tls_done(struct mb_tls *tls); /* wipes the key */

/* TLS 1.2 and later. */
extern const char mb_tls_priorities[];

/* session is GnuTLS'.  The handshake will fail without a certificate that the client CA stands for. */
void mb_tls_demand_certificate(void *session);

/* The name in the client's certificate: its CN, or else its first DNS name; "" for none. */
const char *mb_tls_client_name(void *session, struct mb_arena *arena);

#endif
