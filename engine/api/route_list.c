/* GET /list */
#include "api/api.h"
#include "api/brief.h"
#include "api/place.h"
#include "api/reply.h"
#include "api/routes.h"
#include "api/shared.h"

#include <string.h>

/* A backup in a list. */
struct item {
    const char *id;
    int32_t state_code;
    const char *error;
    int64_t start_s, end_s;
    const char *name;
    int64_t size;
    const char *milvus_version, *format, *state;
    const char *problem, *reason;
    int64_t rows, collections, made_ms, took_ms;
};

static const struct mb_api_field fields[] = {
    MB_API_FIELD(STRING, "id", struct item, id, NULL),
    MB_API_FIELD(INT32, "state_code", struct item, state_code,
                 "2 complete; with all also 1 for one that is being made, 3 for what is no backup."),
    MB_API_FIELD(STRING, "errorMessage", struct item, error, "Why it is no complete backup."),
    MB_API_FIELD(INT64, "start_time", struct item, start_s, "Seconds since 1970; with detail."),
    MB_API_FIELD(INT64, "end_time", struct item, end_s, "Seconds since 1970; with detail."),
    MB_API_FIELD(STRING, "name", struct item, name, NULL),
    MB_API_FIELD_ALWAYS(INT64, "size", struct item, size, "Bytes of data."),
    MB_API_FIELD(STRING, "milvus_version", struct item, milvus_version, NULL),
    MB_API_FIELD(STRING, "state", struct item, state,
                 "complete; with all also in progress, interrupted, failed, foreign, unreadable."),
    /* with detail alone */
    MB_API_FIELD_ALWAYS(STRING, "format", struct item, format, "With detail."),
    MB_API_FIELD_ALWAYS(STRING, "problem", struct item, problem, "Why it cannot be restored; with detail."),
    MB_API_FIELD_ALWAYS(STRING, "reason", struct item, reason, "Why it failed; with detail."),
    MB_API_FIELD_ALWAYS(INT64, "rows", struct item, rows, "-1 when not known; with detail."),
    MB_API_FIELD_ALWAYS(INT64, "collections", struct item, collections, "Their number; with detail."),
    MB_API_FIELD_ALWAYS(INT64, "made_at", struct item, made_ms, "Milliseconds since 1970, 0 when not known."),
    MB_API_FIELD_ALWAYS(INT64, "took_ms", struct item, took_ms, "-1 when not known; with detail."),
};
enum { PLAIN_FIELDS = 9 };

const struct mb_api_schema mb_list_schema = {MB_API_SCHEMA("ListedBackup", struct item, fields),
                                             .list = true};
static const struct mb_api_schema plain_schema = {
    .name = "ListedBackup", .size = sizeof(struct item), .fields = fields, .count = PLAIN_FIELDS};

static int32_t code_of(int32_t state)
{
    return state == MB_STATE_COMPLETE      ? MB_STATE_CODE_SUCCESS
           : state == MB_STATE_IN_PROGRESS ? MB_STATE_CODE_EXECUTING
                                           : MB_STATE_CODE_FAIL;
}

static struct item item_of(const struct mb_backup_entry *entry)
{
    struct item item = {.id = entry->id,
                        .state_code = code_of(entry->state),
                        .error = entry->problem,
                        .name = entry->name,
                        .size = entry->size,
                        .milvus_version = entry->milvus_version,
                        .format = entry->format,
                        .state = mb_state_name(entry->state),
                        .problem = entry->problem,
                        .reason = entry->reason,
                        .rows = entry->rows,
                        .collections = (int64_t)entry->collection_count,
                        .made_ms = entry->made_ms,
                        .took_ms = entry->took_ms};
    if (entry->made_ms != 0) {
        item.end_s = entry->made_ms / 1000;
        item.start_s = (entry->made_ms - (entry->took_ms > 0 ? entry->took_ms : 0)) / 1000;
    }
    return item;
}

static mb_status write_list(const struct mb_api_call *call, const struct mb_backup_list *list,
                            struct mb_buf *out, struct mb_error *error)
{
    bool all = mb_api_flag(call, "all");
    const struct mb_api_schema *schema = mb_api_flag(call, "detail") ? &mb_list_schema : &plain_schema;
    const struct mb_sink sink = mb_buf_sink(out);
    struct mb_json_writer json;
    mb_json_init(&json, &sink);
    mb_json_begin_array(&json, NULL);
    for (size_t i = 0; i < mb_backup_list_count(list); i++) {
        struct mb_backup_entry entry = {.struct_size = sizeof entry};
        if (mb_backup_list_at(list, i, &entry, NULL) < 0 || (!all && entry.state != MB_STATE_COMPLETE))
            continue;
        const struct item item = item_of(&entry);
        mb_json_begin_object(&json, NULL);
        mb_api_write(&json, schema, &item);
        mb_json_end_object(&json);
    }
    mb_json_end_array(&json);
    mb_status status = mb_json_finish(&json, error);
    mb_json_done(&json);
    return status;
}

static mb_status read_list(void *ctx, struct mb_buf *out, struct mb_error *error)
{
    const struct mb_api_call *call = ctx;
    const struct mb_list_request request = {.struct_size = sizeof request,
                                            .collection = mb_api_given(mb_api_query(call, "collection_name")),
                                            .with_collections = mb_api_flag(call, "detail"),
                                            .with_details = mb_api_flag(call, "detail")};
    struct mb_backup_list *list = NULL;
    MB_TRY(mb_session_list(mb_service_session(mb_api_service(call->api)), &request, &list, error));
    mb_status status = write_list(call, list, out, error);
    mb_backup_list_free(list);
    return status;
}

static void answer(void *ctx, const char *text, const struct mb_error *error)
{
    struct mb_api_call *call = ctx;
    struct mb_reply reply;
    if (text == NULL) {
        mb_reply_error_as(call, MB_CODE_FAIL, error);
        return;
    }
    mb_reply_begin(&reply, call, MB_CODE_SUCCESS, "success");
    mb_json_raw(&reply.json, "data", text);
    mb_reply_end(&reply);
}

/* Reading every backup's description takes its time, and many ask the same at once. */
void mb_serve_list(struct mb_api_call *call)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_shared_question *question = mb_arena_alloc(call->arena, 1, sizeof *question);
    const char *key = mb_arena_printf(call->arena, "%d %d %s", mb_api_flag(call, "all"),
                                      mb_api_flag(call, "detail"), mb_api_query(call, "collection_name"));
    if (question == NULL || key == NULL) {
        mb_fail_memory(&error);
        mb_reply_error_as(call, MB_CODE_FAIL, &error);
        return;
    }
    *question = (struct mb_shared_question){.key = key, .read = read_list, .answer = answer, .ctx = call};
    mb_shared_ask(mb_api_lists(call->api), question);
}
