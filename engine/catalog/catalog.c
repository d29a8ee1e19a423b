#include "catalog/catalog.h"

#include "catalog/catalog_files.h"

#include <inttypes.h>
#include <string.h>

enum { LONGEST_STAMP = 4096 };

mb_status mb_catalog_scratch_init(struct mb_catalog_scratch *scratch, const struct mb_catalog *catalog,
                                  const char *name, struct mb_error *error)
{
    MB_TRY(mb_layout_check_existing_name(name, error));
    struct mb_arena *arena = mb_arena_new();
    char *dir = arena == NULL ? NULL : mb_layout_backup_dir(arena, catalog->root, name);
    if (dir == NULL) {
        mb_arena_free(arena);
        return mb_fail_memory(error);
    }
    *scratch = (struct mb_catalog_scratch){.arena = arena, .dir = dir};
    return MB_OK;
}

void mb_catalog_scratch_done(struct mb_catalog_scratch *scratch)
{
    mb_arena_free(scratch->arena);
}

static void note_file(bool present[MB_META_COUNT], const char *name)
{
    for (int i = 0; i < MB_META_COUNT; i++)
        if (strcmp(name, mb_layout_meta_name((enum mb_meta_file)i)) == 0)
            present[i] = true;
}

/* NULL for stamp takes none; of a file without an ETag a service tells too little for one. */
static void note_stamp(struct mb_buf *stamp, const char *name, const struct mb_entry *entry)
{
    if (stamp == NULL)
        return;
    if (entry->etag == NULL || *entry->etag == '\0')
        stamp->max = stamp->len;
    mb_buf_printf(stamp, "%s %" PRIu64 " %" PRId64 " %s\n", name, entry->size, entry->mtime_ns,
                  entry->etag != NULL ? entry->etag : "");
}

static mb_status find_files(const struct mb_catalog *catalog, const char *dir, bool present[MB_META_COUNT],
                            struct mb_buf *stamp, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_buf prefix;
    struct mb_listing *listing = NULL;
    const struct mb_entry *entry = NULL;
    bool found[MB_META_COUNT] = {false};
    mb_buf_init(&prefix, 64 * 1024);
    mb_buf_printf(&prefix, "%s/meta/", dir);
    mb_status status = mb_buf_status(&prefix, error);
    if (status == MB_OK)
        status = mb_listing_open(&listing, catalog->storage, prefix.data, "/", cancel, error);
    while (status == MB_OK && (status = mb_listing_next(listing, &entry, error)) == MB_OK) {
        note_file(found, entry->key + prefix.len);
        note_stamp(stamp, entry->key + prefix.len, entry);
    }
    mb_listing_close(listing);
    mb_buf_done(&prefix);
    if (status != MB_END)
        return status;
    memcpy(present, found, sizeof(found));
    return MB_OK;
}

mb_status mb_catalog_find_files(const struct mb_catalog *catalog, const char *dir,
                                bool present[MB_META_COUNT], struct mb_cancel *cancel, struct mb_error *error)
{
    return find_files(catalog, dir, present, NULL, cancel, error);
}

mb_status mb_catalog_find_stamped(const struct mb_catalog *catalog, const char *dir,
                                  bool present[MB_META_COUNT], struct mb_arena *arena, const char **stamp,
                                  struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_buf text = MB_BUF_INIT(LONGEST_STAMP);
    mb_status status = find_files(catalog, dir, present, &text, cancel, error);
    *stamp = mb_arena_strdup(arena, text.status == MB_OK ? mb_buf_text(&text) : "");
    mb_buf_done(&text);
    MB_TRY(status);
    return *stamp != NULL ? MB_OK : mb_fail_memory(error);
}

bool mb_catalog_is_whole(const bool present[MB_META_COUNT])
{
    return present[MB_META_BACKUP] &&
           (present[MB_META_FULL] ||
            (present[MB_META_COLLECTION] && present[MB_META_PARTITION] && present[MB_META_SEGMENT]));
}

static mb_status holds_objects(const struct mb_catalog *catalog, const struct mb_catalog_scratch *scratch,
                               bool *out, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_listing *listing = NULL;
    const struct mb_entry *entry = NULL;
    char *prefix = mb_arena_printf(scratch->arena, "%s/", scratch->dir);
    if (prefix == NULL)
        return mb_fail_memory(error);
    MB_TRY(mb_listing_open(&listing, catalog->storage, prefix, NULL, cancel, error));
    mb_status status;
    bool found = false;
    while (!found && (status = mb_listing_next(listing, &entry, error)) == MB_OK)
        found = !mb_is_folder_marker(entry->key, entry->size);
    mb_listing_close(listing);
    if (!found && status != MB_END)
        return status;
    *out = found;
    return MB_OK;
}

/* By its files alone: foreign when they tell of no backup. */
static mb_status state_by_files(const struct mb_catalog *catalog, const struct mb_catalog_scratch *scratch,
                                enum mb_backup_state *out, struct mb_cancel *cancel, struct mb_error *error)
{
    bool present[MB_META_COUNT];
    MB_TRY(mb_catalog_find_files(catalog, scratch->dir, present, cancel, error));
    *out = mb_catalog_is_whole(present)   ? MB_BACKUP_COMPLETE
           : present[MB_META_IN_PROGRESS] ? MB_BACKUP_IN_PROGRESS
                                          : MB_BACKUP_FOREIGN;
    return MB_OK;
}

static mb_status find_state(const struct mb_catalog *catalog, const struct mb_catalog_scratch *scratch,
                            enum mb_backup_state *out, struct mb_cancel *cancel, struct mb_error *error)
{
    bool objects = false;
    MB_TRY(state_by_files(catalog, scratch, out, cancel, error));
    if (*out != MB_BACKUP_FOREIGN)
        return MB_OK;
    MB_TRY(holds_objects(catalog, scratch, &objects, cancel, error));
    if (objects) /* which somebody may have begun to put since the files were looked at */
        return state_by_files(catalog, scratch, out, cancel, error);
    *out = MB_BACKUP_ABSENT;
    return MB_OK;
}

mb_status mb_catalog_state(const struct mb_catalog *catalog, const char *name, enum mb_backup_state *out,
                           struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_catalog_scratch scratch;
    MB_TRY(mb_catalog_scratch_init(&scratch, catalog, name, error));
    mb_status status = find_state(catalog, &scratch, out, cancel, error);
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
