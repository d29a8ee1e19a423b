#include "transfer/delivery.h"

#include "transfer/run.h"

#include <stdlib.h>

struct mb_delivery {
    struct mb_transfer transfer;
    struct run run;
    uint64_t bytes; /* of what has a size in the description */
};

static mb_status add_size(void *ctx, const char *name, uint64_t size, struct mb_error *error)
{
    uint64_t *bytes = ctx;
    (void)name;
    (void)error;
    *bytes += size == MB_ANY_SIZE ? 0 : size;
    return MB_OK;
}

static mb_status read_source(struct mb_delivery *delivery, struct mb_cancel *cancel, struct mb_error *error)
{
    MB_TRY(mb_run_init(&delivery->run, &delivery->transfer, cancel, error));
    mb_progress_phase(delivery->transfer.progress, "prepare");
    MB_TRY(mb_run_read(&delivery->run, error));
    MB_TRY(mb_run_expect(&delivery->run, error));
    return mb_content_each(&delivery->run.content, add_size, &delivery->bytes, delivery->run.cancel, error);
}

mb_status mb_delivery_new(struct mb_delivery **out, const struct mb_transfer *what, struct mb_cancel *cancel,
                          struct mb_error *error)
{
    struct mb_delivery *delivery = calloc(1, sizeof *delivery);
    if (delivery == NULL)
        return mb_fail_memory(error);
    delivery->transfer = *what;
    mb_status status = read_source(delivery, cancel, error);
    if (status < 0) {
        mb_delivery_free(delivery);
        return status;
    }
    *out = delivery;
    return MB_OK;
}

void mb_delivery_free(struct mb_delivery *delivery)
{
    if (delivery == NULL)
        return;
    mb_run_done(&delivery->run);
    free(delivery);
}

const char *mb_delivery_backup_id(const struct mb_delivery *delivery)
{
    return delivery->run.backup_id;
}

/* backup_meta.json is not among those that are expected. */
uint64_t mb_delivery_objects(const struct mb_delivery *delivery)
{
    return mb_expected_count(delivery->run.expected) + 1;
}

uint64_t mb_delivery_bytes(const struct mb_delivery *delivery)
{
    return delivery->bytes;
}

uint64_t mb_delivery_arrived(const struct mb_delivery *delivery)
{
    return delivery->run.arrived;
}

const struct mb_transfer_report *mb_delivery_report(const struct mb_delivery *delivery)
{
    return &delivery->run.report;
}

static mb_status write_last(struct run *run, const struct mb_buf *meta, struct mb_error *error)
{
    char *key = mb_layout_meta_key(run->arena, run->to_dir, MB_META_BACKUP);
    if (key == NULL)
        return mb_fail_memory(error);
    return mb_storage_write(run->to.storage, key, meta->data, meta->len, NULL, NULL, run->cancel, error);
}

/* Who may write need not be allowed to look for what a killed run had begun. */
static mb_status abort_uploads(struct run *run, struct mb_error *error)
{
    mb_status status = mb_catalog_abort_uploads(&run->transfer->to, run->transfer->name, run->cancel, error);
    if (status >= 0 || status == MB_E_CANCELLED)
        return status;
    mb_log(run->transfer->log, MB_LOG_INFO, "unfinished uploads were not looked for: %s", error->message);
    mb_error_clear(error);
    return MB_OK;
}

static mb_status send_all(struct run *run, struct mb_error *error)
{
    MB_TRY(mb_run_aim(run, error));
    MB_TRY(abort_uploads(run, error));
    mb_progress_phase(run->transfer->progress, "copy");
    MB_TRY(mb_run_move(run, error));
    mb_progress_phase(run->transfer->progress, "verify");
    MB_TRY(mb_run_verify_listing(run, error));
    return mb_run_commit(run, write_last, error);
}

mb_status mb_delivery_send(struct mb_delivery *delivery, const struct mb_catalog *to,
                           struct mb_cancel *cancel, struct mb_error *error)
{
    struct run *run = &delivery->run;
    delivery->transfer.to = *to;
    run->cancel = cancel;
    run->report = (struct mb_transfer_report){0};
    mb_expected_forget_seen(run->expected);
    mb_status status = send_all(run, error);
    mb_copy_close(run->copy);
    run->copy = NULL;
    return status;
}
