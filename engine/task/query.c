#include "task/query.h"

#include "task/connect.h"
#include "task/request.h"

#include <time.h>

static void only_sigpipe(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGPIPE);
}

static bool is_pending(void)
{
    sigset_t pending;
    return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

void mb_shield_begin(struct mb_shield *shield)
{
    sigset_t set;
    only_sigpipe(&set);
    shield->pending = is_pending();
    pthread_sigmask(SIG_BLOCK, &set, &shield->before);
}

void mb_shield_end(const struct mb_shield *shield)
{
    const struct timespec at_once = {0};
    sigset_t set;

    only_sigpipe(&set);
    if (!shield->pending && is_pending())
        (void)sigtimedwait(&set, NULL, &at_once);
    pthread_sigmask(SIG_SETMASK, &shield->before, NULL);
}

mb_status mb_query_catalog(struct mb_session *session, struct mb_catalog *out, struct mb_error *error)
{
    struct mb_storage *storage = NULL;
    MB_TRY(mb_connect_backup_storage(session, MB_MISSING_FOLDER_IS_EMPTY, &storage, session->cancel, error));
    *out = (struct mb_catalog){
        .storage = storage, .root = session->config->backup_storage.prefix, .log = session->common->log};
    return MB_OK;
}

mb_status mb_query_backup(struct mb_session *session, const char *name, struct mb_arena *arena,
                          struct mb_catalog *catalog, struct mb_backup *out, struct mb_error *error)
{
    MB_TRY(mb_request_name(name, error));
    MB_TRY(mb_query_catalog(session, catalog, error));
    if (catalog->storage == NULL)
        return mb_fail(error, MB_E_NOT_FOUND, "backup %s not found", name);
    return mb_catalog_read(catalog, name, arena, out, session->cancel, error);
}
