/* restore: from a backup to a running Milvus. */
#include "restore/restore.h"

#include "calendar/instant.h"
#include "task/connect.h"
#include "task/request.h"
#include "task/restored.h"
#include "task/snapshot.h"

#include <string.h>

struct plan {
    struct mb_plan_head head;
    struct mb_selection selection, filter;
    struct mb_strings ignored;
    struct mb_renames renames;
    struct mb_mappings mappings;
    struct mb_restore_wishes wishes;
    struct mb_ezk_mapping ezk;
    const char *suffix;
    int64_t until_ms;
    struct mb_restore_request flags; /* of which only booleans and numbers are good for anything here */
};

static mb_status take_choice(const struct mb_restore_request *request, struct mb_arena *arena,
                             struct plan *plan, struct mb_error *error)
{
    struct mb_choice choice = {0};
    MB_TRY(mb_request_text(arena, request->filter, &choice.filter, error));
    MB_TRY(mb_request_text(arena, request->database_collections, &choice.database_collections, error));
    MB_TRY(mb_request_list(arena, request->collections, request->collection_count, "collections",
                           &choice.collections, error));
    MB_TRY(mb_request_list(arena, request->databases, request->database_count, "databases", &choice.databases,
                           error));
    return mb_choice_select(&choice, arena, &plan->selection, &plan->filter, &plan->ignored, error);
}

static mb_status take_renames(const struct mb_restore_request *request, struct mb_arena *arena,
                              struct plan *plan, struct mb_error *error)
{
    struct mb_strings renames = {0};
    MB_TRY(mb_request_list(arena, request->rename, request->rename_count, "rename", &renames, error));
    for (size_t i = 0; i < renames.count; i++)
        MB_TRY(mb_renames_add(&plan->renames, arena, renames.items[i], error));
    return MB_OK;
}

/* Their size is the caller's. */
static mb_status take_mappings(const struct mb_restore_request *request, struct mb_arena *arena,
                               struct plan *plan, struct mb_error *error)
{
    const char *at = (const char *)request->mappings;
    if (request->mapping_count > 0 && at == NULL)
        return mb_fail_hint(error, MB_E_INVALID, MB_HINT_INPUT, "mappings", "the list of mappings is NULL");
    for (size_t i = 0; i < request->mapping_count; i++) {
        struct mb_restore_mapping given;
        MB_TRY(mb_abi_take(&given, sizeof given, at, MB_UP_TO(struct mb_restore_mapping, description),
                           "mapping", error));
        const struct mb_mapping mapping = {.source_db = given.source_db,
                                           .target_db = given.target_db,
                                           .source = given.source,
                                           .target = given.target,
                                           .shards = given.shards,
                                           .description = given.description};
        MB_TRY(mb_mappings_add(&plan->mappings, arena, &mapping, error));
        at += request->mappings->struct_size;
    }
    return mb_mappings_check(&plan->mappings, arena, error);
}

/* What has no effect is nearly always a mistake about what it does. */
static void tell_idle(struct mb_task *task, const struct mb_restore_request *flags)
{
    static const char no_collections[] = "has no effect: collections are not made";
    bool makes = !flags->skip_create_collection || flags->drop_exist_collection;
    const struct {
        bool idle;
        const char *member, *why;
    } rules[] = {
        {flags->use_auto_index && !flags->restore_index, "use_auto_index",
         "has no effect: indexes are not made"},
        {flags->skip_index_param_count > 0 && !flags->restore_index, "skip_index_params",
         "has no effect but on snapshots: indexes are not made"},
        {flags->use_import_jobs && flags->meta_only, "use_import_jobs",
         "has no effect: data is not restored"},
        {flags->ezk_count > 0 && flags->meta_only, "ezk_mapping", "has no effect: data is not restored"},
        {flags->drop_exist_index && flags->drop_exist_collection, "drop_exist_index",
         "has no effect: a collection that is made anew has no indexes to drop"},
        {flags->max_shards > 0 && !makes, "max_shards", no_collections},
        {flags->skip_collection_property_count > 0 && !makes, "skip_collection_properties", no_collections},
        {flags->skip_field_index_param_count > 0 && !makes, "skip_field_index_params", no_collections},
        {flags->skip_field_type_param_count > 0 && !makes, "skip_field_type_params", no_collections},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].idle)
            mb_task_warn(task, MB_HINT_INPUT, rules[i].member, rules[i].why);
}

