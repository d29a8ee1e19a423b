#include "base/address.h"

#include <arpa/inet.h>
#include <stdbool.h>

const char *mb_address_text(const struct sockaddr *address, char *out)
{
    *out = '\0';
    if (address != NULL && address->sa_family == AF_INET) {
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, out,
                  MB_ADDRESS_SIZE);
    } else if (address != NULL && address->sa_family == AF_INET6) {
        const struct in6_addr *ip = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        bool mapped = IN6_IS_ADDR_V4MAPPED(ip);
        inet_ntop(mapped ? AF_INET : AF_INET6, mapped ? &ip->s6_addr[12] : ip->s6_addr, out, MB_ADDRESS_SIZE);
    }
    return out;
}
