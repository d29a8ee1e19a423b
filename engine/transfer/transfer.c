/* The steps of `transfer`.  In: a complete backup in one catalog and the other catalog.  Out: the same backup
 * there, its objects compared, `backup_meta.json` written last; or a claimed, incomplete one, with which a
 * second call goes on. */
#include "transfer/transfer.h"

#include "base/hint.h"
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
    if (mb_claim_is_lost(run->claim))
        return error->status;
    mb_claim_fail(run->claim, error);
    atomic_store(&run->transfer->progress->resumable, true);
    return mb_error_hint(error, MB_HINT_GO_ON, run->transfer->name);
}

/* ------------------------------------------------------------- committing */

/* backup_meta.json makes it a backup, so it goes last. */
static mb_status commit_claim(struct run *run, const struct mb_buf *meta, struct mb_error *error)
{
    return mb_claim_commit(run->claim, meta->data, meta->len, run->cancel, error);
}

static mb_status commit(struct run *run, struct mb_error *error)
{
    const struct mb_transfer *transfer = run->transfer;
    if (run->resumed)
        MB_TRY(mb_catalog_abort_uploads(&transfer->to, transfer->name, run->cancel, error));
    return mb_run_commit(run, commit_claim, error);
}

static mb_status begin(struct run *run, struct mb_error *error)
{
    const struct mb_transfer *transfer = run->transfer;
    MB_TRY(mb_run_read(run, error));
    MB_TRY(mb_run_aim(run, error));
    if (strcmp(mb_storage_info(transfer->from.storage)->realm,
               mb_storage_info(transfer->to.storage)->realm) == 0 &&
        strcmp(mb_storage_info(transfer->from.storage)->native_root,
               mb_storage_info(transfer->to.storage)->native_root) == 0 &&
        strcmp(run->from_dir, run->to_dir) == 0)
        return mb_fail(error, MB_E_CONFIG, "both configurations name the same place for backups: %s in %s",
                       run->to_dir, mb_storage_info(transfer->to.storage)->location);
    MB_TRY(mb_run_expect(run, error));
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
    struct run run;
    MB_TRY(mb_run_init(&run, transfer, cancel, error));
    mb_status status = work(&run, error);
    mb_copy_close(run.copy);
    run.copy = NULL;
    if (status < 0)
        status = give_up(&run, error);
    if (status == MB_OK)
        *report = run.report;
    mb_run_done(&run);
    return status;
}
