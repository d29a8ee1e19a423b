#include "api/body_restore.h"

#include "api/hint.h"
#include "api/plan.h"
#include "api/rename.h"
#include "api/select.h"
#include "base/hint.h"

#include <string.h>

static const struct mb_api_field skip_fields[] = {
    MB_API_FIELD(STRINGS, "collectionProperties", struct mb_body_skip, collection_properties, NULL),
    MB_API_FIELD(STRINGS, "fieldIndexParams", struct mb_body_skip, field_index, NULL),
    MB_API_FIELD(STRINGS, "fieldTypeParams", struct mb_body_skip, field_type, NULL),
    MB_API_FIELD(STRINGS, "indexParams", struct mb_body_skip, index, NULL),
};
static const struct mb_api_schema skip_schema = {
    MB_API_SCHEMA("SkipParams", struct mb_body_skip, skip_fields)};

static const struct mb_api_field fields[] = {
    MB_API_FIELD(STRING, "requestId", struct mb_body_restore, request_id,
                 "Of the request, where it has no header request_id."),
    MB_API_FIELD_REQUIRED(STRING, "backup_name", struct mb_body_restore, name, NULL),
    MB_API_FIELD(STRINGS, "collection_names", struct mb_body_restore, collections,
                 "\"coll\" or \"db.coll\" in the backup; a name that it does not hold is passed over."),
    MB_API_FIELD(STRING, "collection_suffix", struct mb_body_restore, suffix,
                 "Behind the names of the restored collections that no rule of collection_renames names."),
    MB_API_FIELD(
        MAP, "collection_renames", struct mb_body_restore, renames,
        "\"coll\": \"new\", \"db.coll\": \"db2.new\" or \"db.*\": \"db2.*\", both sides of one shape."),
    MB_API_FIELD(BOOL, "async", struct mb_body_restore, async, "Answer at once and go on in the background."),
    MB_API_FIELD(STRING, "bucket_name", struct mb_body_restore, bucket,
                 "Where the backup lies, instead of the configured bucket; one of server.buckets."),
    MB_API_FIELD(STRING, "path", struct mb_body_restore, path,
                 "Likewise, instead of the configured path; one of server.rootPaths."),
    {.name = "db_collections",
     .type = MB_API_JSON,
     .offset = offsetof(struct mb_body_restore, db_collections),
     .help = "{\"db\": [\"coll\"]}, also as a string that holds it; an empty list is the whole database.",
     .shape = mb_api_db_collections_shape},
    MB_API_FIELD(BOOL, "metaOnly", struct mb_body_restore, meta_only, "Collections without their data."),
    MB_API_FIELD(BOOL, "restoreIndex", struct mb_body_restore, restore_index, "Also their indexes."),
    MB_API_FIELD(BOOL, "useAutoIndex", struct mb_body_restore, auto_index,
                 "Vector indexes become AUTOINDEX."),
    MB_API_FIELD(BOOL, "dropExistCollection", struct mb_body_restore, drop_collection,
                 "A target that exists is made anew, and dropped once that is complete."),
    MB_API_FIELD(BOOL, "dropFirst", struct mb_body_restore, drop_first,
                 "With dropExistCollection: dropped before, for lack of space for both."),
    MB_API_FIELD(BOOL, "dropExistIndex", struct mb_body_restore, drop_index,
                 "Drop the indexes of a target that exists."),
    MB_API_FIELD(BOOL, "skipCreateCollection", struct mb_body_restore, skip_create,
                 "Targets exist; with dropExistCollection they may be missing."),
    MB_API_FIELD(STRING, "id", struct mb_body_restore, id,
                 "Of the task, for get_restore; made from the time when it is left out."),
    MB_API_FIELD(BOOL, "skipImportDiskQuotaCheck", struct mb_body_restore, skip_quota, "Has no effect."),
    MB_API_FIELD(BOOL, "rbac", struct mb_body_restore, rbac,
                 "Users, roles, grants and privilege groups of the backup that Milvus lacks, too."),
    MB_API_FIELD(BOOL, "load", struct mb_body_restore, load,
                 "Load again what was loaded when it was backed up; its indexes are made for that."),
    MB_API_FIELD(INT32, "maxShardNum", struct mb_body_restore, max_shards,
                 "No collection gets more shards than this; 0 for no limit."),
    MB_API_FIELD_OF(OBJECT, "skipParams", struct mb_body_restore, skip, &skip_schema, "Keys to leave out."),
    MB_API_FIELD(BOOL, "useV2Restore", struct mb_body_restore, v2,
                 "Import over HTTP, many segments in a job."),
    MB_API_FIELD(
        BOOL, "truncateBinlogByTs", struct mb_body_restore, truncate,
        "Leave out rows and deletes that are younger than the backup's checkpoint of their channel."),
    MB_API_FIELD(STRING, "until", struct mb_body_restore, until,
                 "Leave out rows and deletes that were written after this time: 2026-11-28T22:30:00Z."),
    {.name = "db_collections_after_rename",
     .type = MB_API_JSON,
     .offset = offsetof(struct mb_body_restore, after_rename),
     .help = "As db_collections, by the names after suffix and renames.",
     .shape = mb_api_db_collections_shape},
    MB_API_FIELD_OF(OBJECT, "restorePlan", struct mb_body_restore, plan, &mb_body_plan_schema,
                    "What goes where, instead of suffix and renames."),
    MB_API_FIELD(
        MAP, "ezkMapping", struct mb_body_restore, ezk,
        "Keys to hand to Milvus for encrypted databases instead of the backup's: by database, or by the "
        "old key."),
    MB_API_FIELD(BOOL, "cancel_on_disconnect", struct mb_body_restore, bound,
                 "Without async: cancel the task if the client leaves before it has ended."),
};

