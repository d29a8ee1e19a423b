#include "catalog/catalog_files.h"
#include "catalog/object_stream.h"

mb_status mb_catalog_read_from(mb_json_read_fn *read, void *ctx, const char *key, enum mb_meta_file file,
                               struct mb_meta_draft *draft, struct mb_error *error)
{
    struct mb_json_reader *reader = NULL;
    MB_TRY(mb_json_reader_new(&reader, key, read, ctx, error));
    mb_status status = mb_meta_read(draft, file, reader, error);
    mb_json_reader_free(reader);
    return status;
}

mb_status mb_catalog_read_file(const struct mb_catalog *catalog, const char *dir, enum mb_meta_file file,
                               struct mb_meta_draft *draft, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_object_stream *stream = NULL;
    char *key = mb_layout_meta_key(draft->arena, dir, file);
    if (key == NULL)
        return mb_fail_memory(error);
    MB_TRY(mb_object_stream_open(&stream, catalog->storage, key, cancel, error));
    mb_status status = mb_catalog_read_from(mb_object_stream_read, stream, key, file, draft, error);
    mb_object_stream_close(stream);
    return status;
}

static mb_status finish(const struct mb_catalog *catalog, const char *dir, struct mb_meta_draft *draft,
                        struct mb_backup *out, struct mb_error *error)
{
    mb_status status = mb_meta_finish(draft, catalog->log, out, error);
    if (draft->bad == NULL)
        return status;
    const struct mb_error why = *error; /* names the file */
    return mb_fail(error, status, "%s/meta/%s", dir, why.message);
}

mb_status mb_catalog_read_full(const struct mb_catalog *catalog, const char *dir, enum mb_meta_depth depth,
                               struct mb_arena *arena, struct mb_backup *out, struct mb_cancel *cancel,
                               struct mb_error *error)
{
    struct mb_meta_draft draft = {.arena = arena, .depth = depth};
    MB_TRY(mb_catalog_read_file(catalog, dir, MB_META_FULL, &draft, cancel, error));
    return finish(catalog, dir, &draft, out, error);
}

mb_status mb_catalog_read_levels(const struct mb_catalog *catalog, const char *dir, enum mb_meta_depth depth,
                                 struct mb_arena *arena, struct mb_backup *out, const char **bad,
                                 struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_meta_draft draft = {.arena = arena, .depth = depth};
    static const enum mb_meta_file levels[] = {MB_META_BACKUP, MB_META_COLLECTION, MB_META_PARTITION,
                                               MB_META_SEGMENT};
    for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++) {
        if (bad != NULL)
            *bad = mb_layout_meta_name(levels[i]);
        MB_TRY(mb_catalog_read_file(catalog, dir, levels[i], &draft, cancel, error));
    }
    mb_status status = finish(catalog, dir, &draft, out, error);
    if (bad != NULL)
        *bad = draft.bad;
    return status;
}

/* A listing may lag or end early, so what it does not show of a backup is asked for by name. */
static mb_status find_by_name(const struct mb_catalog *catalog, const struct mb_catalog_scratch *scratch,
                              bool present[MB_META_COUNT], struct mb_cancel *cancel, struct mb_error *error)
{
    for (int i = 0; i < MB_META_COUNT; i++) {
        struct mb_stat stat = {.struct_size = sizeof(stat)};
        const char *key = mb_layout_meta_key(scratch->arena, scratch->dir, (enum mb_meta_file)i);
        if (key == NULL)
            return mb_fail_memory(error);
        mb_status status = present[i] ? MB_OK : mb_storage_stat(catalog->storage, key, &stat, cancel, error);
        present[i] = status == MB_OK;
        if (status != MB_OK && status != MB_E_NOT_FOUND)
            return status;
    }
    mb_error_clear(error);
    return MB_OK;
}

mb_status mb_catalog_find_description(const struct mb_catalog *catalog,
                                      const struct mb_catalog_scratch *scratch, const char *name,
                                      bool present[MB_META_COUNT], struct mb_cancel *cancel,
                                      struct mb_error *error)
{
    MB_TRY(mb_catalog_find_files(catalog, scratch->dir, present, cancel, error));
    if (!mb_catalog_is_whole(present))
        MB_TRY(find_by_name(catalog, scratch, present, cancel, error));
    return mb_catalog_is_whole(present) ? MB_OK
                                        : mb_catalog_refuse(catalog, scratch, name, present, cancel, error);
}

