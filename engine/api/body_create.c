#include "api/body_create.h"

#include "api/select.h"
#include "api/start.h"
#include "base/hint.h"

#include <string.h>

static const struct mb_api_field fields[] = {
    MB_API_FIELD(STRING, "requestId", struct mb_body_create, request_id,
                 "Has no effect: the id is taken from the header request_id."),
    MB_API_FIELD(STRING, "backup_name", struct mb_body_create, name,
                 "Letters, digits and underscores; one is made from the time when it is left out."),
    MB_API_FIELD(STRINGS, "collection_names", struct mb_body_create, collections,
                 "\"coll\" or \"db.coll\"; all collections when nothing is chosen."),
    MB_API_FIELD(BOOL, "async", struct mb_body_create, async, "Answer at once and go on in the background."),
    {.name = "db_collections",
     .type = MB_API_JSON,
     .offset = offsetof(struct mb_body_create, db_collections),
     .help = "{\"db\": [\"coll\"]}, also as a string that holds it; an empty list is the whole database.",
     .shape = mb_api_db_collections_shape},
    MB_API_FIELD(BOOL, "force", struct mb_body_create, force, "As strategy skip_flush."),
    MB_API_FIELD(BOOL, "meta_only", struct mb_body_create, meta_only, "As strategy meta_only."),
    MB_API_FIELD(BOOL, "gc_pause_enable", struct mb_body_create, gc_enable,
                 "Pause garbage collection in Milvus; false leaves it to the configuration."),
    MB_API_FIELD(INT32, "gc_pause_seconds", struct mb_body_create, gc_seconds,
                 "Has no effect: the pause is renewed as long as it takes."),
    MB_API_FIELD(STRING, "gc_pause_address", struct mb_body_create, gc_address,
                 "Of Milvus' management, instead of the configured one."),
    MB_API_FIELD(BOOL, "rbac", struct mb_body_create, rbac,
                 "Users, roles, grants and privilege groups of Milvus, too."),
    MB_API_FIELD(STRING, "backup_root_path", struct mb_body_create, root_path,
                 "Where the backup goes, instead of the configured path; one of server.rootPaths."),
    MB_API_FIELD_OF(NAMED, "filter", struct mb_body_create, filter, &mb_api_filter_schema,
                    "Which collections, by database; counts before db_collections and collection_names."),
    MB_API_FIELD(STRING, "strategy", struct mb_body_create, strategy,
                 "meta_only, skip_flush, serial_flush or bulk_flush."),
    MB_API_FIELD(BOOL, "with_index_extra", struct mb_body_create, index_extra,
                 "Also what only Milvus' etcd knows of indexes, and the field of dynamic values."),
    MB_API_FIELD(
        STRING, "format", struct mb_body_create, format,
        "snapshot: Milvus writes the data (3.0 and later, object storage); binlog: it is copied; auto, as "
        "when it is left out: snapshots where they can be."),
    MB_API_FIELD(BOOL, "resume", struct mb_body_create, resume,
                 "Go on with an interrupted backup of this name."),
    MB_API_FIELD(BOOL, "take_over", struct mb_body_create, take_over,
                 "With resume: also where another seems to be at work, who then fails."),
    MB_API_FIELD(BOOL, "cancel_on_disconnect", struct mb_body_create, bound,
                 "Without async: cancel the task if the client leaves before it has ended."),
};

const struct mb_api_schema mb_body_create_schema = {
    MB_API_SCHEMA("CreateRequest", struct mb_body_create, fields)};

static mb_status strategy_of(const struct mb_body_create *body, int32_t *out, struct mb_error *error)
{
    static const char *const names[] = {[MB_CREATE_META_ONLY] = "meta_only",
                                        [MB_CREATE_SKIP_FLUSH] = "skip_flush",
                                        [MB_CREATE_SERIAL_FLUSH] = "serial_flush",
                                        [MB_CREATE_BULK_FLUSH] = "bulk_flush"};
    *out = body->force ? MB_CREATE_SKIP_FLUSH : body->meta_only ? MB_CREATE_META_ONLY : MB_CREATE_DEFAULT;
    if (*body->strategy == '\0')
        return MB_OK;
    for (size_t i = MB_CREATE_META_ONLY; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], body->strategy) == 0) {
            *out = (int32_t)i;
            return MB_OK;
        }
    return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, "strategy",
                        "invalid strategy '%s'; it is meta_only, skip_flush, serial_flush or bulk_flush",
                        body->strategy);
}

static mb_status format_of(const struct mb_body_create *body, int32_t *out, struct mb_error *error)
{
    static const char *const names[] = {
        [MB_FORMAT_AUTO] = "auto", [MB_FORMAT_BINLOG] = "binlog", [MB_FORMAT_SNAPSHOT] = "snapshot"};
    *out = MB_FORMAT_AUTO;
    if (*body->format == '\0')
        return MB_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], body->format) == 0) {
            *out = (int32_t)i;
            return MB_OK;
        }
    return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, "format",
                        "invalid format '%s'; it is auto, binlog or snapshot", body->format);
}

mb_status mb_body_create_request(const struct mb_body_create *body, struct mb_arena *arena,
                                 struct mb_create_request *out, struct mb_error *error)
{
    const struct mb_api_choice choice = {
        .filter = &body->filter, .db_collections = body->db_collections, .names = &body->collections};
    struct mb_api_selected selected;
    *out = (struct mb_create_request){
        .struct_size = sizeof *out,
        .name = *body->name != '\0' ? body->name : mb_api_moment_name(arena, "backup_"),
        .resume = body->resume,
        .take_over = body->take_over,
        .rbac = body->rbac,
        .index_extra = body->index_extra,
        .pause_gc = body->gc_enable ? MB_YES : MB_AS_CONFIGURED,
    };
    MB_TRY(strategy_of(body, &out->strategy, error));
    MB_TRY(format_of(body, &out->format, error));
    MB_TRY(mb_api_select(&choice, arena, &selected, error));
    out->filter = selected.filter;
    out->database_collections = selected.database_collections;
    out->collections = selected.collections;
    out->collection_count = selected.collection_count;
    return mb_create_check(out, error);
}
