/* session.h - what a session holds, for the files of this room.
 *
 * A session lives until it is closed and the last task that works in it, or was given it as its peer, has
 * ended.  Log, drivers and budget may be shared with other sessions and live until the last of these is gone.
 */
#ifndef MB_TASK_SESSION_H
#define MB_TASK_SESSION_H

#include "base/arena.h"
#include "base/cancel.h"
#include "base/log.h"
#include "config/config.h"
#include "storage/store.h"
#include "task/abi.h"

#include <pthread.h>
#include <stdatomic.h>

/* What a session has in common with its children. */
struct mb_common {
    atomic_uint holders;
    struct mb_log *log; /* or NULL: work must not fail for want of a log */
    struct mb_drivers *drivers;
    int log_level;
    bool log_to_stderr;
};

struct mb_session {
    atomic_uint holders;
    struct mb_common *common;
    struct mb_config *config;
    struct mb_cancel *cancel;        /* of everything that the session does */
    pthread_mutex_t lock;            /* for running */
    pthread_cond_t idle;             /* running has become 0 */
    size_t running;                  /* tasks */
    pthread_mutex_t store_lock;      /* for what follows */
    struct mb_storage *backup_store; /* of the queries; NULL before the first, and without a backup folder */
};

void mb_session_hold(struct mb_session *session);
void mb_session_release(struct mb_session *session); /* NULL is allowed */

#endif
