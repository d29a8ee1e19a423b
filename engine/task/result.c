/* What a task has done, for those who ask when it has ended. */
#include "task/task.h"

static mb_status find(struct mb_task *task, int32_t kind, struct mb_error *error)
{
    if (task == NULL)
        return mb_abi_missing("task", error);
    if (task->work->kind != kind)
        return mb_fail(error, MB_E_INVALID, "the task is a %s, not a %s", mb_task_kind_name(task->work->kind),
                       mb_task_kind_name(kind));
    bool ended = mb_task_has_ended(task);
    if (!ended || !task->has_result)
        return mb_fail(error, MB_E_INVALID, ended ? "the task has failed" : "the task still runs");
    return MB_OK;
}

static mb_status give(struct mb_task *task, int32_t kind, void *out, size_t first, size_t size,
                      struct mb_error *error)
{
    MB_TRY(find(task, kind, error));
    return mb_abi_give(out, first, &task->result, size, error);
}

mb_status mb_task_create_result(struct mb_task *task, struct mb_create_result *out, struct mb_error *error)
{
    MB_ANSWER(error,
              give(task, MB_TASK_CREATE, out, MB_UP_TO(struct mb_create_result, ns), sizeof *out, &own));
}

mb_status mb_task_restore_result(struct mb_task *task, struct mb_restore_result *out, struct mb_error *error)
{
    MB_ANSWER(error,
              give(task, MB_TASK_RESTORE, out, MB_UP_TO(struct mb_restore_result, ns), sizeof *out, &own));
}

mb_status mb_task_transfer_result(struct mb_task *task, struct mb_transfer_result *out,
                                  struct mb_error *error)
{
    MB_ANSWER(error,
              give(task, MB_TASK_TRANSFER, out, MB_UP_TO(struct mb_transfer_result, ns), sizeof *out, &own));
}

mb_status mb_task_verify_result(struct mb_task *task, struct mb_verify_result *out, struct mb_error *error)
{
    MB_ANSWER(error,
              give(task, MB_TASK_VERIFY, out, MB_UP_TO(struct mb_verify_result, ns), sizeof *out, &own));
}

mb_status mb_task_delete_result(struct mb_task *task, struct mb_delete_result *out, struct mb_error *error)
{
    MB_ANSWER(error,
              give(task, MB_TASK_DELETE, out, MB_UP_TO(struct mb_delete_result, ns), sizeof *out, &own));
}

size_t mb_task_collection_count(struct mb_task *task)
{
    return task != NULL && mb_task_has_ended(task) ? task->collection_count : 0;
}

static mb_status collection_at(struct mb_task *task, size_t i, struct mb_task_collection *out,
                               struct mb_error *error)
{
    if (task == NULL)
        return mb_abi_missing("task", error);
    if (i >= mb_task_collection_count(task))
        return mb_fail(error, MB_E_NOT_FOUND, "the task has no collection %zu", i);
    return mb_abi_give(out, MB_UP_TO(struct mb_task_collection, ns), &task->collections[i],
                       sizeof task->collections[i], error);
}

mb_status mb_task_collection_at(struct mb_task *task, size_t i, struct mb_task_collection *out,
                                struct mb_error *error)
{
    MB_ANSWER(error, collection_at(task, i, out, &own));
}
