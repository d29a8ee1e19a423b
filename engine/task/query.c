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

void mb_visit_begin(struct mb_visit *visit, const struct mb_session *session)
{
    sigset_t set;

    visit->scope =
        (struct mb_scope){.log = session->common->log, .temporary_folder = session->common->temporary_folder};
    visit->scope_before = mb_scope_enter(&visit->scope);
    only_sigpipe(&set);
    visit->pending = is_pending();
    pthread_sigmask(SIG_BLOCK, &set, &visit->signals_before);
}

void mb_visit_end(const struct mb_visit *visit)
{
    const struct timespec at_once = {0};
    sigset_t set;

    only_sigpipe(&set);
    if (!visit->pending && is_pending())
        (void)sigtimedwait(&set, NULL, &at_once);
    pthread_sigmask(SIG_SETMASK, &visit->signals_before, NULL);
    mb_scope_enter(visit->scope_before);
}

mb_status mb_query_catalog(struct mb_session *session, struct mb_catalog *out, struct mb_error *error)
{
    struct mb_storage *storage = NULL;
    MB_TRY(mb_connect_backup_storage(session, MB_MISSING_FOLDER_IS_EMPTY, &storage, session->cancel, error));
    *out = (struct mb_catalog){.storage = storage,
                               .root = session->config->backup_storage.prefix,
                               .log = session->common->log,
                               .memo = session->memo};
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
