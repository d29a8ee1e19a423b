#include "base/clock.h"
#include "base/owner.h"
#include "catalog/catalog_files.h"

#include <string.h>

#define MAX_MARK ((size_t)64 * 1024)

static const struct mb_json_field mark_fields[] = {
    MB_JSON_MEMBER(STRING, "backup_id", struct mb_in_progress, backup_id),
    MB_JSON_MEMBER(STRING, "plan_digest", struct mb_in_progress, plan_digest),
    MB_JSON_MEMBER(STRING, "owner", struct mb_in_progress, owner),
    MB_JSON_MEMBER(STRING, "started", struct mb_in_progress, started),
    {.key = NULL},
};

static mb_status mark_to_json(const struct mb_in_progress *mark, struct mb_buf *text, struct mb_error *error)
{
    const struct mb_sink sink = mb_json_buf_sink(text);
    struct mb_json_writer writer;
    mb_json_init(&writer, &sink);
    mb_json_write_object(&writer, NULL, mark_fields, mark);
    mb_status status = mb_json_finish(&writer, error);
    mb_json_done(&writer);
    return status;
}

static mb_status mark_from_json(const struct mb_buf *text, const char *key, struct mb_arena *arena,
                                struct mb_in_progress *out, struct mb_error *error)
{
    json_error_t problem;
    json_t *value = json_loadb(text->data, text->len, 0, &problem);
    if (value == NULL)
        return mb_fail(error, MB_E_CORRUPT, "%s: byte %d: %s", key, problem.position, problem.text);
    struct mb_json_input input = {.arena = arena, .name = key, .error = error};
    struct mb_in_progress mark = {0};
    mb_json_read_object(&input, mark_fields, "mark", value, &mark);
    json_decref(value);
    if (input.status == MB_OK)
        *out = mark;
    return input.status;
}

mb_status mb_catalog_read_mark_file(const struct mb_catalog *catalog, const char *dir, struct mb_arena *arena,
                                    struct mb_in_progress *out, struct mb_cancel *cancel,
                                    struct mb_error *error)
{
    struct mb_buf text;
    char *key = mb_layout_meta_key(arena, dir, MB_META_IN_PROGRESS);
    if (key == NULL)
        return mb_fail_memory(error);
    mb_buf_init(&text, MAX_MARK);
    mb_status status = mb_storage_read_all(catalog->storage, key, &text, cancel, error);
    if (status == MB_OK)
        status = mark_from_json(&text, key, arena, out, error);
    mb_buf_done(&text);
    return status;
}

mb_status mb_catalog_read_mark(const struct mb_catalog *catalog, const char *name, struct mb_arena *arena,
                               struct mb_in_progress *out, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_catalog_scratch scratch;
    MB_TRY(mb_catalog_scratch_init(&scratch, catalog, name, error));
    mb_status status = mb_catalog_read_mark_file(catalog, scratch.dir, arena, out, cancel, error);
    mb_catalog_scratch_done(&scratch);
    return status;
}

static mb_status check_free(const struct mb_catalog *catalog, const char *name, struct mb_cancel *cancel,
                            struct mb_error *error)
{
    enum mb_backup_state state;
    MB_TRY(mb_layout_check_name(name, error));
    MB_TRY(mb_catalog_state(catalog, name, &state, cancel, error));
    switch (state) {
    case MB_BACKUP_ABSENT:
        return MB_OK;
    case MB_BACKUP_COMPLETE:
        return mb_fail(error, MB_E_EXISTS, "backup %s already exists", name);
    case MB_BACKUP_IN_PROGRESS:
        return mb_fail(error, MB_E_EXISTS,
                       "backup %s already exists but is incomplete: another create makes it at this moment, "
                       "or was interrupted",
                       name);
    case MB_BACKUP_FOREIGN:
        break;
    }
    return mb_fail(error, MB_E_EXISTS, "backup %s already has objects, but no description", name);
}

static mb_status put_mark(const struct mb_catalog *catalog, const char *key,
                          const struct mb_in_progress *mark, unsigned flags, struct mb_cancel *cancel,
                          struct mb_error *error)
{
    const struct mb_put_options options = {
        .struct_size = sizeof(options), .flags = flags, .content_type = "application/json"};
    struct mb_buf text;
    mb_buf_init(&text, MAX_MARK);
    mb_status status = mark_to_json(mark, &text, error);
    if (status == MB_OK)
        status = mb_storage_write(catalog->storage, key, text.data, text.len, &options, NULL, cancel, error);
    mb_buf_done(&text);
    return status;
}

/* Between the look at the name and the mark somebody else may have made the whole backup: then the mark that
 * was put is one too many. */
static mb_status check_still_free(const struct mb_catalog *catalog, const char *name, const char *dir,
                                  const char *key, struct mb_cancel *cancel, struct mb_error *error)
{
    bool present[MB_META_COUNT];
    MB_TRY(mb_catalog_find_files(catalog, dir, present, cancel, error));
    if (!present[MB_META_BACKUP])
        return MB_OK;
    MB_TRY(mb_storage_remove(catalog->storage, key, cancel, error));
    return mb_fail(error, MB_E_EXISTS, "backup %s was made by somebody else at this moment", name);
}

