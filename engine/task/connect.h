/* connect.h - a session's stores and its Milvus: opened as the configuration says, proven to answer, shared.
 *
 * Stores stay open until the session is released.  Milvus is closed by the last who uses it, so that a server
 * which was upgraded between two tasks is asked anew what it can do.  Errors name the key to look at. */
#ifndef MB_TASK_CONNECT_H
#define MB_TASK_CONNECT_H

#include "milvus/etcd.h"
#include "milvus/milvus.h"
#include "task/session.h"

/* A bucket or, on local disk, a folder that is not there. */
enum mb_missing {
    MB_MISSING_FAILS,
    MB_MISSING_FOLDER_IS_MADE,
    MB_MISSING_IS_MADE,
    MB_MISSING_FOLDER_IS_EMPTY /* *out becomes NULL, and there are no backups */
};

mb_status mb_connect_milvus_storage(struct mb_session *session, struct mb_storage **out,
                                    struct mb_cancel *cancel, struct mb_error *error);
mb_status mb_connect_backup_storage(struct mb_session *session, enum mb_missing missing,
                                    struct mb_storage **out, struct mb_cancel *cancel,
                                    struct mb_error *error);

/* The same, told apart in errors by the peer's configuration. */
mb_status mb_connect_peer(struct mb_session *peer, enum mb_missing missing, struct mb_storage **out,
                          struct mb_cancel *cancel, struct mb_error *error);

mb_status mb_connect_milvus(struct mb_session *session, struct mb_milvus **out, struct mb_cancel *cancel,
                            struct mb_error *error);
void mb_connect_leave_milvus(struct mb_session *session, struct mb_milvus *milvus); /* NULL is allowed */

/* Milvus' etcd: one of the task's own, to be closed with mb_etcd_close. */
mb_status mb_connect_etcd(struct mb_session *session, struct mb_etcd **out, struct mb_cancel *cancel,
                          struct mb_error *error);

/* A connection that nobody shares, which asks Milvus anew who it is, and says nothing in the log; to be
 * closed with mb_milvus_close. */
mb_status mb_connect_own_milvus(struct mb_session *session, int64_t call_timeout_ns, struct mb_milvus **out,
                                struct mb_cancel *cancel, struct mb_error *error);

#endif
