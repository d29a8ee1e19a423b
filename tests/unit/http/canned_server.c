#include "canned_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 64, MAX_HEARD = 4 * 1024 * 1024 };

struct connection {
    int fd;
    char *heard;
    size_t len;
};

struct canned_server {
    const struct canned_reply *replies;
    size_t count;
    size_t next;
    int listener;
    int port;
    int wake[2];
    pthread_t thread;
    bool stopped;
    struct connection connections[MAX_CONNECTIONS];
    int made;
    char *all;
    size_t all_len;
};

static bool request_complete(const struct connection *connection)
{
    const char *end = strstr(connection->heard, "\r\n\r\n");
    if (!end)
        return false;
    const char *length = strcasestr(connection->heard, "\r\ncontent-length:");
    size_t body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
    return connection->len >= (size_t)(end - connection->heard) + 4 + body;
}

static void send_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        data += sent;
        len -= (size_t)sent;
    }
}

static void drop(struct connection *connection)
{
    close(connection->fd);
    free(connection->heard);
    connection->fd = -1;
    connection->heard = NULL;
}

static void answer(struct canned_server *server, struct connection *connection)
{
    memcpy(server->all + server->all_len, connection->heard, connection->len + 1);
    server->all_len += connection->len;
    connection->len = 0;
    connection->heard[0] = '\0';
    if (server->next >= server->count) {
        drop(connection);
        return;
    }
    const struct canned_reply *reply = &server->replies[server->next++];
    size_t len = strlen(reply->bytes);
    send_all(connection->fd, reply->bytes, len);
    if (reply->repeat_last > 0) {
        char *more = malloc(reply->repeat_last);
        memset(more, reply->bytes[len - 1], reply->repeat_last);
        send_all(connection->fd, more, reply->repeat_last);
        free(more);
    }
    if (reply->close)
        drop(connection);
}

static void hear(struct canned_server *server, struct connection *connection)
{
    ssize_t len =
        recv(connection->fd, connection->heard + connection->len, MAX_HEARD - connection->len - 1, 0);
    if (len <= 0) {
        drop(connection);
        return;
    }
    connection->len += (size_t)len;
    connection->heard[connection->len] = '\0';
    if (request_complete(connection))
        answer(server, connection);
}

static void welcome(struct canned_server *server)
{
    struct connection *connection = &server->connections[server->made];
    connection->fd = accept(server->listener, NULL, NULL);
    connection->heard = calloc(1, MAX_HEARD);
    connection->len = 0;
    server->made++;
}

static void *serve(void *ctx)
{
    struct canned_server *server = ctx;
    for (;;) {
        struct pollfd fds[MAX_CONNECTIONS + 2] = {{.fd = server->wake[0], .events = POLLIN},
                                                  {.fd = server->listener, .events = POLLIN}};
        for (int i = 0; i < server->made; i++)
            fds[i + 2] = (struct pollfd){.fd = server->connections[i].fd, .events = POLLIN};
        int known = server->made;
        if (poll(fds, (nfds_t)known + 2, -1) < 0 || fds[0].revents)
            return NULL;
        for (int i = 0; i < known; i++)
            if (fds[i + 2].revents)
                hear(server, &server->connections[i]);
        if (fds[1].revents && server->made < MAX_CONNECTIONS)
            welcome(server);
    }
}

struct canned_server *canned_start(const struct canned_reply *replies, size_t count)
{
    struct canned_server *server = calloc(1, sizeof(*server));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);

    server->replies = replies;
    server->count = count;
    server->all = calloc(1, MAX_HEARD * 2);
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(server->listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(server->listener, 64) != 0 || pipe(server->wake) != 0)
        abort();
    getsockname(server->listener, (struct sockaddr *)&address, &len);
    server->port = ntohs(address.sin_port);
    if (pthread_create(&server->thread, NULL, serve, server) != 0)
        abort();
    return server;
}

void canned_stop(struct canned_server *server)
{
    if (server->stopped)
        return;
    server->stopped = true;
    if (write(server->wake[1], "x", 1) != 1)
        abort();
    pthread_join(server->thread, NULL);
    for (int i = 0; i < server->made; i++)
        if (server->connections[i].fd >= 0)
            drop(&server->connections[i]);
    close(server->listener);
    close(server->wake[0]);
    close(server->wake[1]);
}

const char *canned_requests(const struct canned_server *server)
{
    return server->all;
}

int canned_connections(const struct canned_server *server)
{
    return server->made;
}

int canned_port(const struct canned_server *server)
{
    return server->port;
}

/* Its thread must be gone before its memory is the next server's. */
void canned_free(struct canned_server *server)
{
    canned_stop(server);
    free(server->all);
    free(server);
}
