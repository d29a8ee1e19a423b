#include "service/auth_state.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINES_AT_ONCE = 20, MAX_LINE = 400 };

/* --------------------------------------------------------------------- the log */

void mb_auth_tell(struct mb_auth *auth, int level, const char *fmt, ...)
{
    char line[MAX_LINE];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    if (auth->session != NULL)
        mb_session_log(auth->session, level, line);
}

bool mb_auth_may_tell(struct mb_auth *auth)
{
    int64_t now = mb_clock_monotonic();
    if (auth->quiet_ns - now > (LINES_AT_ONCE - 1) * MB_NS_PER_S)
        return false;
    auth->quiet_ns = (auth->quiet_ns > now ? auth->quiet_ns : now) + MB_NS_PER_S;
    return true;
}

/* -------------------------------------------------------------------- the file */

void mb_auth_let_go(struct mb_auth_set *set)
{
    if (set != NULL && --set->users == 0)
        mb_auth_set_free(set);
}

mb_status mb_auth_read_file(struct mb_auth *auth, struct mb_error *error)
{
    struct mb_auth_set *set;
    auth->version = mb_auth_version_of(auth->path);
    MB_TRY(mb_auth_set_read(&set, auth->path, error));
    if (memcmp(set->digest, auth->set->digest, sizeof set->digest) == 0) {
        mb_auth_set_free(set);
        return MB_OK;
    }
    mb_auth_let_go(auth->set);
    set->users = 1;
    auth->set = set;
    mb_auth_cache_forget(&auth->cache);
    return MB_OK;
}

void mb_auth_tell_file(struct mb_auth *auth, mb_status status, const struct mb_error *error)
{
    if (status != MB_OK) {
        mb_auth_tell(auth, MB_LOG_ERROR, "the changed file of credentials is not used, the one before is: %s",
                     error->message);
        return;
    }
    mb_auth_tell(auth, MB_LOG_INFO, "%s holds %zu credentials", auth->path, auth->set->count);
    if (auth->set->readable_by_others)
        mb_auth_tell(auth, MB_LOG_WARN,
                     "%s may be read by everybody on this machine, who could then guess at its "
                     "passwords: take that right away (chmod o-r)",
                     auth->path);
}

void mb_auth_refresh(struct mb_auth *auth)
{
    struct mb_error error = MB_ERROR_INIT;
    if (auth->path == NULL)
        return;
    struct mb_auth_version now = mb_auth_version_of(auth->path);
    bool changed = !mb_auth_version_equal(&auth->version, &now);
    if (!changed && mb_auth_version_settled(&auth->version))
        return;
    mb_status status = mb_auth_read_file(auth, &error);
    if (changed)
        mb_auth_tell_file(auth, status, &error);
}
