#include "service/auth_limit.h"

#include "base/clock.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <string.h>

static void name_of(const char *address, char out[48])
{
    struct in6_addr six;
    mb_text_fit(out, 48, address);
    if (inet_pton(AF_INET6, address, &six) == 1 && !IN6_IS_ADDR_V4MAPPED(&six)) {
        memset(six.s6_addr + 8, 0, 8);
        inet_ntop(AF_INET6, &six, out, 48);
    }
}

static const struct mb_auth_limit_row *find(const struct mb_auth_limit *limit, const char name[48])
{
    for (size_t i = 0; i < MB_AUTH_LIMIT_ADDRESSES; i++)
        if (limit->rows[i].full_ns != 0 && strcmp(limit->rows[i].address, name) == 0)
            return &limit->rows[i];
    return NULL;
}

uint32_t mb_auth_limit_wait(const struct mb_auth_limit *limit, const char *address, int64_t now_ns)
{
    char name[48];
    name_of(address, name);
    const struct mb_auth_limit_row *row = find(limit, name);
    int64_t wait = row != NULL ? row->full_ns - (MB_AUTH_LIMIT_GUESSES - 1) * MB_NS_PER_S - now_ns : 0;
    return wait > 0 ? (uint32_t)(wait / MB_NS_PER_MS + 1) : 0;
}

static struct mb_auth_limit_row *quietest(struct mb_auth_limit *limit)
{
    struct mb_auth_limit_row *found = &limit->rows[0];
    for (size_t i = 1; i < MB_AUTH_LIMIT_ADDRESSES; i++)
        if (limit->rows[i].full_ns < found->full_ns)
            found = &limit->rows[i];
    return found;
}

void mb_auth_limit_count(struct mb_auth_limit *limit, const char *address, int64_t now_ns)
{
    char name[48];
    name_of(address, name);
    const struct mb_auth_limit_row *known = find(limit, name);
    struct mb_auth_limit_row *row = known != NULL ? &limit->rows[known - limit->rows] : quietest(limit);
    int64_t from = known != NULL && row->full_ns > now_ns ? row->full_ns : now_ns;
    memcpy(row->address, name, sizeof name);
    row->full_ns = from + MB_NS_PER_S;
}
