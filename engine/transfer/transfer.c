/* The steps of `transfer`.  In: a complete backup in one catalog and the other catalog.  Out: the same backup
 * there, its objects compared, `backup_meta.json` written last; or a claimed, incomplete one, with which a
 * second call goes on. */
#include "transfer/transfer.h"

#include "catalog/layout.h"
#include "transfer/run.h"

#include <string.h>

/* ------------------------------------------------------------- claiming the name */

static mb_status resume(struct run *run, const struct mb_claim_record *record,
                        const struct mb_claim_wish *wish, struct mb_error *error)
{
    const struct mb_transfer *transfer = run->transfer;
    if (strcmp(record->backup_id, run->backup_id) != 0)
        return mb_fail(error, MB_E_EXISTS,
                       "%s holds an incomplete backup of another origin (%s, begun %s); delete it first",
                       run->to_dir, record->owner, record->started);
    MB_TRY(mb_claim_take_over(&run->claim, &transfer->to, transfer->name, record, wish, run->cancel, error));
    run->resumed = true;
    return mb_catalog_abort_uploads(&transfer->to, transfer->name, run->cancel, error);
}

static mb_status claim(struct run *run, struct mb_error *error)
{
    const struct mb_transfer *transfer = run->transfer;
    const struct mb_claim_wish wish = {.backup_id = run->backup_id,
                                       .plan_digest = "transfer",
                                       .force = transfer->take_over,
                                       .timing = transfer->timing};
    struct mb_claim_record record;
    enum mb_backup_state state;
    MB_TRY(mb_catalog_state(&transfer->to, transfer->name, &state, run->cancel, error));
    mb_status status = MB_E_NOT_FOUND;
    if (state == MB_BACKUP_IN_PROGRESS)
        status = mb_claim_record_read(&transfer->to, transfer->name, run->arena, &record, run->cancel, error);
    if (status == MB_OK) {
        status = resume(run, &record, &wish, error);
    } else if (status == MB_E_NOT_FOUND) {
        mb_error_clear(error);
        status = mb_claim_begin(&run->claim, &transfer->to, transfer->name, &wish, run->cancel, error);
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

/* ------------------------------------------------------------- committing */

/* backup_meta.json makes it a backup, so it goes last. */
static mb_status commit_as(struct run *run, const char *from, struct mb_buf *meta, struct mb_error *error)
{
    MB_TRY(mb_storage_read_all(run->transfer->from.storage, from, meta, run->cancel, error));
    MB_TRY(mb_claim_commit(run->claim, meta->data, meta->len, run->cancel, error));
    run->report.objects++;
    run->report.bytes += meta->len;
    return MB_OK;
}

static mb_status commit(struct run *run, struct mb_error *error)
{
    const struct mb_transfer *transfer = run->transfer;
    struct mb_buf meta;
    if (run->resumed)
        MB_TRY(mb_catalog_abort_uploads(&transfer->to, transfer->name, run->cancel, error));
    char *from = mb_layout_meta_key(run->arena, run->from_dir, MB_META_BACKUP);
    if (from == NULL)
        return mb_fail_memory(error);
    mb_buf_init(&meta, 64U << 20);
    mb_status status = commit_as(run, from, &meta, error);
    mb_buf_done(&meta);
    return status;
}

/* The record and what follows when all is there are not moved like the others. */
static mb_status expect(struct run *run, struct mb_error *error)
{
    const struct mb_expectation of = {.each = mb_content_each, .source = &run->content};
    run->content = (struct mb_content){
        .arena = run->arena, .dir = run->from_dir, .folder = run->from, .backup = &run->backup};
    MB_TRY(mb_content_find(&run->content, run->cancel, error));
    run->content.described[MB_META_BACKUP] = false;
    run->content.described[MB_META_IN_PROGRESS] = false;
    return mb_expected_new(&run->expected, &of, run->cancel, error);
}

static mb_status begin(struct run *run, struct mb_error *error)
{
    const struct mb_transfer *transfer = run->transfer;
    MB_TRY(mb_catalog_read(&transfer->from, transfer->name, run->arena, &run->backup, run->cancel, error));
    run->backup_id = run->backup.id;
    run->from_dir = mb_layout_backup_dir(run->arena, transfer->from.root, transfer->name);
    run->to_dir = mb_layout_backup_dir(run->arena, transfer->to.root, transfer->name);
    if (run->from_dir == NULL || run->to_dir == NULL)
        return mb_fail_memory(error);
    run->from = (struct mb_folder){transfer->from.storage, mb_arena_printf(run->arena, "%s/", run->from_dir)};
    run->to = (struct mb_folder){transfer->to.storage, mb_arena_printf(run->arena, "%s/", run->to_dir)};
    if (run->from.prefix == NULL || run->to.prefix == NULL)
        return mb_fail_memory(error);
    if (strcmp(mb_storage_info(transfer->from.storage)->realm,
               mb_storage_info(transfer->to.storage)->realm) == 0 &&
        strcmp(mb_storage_info(transfer->from.storage)->native_root,
               mb_storage_info(transfer->to.storage)->native_root) == 0 &&
        strcmp(run->from_dir, run->to_dir) == 0)
        return mb_fail(error, MB_E_CONFIG, "both configurations name the same place for backups: %s in %s",
                       run->to_dir, mb_storage_info(transfer->to.storage)->location);
    MB_TRY(mb_checksums_read(&run->checksums, transfer->from.storage, run->from_dir, run->cancel, error));
    MB_TRY(expect(run, error));
    return claim(run, error);
}

static mb_status work(struct run *run, struct mb_error *error)
{
    struct mb_progress *progress = run->transfer->progress;
    mb_progress_phase(progress, "prepare");
    MB_TRY(begin(run, error));
    mb_progress_phase(progress, "copy");
    MB_TRY(mb_run_move(run, error));
    mb_progress_phase(progress, "verify");
    MB_TRY(mb_run_verify(run, error));
    return commit(run, error);
}

mb_status mb_transfer(const struct mb_transfer *transfer, struct mb_transfer_report *report,
                      struct mb_cancel *cancel, struct mb_error *error)
{
    struct run run = {.transfer = transfer, .arena = mb_arena_new(), .cancel = cancel};
    if (run.arena == NULL)
        return mb_fail_memory(error);
    mb_buf_init(&run.from_key, 8192);
    mb_buf_init(&run.to_key, 8192);
    mb_status status = work(&run, error);
    mb_copy_close(run.copy);
    if (status < 0)
        status = give_up(&run, error);
    mb_claim_free(run.claim);
    mb_checksums_free(run.checksums);
    mb_expected_free(run.expected);
    mb_buf_done(&run.from_key);
    mb_buf_done(&run.to_key);
    if (status == MB_OK)
        *report = run.report;
    mb_arena_free(run.arena);
    return status;
}
