/* delete: everything below a backup's folder. */
#include "catalog/catalog.h"
#include "task/connect.h"
#include "task/request.h"

struct plan {
    struct mb_plan_head head;
    bool force;
};

static mb_status take(const void *given, struct mb_arena *arena, void *out, struct mb_error *error)
{
    struct plan *plan = out;
    struct mb_delete_request request;
    MB_TRY(mb_abi_take(&request, sizeof request, given, MB_UP_TO(struct mb_delete_request, force), "request",
                       error));
    MB_TRY(mb_request_name(request.name, error));
    plan->force = request.force;
    return mb_request_text(arena, request.name, &plan->head.name, error);
}

static mb_status run(struct mb_task *task, const void *given, struct mb_error *error)
{
    const struct plan *plan = given;
    struct mb_storage *store = NULL;
    uint64_t removed = 0;

    MB_TRY(mb_connect_backup_storage(task->session, MB_MISSING_FOLDER_IS_EMPTY, &store, task->cancel, error));
    if (store == NULL)
        return mb_fail(error, MB_E_NOT_FOUND, "backup %s not found", plan->head.name);
    const struct mb_catalog catalog = mb_request_catalog(task->session, store);
    mb_progress_phase(&task->progress, "delete");
    MB_TRY(mb_catalog_delete(&catalog, plan->head.name, plan->force, &removed, task->cancel, error));
    task->result.remove =
        (struct mb_delete_result){.name = task->plan->name, .objects = removed, .ns = mb_task_ns(task)};
    task->has_result = true;
    return MB_OK;
}

static const struct mb_work work = {
    .kind = MB_TASK_DELETE, .plan_size = sizeof(struct plan), .take = take, .run = run};

mb_status mb_delete_check(const struct mb_delete_request *request, struct mb_error *error)
{
    MB_ANSWER(error, mb_work_check(&work, request, &own));
}

mb_status mb_delete_start(struct mb_session *session, const struct mb_delete_request *request,
                          struct mb_task **out, struct mb_error *error)
{
    MB_ANSWER(error, mb_work_start(&work, session, request, out, &own));
}
