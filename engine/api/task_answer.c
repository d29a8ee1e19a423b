#include "api/task_answer.h"

#include "api/brief.h"
#include "api/hint.h"
#include "api/start.h"

struct part {
    const char *db, *collection, *state;
    int32_t progress;
    int64_t rows, size;
};

struct answer {
    const char *id, *kind, *state;
    int32_t state_code;
    const char *backup;
    int32_t progress;
    const char *phase, *waiting_for;
    uint64_t bytes_done, bytes_total, objects_done, objects_total, bytes_per_s, retries;
    int64_t left_s, queued_ms, started_ms, ended_ms;
    const char *error, *hint;
    bool resumable;
    const char *caller, *request_id, *schedule;
    struct mb_strings warnings;
    const char *result;
    struct mb_api_list parts;
};

static const struct mb_api_field part_fields[] = {
    MB_API_FIELD_ALWAYS(STRING, "db_name", struct part, db, "In Milvus."),
    MB_API_FIELD_ALWAYS(STRING, "collection_name", struct part, collection, "In Milvus."),
    MB_API_FIELD_ALWAYS(STRING, "state", struct part, state, "As the task's."),
    MB_API_FIELD_ALWAYS(INT32, "progress", struct part, progress, "Percent."),
    MB_API_FIELD_ALWAYS(INT64, "rows", struct part, rows, "-1 while not known."),
    MB_API_FIELD_ALWAYS(INT64, "size", struct part, size, "Bytes; 0 while not known."),
};
static const struct mb_api_schema part_schema = {MB_API_SCHEMA("TaskCollection", struct part, part_fields)};

static const struct mb_api_field fields[] = {
    MB_API_FIELD_ALWAYS(STRING, "id", struct answer, id, NULL),
    MB_API_FIELD_ALWAYS(STRING, "kind", struct answer, kind,
                        "create, restore, transfer, verify, delete, prune, compact."),
    MB_API_FIELD_ALWAYS(STRING, "state", struct answer, state,
                        "queued, running, succeeded, failed, cancelled."),
    MB_API_FIELD_ALWAYS(INT32, "state_code", struct answer, state_code,
                        "0 waits, 1 runs, 2 succeeded, 3 failed or cancelled."),
    MB_API_FIELD_ALWAYS(STRING, "backup_name", struct answer, backup, NULL),
    MB_API_FIELD_ALWAYS(INT32, "progress", struct answer, progress,
                        "Percent; never falls, and is 100 when it has succeeded."),
    MB_API_FIELD_ALWAYS(STRING, "phase", struct answer, phase, "What it does at the moment."),
    MB_API_FIELD_ALWAYS(STRING, "waiting_for", struct answer, waiting_for, "What holds it up."),
    MB_API_FIELD_ALWAYS(UINT64, "bytes_done", struct answer, bytes_done, "In this phase."),
    MB_API_FIELD_ALWAYS(UINT64, "bytes_total", struct answer, bytes_total, "In this phase."),
    MB_API_FIELD_ALWAYS(UINT64, "objects_done", struct answer, objects_done, "In this phase."),
    MB_API_FIELD_ALWAYS(UINT64, "objects_total", struct answer, objects_total, "In this phase."),
    MB_API_FIELD_ALWAYS(UINT64, "bytes_per_second", struct answer, bytes_per_s, "Lately."),
    MB_API_FIELD_ALWAYS(INT64, "seconds_left", struct answer, left_s, "An estimate; -1 for none."),
    MB_API_FIELD_ALWAYS(UINT64, "retries", struct answer, retries, "Calls that were made again."),
    MB_API_FIELD_ALWAYS(INT64, "queued_at", struct answer, queued_ms, "Milliseconds since 1970."),
    MB_API_FIELD_ALWAYS(INT64, "started_at", struct answer, started_ms, "Likewise; 0 for not yet."),
    MB_API_FIELD_ALWAYS(INT64, "ended_at", struct answer, ended_ms, "Likewise; 0 for not yet."),
    MB_API_FIELD_ALWAYS(STRING, "error", struct answer, error, "Why it failed."),
    MB_API_FIELD_ALWAYS(STRING, "hint", struct answer, hint, "What to do about it."),
    MB_API_FIELD_ALWAYS(BOOL, "resumable", struct answer, resumable,
                        "It was cut off: start it again with \"resume\": true."),
    MB_API_FIELD_ALWAYS(STRING, "caller", struct answer, caller, "The credential that asked for it."),
    MB_API_FIELD_ALWAYS(STRING, "request_id", struct answer, request_id, "Of the request that started it."),
    MB_API_FIELD_ALWAYS(STRING, "schedule", struct answer, schedule, "That started it."),
    MB_API_FIELD_ALWAYS(STRINGS, "warnings", struct answer, warnings, NULL),
    {.name = "result",
     .type = MB_API_JSON,
     .flags = MB_API_ALWAYS,
     .offset = offsetof(struct answer, result),
     .help = "What it gave, by its kind.",
     .shape = "{\"type\":[\"object\",\"null\"]}"},
    MB_API_FIELD_OF(ARRAY, "collections", struct answer, parts, &part_schema,
                    "Of a create or a restore; not in a list of tasks."),
};

