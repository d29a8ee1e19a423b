#include "server/origin.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <string.h>

/* Is it the origin of pages at this host?  "null" is nobody's. */
static bool is_of(const char *origin, const char *host)
{
    const char *mark = strstr(origin, "://");
    return mark != NULL && mb_text_equal_nocase(mark + 3, host);
}

bool mb_origin_is_foreign(const struct mb_origin *origin)
{
    if (*origin->fetch_site != '\0')
        return strcmp(origin->fetch_site, "same-origin") != 0 && strcmp(origin->fetch_site, "none") != 0;
    return *origin->origin != '\0' && !is_of(origin->origin, origin->host);
}

/* Without the port, and without the brackets around an address of IPv6. */
static bool bare_host(const char *host, char *out, size_t cap)
{
    bool bracketed = *host == '[';
    size_t len = bracketed ? strcspn(++host, "]") : strcspn(host, ":");
    const char *rest = host + len + (bracketed && host[len] == ']');
    if (len >= cap || (*rest != '\0' && *rest != ':'))
        return false;
    memcpy(out, host, len);
    out[len] = '\0';
    return true;
}

bool mb_origin_host_is_local(const char *host)
{
    char bare[64];
    struct in6_addr address;
    if (!bare_host(host, bare, sizeof bare))
        return false;
    return mb_text_equal_nocase(bare, "localhost") || inet_pton(AF_INET, bare, &address) == 1 ||
           inet_pton(AF_INET6, bare, &address) == 1;
}
