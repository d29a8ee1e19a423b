/* target.h - what a request line asks for: a path and pairs of a query.  Pure. */
#ifndef MB_SERVER_TARGET_H
#define MB_SERVER_TARGET_H

#include "base/arena.h"

struct mb_target {
    const char *path;      /* decoded; an encoded slash is one */
    const char *raw_query; /* as sent, without '?'; "" */
    const struct mb_kv *query;
    size_t query_count;
};

/* raw is "/path?query", or has a scheme and a host in front, as proxies send it.  Pairs of the query that
 * hold a broken escape or a semicolon are left out.  MB_E_INVALID for a path that cannot be read. */
mb_status mb_target_parse(struct mb_arena *arena, const char *raw, struct mb_target *out,
                          struct mb_error *error);

#endif
