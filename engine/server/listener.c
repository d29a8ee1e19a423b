#include "server/listener.h"

#include "base/file.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* "[::1]" -> "::1" */
static bool host_of(char *out, size_t cap, const char *address)
{
    size_t len = strlen(address);
    bool bracketed = len > 1 && address[0] == '[' && address[len - 1] == ']';
    int written = bracketed ? snprintf(out, cap, "%.*s", (int)(len - 2), address + 1)
                            : snprintf(out, cap, "%s", address);
    return written > 0 && (size_t)written < cap;
}

static bool is_beyond(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return (ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24) !=
               IN_LOOPBACKNET;
    const struct in6_addr *ip = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    bool mapped = IN6_IS_ADDR_V4MAPPED(ip) && ip->s6_addr[12] == IN_LOOPBACKNET;
    return !IN6_IS_ADDR_LOOPBACK(ip) && !mapped;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage own = {0};
    socklen_t len = sizeof own;
    if (getsockname(fd, (struct sockaddr *)&own, &len) != 0)
        return 0;
    return ntohs(own.ss_family == AF_INET ? ((struct sockaddr_in *)&own)->sin_port
                                          : ((struct sockaddr_in6 *)&own)->sin6_port);
}

/* 0 or an errno. */
static int listen_at(struct mb_listener *out, const struct addrinfo *info)
{
    int on = 1, off = 0;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (info->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, info->ai_addr, info->ai_addrlen) != 0 || listen(fd, SOMAXCONN) != 0) {
        int failed = errno;
        close(fd);
        return failed;
    }
    *out = (struct mb_listener){.fd = fd, .port = port_of(fd), .beyond = is_beyond(info->ai_addr)};
    return 0;
}

/* A name may stand for several; IPv4 goes first, since that is what clients of today's scripts try. */
static int listen_at_first(struct mb_listener *out, const struct addrinfo *list)
{
    static const int families[] = {AF_INET, AF_INET6};
    int failed = EADDRNOTAVAIL;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        for (const struct addrinfo *info = list; info != NULL; info = info->ai_next) {
            if (info->ai_family != families[i])
                continue;
            failed = listen_at(out, info);
            if (failed == 0)
                return 0;
        }
    return failed;
}

static mb_status fail_listening(struct mb_error *error, int failed, const char *address, uint16_t port,
                                const char *port_keys)
{
    unsigned number = port;
    switch (failed) {
    case EADDRINUSE:
        return mb_fail(error, MB_E_CONFIG,
                       "port %u at %s is in use by another program; choose another one with %s", number,
                       address, port_keys);
    case EACCES:
        return mb_fail(
            error, MB_E_CONFIG,
            "may not listen on port %u, which takes the capability CAP_NET_BIND_SERVICE; choose one "
            "from 1024 on with %s",
            number, port_keys);
    case EADDRNOTAVAIL:
        return mb_fail(
            error, MB_E_CONFIG,
            "server.address is '%s', which is no address of this machine; 127.0.0.1 is this machine "
            "alone, 0.0.0.0 or :: all its addresses",
            address);
    default:
        return mb_fail_errno(error, failed, "listen on port %u at %s (server.address; %s)", number, address,
                             port_keys);
    }
}

mb_status mb_listener_open(struct mb_listener *out, const char *address, uint16_t port, const char *port_keys,
                           struct mb_error *error)
{
    const struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    char host[256] = "", service[8];

    snprintf(service, sizeof service, "%u", (unsigned)port);
    if (!host_of(host, sizeof host, address))
        return mb_fail(error, MB_E_CONFIG, "server.address is '%s', which is no address", address);
    int unknown = getaddrinfo(host, service, &hints, &list);
    if (unknown != 0)
        return mb_fail(error, MB_E_CONFIG, "server.address is '%s', which is no address: %s", address,
                       gai_strerror(unknown));
    int failed = listen_at_first(out, list);
    freeaddrinfo(list);
    return failed == 0 ? MB_OK : fail_listening(error, failed, address, port, port_keys);
}

const char *mb_listener_place(char *out, size_t cap, const char *address, uint16_t port)
{
    bool bare = strchr(address, ':') != NULL && address[0] != '[';
    snprintf(out, cap, "%s%s%s:%u", bare ? "[" : "", address, bare ? "]" : "", (unsigned)port);
    return out;
}

const char *mb_listener_url(char *out, size_t cap, const char *scheme, const char *address, uint16_t port)
{
    char place[300];
    snprintf(out, cap, "%s://%s", scheme, mb_listener_place(place, sizeof place, address, port));
    return out;
}