/* Milvus lets nobody change these of a collection that is there. */
static mb_status check_overrides(const struct mb_restore_request *request, const struct plan *plan,
                                 struct mb_error *error)
{
    if (!request->skip_create_collection || request->drop_exist_collection)
        return MB_OK;
    for (size_t i = 0; i < plan->mappings.count; i++)
        if (plan->mappings.items[i].shards > 0 || plan->mappings.items[i].description != NULL)
            return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, "mappings",
                                "%s.%s is to exist, so neither its shards nor its description can be chosen",
                                plan->mappings.items[i].target_db, plan->mappings.items[i].target);
    return MB_OK;
}

static mb_status check_exclusive(const struct mb_restore_request *request, struct mb_error *error)
{
    static const char named[] = "mappings say what collections are called: leave it out";
    if (request->mapping_count > 0 && mb_text_is_given(request->suffix))
        return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, "suffix", "%s", named);
    if (request->mapping_count > 0 && request->rename_count > 0)
        return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, "rename", "%s", named);
    if (mb_text_is_given(request->filter) && mb_text_is_given(request->target_filter))
        return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, "target_filter",
                            "there is a filter of targets already: give one of both");
    return MB_OK;
}

static mb_status take_wishes(const struct mb_restore_request *request, struct mb_arena *arena,
                             struct mb_restore_wishes *wishes, struct mb_error *error)
{
    struct mb_restore_skips *skips = &wishes->skips;
    if (request->max_shards < 0)
        return mb_fail_hint(error, MB_E_INVALID, MB_HINT_INPUT, "max_shards", "%d is below 0",
                            (int)request->max_shards);
    wishes->max_shards = request->max_shards;
    MB_TRY(mb_request_list(arena, request->skip_collection_properties,
                           request->skip_collection_property_count, "skip_collection_properties",
                           &skips->collection_properties, error));
    MB_TRY(mb_request_list(arena, request->skip_field_index_params, request->skip_field_index_param_count,
                           "skip_field_index_params", &skips->field_index_params, error));
    MB_TRY(mb_request_list(arena, request->skip_field_type_params, request->skip_field_type_param_count,
                           "skip_field_type_params", &skips->field_type_params, error));
    return mb_request_list(arena, request->skip_index_params, request->skip_index_param_count,
                           "skip_index_params", &skips->index_params, error);
}

static mb_status take_ezk(const struct mb_restore_request *request, struct mb_arena *arena,
                          struct mb_ezk_mapping *ezk, struct mb_error *error)
{
    MB_TRY(mb_request_list(arena, request->ezk_from, request->ezk_count, "ezk_mapping", &ezk->from, error));
    MB_TRY(mb_request_list(arena, request->ezk_to, request->ezk_count, "ezk_mapping", &ezk->to, error));
    for (size_t i = 0; i < ezk->from.count; i++)
        if (!mb_text_is_given(ezk->from.items[i]) || !mb_text_is_given(ezk->to.items[i]))
            return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, "ezk_mapping",
                                "a pair lacks the database or its new key");
    return MB_OK;
}

static mb_status take_until(const struct mb_restore_request *request, struct plan *plan,
                            struct mb_error *error)
{
    bool until = request->until != NULL;
    if (request->meta_only && (until || request->until_checkpoints))
        return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, until ? "until" : "until_checkpoints",
                            "it is about data, and none is restored: leave it out");
    return until ? mb_instant_parse(request->until, "until", &plan->until_ms, error) : MB_OK;
}

static mb_status take_target_filter(const struct mb_restore_request *request, struct mb_arena *arena,
                                    struct plan *plan, struct mb_error *error)
{
    if (!mb_text_is_given(request->target_filter))
        return MB_OK;
    if (mb_selection_add_filter(&plan->filter, arena, request->target_filter, error) == MB_OK)
        return MB_OK;
    error->hint = MB_HINT_NONE; /* it was about the other member that is a filter */
    return mb_error_hint(error, MB_HINT_INPUT, "target_filter");
}

static mb_status take(const void *given, struct mb_arena *arena, void *out, struct mb_error *error)
{
    struct plan *plan = out;
    struct mb_restore_request request;
    MB_TRY(mb_abi_take(&request, sizeof request, given, MB_UP_TO(struct mb_restore_request, keep_temp_files),
                       "request", error));
    MB_TRY(mb_request_name(request.name, error));
    if (request.drop_first && !request.drop_exist_collection)
        return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_ALSO, "drop_exist_collection",
                            "an existing collection can be dropped first only where it is replaced");
    MB_TRY(mb_request_tristate(request.keep_temp_files, "keep_temp_files", error));
    MB_TRY(check_exclusive(&request, error));
    MB_TRY(take_choice(&request, arena, plan, error));
    MB_TRY(take_target_filter(&request, arena, plan, error));
    MB_TRY(take_renames(&request, arena, plan, error));
    MB_TRY(take_mappings(&request, arena, plan, error));
    MB_TRY(check_overrides(&request, plan, error));
    MB_TRY(take_wishes(&request, arena, &plan->wishes, error));
    MB_TRY(take_ezk(&request, arena, &plan->ezk, error));
    MB_TRY(take_until(&request, plan, error));
    MB_TRY(mb_request_text(arena, request.suffix, &plan->suffix, error));
    plan->flags = request;
    return mb_request_text(arena, request.name, &plan->head.name, error);
}