mb_status mb_catalog_begin(const struct mb_catalog *catalog, const char *name,
                           const struct mb_in_progress *mark, struct mb_cancel *cancel,
                           struct mb_error *error)
{
    struct mb_catalog_scratch scratch;
    struct mb_in_progress own = *mark;
    char started[32];
    MB_TRY(check_free(catalog, name, cancel, error));
    MB_TRY(mb_catalog_scratch_init(&scratch, catalog, name, error));
    char *key = mb_layout_meta_key(scratch.arena, scratch.dir, MB_META_IN_PROGRESS);
    mb_clock_format(mb_clock_wall(), started, sizeof(started));
    own.started = started;
    mb_status status =
        key == NULL ? mb_fail_memory(error) : put_mark(catalog, key, &own, MB_PUT_IF_ABSENT, cancel, error);
    if (status == MB_E_EXISTS)
        status = mb_fail(error, MB_E_EXISTS, "another create of backup %s began at the same moment", name);
    if (status == MB_OK)
        status = check_still_free(catalog, name, scratch.dir, key, cancel, error);
    mb_catalog_scratch_done(&scratch);
    return status;
}

static mb_status replace_mark(const struct mb_catalog *catalog, const struct mb_catalog_scratch *scratch,
                              const struct mb_in_progress *mark, struct mb_cancel *cancel,
                              struct mb_error *error)
{
    struct mb_in_progress there;
    char *key = mb_layout_meta_key(scratch->arena, scratch->dir, MB_META_IN_PROGRESS);
    if (key == NULL)
        return mb_fail_memory(error);
    MB_TRY(put_mark(catalog, key, mark, 0, cancel, error));
    MB_TRY(mb_catalog_read_mark_file(catalog, scratch->dir, scratch->arena, &there, cancel, error));
    if (strcmp(there.owner, mark->owner) == 0)
        return MB_OK;
    return mb_fail(error, MB_E_EXISTS, "%s was taken over by somebody else at this moment (%s)", scratch->dir,
                   there.owner);
}

mb_status mb_catalog_take_over(const struct mb_catalog *catalog, const char *name,
                               struct mb_in_progress *mark, struct mb_arena *arena, struct mb_cancel *cancel,
                               struct mb_error *error)
{
    struct mb_catalog_scratch scratch;
    if (mb_owner_fate_of(mark->owner) == MB_OWNER_LIVES)
        return mb_fail(error, MB_E_EXISTS, "backup %s is being made at this moment (%s)", name, mark->owner);
    mark->owner = mb_owner_self(arena);
    if (mark->owner == NULL)
        return mb_fail_memory(error);
    MB_TRY(mb_catalog_scratch_init(&scratch, catalog, name, error));
    mb_status status = replace_mark(catalog, &scratch, mark, cancel, error);
    mb_catalog_scratch_done(&scratch);
    return status;
}

mb_status mb_catalog_abort_uploads(const struct mb_catalog *catalog, const char *name,
                                   struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_catalog_scratch scratch;
    MB_TRY(mb_catalog_scratch_init(&scratch, catalog, name, error));
    char *prefix = mb_arena_printf(scratch.arena, "%s/", scratch.dir);
    mb_status status = prefix == NULL
                           ? mb_fail_memory(error)
                           : mb_storage_abort_uploads(catalog->storage, prefix, NULL, cancel, error);
    mb_catalog_scratch_done(&scratch);
    return status;
}

mb_status mb_catalog_abandon(const struct mb_catalog *catalog, const char *name, const char *backup_id,
                             struct mb_error *error)
{
    struct mb_catalog_scratch scratch;
    struct mb_in_progress mark;
    MB_TRY(mb_catalog_scratch_init(&scratch, catalog, name, error));
    mb_status status = mb_catalog_read_mark_file(catalog, scratch.dir, scratch.arena, &mark, NULL, error);
    if (status == MB_E_NOT_FOUND) {
        mb_error_clear(error);
        status = MB_OK;
    } else if (status == MB_OK && strcmp(mark.backup_id, backup_id) == 0) {
        char *key = mb_layout_meta_key(scratch.arena, scratch.dir, MB_META_IN_PROGRESS);
        status = key == NULL ? mb_fail_memory(error) : mb_storage_remove(catalog->storage, key, NULL, error);
    }
    mb_catalog_scratch_done(&scratch);
    return status;
}

void mb_catalog_unmark(const struct mb_catalog *catalog, const char *name, const char *backup_id)
{
    struct mb_error error = MB_ERROR_INIT;
    if (mb_catalog_abandon(catalog, name, backup_id, &error) < 0)
        mb_log(catalog->log, MB_LOG_WARN, "backup %s is complete, but its mark as being made stays: %s", name,
               error.message);
}
