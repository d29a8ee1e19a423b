#include "rpc/passage.h"

#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum {
    PART = 64 << 10,
    AT_ONCE = 4, /* parts, before others have their turn */
};

/* --------------------------------------------------------------------- opening */

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* The port is known before gRPC could see it. */
static bool connect_to(struct mb_passage *passage, uint16_t to)
{
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_in own = loopback(0), other = loopback(to);
    socklen_t len = sizeof own;
    passage->sides[MB_GRPC].fd = fd;
    if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof own) != 0 ||
        getsockname(fd, (struct sockaddr *)&own, &len) != 0)
        return false;
    passage->port = ntohs(own.sin_port);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(passage->sides[MB_CLIENT].fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return connect(fd, (struct sockaddr *)&other, sizeof other) == 0 || errno == EINPROGRESS;
}

mb_status mb_passage_open(struct mb_passage **out, int client, const struct sockaddr *address, uint16_t to,
                          struct mb_error *error)
{
    struct mb_passage *passage = calloc(1, sizeof *passage);
    if (passage == NULL) {
        mb_file_close(client);
        return mb_fail_memory(error);
    }
    for (size_t i = 0; i < MB_SIDES; i++)
        passage->sides[i] = (struct mb_side){.passage = passage, .fd = i == MB_CLIENT ? client : -1};
    passage->began = mb_clock_monotonic();
    mb_address_text(address, passage->address);
    if (!connect_to(passage, to)) {
        mb_fail_errno(error, errno, "lead a client to gRPC");
        mb_passage_free(passage);
        return error->status;
    }
    *out = passage;
    return MB_OK;
}

/* gRPC has closed its side before, or has to: a reset leaves no port behind that waits for a minute. */
void mb_passage_free(struct mb_passage *passage)
{
    const struct linger at_once = {.l_onoff = 1};
    if (passage->sides[MB_GRPC].fd >= 0)
        setsockopt(passage->sides[MB_GRPC].fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    for (size_t i = 0; i < MB_SIDES; i++) {
        mb_file_close(passage->sides[i].fd);
        free(passage->sides[i].rest);
    }
    free(passage);
}

/* ---------------------------------------------------------------------- moving */

static bool is_for_later(void)
{
    return errno == EAGAIN || errno == EINTR;
}

static void drop_rest(struct mb_side *from)
{
    free(from->rest);
    from->rest = NULL;
    from->taken = from->size = 0;
}

/* gRPC hears nothing any more; it may still speak. */
static bool is_deaf(struct mb_side *from)
{
    if (from != &from->passage->sides[MB_CLIENT])
        return false;
    from->ended = true;
    drop_rest(from);
    return true;
}

/* False when the client is gone. */
static bool give(struct mb_side *from, const struct mb_side *to, const char *data, size_t len, size_t *taken)
{
    ssize_t sent = send(to->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    *taken = sent > 0 ? (size_t)sent : 0;
    if (sent >= 0 || is_for_later())
        return true;
    *taken = len;
    return is_deaf(from);
}

static bool give_rest(struct mb_side *from, const struct mb_side *to)
{
    size_t taken = 0;
    if (!give(from, to, from->rest + from->taken, from->size - from->taken, &taken))
        return false;
    from->taken += taken;
    if (from->rest != NULL && from->taken == from->size)
        drop_rest(from);
    return true;
}

static bool give_part(struct mb_side *from, const struct mb_side *to, const char *part, size_t len)
{
    size_t taken = 0;
    if (!give(from, to, part, len, &taken))
        return false;
    if (taken == len)
        return true;
    from->size = len - taken;
    from->rest = malloc(from->size);
    if (from->rest == NULL)
        return false;
    memcpy(from->rest, part + taken, from->size);
    return true;
}

/* False when a side is gone. */
static bool move(struct mb_side *from, struct mb_side *to)
{
    char part[PART];
    if (from->rest != NULL && !give_rest(from, to))
        return false;
    for (int i = 0; i < AT_ONCE && from->rest == NULL && !from->ended; i++) {
        ssize_t got = recv(from->fd, part, sizeof part, MSG_DONTWAIT);
        if (got < 0)
            return is_for_later();
        from->passage->heard |= from == &from->passage->sides[MB_GRPC];
        if (got == 0) {
            from->ended = true;
            shutdown(to->fd, SHUT_WR);
        } else if (!give_part(from, to, part, (size_t)got)) {
            return false;
        }
    }
    return true;
}

static bool await(struct mb_side *side, const struct mb_side *other, int epoll)
{
    uint32_t events = (side->rest == NULL && !side->ended ? (uint32_t)EPOLLIN : 0) |
                      (other->rest != NULL ? (uint32_t)EPOLLOUT : 0);
    struct epoll_event event = {.events = events, .data.ptr = side};
    if (events == side->events)
        return true;
    int what = side->events == 0 ? EPOLL_CTL_ADD : events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
    side->events = events;
    return epoll_ctl(epoll, what, side->fd, &event) == 0;
}

static void end(struct mb_passage *passage, int64_t patience_ns)
{
    struct mb_side *client = &passage->sides[MB_CLIENT];
    client->ended = true;
    drop_rest(client);
    if (passage->due == 0)
        passage->due = mb_clock_monotonic() + patience_ns;
}

void mb_passage_go_on(struct mb_passage *passage, int epoll, int64_t patience_ns)
{
    struct mb_side *client = &passage->sides[MB_CLIENT], *grpc = &passage->sides[MB_GRPC];
    passage->over = passage->over || !move(client, grpc) || !move(grpc, client);
    if (passage->over)
        return;
    if (grpc->ended)
        end(passage, patience_ns);
    passage->over =
        (grpc->ended && grpc->rest == NULL) || !await(client, grpc, epoll) || !await(grpc, client, epoll);
}
