/* restored.h - what a restore's task keeps of its report. */
#ifndef MB_TASK_RESTORED_H
#define MB_TASK_RESTORED_H

#include "restore/restore.h"
#include "task/task.h"

/* What it works on; the stores and Milvus are still to be opened. */
struct mb_restore_env mb_restored_env(struct mb_task *task);

/* Passes on its warnings, also those of a restore that failed. */
void mb_restored_warn(struct mb_task *task, const struct mb_restore_report *report);

/* data: rows were brought back. */
mb_status mb_restored_keep(struct mb_task *task, bool data, const struct mb_restore_report *report,
                           struct mb_error *error);

#endif
