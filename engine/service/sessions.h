/* sessions.h - sessions for places, a few of which are kept when nobody uses them, so that asking again opens
 * no storage.  Thread-safe. */
#ifndef MB_SERVICE_SESSIONS_H
#define MB_SERVICE_SESSIONS_H

#include "milvus_backup.h"
#include "service/place.h"

struct mb_sessions;

mb_status mb_sessions_new(struct mb_sessions **out, struct mb_session *parent, const struct mb_places *places,
                          struct mb_error *error);

/* Nobody uses any. */
void mb_sessions_free(struct mb_sessions *sessions);

/* mb_session_cancel for all of them but the parent, and for those that are yet to come. */
void mb_sessions_cancel(struct mb_sessions *sessions);

/* The parent for the configured place. */
mb_status mb_sessions_use(struct mb_sessions *sessions, const struct mb_place *place, struct mb_session **out,
                          struct mb_error *error);
void mb_sessions_leave(struct mb_sessions *sessions, struct mb_session *session);

#endif
