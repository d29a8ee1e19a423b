/* create: from a running Milvus to a backup. */
#include "backup/backup.h"
#include "task/connect.h"
#include "task/request.h"
#include "task/snapshot.h"

struct plan {
    struct mb_plan_head head;
    struct mb_selection selection;
    struct mb_strings ignored;
    int32_t strategy, format;
    bool resume, take_over, rbac, index_extra;
    int32_t pause_gc;
    const char *id; /* of the backup; NULL for the task's */
};

static mb_status take_choice(const struct mb_create_request *request, struct mb_arena *arena,
                             struct plan *plan, struct mb_error *error)
{
    struct mb_choice choice = {0};
    MB_TRY(mb_request_text(arena, request->filter, &choice.filter, error));
    MB_TRY(mb_request_text(arena, request->database_collections, &choice.database_collections, error));
    MB_TRY(mb_request_list(arena, request->collections, request->collection_count, "collections",
                           &choice.collections, error));
    MB_TRY(mb_request_list(arena, request->databases, request->database_count, "databases", &choice.databases,
                           error));
    return mb_choice_select(&choice, arena, &plan->selection, &plan->selection, &plan->ignored, error);
}

static mb_status take(const void *given, struct mb_arena *arena, void *out, struct mb_error *error)
{
    struct plan *plan = out;
    struct mb_create_request request;
    MB_TRY(mb_abi_take(&request, sizeof request, given, MB_UP_TO(struct mb_create_request, pause_gc),
                       "request", error));
    if (request.name != NULL)
        MB_TRY(mb_request_new_name(request.name, error));
    if (request.strategy < MB_CREATE_DEFAULT || request.strategy > MB_CREATE_BULK_FLUSH)
        return mb_fail_hint(error, MB_E_INVALID, MB_HINT_INPUT, "strategy", "%d is no strategy",
                            (int)request.strategy);
    if (request.format < MB_FORMAT_AUTO || request.format > MB_FORMAT_SNAPSHOT)
        return mb_fail_hint(error, MB_E_INVALID, MB_HINT_INPUT, "format", "%d is no format",
                            (int)request.format);
    if (request.format == MB_FORMAT_SNAPSHOT && request.strategy == MB_CREATE_META_ONLY)
        return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, "format",
                            "a snapshot is data, and none is backed up: leave one of the two out");
    if (request.take_over && !request.resume)
        return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_ALSO, "resume",
                            "only a backup that is gone on with can be taken over from another");
    MB_TRY(mb_request_tristate(request.pause_gc, "pause_gc", error));
    MB_TRY(mb_request_id(request.id, error));
    MB_TRY(mb_request_text(arena, request.id, &plan->id, error));
    MB_TRY(take_choice(&request, arena, plan, error));
    plan->strategy = request.strategy;
    plan->format = request.format;
    plan->resume = request.resume;
    plan->take_over = request.take_over;
    plan->rbac = request.rbac;
    plan->index_extra = request.index_extra;
    plan->pause_gc = request.pause_gc;
    plan->head.name = request.name != NULL ? mb_arena_strdup(arena, request.name) : mb_id_backup_name(arena);
    return plan->head.name != NULL ? MB_OK : mb_fail_memory(error);
}

static enum mb_backup_strategy strategy_of(const struct plan *plan)
{
    switch (plan->strategy) {
    case MB_CREATE_META_ONLY:
        return MB_STRATEGY_META_ONLY;
    case MB_CREATE_SKIP_FLUSH:
        return MB_STRATEGY_SKIP_FLUSH;
    case MB_CREATE_SERIAL_FLUSH:
        return MB_STRATEGY_SERIAL_FLUSH;
    case MB_CREATE_BULK_FLUSH:
        return MB_STRATEGY_BULK_FLUSH;
    default:
        return MB_STRATEGY_FLUSH;
    }
}

static enum mb_backup_format format_of(const struct plan *plan)
{
    return plan->format == MB_FORMAT_BINLOG     ? MB_DATA_BINLOGS
           : plan->format == MB_FORMAT_SNAPSHOT ? MB_DATA_SNAPSHOTS
                                                : MB_DATA_AUTO;
}

