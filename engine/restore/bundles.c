#include "restore/snapshot.h"

#include "base/text.h"
#include "verify/bundle.h"
#include "verify/content.h"

#include <inttypes.h>
#include <string.h>

struct proof {
    const struct mb_restore *run;
    struct mb_arena *arena;
    struct mb_content content;
    const char *folder; /* of the bundle that is looked at */
};

/* Records of a folder. */
struct counting {
    const char *folder;
    uint64_t files, bytes;
};

/* ------------------------------------------------- by what create recorded */

struct filter {
    const char *folder;
    mb_expect_fn *expect;
    void *ctx;
};

static mb_status pass_on(void *ctx, const char *name, uint64_t size, struct mb_error *error)
{
    const struct filter *filter = ctx;
    return mb_text_starts_with(name, filter->folder) ? filter->expect(filter->ctx, name, size, error) : MB_OK;
}

static mb_status each_of_folder(void *source, mb_expect_fn *expect, void *ctx, struct mb_cancel *cancel,
                                struct mb_error *error)
{
    struct proof *proof = source;
    struct filter filter = {.folder = proof->folder, .expect = expect, .ctx = ctx};
    return mb_content_each_record(&proof->content, pass_on, &filter, cancel, error);
}

/* Milvus reads what the bundle's own description names, and nothing else. */
static mb_status ignore(void *ctx, const char *name, const struct mb_entry *entry, struct mb_error *error)
{
    (void)ctx;
    (void)name;
    (void)entry;
    (void)error;
    return MB_OK;
}

static mb_status compare(struct proof *proof, struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_expectation recorded = {.each = each_of_folder, .source = proof};
    const struct mb_folder_visitor visitor = {.stray = ignore};
    struct mb_expected *expected = NULL;
    if (!proof->content.recorded)
        return MB_OK;
    MB_TRY(mb_expected_new(&expected, &recorded, cancel, error));
    mb_status status =
        mb_folder_verify(&proof->content.folder, proof->folder, expected, &visitor, cancel, error);
    mb_expected_free(expected);
    return status;
}

/* --------------------------------------------------- by what Milvus had told */

/* Several collections of an older tool may lie in one folder: what all of them have has to be there. */
static mb_status add_up(const struct proof *proof, struct mb_bundle *out, struct mb_error *error)
{
    const struct mb_backup *backup = &proof->run->backup;
    for (size_t i = 0; i < backup->collection_count; i++) {
        const struct mb_collection_backup *collection = &backup->collections[i];
        struct mb_snapshot snapshot;
        struct mb_error ignored = MB_ERROR_INIT;
        if (mb_snapshot_from_json(collection->snapshot, proof->arena, &snapshot, &ignored) < 0)
            continue;
        const char *folder =
            mb_snapshot_folder_of(proof->arena, snapshot.metadata_path, collection->collection.id);
        if (folder == NULL)
            return mb_fail_memory(error);
        if (strcmp(folder, proof->folder) != 0)
            continue;
        out->files += snapshot.total_files;
        out->bytes += snapshot.total_bytes;
    }
    return MB_OK;
}

static mb_status count_record(void *ctx, const char *name, uint64_t size, struct mb_error *error)
{
    struct counting *counting = ctx;
    (void)error;
    if (mb_text_starts_with(name, counting->folder)) {
        counting->files++;
        counting->bytes += size;
    }
    return MB_OK;
}

/* Where names are known they have been looked for, and no listing has to show them all. */
static mb_status check_record(struct proof *proof, const struct mb_bundle *bundle, struct mb_cancel *cancel,
                              struct mb_error *error)
{
    struct counting counting = {.folder = proof->folder};
    MB_TRY(mb_content_each_record(&proof->content, count_record, &counting, cancel, error));
    if (counting.files >= (uint64_t)bundle->files && counting.bytes >= (uint64_t)bundle->bytes)
        return MB_OK;
    return mb_fail(error, MB_E_CORRUPT,
                   "meta/objects.jsonl records %" PRIu64 " files of %" PRIu64
                   " bytes below %s, but milvus wrote %" PRId64 " of %" PRId64 " bytes there",
                   counting.files, counting.bytes, proof->folder, bundle->files, bundle->bytes);
}

static mb_status prove(struct proof *proof, const struct mb_restore_work *work, struct mb_cancel *cancel,
                       struct mb_error *error)
{
    const struct mb_folder *folder = &proof->content.folder;
    uint64_t files, bytes;
    proof->folder =
        mb_snapshot_folder_of(proof->arena, work->bundle.metadata_path, work->target->source->collection.id);
    if (proof->folder == NULL)
        return mb_fail_memory(error);
    struct mb_bundle bundle = {.below = proof->folder};
    MB_TRY(mb_bundle_check_metadata(folder, work->bundle.metadata_path, cancel, error));
    MB_TRY(compare(proof, cancel, error));
    MB_TRY(add_up(proof, &bundle, error));
    if (proof->content.recorded)
        return check_record(proof, &bundle, cancel, error);
    return mb_bundle_check(folder, &bundle, &files, &bytes, cancel, error);
}

mb_status mb_snapshot_prove(const struct mb_restore *run, const struct mb_restore_work *works,
                            struct mb_arena *arena, struct mb_cancel *cancel, struct mb_error *error)
{
    struct proof proof = {.run = run,
                          .arena = arena,
                          .content = {.arena = arena,
                                      .dir = run->dir,
                                      .folder = {.storage = run->env->backup_store,
                                                 .prefix = mb_arena_printf(arena, "%s/", run->dir)},
                                      .backup = &run->backup}};
    if (proof.content.folder.prefix == NULL)
        return mb_fail_memory(error);
    MB_TRY(mb_content_find(&proof.content, cancel, error));
    for (size_t i = 0; i < run->plan.count; i++)
        if (prove(&proof, &works[i], cancel, error) < 0)
            return mb_error_context(error, "backup %s, collection %s.%s", run->backup.name,
                                    works[i].target->source->collection.db_name,
                                    works[i].target->source->collection.name);
    return MB_OK;
}
