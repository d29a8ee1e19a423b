#include "catalog/catalog_files.h"
#include "catalog/object_stream.h"

mb_status mb_catalog_read_file(const struct mb_catalog *catalog, const char *dir, enum mb_meta_file file,
                               struct mb_meta_draft *draft, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_object_stream *stream = NULL;
    struct mb_json_reader *reader = NULL;
    char *key = mb_layout_meta_key(draft->arena, dir, file);
    if (key == NULL)
        return mb_fail_memory(error);
    mb_status status = mb_object_stream_open(&stream, catalog->storage, key, cancel, error);
    if (status == MB_OK)
        status = mb_json_reader_new(&reader, key, mb_object_stream_read, stream, error);
    if (status == MB_OK)
        status = mb_meta_read(draft, file, reader, error);
    mb_json_reader_free(reader);
    mb_object_stream_close(stream);
    return status;
}

static mb_status read_files(const struct mb_catalog *catalog, const char *dir,
                            const bool present[MB_META_COUNT], struct mb_meta_draft *draft,
                            struct mb_cancel *cancel, struct mb_error *error)
{
    static const enum mb_meta_file levels[] = {MB_META_BACKUP, MB_META_COLLECTION, MB_META_PARTITION,
                                               MB_META_SEGMENT};
    if (present[MB_META_FULL])
        return mb_catalog_read_file(catalog, dir, MB_META_FULL, draft, cancel, error);
    for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++)
        MB_TRY(mb_catalog_read_file(catalog, dir, levels[i], draft, cancel, error));
    return MB_OK;
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

static mb_status find_description(const struct mb_catalog *catalog, const struct mb_catalog_scratch *scratch,
                                  const char *name, bool present[MB_META_COUNT], struct mb_cancel *cancel,
                                  struct mb_error *error)
{
    MB_TRY(mb_catalog_find_files(catalog, scratch->dir, present, cancel, error));
    if (!mb_catalog_is_whole(present))
        MB_TRY(find_by_name(catalog, scratch, present, cancel, error));
    return mb_catalog_is_whole(present) ? MB_OK
                                        : mb_catalog_refuse(catalog, scratch, name, present, cancel, error);
}

mb_status mb_catalog_read(const struct mb_catalog *catalog, const char *name, struct mb_arena *arena,
                          struct mb_backup *out, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_catalog_scratch scratch;
    bool present[MB_META_COUNT];
    struct mb_meta_draft draft = {.arena = arena};
    struct mb_backup backup;
    MB_TRY(mb_catalog_scratch_init(&scratch, catalog, name, error));
    mb_status status = find_description(catalog, &scratch, name, present, cancel, error);
    if (status == MB_OK)
        status = read_files(catalog, scratch.dir, present, &draft, cancel, error);
    if (status == MB_OK)
        status = mb_meta_finish(&draft, catalog->log, &backup, error);
    if (status == MB_OK) {
        backup.name = mb_arena_strdup(arena, name);
        status = backup.name == NULL ? mb_fail_memory(error) : MB_OK;
    }
    if (status == MB_OK)
        *out = backup;
    mb_catalog_scratch_done(&scratch);
    return status;
}
