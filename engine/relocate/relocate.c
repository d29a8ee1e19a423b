#include "relocate/relocate.h"

#include "catalog/checksums.h"
#include "catalog/layout.h"
#include "relocate/compare.h"

#include <string.h>

/* What one call works with. */
struct run {
    const struct mb_relocate *relocate;
    struct mb_arena *arena;
    const char *from_dir;
    const char *to_dir;
    const char *backup_id;
    struct mb_claim *claim;
    bool resumed;
    struct mb_checksums *checksums;
    struct mb_transfer *transfer;
    struct mb_cancel *cancel;
    struct mb_buf from_key; /* of the object at hand */
    struct mb_buf to_key;
    struct mb_relocate_report report;
};

static bool is_meta_file(const char *name, enum mb_meta_file file)
{
    static const char folder[] = "meta/";
    return strncmp(name, folder, sizeof(folder) - 1) == 0 &&
           strcmp(name + sizeof(folder) - 1, mb_layout_meta_name(file)) == 0;
}

/* What the target must not have before everything else is there, or has only until then. */
static bool is_commit_file(const char *name)
{
    return is_meta_file(name, MB_META_BACKUP) || is_meta_file(name, MB_META_IN_PROGRESS);
}

/* ------------------------------------------------------------- claiming the name */

static mb_status resume(struct run *run, const struct mb_mark *mark, const struct mb_claim_wish *wish,
                        struct mb_error *error)
{
    const struct mb_relocate *relocate = run->relocate;
    if (strcmp(mark->backup_id, run->backup_id) != 0)
        return mb_fail(error, MB_E_EXISTS,
                       "%s holds an incomplete backup of another origin (%s, begun %s); delete it first",
                       run->to_dir, mark->owner, mark->started);
    MB_TRY(mb_claim_take_over(&run->claim, &relocate->to, relocate->name, mark, wish, run->cancel, error));
    run->resumed = true;
    return mb_catalog_abort_uploads(&relocate->to, relocate->name, run->cancel, error);
}

static mb_status claim(struct run *run, struct mb_error *error)
{
    const struct mb_relocate *relocate = run->relocate;
    const struct mb_claim_wish wish = {.backup_id = run->backup_id,
                                       .plan_digest = "transfer",
                                       .force = relocate->take_over,
                                       .timing = relocate->timing};
    struct mb_mark mark;
    enum mb_backup_state state;
    MB_TRY(mb_catalog_state(&relocate->to, relocate->name, &state, run->cancel, error));
    mb_status status = MB_E_NOT_FOUND;
    if (state == MB_BACKUP_IN_PROGRESS)
        status = mb_mark_read(&relocate->to, relocate->name, run->arena, &mark, run->cancel, error);
    if (status == MB_OK) {
        status = resume(run, &mark, &wish, error);
    } else if (status == MB_E_NOT_FOUND) {
        mb_error_clear(error);
        status = mb_claim_begin(&run->claim, &relocate->to, relocate->name, &wish, run->cancel, error);
    }
    MB_TRY(status);
    run->cancel = mb_claim_cancel(run->claim);
    return MB_OK;
}

/* Its target stays, marked as failed, and calling again goes on with it. */
static mb_status give_up(struct run *run, struct mb_error *error)
{
    if (run->claim == NULL)
        return error->status;
    mb_claim_explain(run->claim, error);
    mb_claim_fail(run->claim, error);
    return error->status;
}

/* ------------------------------------------------------------- moving */

/* A damaged copy goes away again: by its size the next run would take it for a good one. */
static mb_status check_moved(void *ctx, const struct mb_object_moved *object, struct mb_error *error)
{
    struct run *run = ctx;
    struct mb_error ignored = MB_ERROR_INIT;
    bool compared = false;
    const char *name = object->key + strlen(run->to_dir) + 1;
    if (!object->has_crc32c)
        return MB_OK;
    mb_status status = mb_checksums_compare(run->checksums, name, object->crc32c, &compared, error);
    if (status != MB_OK)
        mb_storage_remove(run->relocate->to.storage, object->key, run->cancel, &ignored);
    else if (compared)
        run->report.verified++;
    return status;
}

