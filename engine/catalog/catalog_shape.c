/* What a folder that is no complete backup looks like: a status and a sentence for who wants to read it.
 *
 * MB_E_NOT_FOUND where no backup of that name is, MB_E_CORRUPT where a part of one is. */
#include "base/clock.h"
#include "catalog/catalog_files.h"
#include "catalog/claim_record.h"

#include <string.h>

enum { MOST_LOOKED_AT = 1000, MOST_FOLDERS = 20 };

struct shape {
    const char *prefix;
    size_t prefix_len;
    bool any, binlogs, disk_files;
    char example[256]; /* the first object, relative */
};

static void note(struct shape *shape, const struct mb_entry *entry)
{
    const char *rest = entry->key + shape->prefix_len;
    if (mb_is_folder_marker(entry->key, entry->size))
        return;
    if (!shape->any)
        snprintf(shape->example, sizeof(shape->example), "%s", rest);
    shape->any = true;
    shape->binlogs = shape->binlogs || mb_text_starts_with(rest, "binlogs/");
    shape->disk_files = shape->disk_files || mb_text_ends_with(rest, "/xl.meta");
}

static mb_status look_at_objects(const struct mb_catalog *catalog, struct shape *shape,
                                 struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_listing *listing = NULL;
    const struct mb_entry *entry = NULL;
    mb_status status = MB_OK;
    MB_TRY(mb_listing_open(&listing, catalog->storage, shape->prefix, NULL, cancel, error));
    for (int i = 0; i < MOST_LOOKED_AT && (status = mb_listing_next(listing, &entry, error)) == MB_OK; i++)
        note(shape, entry);
    mb_listing_close(listing);
    return status < 0 ? status : MB_OK;
}

/* A folder in it that is a backup; "" when there is none. */
static mb_status find_nested(const struct mb_catalog *catalog, const struct shape *shape,
                             struct mb_arena *arena, const char **out, struct mb_cancel *cancel,
                             struct mb_error *error)
{
    struct mb_listing *listing = NULL;
    const struct mb_entry *entry = NULL;
    mb_status status = MB_OK;
    const char *found = "";
    MB_TRY(mb_listing_open(&listing, catalog->storage, shape->prefix, "/", cancel, error));
    for (int i = 0; i < MOST_FOLDERS && *found == '\0' && status >= 0; i++) {
        status = mb_listing_next(listing, &entry, error);
        if (status != MB_OK)
            break;
        if ((entry->flags & MB_ENTRY_PREFIX) == 0)
            continue;
        struct mb_stat stat = {.struct_size = sizeof(stat)};
        const char *folder = mb_arena_strdup(arena, entry->key + shape->prefix_len);
        const char *key = mb_arena_printf(arena, "%smeta/backup_meta.json", entry->key);
        status = folder == NULL || key == NULL ? mb_fail_memory(error)
                                               : mb_storage_stat(catalog->storage, key, &stat, cancel, error);
        if (status == MB_OK)
            found = folder;
        else if (status == MB_E_NOT_FOUND) {
            mb_error_clear(error);
            status = MB_OK;
        }
    }
    mb_listing_close(listing);
    MB_TRY(status);
    *out = found;
    return MB_OK;
}

static mb_status refuse_claimed(const struct mb_catalog *catalog, const struct mb_catalog_scratch *scratch,
                                const char *name, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_claim_record record;
    mb_status status = mb_claim_record_read_in(catalog, scratch->dir, scratch->arena, &record, cancel, error);
    if (status == MB_E_CORRUPT || status == MB_E_NOT_FOUND)
        return mb_fail(error, MB_E_CORRUPT, "backup %s is not complete, and it is not known who made it: %s",
                       name, error->message);
    MB_TRY(status);
    const char *fate = mb_claim_record_describe(&record, scratch->arena);
    return mb_fail(error, MB_E_CORRUPT, "backup %s is not complete: %s", name, fate == NULL ? "" : fate);
}

static const char *first_missing(const bool present[MB_META_COUNT])
{
    static const enum mb_meta_file needed[] = {MB_META_BACKUP, MB_META_COLLECTION, MB_META_PARTITION,
                                               MB_META_SEGMENT};
    for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
        if (!present[needed[i]])
            return mb_layout_meta_name(needed[i]);
    return "";
}

static mb_status refuse_shape(const struct shape *shape, const char *name, const char *nested,
                              const bool present[MB_META_COUNT], struct mb_error *error)
{
    if (!shape->any)
        return mb_fail(error, MB_E_NOT_FOUND, "backup %s not found", name);
    if (shape->disk_files)
        return mb_fail(error, MB_E_CORRUPT,
                       "%s holds a storage server's own disk files (xl.meta), which only that server can "
                       "read: copy the backup out of it through its S3 interface, for instance by transfer",
                       shape->prefix);
    for (int i = 0; i < MB_META_COUNT; i++)
        if (present[i])
            return mb_fail(
                error, MB_E_CORRUPT,
                "backup %s is not complete: %smeta/%s is missing; it was copied or deleted in part", name,
                shape->prefix, first_missing(present));
    if (*nested != '\0')
        return mb_fail(
            error, MB_E_NOT_FOUND,
            "%s is no backup, but %s%s is: it lies one level too deep; move it up, or add %s to the "
            "root path of backups",
            shape->prefix, shape->prefix, nested, name);
    if (shape->binlogs)
        return mb_fail(
            error, MB_E_CORRUPT,
            "backup %s is not complete: %s holds binlogs, but no description (meta/): it was copied "
            "or deleted in part",
            name, shape->prefix);
    return mb_fail(error, MB_E_NOT_FOUND, "backup %s not found: %s holds %s and the like, but no backup",
                   name, shape->prefix, shape->example);
}

mb_status mb_catalog_refuse(const struct mb_catalog *catalog, const struct mb_catalog_scratch *scratch,
                            const char *name, const bool present[MB_META_COUNT], struct mb_cancel *cancel,
                            struct mb_error *error)
{
    struct shape shape = {.prefix = mb_arena_printf(scratch->arena, "%s/", scratch->dir)};
    const char *nested = "";
    if (shape.prefix == NULL)
        return mb_fail_memory(error);
    shape.prefix_len = strlen(shape.prefix);
    if (present[MB_META_IN_PROGRESS])
        return refuse_claimed(catalog, scratch, name, cancel, error);
    MB_TRY(look_at_objects(catalog, &shape, cancel, error));
    if (shape.any)
        MB_TRY(find_nested(catalog, &shape, scratch->arena, &nested, cancel, error));
    return refuse_shape(&shape, name, nested, present, error);
}
