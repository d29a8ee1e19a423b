/* snapshot.h - how Milvus is told of the backup's storage, for tasks that have it write or read snapshots. */
#ifndef MB_TASK_SNAPSHOT_H
#define MB_TASK_SNAPSHOT_H

#include "milvus/milvus.h"
#include "task/task.h"

struct mb_snapshot_access {
    const struct mb_snapshot_place *place; /* in the task's arena; or NULL, and */
    const char *why_not;                   /* the sentence */
};

/* What it holds is hidden in the log and in errors from then on. */
mb_status mb_snapshot_access_find(struct mb_task *task, struct mb_snapshot_access *out,
                                  struct mb_error *error);

#endif
