/* restore secondary: from a backup to a cluster that is to be replicated to. */
#include "secondary/secondary.h"

#include "task/connect.h"
#include "task/request.h"
#include "task/restored.h"

#include <string.h>

struct plan {
    struct mb_plan_head head;
    const char *source, *target;
};

static mb_status take_cluster(const char *id, const char *member, const char *which, struct mb_arena *arena,
                              const char **out, struct mb_error *error)
{
    if (id == NULL || *id == '\0')
        return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, member, "empty %s cluster id", which);
    return mb_request_text(arena, id, out, error);
}

static mb_status take(const void *given, struct mb_arena *arena, void *out, struct mb_error *error)
{
    struct plan *plan = out;
    struct mb_restore_secondary_request request;
    MB_TRY(mb_abi_take(&request, sizeof request, given,
                       MB_UP_TO(struct mb_restore_secondary_request, target_cluster), "request", error));
    MB_TRY(mb_request_name(request.name, error));
    MB_TRY(take_cluster(request.source_cluster, "source_cluster", "source", arena, &plan->source, error));
    MB_TRY(take_cluster(request.target_cluster, "target_cluster", "target", arena, &plan->target, error));
    if (strcmp(plan->source, plan->target) == 0)
        return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, "target_cluster",
                            "%s is the source, too: a cluster does not replicate to itself", plan->target);
    return mb_request_text(arena, request.name, &plan->head.name, error);
}

static mb_status restore(struct mb_task *task, const struct plan *plan, struct mb_restore_env *env,
                         struct mb_error *error)
{
    const struct mb_config_restore *config = &task->session->config->restore;
    const struct mb_secondary_options options = {.name = plan->head.name,
                                                 .id = task->id,
                                                 .source_cluster = plan->source,
                                                 .target_cluster = plan->target,
                                                 .keep_temp_files = config->keep_temp_files,
                                                 .import_jobs = config->import_jobs,
                                                 .max_segments_per_job = config->max_segments_per_import_job,
                                                 .copy = mb_request_copy_options(task->session)};
    struct mb_restore_report report;
    MB_TRY(mb_connect_milvus_storage(task->session, &env->milvus_store, task->cancel, error));
    MB_TRY(
        mb_connect_backup_storage(task->session, MB_MISSING_FAILS, &env->backup_store, task->cancel, error));
    MB_TRY(mb_connect_milvus(task->session, &env->milvus, task->cancel, error));
    MB_TRY(mb_secondary_run(env, &options, task->arena, &report, task->cancel, error));
    return mb_restored_keep(task, true, &report, error);
}

static mb_status run(struct mb_task *task, const void *given, struct mb_error *error)
{
    struct mb_restore_env env = mb_restored_env(task);
    mb_status status = restore(task, given, &env, error);
    mb_connect_leave_milvus(task->session, env.milvus);
    return status;
}

static const struct mb_work work = {
    .kind = MB_TASK_RESTORE, .waits = true, .plan_size = sizeof(struct plan), .take = take, .run = run};

mb_status mb_restore_secondary_check(const struct mb_restore_secondary_request *request,
                                     struct mb_error *error)
{
    MB_ANSWER(error, mb_work_check(&work, request, &own));
}

mb_status mb_restore_secondary_start(struct mb_session *session,
                                     const struct mb_restore_secondary_request *request, struct mb_task **out,
                                     struct mb_error *error)
{
    MB_ANSWER(error, mb_work_start(&work, session, request, out, &own));
}
