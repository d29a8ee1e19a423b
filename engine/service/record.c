#include "service/record.h"

#include "json/table.h"

#include <stdlib.h>
#include <string.h>

enum { SHORT = 1024 }; /* a record that is not worth shortening */

#define LONGEST_RECORD ((size_t)64 * 1024 * 1024)

#define MEMBER(kind, name, field) MB_JSON_MEMBER(kind, name, struct mb_record, field)

/* The numbers are those of the library's header, which are never given another meaning. */
static const struct mb_json_field record_fields[] = {MEMBER(STRING, "id", id),
                                                     MEMBER(INT32, "kind", kind),
                                                     MEMBER(INT32, "state", state),
                                                     MEMBER(STRING, "backup", backup),
                                                     MEMBER(STRING, "bucket", bucket),
                                                     MEMBER(STRING, "root_path", root_path),
                                                     MEMBER(STRING, "caller", caller),
                                                     MEMBER(STRING, "request_id", request_id),
                                                     MEMBER(STRING, "schedule", schedule),
                                                     MEMBER(INT64, "queued_ms", queued_ms),
                                                     MEMBER(INT64, "started_ms", started_ms),
                                                     MEMBER(INT64, "ended_ms", ended_ms),
                                                     MEMBER(INT32, "percent", percent),
                                                     MEMBER(STRING, "phase", phase),
                                                     MEMBER(UINT64, "bytes_done", bytes_done),
                                                     MEMBER(UINT64, "bytes_total", bytes_total),
                                                     MEMBER(UINT64, "objects_done", objects_done),
                                                     MEMBER(UINT64, "objects_total", objects_total),
                                                     MEMBER(UINT64, "retries", retries),
                                                     MEMBER(INT32, "status", status),
                                                     MEMBER(STRING, "error", error),
                                                     MEMBER(INT32, "hint", hint),
                                                     MEMBER(STRING, "hint_subject", hint_subject),
                                                     MEMBER(BOOL, "resumable", resumable),
                                                     MEMBER(RAW, "result", result),
                                                     MEMBER(STRINGS, "warnings", warnings),
                                                     {0}};

static const struct mb_json_field collection_fields[] = {
    MB_JSON_MEMBER(STRING, "db", struct mb_record_collection, db),
    MB_JSON_MEMBER(STRING, "name", struct mb_record_collection, name),
    MB_JSON_MEMBER(INT32, "state", struct mb_record_collection, state),
    MB_JSON_MEMBER(INT32, "percent", struct mb_record_collection, percent),
    MB_JSON_MEMBER(INT64, "rows", struct mb_record_collection, rows),
    MB_JSON_MEMBER(INT64, "size", struct mb_record_collection, size),
    MB_JSON_MEMBER(INT64, "started_ms", struct mb_record_collection, started_ms),
    MB_JSON_MEMBER(INT64, "ended_ms", struct mb_record_collection, ended_ms),
    {0}};

/* -------------------------------------------------------------- to JSON */

static void write_collections(struct mb_json_writer *writer, const struct mb_record *record)
{
    mb_json_write_objects(writer, NULL, collection_fields, record->collections, record->collection_count,
                          sizeof *record->collections);
}

static void write_record(struct mb_json_writer *writer, const struct mb_record *record)
{
    mb_json_write_object(writer, NULL, record_fields, record);
}

/* NULL in *out for no text at all. */
static mb_status text_of(const struct mb_record *record,
                         void (*write)(struct mb_json_writer *writer, const struct mb_record *record),
                         char **out, struct mb_error *error)
{
    struct mb_buf text;
    struct mb_json_writer writer;
    mb_buf_init(&text, LONGEST_RECORD);
    const struct mb_sink sink = mb_buf_sink(&text);
    mb_json_init(&writer, &sink);
    write(&writer, record);
    mb_status status = mb_json_finish(&writer, error);
    mb_json_done(&writer);
    bool something = status == MB_OK && text.len > 0;
    *out = something ? strdup(text.data) : NULL; /* no larger than it has to be */
    mb_buf_done(&text);
    return something && *out == NULL ? mb_fail_memory(error) : status;
}

mb_status mb_kept_of(const struct mb_record *record, struct mb_kept *out, struct mb_error *error)
{
    struct mb_kept kept = {0};
    if (text_of(record, write_record, &kept.object, error) < 0 ||
        text_of(record, write_collections, &kept.collections, error) < 0) {
        mb_kept_done(&kept);
        return error->status;
    }
    *out = kept;
    return MB_OK;
}

void mb_kept_done(struct mb_kept *kept)
{
    free(kept->object);
    free(kept->collections);
    *kept = (struct mb_kept){0};
}

size_t mb_kept_size(const struct mb_kept *kept)
{
    return (kept->object != NULL ? strlen(kept->object) : 0) +
           (kept->collections != NULL ? strlen(kept->collections) : 0);
}

void mb_kept_drop_collections(struct mb_kept *kept)
{
    free(kept->collections);
    kept->collections = NULL;
}

