/* passage.h - one connection between a client and gRPC: what one side sends goes to the other, as it is.
 *
 * It is moved by one thread, by what epoll says of its two sockets.  What a side does not take yet is kept,
 * one part at most, and no more is read from the other. */
#ifndef MB_RPC_PASSAGE_H
#define MB_RPC_PASSAGE_H

#include "base/address.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum { MB_CLIENT, MB_GRPC, MB_SIDES };

struct mb_passage;

struct mb_side {
    struct mb_passage *passage;
    int fd;
    uint32_t events;    /* that epoll waits for */
    bool ended;         /* it sends no more */
    char *rest;         /* was read here and not yet taken by the other side; or NULL */
    size_t taken, size; /* of it */
};

struct mb_passage {
    struct mb_side sides[MB_SIDES];
    char address[MB_ADDRESS_SIZE]; /* of the client */
    uint16_t port;                 /* that gRPC sees */
    int64_t due; /* when the client must have taken gRPC's last words; 0 while gRPC speaks */
    int64_t began;
    bool heard; /* gRPC has it: it spoke, or hung up */
    bool over;
    struct mb_passage *next, **place; /* the gate's */
};

/* Takes the client's socket in any case.  Goes to this port of 127.0.0.1. */
mb_status mb_passage_open(struct mb_passage **out, int client, const struct sockaddr *address, uint16_t to,
                          struct mb_error *error);
void mb_passage_free(struct mb_passage *passage);

/* Moves what can be moved, and has epoll wait for what cannot; sets `over` when nothing is left to do.
 * patience_ns is the time for last words. */
void mb_passage_go_on(struct mb_passage *passage, int epoll, int64_t patience_ns);

#endif