static mb_status read_backup(const struct mb_catalog *catalog, const struct mb_catalog_scratch *scratch,
                             const char *name, struct mb_arena *arena, struct mb_backup *out,
                             struct mb_cancel *cancel, struct mb_error *error)
{
    bool present[MB_META_COUNT];
    struct mb_backup backup;
    MB_TRY(mb_catalog_find_description(catalog, scratch, name, present, cancel, error));
    if (present[MB_META_FULL])
        MB_TRY(mb_catalog_read_full(catalog, scratch->dir, MB_META_WHOLE, arena, &backup, cancel, error));
    else
        MB_TRY(mb_catalog_read_levels(catalog, scratch->dir, MB_META_WHOLE, arena, &backup, NULL, cancel,
                                      error));
    backup.name = mb_arena_strdup(arena, name);
    if (backup.name == NULL)
        return mb_fail_memory(error);
    *out = backup;
    return MB_OK;
}

mb_status mb_catalog_read(const struct mb_catalog *catalog, const char *name, struct mb_arena *arena,
                          struct mb_backup *out, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_catalog_scratch scratch;
    MB_TRY(mb_catalog_scratch_init(&scratch, catalog, name, error));
    mb_status status = read_backup(catalog, &scratch, name, arena, out, cancel, error);
    mb_catalog_scratch_done(&scratch);
    return status;
}

/* What damage keeps from being read is told; any other failure is one. */
static mb_status keep_damage(mb_status status, bool *read, struct mb_error *why, struct mb_error *error)
{
    *read = status == MB_OK;
    *why = MB_ERROR_INIT;
    if (status != MB_E_CORRUPT && status != MB_E_NOT_FOUND)
        return status;
    *why = *error;
    mb_error_clear(error);
    return MB_OK;
}

static mb_status read_both(const struct mb_catalog *catalog, const char *dir,
                           const bool present[MB_META_COUNT], struct mb_arena *arena,
                           struct mb_descriptions *out, struct mb_cancel *cancel, struct mb_error *error)
{
    if (present[MB_META_FULL]) {
        mb_status status =
            mb_catalog_read_full(catalog, dir, MB_META_WHOLE, arena, &out->full, cancel, error);
        MB_TRY(keep_damage(status, &out->has_full, &out->full_error, error));
    }
    if (present[MB_META_COLLECTION] && present[MB_META_PARTITION] && present[MB_META_SEGMENT]) {
        mb_status status =
            mb_catalog_read_levels(catalog, dir, out->has_full ? MB_META_OUTLINE : MB_META_WHOLE, arena,
                                   &out->levels, &out->bad_level, cancel, error);
        MB_TRY(keep_damage(status, &out->has_levels, &out->levels_error, error));
    }
    if (out->has_full || out->has_levels)
        return MB_OK;
    *error = out->full_error.status != MB_OK ? out->full_error : out->levels_error;
    return error->status;
}

static mb_status find_and_read_both(const struct mb_catalog *catalog,
                                    const struct mb_catalog_scratch *scratch, const char *name,
                                    struct mb_arena *arena, struct mb_descriptions *out,
                                    struct mb_cancel *cancel, struct mb_error *error)
{
    bool present[MB_META_COUNT];
    struct mb_descriptions both = {.full_error = MB_ERROR_INIT, .levels_error = MB_ERROR_INIT};
    MB_TRY(mb_catalog_find_description(catalog, scratch, name, present, cancel, error));
    MB_TRY(find_by_name(catalog, scratch, present, cancel, error));
    MB_TRY(read_both(catalog, scratch->dir, present, arena, &both, cancel, error));
    *out = both;
    return MB_OK;
}

mb_status mb_catalog_read_both(const struct mb_catalog *catalog, const char *name, struct mb_arena *arena,
                               struct mb_descriptions *out, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_catalog_scratch scratch;
    MB_TRY(mb_catalog_scratch_init(&scratch, catalog, name, error));
    mb_status status = find_and_read_both(catalog, &scratch, name, arena, out, cancel, error);
    mb_catalog_scratch_done(&scratch);
    return status;
}
