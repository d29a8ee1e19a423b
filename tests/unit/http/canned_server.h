/* canned_server.h - a server on a free port of 127.0.0.1 that answers each request with the next of some
 * given bytes and remembers what it was asked. */
#ifndef MB_TEST_CANNED_SERVER_H
#define MB_TEST_CANNED_SERVER_H

#include <stdbool.h>
#include <stddef.h>

struct canned_reply {
    const char *bytes;
    size_t repeat_last; /* the last byte is sent that many times more */
    bool close;         /* the connection, after the bytes */
};

struct canned_server;

struct canned_server *canned_start(const struct canned_reply *replies, size_t count);

/* Everything that came, requests one after the other; and how many connections were made.  After canned_stop
 * only. */
const char *canned_requests(const struct canned_server *server);
int canned_connections(const struct canned_server *server);
int canned_port(const struct canned_server *server);

void canned_stop(struct canned_server *server);
void canned_free(struct canned_server *server);

#endif