void mb_kept_drop_result(struct mb_kept *kept)
{
    if (kept->object == NULL || strlen(kept->object) <= SHORT)
        return;
    json_t *object = json_loads(kept->object, 0, NULL);
    json_object_del(object, "result");
    json_object_del(object, "warnings");
    char *shorter = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    if (shorter == NULL)
        return;
    free(kept->object);
    kept->object = shorter;
}

void mb_kept_write(const struct mb_kept *kept, struct mb_buf *buf)
{
    if (kept->collections == NULL)
        mb_buf_printf(buf, "%s\n", kept->object);
    else {
        mb_buf_append(buf, kept->object, strlen(kept->object) - 1);
        mb_buf_puts(buf, ",\"collections\":");
        mb_buf_puts(buf, kept->collections);
        mb_buf_puts(buf, "}\n");
    }
}

/* -------------------------------------------------------------- and back */

static void read_collections(struct mb_json_input *input, json_t *array, struct mb_record *out)
{
    size_t count = json_array_size(array);
    struct mb_record_collection *items = mb_json_alloc(input, count, sizeof *items);
    for (size_t i = 0; items != NULL && i < count; i++)
        mb_json_read_object(input, collection_fields, "collections", json_array_get(array, i), &items[i]);
    out->collections = items;
    out->collection_count = items != NULL ? count : 0;
}

/* Numbers that stand for something may come from a damaged line. */
static void check(struct mb_json_input *input, const struct mb_record *record)
{
    if (*record->id == '\0')
        mb_json_reject(input, "id", "is missing");
    if (record->state < MB_TASK_QUEUED || record->state > MB_TASK_CANCELLED)
        mb_json_reject(input, "state", "is none that is known");
    if (record->percent < 0 || record->percent > 100)
        mb_json_reject(input, "percent", "is no percentage");
}

static mb_status read_json(json_t *object, json_t *collections, struct mb_arena *arena, struct mb_record *out,
                           struct mb_error *error)
{
    struct mb_record record = {.left_ms = -1, .waiting_for = ""};
    struct mb_json_input input = {.arena = arena, .name = "a task's record", .error = error, .status = MB_OK};
    if (!json_is_object(object))
        return mb_fail(error, MB_E_CORRUPT, "a task's record is no object");
    mb_json_read_object(&input, record_fields, "record", object, &record);
    read_collections(&input, collections, &record);
    check(&input, &record);
    if (*record.result == '\0')
        record.result = "{}";
    MB_TRY(input.status);
    *out = record;
    return MB_OK;
}

mb_status mb_record_parse(const char *line, size_t len, struct mb_arena *arena, struct mb_record *out,
                          struct mb_error *error)
{
    json_t *object = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
    if (object == NULL)
        return mb_fail(error, MB_E_CORRUPT, "a task's record is no JSON");
    mb_status status = read_json(object, json_object_get(object, "collections"), arena, out, error);
    json_decref(object);
    return status;
}

mb_status mb_kept_read(const struct mb_kept *kept, bool with_collections, struct mb_arena *arena,
                       struct mb_record *out, struct mb_error *error)
{
    bool more = with_collections && kept->collections != NULL;
    json_t *object = json_loads(kept->object, 0, NULL);
    json_t *collections = more ? json_loads(kept->collections, 0, NULL) : NULL;
    mb_status status = object != NULL && (collections != NULL || !more)
                           ? read_json(object, collections, arena, out, error)
                           : mb_fail_memory(error); /* we wrote it */
    json_decref(object);
    json_decref(collections);
    return status;
}

/* ----------------------------------------------------------- interrupted */

bool mb_record_can_resume(int32_t kind)
{
    return kind == MB_TASK_CREATE || kind == MB_TASK_TRANSFER;
}

uint32_t mb_record_hint(const struct mb_record *record)
{
    if (!record->resumable)
        return MB_HINT_NONE;
    return record->kind == MB_TASK_TRANSFER ? MB_HINT_GO_ON : MB_HINT_RESUME;
}

static const char cut_while_running[] = "the server ended while it ran; it can be resumed";
static const char cut_before_begun[] = "the server ended before it was done; it can be resumed";

void mb_record_settle(struct mb_record *record)
{
    record->resumable = false;
    record->hint = MB_HINT_NONE;
    record->hint_subject = "";
    if (strcmp(record->error, cut_while_running) == 0)
        record->error = "the server ended while it ran";
    else if (strcmp(record->error, cut_before_begun) == 0)
        record->error = "the server ended before it was done";
}

void mb_record_interrupt(struct mb_record *record, int64_t now_ms)
{
    bool resumable = mb_record_can_resume(record->kind);
    bool began = record->started_ms != 0 || record->state == MB_TASK_RUNNING;
    record->state = MB_TASK_FAILED;
    record->status = MB_E_CANCELLED;
    record->resumable = resumable;
    record->hint = mb_record_hint(record);
    record->hint_subject = resumable ? record->backup : "";
    if (began)
        record->error = resumable ? cut_while_running : "the server ended while it ran; start it again";
    else
        record->error = resumable ? cut_before_begun : "the server ended before it was done; start it again";
    if (record->ended_ms == 0)
        record->ended_ms = now_ms;
}
