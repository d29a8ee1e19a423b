/* gate.h - who comes to gRPC: so many connections at once, and only while there are descriptors for them.
 *
 * gRPC core bounds no connections, and stops listening for good once it finds no file descriptor for one.  So
 * it listens where nobody is led to but by the gate, which accepts, counts and passes bytes on (passage.h).
 */
#ifndef MB_RPC_GATE_H
#define MB_RPC_GATE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mb_gate;

struct mb_gate_options {
    int listener;                              /* does not block; it stays the caller's */
    uint16_t to;                               /* gRPC's port at 127.0.0.1 */
    unsigned connections;                      /* beyond them others wait until some have gone */
    unsigned seconds;                          /* for a client to take gRPC's last words */
    void (*count)(void *ctx, int change);      /* one connection more, or less; by a thread */
    void (*tell)(void *ctx, const char *line); /* why others wait, once a minute at most; by a thread */
    /* gRPC has neither spoken to a client nor hung up in more than `seconds`, which it always does: its
       listener is dead.  The port of another one; 0 for none now.  By the same thread; NULL for nothing. */
    uint16_t (*renew)(void *ctx);
    void *ctx;
};

mb_status mb_gate_open(struct mb_gate **out, const struct mb_gate_options *options, struct mb_error *error);

/* Nobody comes in any more; who is in goes on. */
void mb_gate_shut(struct mb_gate *gate);

/* When gRPC has ended: clients have some seconds to take its last words. */
void mb_gate_close(struct mb_gate *gate);

/* The address of the client that gRPC sees as this port of 127.0.0.1, into MB_ADDRESS_SIZE bytes; false for
 * one that did not come through the gate. */
bool mb_gate_client(struct mb_gate *gate, uint16_t port, char *out);

#endif