const struct mb_api_schema mb_body_restore_schema = {
    MB_API_SCHEMA("RestoreRequest", struct mb_body_restore, fields)};

static mb_status take_ezk(const struct mb_api_list *list, struct mb_arena *arena,
                          struct mb_restore_request *out, struct mb_error *error)
{
    const struct mb_kv *pairs = list->items;
    const char **from = mb_arena_alloc(arena, list->count + 1, sizeof *from);
    const char **to = mb_arena_alloc(arena, list->count + 1, sizeof *to);
    if (from == NULL || to == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < list->count; i++) {
        from[i] = pairs[i].key;
        to[i] = pairs[i].value;
    }
    out->ezk_from = from;
    out->ezk_to = to;
    out->ezk_count = list->count;
    return MB_OK;
}

/* A plan without anything in it restores nothing. */
static bool plan_chooses(const struct mb_body_restore *body)
{
    return body->plan != NULL && (body->plan->filter.items != NULL || body->plan->mapping.count == 0);
}

static bool names_targets(const struct mb_body_restore *body)
{
    return *body->after_rename == '{' || (*body->after_rename == '"' && body->after_rename[1] != '"');
}

static mb_status check(const struct mb_body_restore *body, struct mb_error *error)
{
    if (*body->name == '\0')
        return mb_fail(error, MB_E_INVALID, "backup name is required");
    if (body->plan != NULL && *body->suffix != '\0')
        return mb_fail(error, MB_E_INVALID,
                       "restore plan and collection suffix cannot be set at the same time");
    if (body->plan != NULL && body->renames.count > 0)
        return mb_fail(error, MB_E_INVALID,
                       "restore plan and collection renames cannot be set at the same time");
    if (plan_chooses(body) && names_targets(body))
        return mb_fail(
            error, MB_E_INVALID,
            "restore plan's filter and db_collections_after_rename cannot be set at the same time");
    if (*body->suffix != '\0' && !mb_text_is_name(body->suffix, strlen(body->suffix)))
        return mb_fail(error, MB_E_INVALID,
                       "only alphanumeric characters and underscores are allowed in collection suffix");
    return MB_OK;
}

/* By the names after renaming: of a plan, or of db_collections_after_rename.  Nothing selects nothing. */
static mb_status choose_targets(const struct mb_body_restore *body, struct mb_arena *arena,
                                struct mb_restore_request *out, struct mb_error *error)
{
    const char *json = NULL;
    if (plan_chooses(body)) {
        if (mb_api_filter_text(&body->plan->filter, arena, &out->target_filter, error) < 0)
            return mb_api_name_member(error, "filter", "restorePlan.filter");
        return MB_OK;
    }
    MB_TRY(mb_api_db_collections(body->after_rename, arena, &json, error));
    return *json != '\0' ? mb_api_filter_of_json(json, arena, &out->target_filter, error) : MB_OK;
}

static mb_status choose(const struct mb_body_restore *body, struct mb_arena *arena,
                        struct mb_restore_request *out, struct mb_error *error)
{
    const struct mb_api_choice choice = {.db_collections = body->db_collections, .names = &body->collections};
    struct mb_api_selected selected;
    MB_TRY(mb_api_select(&choice, arena, &selected, error));
    MB_TRY(choose_targets(body, arena, out, error));
    if (selected.filter != NULL) { /* of names in the backup nothing was chosen */
        out->target_filter = selected.filter;
        return MB_OK;
    }
    out->database_collections = selected.database_collections;
    out->collections = selected.collections;
    out->collection_count = selected.collection_count;
    return MB_OK;
}

static void take_skip(const struct mb_body_skip *skip, struct mb_restore_request *out)
{
    if (skip == NULL)
        return;
    out->skip_collection_properties = skip->collection_properties.items;
    out->skip_collection_property_count = skip->collection_properties.count;
    out->skip_field_index_params = skip->field_index.items;
    out->skip_field_index_param_count = skip->field_index.count;
    out->skip_field_type_params = skip->field_type.items;
    out->skip_field_type_param_count = skip->field_type.count;
    out->skip_index_params = skip->index.items;
    out->skip_index_param_count = skip->index.count;
}

mb_status mb_body_restore_request(const struct mb_body_restore *body, struct mb_arena *arena,
                                  struct mb_restore_request *out, struct mb_error *error)
{
    *out = (struct mb_restore_request){
        .struct_size = sizeof *out,
        .name = body->name,
        .suffix = body->suffix,
        .restore_index = body->restore_index,
        .use_auto_index = body->auto_index,
        .drop_exist_collection = body->drop_collection,
        .drop_first = body->drop_first,
        .drop_exist_index = body->drop_index,
        .skip_create_collection = body->skip_create,
        .load = body->load,
        .rbac = body->rbac,
        .meta_only = body->meta_only,
        .use_import_jobs = body->v2,
        .max_shards = body->max_shards,
        .lenient = true,
        .until = *body->until != '\0' ? body->until : NULL,
        .until_checkpoints = body->truncate,
    };
    MB_TRY(check(body, error));
    MB_TRY(choose(body, arena, out, error));
    MB_TRY(mb_api_mappings(body->plan, arena, out, error));
    take_skip(body->skip, out);
    MB_TRY(take_ezk(&body->ezk, arena, out, error));
    MB_TRY(mb_api_renames(&body->renames, arena, out, error));
    return mb_restore_check(out, error);
}
