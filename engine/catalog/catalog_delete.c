/* Removes a backup.  In: its name.  Out: a folder without it: `backup_meta.json` goes first, so a deletion
 * that is cut short leaves no complete backup.  What is no backup, and what somebody works on, is left alone,
 * the latter unless it is forced. */
#include "base/hint.h"
#include "base/owner.h"
#include "catalog/catalog_files.h"
#include "catalog/claim.h"

#include <string.h>

enum { MOST_SWEEPS = 3 };

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

/* What came while it was removed: the last requests of who made it. */
static mb_status sweep(const struct mb_catalog *catalog, const char *prefix, uint64_t *removed,
                       struct mb_cancel *cancel, struct mb_error *error)
{
    bool any = true;
    for (int i = 0; i < MOST_SWEEPS && any; i++) {
        uint64_t late = 0;
        MB_TRY(mb_storage_any(catalog->storage, prefix, &any, cancel, error));
        if (any)
            MB_TRY(mb_storage_remove_prefix(catalog->storage, prefix, &late, cancel, error));
        *removed += late;
    }
    return MB_OK;
}

static mb_status refuse(const char *name, const struct mb_claim_record *record, struct mb_arena *arena,
                        struct mb_error *error)
{
    const char *owner = mb_owner_brief(record->owner, arena);
    return mb_fail_hint(
        error, MB_E_EXISTS, MB_HINT_FORCE_DELETE, name,
        "backup %s is being made at this moment (%s, which was at work at %s), and nothing was "
        "deleted",
        name, owner == NULL ? "" : owner, *record->heartbeat ? record->heartbeat : record->started);
}

/* Its maker finds the record of another, stops, and commits nothing. */
static mb_status take_away(const struct mb_catalog *catalog, const char *name,
                           const struct mb_claim_record *record, struct mb_cancel *cancel,
                           struct mb_error *error)
{
    struct mb_claim_record to_delete = *record;
    const struct mb_claim_wish wish = {.force = true};
    struct mb_claim *claim = NULL;
    to_delete.plan_digest = MB_CLAIM_TO_DELETE;
    mb_status status = mb_claim_take_over(&claim, catalog, name, &to_delete, &wish, cancel, error);
    mb_claim_free(claim);
    if (status < 0 && !mb_cancel_requested(cancel)) { /* a full store, say; or it was committed by now */
        mb_error_clear(error);
        return MB_OK;
    }
    return status;
}

static mb_status check_maker(const struct mb_catalog *catalog, const struct mb_catalog_scratch *scratch,
                             const char *name, bool force, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_claim_record record;
    const struct mb_claim_timing timing = {0};
    mb_status status = mb_claim_record_read_in(catalog, scratch->dir, scratch->arena, &record, cancel, error);
    if (status == MB_E_CORRUPT || status == MB_E_NOT_FOUND) {
        mb_error_clear(error);
        return MB_OK;
    }
    MB_TRY(status);
    if (force) /* from whoever is not known to be gone */
        return mb_claim_record_heart(&record, 0, MB_HEART_LIMIT_NS) == MB_HEART_BEATS
                   ? take_away(catalog, name, &record, cancel, error)
                   : MB_OK;
    if (mb_claim_heart(catalog, name, &record, &timing, cancel) == MB_HEART_BEATS)
        return refuse(name, &record, scratch->arena, error);
    return MB_OK;
}

static mb_status delete_in(const struct mb_catalog *catalog, const char *name, bool force,
                           const struct mb_catalog_scratch *scratch, uint64_t *removed,
                           struct mb_cancel *cancel, struct mb_error *error)
{
    bool present[MB_META_COUNT], described = false;
    uint64_t count = 0;
    char *prefix = mb_arena_printf(scratch->arena, "%s/", scratch->dir);
    if (prefix == NULL)
        return mb_fail_memory(error);
    MB_TRY(mb_catalog_find_files(catalog, scratch->dir, present, cancel, error));
    for (int i = 0; i < MB_META_COUNT; i++)
        described = described || present[i];
    if (!described)
        MB_TRY(check_shape(catalog, name, prefix, cancel, error));
    /* By name: a maker may have begun since the listing. */
    MB_TRY(check_maker(catalog, scratch, name, force, cancel, error));
    MB_TRY(remove_all(catalog, scratch, prefix, &count, cancel, error));
    MB_TRY(sweep(catalog, prefix, &count, cancel, error));
    *removed = count + present[MB_META_BACKUP];
    return MB_OK;
}

mb_status mb_catalog_delete(const struct mb_catalog *catalog, const char *name, bool force, uint64_t *removed,
                            struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_catalog_scratch scratch;
    uint64_t count = 0;
    MB_TRY(mb_catalog_scratch_init(&scratch, catalog, name, error));
    mb_status status = delete_in(catalog, name, force, &scratch, &count, cancel, error);
    if (status == MB_OK && removed != NULL)
        *removed = count;
    mb_catalog_scratch_done(&scratch);
    return status;
}