static mb_status keep_report(struct mb_task *task, const struct mb_backup_report *report,
                             struct mb_error *error)
{
    struct mb_task_collection *rows = mb_arena_alloc(task->arena, report->count + 1, sizeof *rows);
    if (rows == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < report->count; i++) {
        const struct mb_backup_line *line = &report->lines[i];
        rows[i] = (struct mb_task_collection){.db = line->db,
                                              .name = line->collection,
                                              .source_db = line->db,
                                              .source_name = line->collection,
                                              .state = MB_COLLECTION_DONE,
                                              .doing = "",
                                              .rows = line->rows,
                                              .segments = line->segments,
                                              .objects = line->objects,
                                              .bytes_done = (uint64_t)line->bytes,
                                              .bytes_total = (uint64_t)line->bytes,
                                              .ns = line->ns};
    }
    for (size_t i = 0; i < report->warnings.count; i++)
        mb_task_warn(task, MB_HINT_NONE, NULL, report->warnings.items[i]);
    task->collections = rows;
    task->collection_count = report->count;
    task->result.create = (struct mb_create_result){.name = task->plan->name,
                                                    .id = report->id,
                                                    .how = report->how,
                                                    .ns = mb_task_ns(task),
                                                    .users = report->users,
                                                    .roles = report->roles,
                                                    .grants = report->grants,
                                                    .privilege_groups = report->privilege_groups};
    task->has_result = true;
    return MB_OK;
}

static mb_status create(struct mb_task *task, const struct plan *plan, struct mb_backup_env *env,
                        struct mb_error *error)
{
    const struct mb_config *config = task->session->config;
    struct mb_backup_report report;
    struct mb_snapshot_access access;
    MB_TRY(mb_snapshot_access_find(task, &access, error));
    const struct mb_backup_options options = {
        .name = plan->head.name,
        .id = plan->id != NULL ? plan->id : task->id,
        .selection = &plan->selection,
        .strategy = strategy_of(plan),
        .pause_gc = mb_request_decides(plan->pause_gc, config->backup.gc_pause.enabled),
        .rbac = plan->rbac,
        .resume = plan->resume,
        .take_over = plan->take_over,
        .format = format_of(plan),
        .snapshots = access.place,
        .no_snapshots = access.why_not,
        .parallel_collections = config->backup.collections,
        .copy = mb_request_copy_options(task->session)};

    atomic_store(&task->progress.resumable, plan->resume); /* as long as nobody has looked */
    MB_TRY(mb_connect_milvus_storage(task->session, &env->milvus_store, task->cancel, error));
    MB_TRY(mb_connect_backup_storage(task->session, MB_MISSING_IS_MADE, &env->backup_store, task->cancel,
                                     error));
    MB_TRY(mb_connect_milvus(task->session, &env->milvus, task->cancel, error));
    if (plan->index_extra)
        MB_TRY(mb_connect_etcd(task->session, &env->etcd, task->cancel, error));
    MB_TRY(mb_backup_create(env, &options, task->arena, &report, task->cancel, error));
    return keep_report(task, &report, error);
}

static mb_status run(struct mb_task *task, const void *given, struct mb_error *error)
{
    const struct mb_config *config = task->session->config;
    const struct mb_config_storage_keys *keys = &config->milvus_storage.keys;
    struct mb_backup_env env = {
        .milvus_root = config->milvus_storage.prefix,
        .milvus_keys = {.address = keys->address, .bucket = keys->bucket, .root_path = keys->root_path},
        .rpc_channel = config->milvus.rpc_channel_name,
        .backup_root = config->backup_storage.prefix,
        .progress = &task->progress,
        .log = task->session->common->log};

    const struct plan *plan = given;
    mb_request_warn_ignored(task, &plan->ignored);
    mb_status status = create(task, plan, &env, error);
    mb_etcd_close(env.etcd);
    mb_connect_leave_milvus(task->session, env.milvus);
    return status;
}

static const struct mb_work work = {
    .kind = MB_TASK_CREATE, .waits = true, .plan_size = sizeof(struct plan), .take = take, .run = run};

mb_status mb_create_check(const struct mb_create_request *request, struct mb_error *error)
{
    MB_ANSWER(error, mb_work_check(&work, request, &own));
}

mb_status mb_create_start(struct mb_session *session, const struct mb_create_request *request,
                          struct mb_task **out, struct mb_error *error)
{
    MB_ANSWER(error, mb_work_start(&work, session, request, out, &own));
}
