/* auth_state.h - what auth.c keeps: the file as it stands, what was seen of late, and what the log was told.
 */
#ifndef MB_SERVICE_AUTH_STATE_H
#define MB_SERVICE_AUTH_STATE_H

#include "service/auth_cache.h"
#include "service/auth_file.h"
#include "service/auth_limit.h"

#include <pthread.h>

struct mb_auth {
    char *path; /* NULL for no file */
    bool has_token, certificates;
    struct mb_credential token;
    struct mb_session *session;

    pthread_mutex_t hashing; /* a password is being checked; taken before lock */
    pthread_mutex_t lock;    /* of what follows */
    unsigned waiting;        /* for hashing, and inside it */
    struct mb_auth_set *set;
    struct mb_auth_version version;
    struct mb_auth_cache cache;
    struct mb_auth_limit limit;
    int64_t quiet_ns; /* when the log may have LINES_AT_ONCE again */
};

/* A line in the session's log. */
void mb_auth_tell(struct mb_auth *auth, int level, const char *fmt, ...) MB_PRINTF(3, 4);

/* Some lines at once, then one a second: whoever knocks does not fill the disk.  With the lock, as below. */
bool mb_auth_may_tell(struct mb_auth *auth);

/* Nobody looks at the set any more who asked for it by counting its users. */
void mb_auth_let_go(struct mb_auth_set *set);

/* Tells the log of the file that was read, or why it was not. */
void mb_auth_tell_file(struct mb_auth *auth, mb_status status, const struct mb_error *error);

/* Reads the file, and forgets what was seen of late if it holds something else than before. */
mb_status mb_auth_read_file(struct mb_auth *auth, struct mb_error *error);

/* Reads it when it has changed. */
void mb_auth_refresh(struct mb_auth *auth);

#endif
