#include "api/restored.h"

#include "api/brief.h"
#include "api/hint.h"
#include "api/start.h"

/* One collection. */
struct part {
    int32_t state_code;
    int64_t start_s, end_s;
    int32_t progress;
    const char *db, *collection;
    int64_t restored, to_restore;
};

struct whole {
    const char *id;
    int32_t state_code;
    const char *error;
    int64_t start_s, end_s;
    int32_t progress;
    struct mb_api_list parts;
    int64_t restored, to_restore;
};

static const struct mb_api_field part_fields[] = {
    MB_API_FIELD_ALWAYS(INT32, "state_code", struct part, state_code,
                        "0 waits, 1 is being restored, 2 done, 3 failed or cancelled."),
    MB_API_FIELD(INT64, "start_time", struct part, start_s, "Seconds since 1970."),
    MB_API_FIELD(INT64, "end_time", struct part, end_s, "Seconds since 1970; absent while it runs."),
    MB_API_FIELD_ALWAYS(INT32, "progress", struct part, progress, "Percent."),
    MB_API_FIELD(STRING, "target_db_name", struct part, db, "In Milvus."),
    MB_API_FIELD(STRING, "target_collection_name", struct part, collection, "In Milvus."),
    MB_API_FIELD_ALWAYS(INT64, "restored_size", struct part, restored, "Bytes of data."),
    MB_API_FIELD_ALWAYS(INT64, "to_restore_size", struct part, to_restore, "Bytes of data."),
};
static const struct mb_api_schema part_schema = {
    MB_API_SCHEMA("RestoredCollection", struct part, part_fields)};

static const struct mb_api_field fields[] = {
    MB_API_FIELD(STRING, "id", struct whole, id, "Of the task."),
    MB_API_FIELD_ALWAYS(INT32, "state_code", struct whole, state_code,
                        "0 waits, 1 runs, 2 succeeded, 3 failed or cancelled."),
    MB_API_FIELD(STRING, "errorMessage", struct whole, error, "Why it failed."),
    MB_API_FIELD(INT64, "start_time", struct whole, start_s, "Seconds since 1970."),
    MB_API_FIELD(INT64, "end_time", struct whole, end_s, "Seconds since 1970; absent while it runs."),
    MB_API_FIELD_ALWAYS(INT32, "progress", struct whole, progress, "Percent; 100 when it has succeeded."),
    MB_API_FIELD_OF(ARRAY, "collection_restore_tasks", struct whole, parts, &part_schema, NULL),
    MB_API_FIELD_ALWAYS(INT64, "restored_size", struct whole, restored, "Bytes of data."),
    MB_API_FIELD_ALWAYS(INT64, "to_restore_size", struct whole, to_restore, "Bytes of data."),
};
const struct mb_api_schema mb_restored_schema = {MB_API_SCHEMA("RestoreTask", struct whole, fields)};

static struct part part_of(const struct mb_record_collection *collection)
{
    return (struct part){.state_code = mb_state_code(collection->state),
                         .start_s = collection->started_ms / 1000,
                         .end_s = collection->ended_ms / 1000,
                         .progress = collection->percent,
                         .db = collection->db,
                         .collection = collection->name,
                         .restored = collection->state == MB_TASK_SUCCEEDED ? collection->size : 0,
                         .to_restore = collection->size};
}

static void add_parts(struct whole *whole, const struct mb_record *record, struct mb_arena *arena)
{
    struct part *parts = mb_arena_alloc(arena, record->collection_count + 1, sizeof *parts);
    for (size_t i = 0; parts != NULL && i < record->collection_count; i++) {
        parts[i] = part_of(&record->collections[i]);
        whole->restored += parts[i].restored;
        whole->to_restore += parts[i].to_restore;
        whole->parts.count++;
    }
    whole->parts.items = parts;
}

void mb_reply_restored(struct mb_api_call *call, int code, const char *msg, const struct mb_record *record)
{
    const struct mb_error error = mb_api_record_error(record);
    struct mb_reply reply;
    struct whole whole = {.id = record->id,
                          .state_code = mb_state_code(record->state),
                          .start_s =
                              (record->started_ms != 0 ? record->started_ms : record->queued_ms) / 1000,
                          .end_s = record->ended_ms / 1000,
                          .progress = mb_progress_of(record)};
    if (*record->error != '\0')
        whole.error = mb_api_hint(&error, call->arena);
    add_parts(&whole, record, call->arena);
    mb_reply_begin(&reply, call, code, msg);
    mb_json_begin_object(&reply.json, "data");
    mb_api_write(&reply.json, &mb_restored_schema, &whole);
    mb_json_end_object(&reply.json);
    mb_reply_end(&reply);
}
