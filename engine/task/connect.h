/* connect.h - opens stores and Milvus as the configuration says, and proves that they answer. */
#ifndef MB_TASK_CONNECT_H
#define MB_TASK_CONNECT_H

#include "milvus/milvus.h"
#include "task/session.h"

/* In whose name: lines go to log.  Retries and waits are counted for the task in whose scope the calling
 * thread is (see base/scope.h). */
struct mb_caller {
    struct mb_session *session;
    struct mb_log *log;
    struct mb_cancel *cancel;
};

/* A bucket or, on local disk, a folder that is not there. */
enum mb_missing {
    MB_MISSING_FAILS,
    MB_MISSING_FOLDER_IS_MADE,
    MB_MISSING_IS_MADE,
    MB_MISSING_FOLDER_IS_EMPTY /* *out stays NULL, and there are no backups */
};

/* An error names the key to look at. */
mb_status mb_connect_milvus_storage(const struct mb_caller *caller, struct mb_storage **out,
                                    struct mb_error *error);
mb_status mb_connect_backup_storage(const struct mb_caller *caller, enum mb_missing missing,
                                    struct mb_storage **out, struct mb_error *error);
mb_status mb_connect_milvus(const struct mb_caller *caller, struct mb_milvus **out, struct mb_error *error);

/* The backup storage of another session, in the caller's name. */
mb_status mb_connect_peer(const struct mb_caller *caller, struct mb_session *peer, enum mb_missing missing,
                          struct mb_storage **out, struct mb_error *error);

#endif