static mb_status count_present(struct run *run, uint64_t size)
{
    struct mb_progress *progress = run->relocate->progress;
    run->report.present++;
    atomic_fetch_add(&progress->objects_total, 1);
    atomic_fetch_add(&progress->objects_done, 1);
    atomic_fetch_add(&progress->bytes_total, size);
    atomic_fetch_add(&progress->bytes_done, size);
    return MB_OK;
}

static mb_status put_key(struct mb_buf *key, const char *dir, const char *name, struct mb_error *error)
{
    mb_buf_reset(key);
    mb_buf_printf(key, "%s/%s", dir, name);
    return mb_buf_status(key, error);
}

static mb_status move_one(void *ctx, const struct mb_pair *pair, struct mb_error *error)
{
    struct run *run = ctx;
    if (is_commit_file(pair->name))
        return MB_OK;
    MB_TRY(put_key(&run->from_key, run->from_dir, pair->name, error));
    MB_TRY(put_key(&run->to_key, run->to_dir, pair->name, error));
    if (!pair->here) /* an import of the target would take it for part of the backup */
        MB_TRY(mb_claim_check(run->claim, run->cancel, error));
    if (!pair->here)
        return mb_storage_remove(run->relocate->to.storage, run->to_key.data, run->cancel, error);
    /* A copy of what is damaged would be called a success. */
    MB_TRY(mb_checksums_see(run->checksums, pair->name, pair->size_here, error));
    run->report.objects++;
    run->report.bytes += pair->size_here;
    /* Descriptions are small and may differ at the same size. */
    if (pair->there && pair->size_here == pair->size_there && strncmp(pair->name, "meta/", 5) != 0)
        return count_present(run, pair->size_here);
    return mb_transfer_add(run->transfer, run->from_key.data, run->to_key.data, pair->size_here,
                           pair->etag_here, NULL, error);
}

static mb_status each_name(struct run *run,
                           mb_status (*visit)(void *ctx, const struct mb_pair *pair, struct mb_error *error),
                           struct mb_error *error)
{
    const struct mb_folder from = {.storage = run->relocate->from.storage,
                                   .prefix = mb_arena_printf(run->arena, "%s/", run->from_dir)};
    const struct mb_folder to = {.storage = run->relocate->to.storage,
                                 .prefix = mb_arena_printf(run->arena, "%s/", run->to_dir)};
    if (from.prefix == NULL || to.prefix == NULL)
        return mb_fail_memory(error);
    return mb_folders_compare(&from, &to, visit, run, run->cancel, error);
}

static mb_status move_all(struct run *run, struct mb_error *error)
{
    const struct mb_relocate *relocate = run->relocate;
    struct mb_transfer_options options = relocate->transfer;
    options.moved = check_moved;
    options.ctx = run;
    options.progress = relocate->progress;
    options.log = relocate->log;
    MB_TRY(mb_transfer_open(&run->transfer, relocate->from.storage, relocate->to.storage, &options,
                            run->cancel, error));
    MB_TRY(each_name(run, move_one, error));
    MB_TRY(mb_checksums_all_seen(run->checksums, relocate->from.storage, run->cancel, error));
    atomic_store(&relocate->progress->listed, true);
    MB_TRY(mb_transfer_finish(run->transfer, error));
    mb_transfer_describe(run->transfer, run->report.how, sizeof(run->report.how));
    return MB_OK;
}

/* ------------------------------------------------------------- verifying and committing */

