/* restored.h - what a restore's task keeps of its report. */
#ifndef MB_TASK_RESTORED_H
#define MB_TASK_RESTORED_H

#include "restore/restore.h"
#include "task/task.h"

/* What it works on; the stores and Milvus are still to be opened. */
struct mb_restore_env mb_restored_env(struct mb_task *task);

/* data: rows were brought back. */
mb_status mb_restored_keep(struct mb_task *task, bool data, const struct mb_restore_report *report,
                           struct mb_error *error);

#endif
