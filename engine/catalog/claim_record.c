#include "catalog/claim_record.h"

#include "base/clock.h"
#include "base/owner.h"
#include "catalog/catalog_files.h"

#include <string.h>

#define MAX_MARK ((size_t)64 * 1024)

static const struct mb_json_field fields[] = {
    MB_JSON_MEMBER(STRING, "backup_id", struct mb_claim_record, backup_id),
    MB_JSON_MEMBER(STRING, "plan_digest", struct mb_claim_record, plan_digest),
    MB_JSON_MEMBER(STRING, "owner", struct mb_claim_record, owner),
    MB_JSON_MEMBER(STRING, "started", struct mb_claim_record, started),
    MB_JSON_MEMBER(STRING, "generation", struct mb_claim_record, generation),
    MB_JSON_MEMBER(STRING, "heartbeat", struct mb_claim_record, heartbeat),
    MB_JSON_MEMBER(STRING, "failed", struct mb_claim_record, failed),
    MB_JSON_MEMBER(STRING, "reason", struct mb_claim_record, reason),
    {.key = NULL},
};

static mb_status to_json(const struct mb_claim_record *record, struct mb_buf *text, struct mb_error *error)
{
    const struct mb_sink sink = mb_buf_sink(text);
    struct mb_json_writer writer;
    mb_json_init(&writer, &sink);
    mb_json_write_object(&writer, NULL, fields, record);
    mb_status status = mb_json_finish(&writer, error);
    mb_json_done(&writer);
    return status;
}

static mb_status from_json(const struct mb_buf *text, const char *key, struct mb_arena *arena,
                           struct mb_claim_record *out, struct mb_error *error)
{
    json_error_t problem;
    json_t *value = json_loadb(text->data, text->len, 0, &problem);
    if (value == NULL)
        return mb_fail(error, MB_E_CORRUPT, "%s: byte %d: %s", key, problem.position, problem.text);
    struct mb_json_input input = {.arena = arena, .name = key, .error = error};
    struct mb_claim_record record = {0};
    mb_json_read_object(&input, fields, "record", value, &record);
    json_decref(value);
    if (input.status == MB_OK)
        *out = record;
    return input.status;
}

mb_status mb_claim_record_read_in(const struct mb_catalog *catalog, const char *dir, struct mb_arena *arena,
                                  struct mb_claim_record *out, struct mb_cancel *cancel,
                                  struct mb_error *error)
{
    struct mb_buf text;
    char *key = mb_layout_meta_key(arena, dir, MB_META_IN_PROGRESS);
    if (key == NULL)
        return mb_fail_memory(error);
    mb_buf_init(&text, MAX_MARK);
    mb_status status = mb_storage_read_all(catalog->storage, key, &text, cancel, error);
    if (status == MB_OK)
        status = from_json(&text, key, arena, out, error);
    mb_buf_done(&text);
    return status;
}

mb_status mb_claim_record_read(const struct mb_catalog *catalog, const char *name, struct mb_arena *arena,
                               struct mb_claim_record *out, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_catalog_scratch scratch;
    MB_TRY(mb_catalog_scratch_init(&scratch, catalog, name, error));
    mb_status status = mb_claim_record_read_in(catalog, scratch.dir, arena, out, cancel, error);
    mb_catalog_scratch_done(&scratch);
    return status;
}

mb_status mb_claim_record_write(const struct mb_catalog *catalog, const char *key,
                                const struct mb_claim_record *record, unsigned flags,
                                struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_put_options options = {
        .struct_size = sizeof(options), .flags = flags, .content_type = "application/json"};
    struct mb_buf text;
    mb_buf_init(&text, MAX_MARK);
    mb_status status = to_json(record, &text, error);
    if (status == MB_OK)
        status = mb_storage_write(catalog->storage, key, text.data, text.len, &options, NULL, cancel, error);
    mb_buf_done(&text);
    return status;
}

int64_t mb_claim_record_age(const struct mb_claim_record *record)
{
    int64_t then;
    const char *sign = record->heartbeat[0] != '\0' ? record->heartbeat : record->started;
    return mb_clock_parse(sign, &then) ? mb_clock_wall() - then : INT64_MAX;
}

enum mb_heart mb_claim_record_heart(const struct mb_claim_record *record, int64_t age_ns, int64_t limit_ns)
{
    if (record->failed[0] != '\0')
        return MB_HEART_FAILED;
    enum mb_owner_fate fate = mb_owner_fate_of(record->owner);
    if (fate == MB_OWNER_GONE)
        return MB_HEART_STOPPED;
    if (fate == MB_OWNER_LIVES && record->heartbeat[0] == '\0') /* of a version whose heart does not beat */
        return MB_HEART_BEATS;
    return age_ns > limit_ns ? MB_HEART_STOPPED : MB_HEART_BEATS;
}

const char *mb_claim_record_describe(const struct mb_claim_record *record, struct mb_arena *arena)
{
    const char *owner = mb_owner_brief(record->owner, arena);
    switch (mb_claim_record_heart(record, mb_claim_record_age(record), MB_HEART_LIMIT_NS)) {
    case MB_HEART_FAILED:
        return mb_arena_printf(arena, "making it failed at %s: %s", record->failed, record->reason);
    case MB_HEART_BEATS:
        return mb_arena_printf(arena, "it is being made at this moment (%s)", owner == NULL ? "" : owner);
    case MB_HEART_STOPPED:
        break;
    }
    return mb_arena_printf(arena, "making it, begun by %s at %s, was interrupted", owner == NULL ? "" : owner,
                           record->started);
}
