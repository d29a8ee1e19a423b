#include "catalog/catalog_files.h"

#include <string.h>

/* Is the first-level entry one that a backup has?  The key of the directory itself is a folder marker. */
static bool belongs_to_backup(const char *entry)
{
    static const char *const folders[] = {"", "meta/", "binlogs/", "bundle/"};
    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
        if (strcmp(entry, folders[i]) == 0)
            return true;
    return false;
}

/* A name without any description may be a slip that hits something else, Milvus' own data for instance: then
 * only what looks like the rest of a backup is removed. */
static mb_status check_shape(const struct mb_catalog *catalog, const char *name, const char *prefix,
                             struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_listing *listing = NULL;
    const struct mb_entry *entry = NULL;
    bool any = false;
    MB_TRY(mb_listing_open(&listing, catalog->storage, prefix, "/", cancel, error));
    mb_status status;
    while ((status = mb_listing_next(listing, &entry, error)) == MB_OK) {
        const char *rest = entry->key + strlen(prefix);
        any = true;
        if (belongs_to_backup(rest))
            continue;
        status = mb_fail(error, MB_E_INVALID,
                         "%s has no description and holds %s, which no backup does: nothing was deleted",
                         prefix, rest);
        break;
    }
    mb_listing_close(listing);
    if (status != MB_END)
        return status;
    return any ? MB_OK : mb_fail(error, MB_E_NOT_FOUND, "backup %s not found", name);
}

/* The description goes before the data, and its key file before the rest of it. */
static mb_status remove_all(const struct mb_catalog *catalog, const struct mb_catalog_scratch *scratch,
                            const char *prefix, uint64_t *removed, struct mb_cancel *cancel,
                            struct mb_error *error)
{
    uint64_t meta = 0, data = 0;
    char *key = mb_layout_meta_key(scratch->arena, scratch->dir, MB_META_BACKUP);
    char *meta_prefix = mb_arena_printf(scratch->arena, "%smeta/", prefix);
    if (key == NULL || meta_prefix == NULL)
        return mb_fail_memory(error);
    MB_TRY(mb_storage_remove(catalog->storage, key, cancel, error));
    MB_TRY(mb_storage_remove_prefix(catalog->storage, meta_prefix, &meta, cancel, error));
    MB_TRY(mb_storage_remove_prefix(catalog->storage, prefix, &data, cancel, error));
    *removed = meta + data;
    return MB_OK;
}

mb_status mb_catalog_delete(const struct mb_catalog *catalog, const char *name, uint64_t *removed,
                            struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_catalog_scratch scratch;
    bool present[MB_META_COUNT];
    uint64_t count = 0;
    MB_TRY(mb_catalog_scratch_init(&scratch, catalog, name, error));
    char *prefix = mb_arena_printf(scratch.arena, "%s/", scratch.dir);
    mb_status status = prefix == NULL ? mb_fail_memory(error)
                                      : mb_catalog_find_files(catalog, scratch.dir, present, cancel, error);
    bool described = false;
    for (int i = 0; status == MB_OK && i < MB_META_COUNT; i++)
        described = described || present[i];
    if (status == MB_OK && !described)
        status = check_shape(catalog, name, prefix, cancel, error);
    if (status == MB_OK)
        status = remove_all(catalog, &scratch, prefix, &count, cancel, error);
    if (status == MB_OK && removed != NULL)
        *removed = count + present[MB_META_BACKUP];
    mb_catalog_scratch_done(&scratch);
    return status;
}