static mb_status verify_one(void *ctx, const struct mb_pair *pair, struct mb_error *error)
{
    struct run *run = ctx;
    if (is_commit_file(pair->name))
        return MB_OK;
    if (!pair->there)
        return mb_fail(error, MB_E_CORRUPT, "%s/%s is not there after copying", run->to_dir, pair->name);
    if (!pair->here)
        return mb_fail(error, MB_E_CORRUPT, "%s/%s is not part of the backup", run->to_dir, pair->name);
    if (pair->size_here != pair->size_there)
        return mb_fail(error, MB_E_CORRUPT, "%s/%s has %llu bytes, not %llu", run->to_dir, pair->name,
                       (unsigned long long)pair->size_there, (unsigned long long)pair->size_here);
    return MB_OK;
}

/* backup_meta.json makes it a backup, so it goes last. */
static mb_status commit(struct run *run, struct mb_error *error)
{
    const struct mb_relocate *relocate = run->relocate;
    struct mb_buf meta;
    if (run->resumed)
        MB_TRY(mb_catalog_abort_uploads(&relocate->to, relocate->name, run->cancel, error));
    char *from = mb_layout_meta_key(run->arena, run->from_dir, MB_META_BACKUP);
    if (from == NULL)
        return mb_fail_memory(error);
    mb_buf_init(&meta, 64U << 20);
    mb_status status = mb_storage_read_all(relocate->from.storage, from, &meta, run->cancel, error);
    if (status == MB_OK)
        status = mb_claim_commit(run->claim, meta.data, meta.len, run->cancel, error);
    if (status == MB_OK) {
        run->report.objects++;
        run->report.bytes += meta.len;
    }
    mb_buf_done(&meta);
    return status;
}

static mb_status begin(struct run *run, struct mb_error *error)
{
    const struct mb_relocate *relocate = run->relocate;
    struct mb_backup backup;
    MB_TRY(mb_catalog_read(&relocate->from, relocate->name, run->arena, &backup, run->cancel, error));
    run->backup_id = backup.id;
    run->from_dir = mb_layout_backup_dir(run->arena, relocate->from.root, relocate->name);
    run->to_dir = mb_layout_backup_dir(run->arena, relocate->to.root, relocate->name);
    if (run->from_dir == NULL || run->to_dir == NULL)
        return mb_fail_memory(error);
    if (strcmp(mb_storage_info(relocate->from.storage)->realm,
               mb_storage_info(relocate->to.storage)->realm) == 0 &&
        strcmp(mb_storage_info(relocate->from.storage)->native_root,
               mb_storage_info(relocate->to.storage)->native_root) == 0 &&
        strcmp(run->from_dir, run->to_dir) == 0)
        return mb_fail(error, MB_E_CONFIG, "both configurations name the same place for backups: %s in %s",
                       run->to_dir, mb_storage_info(relocate->to.storage)->location);
    MB_TRY(mb_checksums_read(&run->checksums, relocate->from.storage, run->from_dir, run->cancel, error));
    return claim(run, error);
}

mb_status mb_relocate(const struct mb_relocate *relocate, struct mb_relocate_report *report,
                      struct mb_cancel *cancel, struct mb_error *error)
{
    struct run run = {.relocate = relocate, .arena = mb_arena_new(), .cancel = cancel};
    if (run.arena == NULL)
        return mb_fail_memory(error);
    mb_buf_init(&run.from_key, 8192);
    mb_buf_init(&run.to_key, 8192);
    mb_progress_phase(relocate->progress, "prepare");
    mb_status status = begin(&run, error);
    if (status == MB_OK) {
        mb_progress_phase(relocate->progress, "copy");
        status = move_all(&run, error);
    }
    if (status == MB_OK) {
        mb_progress_phase(relocate->progress, "verify");
        status = each_name(&run, verify_one, error);
    }
    if (status == MB_OK)
        status = commit(&run, error);
    mb_transfer_close(run.transfer);
    if (status < 0)
        status = give_up(&run, error);
    mb_claim_free(run.claim);
    mb_checksums_free(run.checksums);
    mb_buf_done(&run.from_key);
    mb_buf_done(&run.to_key);
    if (status == MB_OK)
        *report = run.report;
    mb_arena_free(run.arena);
    return status;
}
