#include "backup/snapshot.h"

#include "catalog/snapshot.h"
#include "verify/bundle.h"

#include <string.h>

static mb_status folder_of(const struct mb_create *create, struct mb_arena *arena, struct mb_folder *out,
                           struct mb_error *error)
{
    *out = (struct mb_folder){.storage = create->env->backup_store,
                              .prefix = mb_arena_printf(arena, "%s/", create->dir)};
    return out->prefix != NULL ? MB_OK : mb_fail_memory(error);
}

mb_status mb_create_clear(struct mb_create *create, const char *below, struct mb_cancel *cancel,
                          struct mb_error *error)
{
    const char *prefix = mb_arena_printf(create->arena, "%s/%s", create->dir, below);
    if (prefix == NULL)
        return mb_fail_memory(error);
    MB_TRY(mb_claim_check(create->claim, cancel, error));
    return mb_storage_remove_prefix(create->env->backup_store, prefix, NULL, cancel, error);
}

mb_status mb_create_check_bundle(struct mb_create_collection *job, const struct mb_snapshot *snapshot,
                                 struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_folder folder;
    uint64_t files, bytes;
    const struct mb_bundle bundle = {
        .below = job->bundle, .files = snapshot->total_files, .bytes = snapshot->total_bytes};
    MB_TRY(folder_of(job->create, job->arena, &folder, error));
    MB_TRY(mb_bundle_check_metadata(&folder, snapshot->metadata_path, cancel, error));
    MB_TRY(mb_bundle_check(&folder, &bundle, &files, &bytes, cancel, error));
    job->bundle_files = files;
    bool told = snapshot->total_bytes > 0 || snapshot->total_files == 0;
    job->backup.size = told ? snapshot->total_bytes : (int64_t)bytes;
    mb_progress_row_moved(job->row, files, bytes);
    atomic_fetch_add(&job->create->env->progress->objects_done, files);
    atomic_fetch_add(&job->create->env->progress->bytes_done, bytes);
    return MB_OK;
}

static mb_status record(const struct mb_create *create, struct mb_listing *listing, uint64_t *count,
                        struct mb_error *error)
{
    const struct mb_entry *entry;
    mb_status status;
    while ((status = mb_listing_next(listing, &entry, error)) == MB_OK) {
        const struct mb_object_record object = {.key = entry->key + strlen(create->dir) + 1,
                                                .size = entry->size,
                                                .etag = entry->etag != NULL ? entry->etag : ""};
        if (mb_is_folder_marker(entry->key, entry->size))
            continue;
        MB_TRY(mb_objects_add(create->objects, &object, error));
        ++*count;
    }
    return status < 0 ? status : MB_OK;
}

/* A listing that lacks what one before it showed would leave a record that lacks it for good. */
static mb_status record_bundle(struct mb_create_collection *job, struct mb_cancel *cancel,
                               struct mb_error *error)
{
    const struct mb_create *create = job->create;
    struct mb_listing *listing = NULL;
    uint64_t count = 0;
    const char *prefix = mb_arena_printf(job->arena, "%s/%s", create->dir, job->bundle);
    if (prefix == NULL)
        return mb_fail_memory(error);
    MB_TRY(mb_listing_open(&listing, create->env->backup_store, prefix, NULL, cancel, error));
    mb_status status = record(create, listing, &count, error);
    mb_listing_close(listing);
    MB_TRY(status);
    if (count >= job->bundle_files)
        return MB_OK;
    return mb_fail(error, MB_E_CORRUPT, "a listing of %s shows %llu objects, where there were %llu before",
                   prefix, (unsigned long long)count, (unsigned long long)job->bundle_files);
}

mb_status mb_create_record_bundles(struct mb_create *create, struct mb_cancel *cancel, struct mb_error *error)
{
    for (size_t i = 0; i < create->collection_count; i++)
        MB_TRY(record_bundle(&create->collections[i], cancel, error));
    return MB_OK;
}
