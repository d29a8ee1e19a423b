#include "api/brief.h"

#include "api/hint.h"
#include "api/start.h"

#include <string.h>

enum { MAX_DESCRIPTION = 256 << 20 };

static const struct mb_api_field fields[] = {
    MB_API_FIELD(STRING, "id", struct mb_brief, id, "Of the backup, and of the task that made it."),
    MB_API_FIELD_ALWAYS(INT32, "state_code", struct mb_brief, state_code,
                        "0 waits, 1 is being made, 2 complete, 3 failed or cancelled."),
    MB_API_FIELD(STRING, "errorMessage", struct mb_brief, error, "Why it failed."),
    MB_API_FIELD(INT64, "start_time", struct mb_brief, start_s, "Seconds since 1970."),
    MB_API_FIELD(INT64, "end_time", struct mb_brief, end_s, "Seconds since 1970; absent while it runs."),
    MB_API_FIELD_ALWAYS(INT32, "progress", struct mb_brief, progress, "Percent; 100 when it is complete."),
    MB_API_FIELD(STRING, "name", struct mb_brief, name, NULL),
    MB_API_FIELD(UINT64, "backup_timestamp", struct mb_brief, backup_timestamp, NULL),
    {.name = "collection_backups",
     .type = MB_API_JSON,
     .offset = offsetof(struct mb_brief, collections),
     .help = "As the backup describes them.",
     .shape = "{\"type\":\"array\",\"items\":{\"type\":\"object\"}}"},
    MB_API_FIELD_ALWAYS(INT64, "size", struct mb_brief, size, "Bytes of data."),
    MB_API_FIELD(STRING, "milvus_version", struct mb_brief, milvus_version, NULL),
    {.name = "rpc_channel_info",
     .type = MB_API_JSON,
     .offset = offsetof(struct mb_brief, rpc_channel_info),
     .shape = "{\"type\":\"object\"}"},
    {.name = "database_backups",
     .type = MB_API_JSON,
     .offset = offsetof(struct mb_brief, databases),
     .shape = "{\"type\":\"array\",\"items\":{\"type\":\"object\"}}"},
    MB_API_FIELD_ALWAYS(INT64, "meta_size", struct mb_brief, meta_size,
                        "Bytes of what describes the backup; 0 until it is complete."),
    MB_API_FIELD(STRING, "format", struct mb_brief, format, NULL),
};

const struct mb_api_schema mb_brief_schema = {MB_API_SCHEMA("Backup", struct mb_brief, fields)};

int32_t mb_state_code(int32_t task_state)
{
    switch (task_state) {
    case MB_TASK_QUEUED:
        return MB_STATE_CODE_INITIAL;
    case MB_TASK_RUNNING:
        return MB_STATE_CODE_EXECUTING;
    case MB_TASK_SUCCEEDED:
        return MB_STATE_CODE_SUCCESS;
    default:
        return MB_STATE_CODE_FAIL;
    }
}

/* One that runs has begun: clients take 0 for one that does not move. */
int32_t mb_progress_of(const struct mb_record *record)
{
    return record->state == MB_TASK_RUNNING && record->percent == 0 ? 1 : record->percent;
}

void mb_brief_of_record(const struct mb_record *record, struct mb_arena *arena, struct mb_brief *out)
{
    *out = (struct mb_brief){
        .id = record->id,
        .state_code = mb_state_code(record->state),
        .start_s = (record->started_ms != 0 ? record->started_ms : record->queued_ms) / 1000,
        .end_s = record->ended_ms / 1000,
        .progress = mb_progress_of(record),
        .name = record->backup,
    };
    if (*record->error != '\0')
        out->error = mb_api_record_hint(record, arena);
}

/* A member of the description that the answer has, too. */
static mb_status take_member(struct mb_scan key, struct mb_scan value, struct mb_arena *arena,
                             struct mb_brief *out, struct mb_error *error)
{
    const struct {
        const char *key;
        const char **to;
        bool json;
    } texts[] = {{"\"id\"", &out->id, false},
                 {"\"name\"", &out->name, false},
                 {"\"milvus_version\"", &out->milvus_version, false},
                 {"\"format\"", &out->format, false},
                 {"\"collection_backups\"", &out->collections, true},
                 {"\"database_backups\"", &out->databases, true},
                 {"\"rpc_channel_info\"", &out->rpc_channel_info, true}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (strlen(texts[i].key) != key.len || memcmp(texts[i].key, key.text, key.len) != 0)
            continue;
        *texts[i].to =
            texts[i].json ? mb_arena_strndup(arena, value.text, value.len) : mb_scan_text(value, arena);
        return *texts[i].to != NULL ? MB_OK : mb_fail_memory(error);
    }
    if (key.len == 6 && memcmp(key.text, "\"size\"", 6) == 0)
        mb_scan_int64(value, &out->size);
    if (key.len == 18 && memcmp(key.text, "\"backup_timestamp\"", 18) == 0)
        mb_scan_uint64(value, &out->backup_timestamp);
    return MB_OK;
}

static mb_status take_description(const struct mb_buf *buf, struct mb_arena *arena, struct mb_brief *out,
                                  struct mb_error *error)
{
    struct mb_scan whole, key, value;
    MB_TRY(mb_buf_check(buf, "description", error));
    MB_TRY(mb_scan_first(buf->data, buf->len, &whole, error));
    struct mb_scan_walk walk = mb_scan_enter(whole);
    while (mb_scan_next(&walk, &key, &value))
        MB_TRY(take_member(key, value, arena, out, error));
    return MB_OK;
}

static void take_times(const struct mb_backup_times *times, struct mb_brief *out)
{
    if (times->made_ms == 0)
        return;
    out->end_s = times->made_ms / 1000;
    out->start_s = (times->made_ms - (times->took_ms > 0 ? times->took_ms : 0)) / 1000;
}

/* The answer is worth giving without it. */
static void add_meta_size(struct mb_session *session, const char *name, struct mb_brief *out)
{
    uint64_t bytes = 0;
    if (mb_session_meta_size(session, name, &bytes, NULL) == MB_OK)
        out->meta_size = (int64_t)bytes;
}

static void settle(struct mb_brief *out)
{
    out->state_code = MB_STATE_CODE_SUCCESS;
    out->progress = 100;
    out->error = NULL;
}

static mb_status describe(const struct mb_api_call *call, struct mb_session *session, const char *name,
                          struct mb_backup_times *times, struct mb_buf *buf, struct mb_brief *out,
                          struct mb_error *error)
{
    const struct mb_get_request request = {
        .struct_size = sizeof request, .name = name, .detail = call->full, .times = times};
    const struct mb_sink sink = mb_buf_sink(buf);
    if (mb_get_check(&request, error) < 0)
        return mb_fail(error, MB_E_NOT_FOUND, "not found");
    MB_TRY(mb_session_get(session, &request, &sink, error));
    return take_description(buf, call->arena, out, error);
}

mb_status mb_brief_read(const struct mb_api_call *call, struct mb_session *session, const char *name,
                        struct mb_brief *out, struct mb_error *error)
{
    const char *task_id = out->id;
    struct mb_buf buf = MB_BUF_INIT(MAX_DESCRIPTION);
    struct mb_backup_times times = {.struct_size = sizeof times};
    mb_status status = describe(call, session, name, &times, &buf, out, error);
    mb_buf_done(&buf);
    MB_TRY(status);
    settle(out);
    add_meta_size(session, name, out);
    if (task_id == NULL || out->start_s == 0 || strcmp(task_id, out->id) != 0)
        take_times(&times, out);
    return MB_OK;
}
