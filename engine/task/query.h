/* query.h - what the queries of a session share. */
#ifndef MB_TASK_QUERY_H
#define MB_TASK_QUERY_H

#include "base/scope.h"
#include "catalog/catalog.h"
#include "task/session.h"

#include <signal.h>

/* The caller's thread, while it works for the session: what is temporary goes where the session says, and a
 * peer that hangs up sends it no signal. */
struct mb_visit {
    struct mb_scope scope;
    const struct mb_scope *scope_before;
    sigset_t signals_before;
    bool pending; /* there was such a signal already */
};

void mb_visit_begin(struct mb_visit *visit, const struct mb_session *session);
void mb_visit_end(const struct mb_visit *visit);

/* The catalog of the session's backups.  Opens the storage at the first call and keeps it; storage is NULL
 * when there is no backup folder. */
mb_status mb_query_catalog(struct mb_session *session, struct mb_catalog *out, struct mb_error *error);

/* The description of the backup of that name, into arena. */
mb_status mb_query_backup(struct mb_session *session, const char *name, struct mb_arena *arena,
                          struct mb_catalog *catalog, struct mb_backup *out, struct mb_error *error);

#endif
