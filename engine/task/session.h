/* session.h - what a session holds, for the files of this room.
 *
 * A session lives until it is closed and the last task that works in it, or was given it as its peer, has
 * ended.  Log, drivers and budget may be shared with other sessions and live until the last of these is gone.
 */
#ifndef MB_TASK_SESSION_H
#define MB_TASK_SESSION_H

#include "base/arena.h"
#include "base/log.h"
#include "base/meter.h"
#include "config/config.h"
#include "copy/copy.h"
#include "storage/store.h"
#include "task/abi.h"
#include "task/slot.h"
#include "task/turn.h"
#include "task/users.h"

#include <stdatomic.h>

/* What a session has in common with its children. */
struct mb_common {
    atomic_uint holders;
    struct mb_log *log; /* or NULL: work must not fail for want of a log */
    struct mb_drivers *drivers;
    struct mb_budget *budget; /* what all buffers together may hold, */
    uint64_t memory_bytes;    /* out of so much for buffers and requests */
    char *temporary_folder;   /* or NULL */
    int log_level;
    bool log_to_stderr;
    bool grpc_speaks;
    mb_log_fn *tell; /* the program's; or NULL */
    void *tell_ctx;
    struct mb_meters *meters; /* of all stores and clients */
    struct mb_turns turns;    /* of tasks */
    pthread_mutex_t end_lock; /* for what follows */
    mb_task_end_fn *on_end;   /* the program's; or NULL */
    void *on_end_ctx;
    struct mb_users users; /* of backups */
};

struct mb_session {
    atomic_uint holders;
    struct mb_common *common;
    struct mb_config *config;
    struct mb_cancel *cancel;                  /* of everything that the session does */
    pthread_mutex_t lock;                      /* for running */
    pthread_cond_t idle;                       /* running has become 0 */
    size_t running;                            /* tasks */
    struct mb_slot backup_store, milvus_store; /* struct mb_storage; see connect.h */
    struct mb_slot milvus;
    struct mb_memo *memo; /* of lists; or NULL */
};

void mb_common_hold(struct mb_common *common);
void mb_common_release(struct mb_common *common); /* NULL is allowed */

void mb_session_hold(struct mb_session *session);
void mb_session_release(struct mb_session *session); /* NULL is allowed */

#endif