const struct mb_api_schema mb_task_schema = {MB_API_SCHEMA("Task", struct answer, fields)};
const struct mb_api_schema mb_task_list_schema = {MB_API_SCHEMA("Task", struct answer, fields), .list = true};

static struct mb_api_list parts_of(const struct mb_record *record, struct mb_arena *arena)
{
    struct part *parts = mb_arena_alloc(arena, record->collection_count + 1, sizeof *parts);
    for (size_t i = 0; parts != NULL && i < record->collection_count; i++) {
        const struct mb_record_collection *from = &record->collections[i];
        parts[i] = (struct part){.db = from->db,
                                 .collection = from->name,
                                 .state = mb_task_state_name(from->state),
                                 .progress = from->percent,
                                 .rows = from->rows,
                                 .size = from->size};
    }
    return (struct mb_api_list){.items = parts, .count = parts != NULL ? record->collection_count : 0};
}

static struct answer answer_of(const struct mb_record *record, struct mb_arena *arena)
{
    const struct mb_error error = mb_api_record_error(record);
    return (struct answer){.id = record->id,
                           .kind = mb_task_kind_name(record->kind),
                           .state = mb_task_state_name(record->state),
                           .state_code = mb_state_code(record->state),
                           .backup = record->backup,
                           .progress = mb_progress_of(record),
                           .phase = record->phase,
                           .waiting_for = record->waiting_for,
                           .bytes_done = record->bytes_done,
                           .bytes_total = record->bytes_total,
                           .objects_done = record->objects_done,
                           .objects_total = record->objects_total,
                           .bytes_per_s = record->bytes_per_s,
                           .retries = record->retries,
                           .left_s = record->left_ms < 0 ? -1 : record->left_ms / 1000,
                           .queued_ms = record->queued_ms,
                           .started_ms = record->started_ms,
                           .ended_ms = record->ended_ms,
                           .error = *record->error != '\0' ? mb_api_message(&error, arena) : "",
                           .hint = mb_api_record_advice(record, arena),
                           .resumable = record->resumable,
                           .caller = record->caller,
                           .request_id = record->request_id,
                           .schedule = record->schedule,
                           .warnings = record->warnings,
                           .result = record->result,
                           .parts = parts_of(record, arena)};
}

void mb_task_write(struct mb_json_writer *writer, const char *key, const struct mb_record *record,
                   struct mb_arena *arena)
{
    const struct answer answer = answer_of(record, arena);
    mb_json_begin_object(writer, key);
    mb_api_write(writer, &mb_task_schema, &answer);
    mb_json_end_object(writer);
}

void mb_reply_task(struct mb_api_call *call, int code, const char *msg, const struct mb_record *record)
{
    struct mb_reply reply;
    mb_reply_begin(&reply, call, code, msg);
    mb_task_write(&reply.json, "data", record, call->arena);
    mb_reply_end(&reply);
}

void mb_reply_task_accepted(struct mb_api_call *call, const struct mb_record *record)
{
    const char *msg =
        mb_arena_printf(call->arena, "%s is executing asynchronously", mb_task_kind_name(record->kind));
    mb_reply_task(call, MB_CODE_SUCCESS, msg != NULL ? msg : "", record);
}

void mb_reply_task_ended(struct mb_api_call *call, const struct mb_record *record)
{
    bool succeeded = record->state == MB_TASK_SUCCEEDED;
    mb_reply_task(call, succeeded ? MB_CODE_SUCCESS : MB_CODE_FAIL,
                  succeeded ? "success" : mb_api_record_hint(record, call->arena), record);
}
