#include "task/details.h"

#include "base/arena.h"
#include "base/clock.h"
#include "catalog/layout.h"

int64_t mb_details_partition_rows(const struct mb_partition_backup *partition)
{
    int64_t rows = 0;
    for (size_t i = 0; i < partition->segment_count; i++)
        if (!partition->segments[i].is_l0)
            rows += partition->segments[i].rows;
    return rows;
}

/* A snapshot has no segments that are described. */
int64_t mb_details_rows(const struct mb_collection_backup *collection)
{
    int64_t rows = collection->row_count;
    for (size_t i = 0; i < collection->partition_count; i++)
        rows += mb_details_partition_rows(&collection->partitions[i]);
    return rows;
}

/* In seconds since 1970; 0 where nothing was flushed. */
static uint64_t first_flush(const struct mb_backup *backup)
{
    uint64_t first = 0;
    for (size_t i = 0; i < backup->collection_count; i++) {
        uint64_t at = backup->collections[i].physical_timestamp;
        if (at > 0 && (first == 0 || at < first))
            first = at;
    }
    return first;
}

static mb_status find_times(const struct mb_catalog *catalog, const struct mb_backup *backup,
                            struct mb_arena *arena, struct mb_details *out, struct mb_cancel *cancel,
                            struct mb_error *error)
{
    struct mb_stat stat = {.struct_size = sizeof stat};
    const char *dir = mb_layout_backup_dir(arena, catalog->root, backup->name);
    const char *key = dir == NULL ? NULL : mb_layout_meta_key(arena, dir, MB_META_BACKUP);
    if (key == NULL)
        return mb_fail_memory(error);
    MB_TRY(mb_storage_stat(catalog->storage, key, &stat, cancel, error));
    int64_t begun_ms = (int64_t)first_flush(backup) * 1000;
    out->made_ms = stat.mtime_ns / MB_NS_PER_MS;
    /* A backup that was moved here carries the time of the move. */
    if (begun_ms > 0 && out->made_ms >= begun_ms)
        out->took_ms = out->made_ms - begun_ms;
    return MB_OK;
}

mb_status mb_details_of(const struct mb_catalog *catalog, const struct mb_backup *backup,
                        struct mb_details *out, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_arena *arena = mb_arena_new();
    struct mb_details details = MB_DETAILS_UNKNOWN;
    details.rows = 0;
    for (size_t i = 0; i < backup->collection_count; i++)
        details.rows += mb_details_rows(&backup->collections[i]);
    mb_status status =
        arena == NULL ? mb_fail_memory(error) : find_times(catalog, backup, arena, &details, cancel, error);
    mb_arena_free(arena);
    if (status == MB_OK)
        *out = details;
    return status;
}

mb_status mb_details_read(const struct mb_catalog *catalog, const char *name, struct mb_details *out,
                          struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_arena *arena = mb_arena_new();
    struct mb_backup backup = {0};
    if (arena == NULL)
        return mb_fail_memory(error);
    mb_status status = mb_catalog_read(catalog, name, arena, &backup, cancel, error);
    if (status == MB_OK)
        status = mb_details_of(catalog, &backup, out, cancel, error);
    mb_arena_free(arena);
    if (status != MB_E_CORRUPT && status != MB_E_NOT_FOUND)
        return status;
    mb_error_clear(error); /* made or deleted meanwhile */
    return MB_OK;
}