/* What is only now known to have none. */
static void tell_idle_with_snapshots(struct mb_task *task, const struct mb_restore_request *flags)
{
    static const char indexes[] = "has no effect: a snapshot brings its indexes with it";
    const struct {
        bool given;
        const char *member, *why;
    } rules[] = {{flags->restore_index, "restore_index", indexes},
                 {flags->use_auto_index, "use_auto_index", indexes},
                 {flags->drop_exist_index, "drop_exist_index", indexes},
                 {flags->use_import_jobs, "use_import_jobs",
                  "has no effect: a snapshot is restored as a whole, without imports"}};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].given)
            mb_task_warn(task, MB_HINT_INPUT, rules[i].member, rules[i].why);
}

static struct mb_restore_options options_of(const struct mb_task *task, const struct plan *plan,
                                            const struct mb_snapshot_access *access)
{
    const struct mb_config_restore *config = &task->session->config->restore;
    const struct mb_restore_request *flags = &plan->flags;
    return (struct mb_restore_options){
        .name = plan->head.name,
        .id = task->id,
        .plan = {.selection = &plan->selection,
                 .filter = &plan->filter,
                 .suffix = plan->suffix,
                 .renames = &plan->renames,
                 .mappings = &plan->mappings,
                 .lenient = flags->lenient},
        .wishes = plan->wishes,
        .ezk = plan->ezk,
        .restore_index = flags->restore_index,
        .use_auto_index = flags->use_auto_index,
        .drop_exist_collection = flags->drop_exist_collection,
        .drop_first = flags->drop_first,
        .drop_exist_index = flags->drop_exist_index,
        .load = flags->load,
        .rbac = flags->rbac,
        .skip_create_collection = flags->skip_create_collection,
        .meta_only = flags->meta_only,
        .until_ms = plan->until_ms,
        .until_checkpoints = flags->until_checkpoints,
        .use_jobs = flags->use_import_jobs,
        .keep_temp_files = mb_request_decides(flags->keep_temp_files, config->keep_temp_files),
        .parallel_collections = config->collections,
        .import_jobs = config->import_jobs,
        .max_segments_per_job = config->max_segments_per_import_job,
        .copy = mb_request_copy_options(task->session),
        .snapshots = access->place,
        .no_snapshots = access->why_not};
}

static mb_status restore(struct mb_task *task, const struct plan *plan, struct mb_restore_env *env,
                         struct mb_error *error)
{
    struct mb_snapshot_access access;
    MB_TRY(mb_snapshot_access_find(task, &access, error));
    const struct mb_restore_options options = options_of(task, plan, &access);
    struct mb_restore_report report;

    MB_TRY(mb_connect_milvus_storage(task->session, &env->milvus_store, task->cancel, error));
    MB_TRY(
        mb_connect_backup_storage(task->session, MB_MISSING_FAILS, &env->backup_store, task->cancel, error));
    MB_TRY(mb_connect_milvus(task->session, &env->milvus, task->cancel, error));
    mb_status status = mb_restore_run(env, &options, task->arena, &report, task->cancel, error);
    if (report.snapshot)
        tell_idle_with_snapshots(task, &plan->flags);
    if (status != MB_OK) {
        mb_restored_warn(task, &report);
        return status;
    }
    return mb_restored_keep(task, !plan->flags.meta_only, &report, error);
}

static mb_status run(struct mb_task *task, const void *given, struct mb_error *error)
{
    const struct plan *plan = given;
    struct mb_restore_env env = mb_restored_env(task);

    mb_request_warn_ignored(task, &plan->ignored);
    tell_idle(task, &plan->flags);
    mb_status status = restore(task, plan, &env, error);
    mb_connect_leave_milvus(task->session, env.milvus);
    return status;
}

static const struct mb_work work = {
    .kind = MB_TASK_RESTORE, .waits = true, .plan_size = sizeof(struct plan), .take = take, .run = run};

mb_status mb_restore_check(const struct mb_restore_request *request, struct mb_error *error)
{
    MB_ANSWER(error, mb_work_check(&work, request, &own));
}

mb_status mb_restore_start(struct mb_session *session, const struct mb_restore_request *request,
                           struct mb_task **out, struct mb_error *error)
{
    MB_ANSWER(error, mb_work_start(&work, session, request, out, &own));
}
