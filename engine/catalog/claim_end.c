/* claim_end.c - how the work under a claim ends: committed, failed, abandoned. */
#include "catalog/catalog_files.h"
#include "catalog/claim_private.h"

#include <string.h>

#define MAX_COMMIT ((size_t)64 << 20)

static const struct mb_put_options commit_options = {
    .struct_size = sizeof(commit_options), .flags = MB_PUT_IF_ABSENT, .content_type = "application/json"};

static void take_back(struct mb_claim *claim, const void *data, size_t len)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_buf there;
    mb_buf_init(&there, MAX_COMMIT);
    mb_status status = mb_storage_read_all(claim->catalog.storage, claim->commit_key, &there, NULL, &error);
    if (status == MB_OK && there.len == len && memcmp(there.data, data, len) == 0)
        status = mb_storage_remove(claim->catalog.storage, claim->commit_key, NULL, &error);
    if (status < 0 && status != MB_E_NOT_FOUND)
        mb_log(claim->catalog.log, MB_LOG_WARN,
               "%s was written after the claim was lost and could not be removed: %s", claim->commit_key,
               error.message);
    mb_buf_done(&there);
}

static mb_status find_commit(struct mb_claim *claim, const void *data, size_t len, struct mb_buf *there,
                             struct mb_error *error)
{
    MB_TRY(mb_storage_await(claim->catalog.storage, claim->commit_key, len, 0, NULL, NULL, error));
    MB_TRY(mb_storage_read_all(claim->catalog.storage, claim->commit_key, there, NULL, error));
    return there->len == len && memcmp(there->data, data, len) == 0 ? MB_OK : MB_E_CORRUPT;
}

/* Only what is not as it was written is a failure: a store that does not answer now has answered the put. */
static mb_status read_back(struct mb_claim *claim, const void *data, size_t len, struct mb_error *error)
{
    struct mb_error own = MB_ERROR_INIT;
    struct mb_buf there;
    mb_buf_init(&there, MAX_COMMIT);
    mb_status status = find_commit(claim, data, len, &there, &own);
    mb_buf_done(&there);
    if (status == MB_E_CORRUPT || status == MB_E_NOT_FOUND) {
        mb_claim_look_in_turn(claim, NULL, &own);
        if (mb_claim_is_lost(claim))
            return mb_claim_explain(claim, error);
        mb_storage_remove(claim->catalog.storage, claim->commit_key, NULL, &own);
        return mb_fail(error, MB_E_CORRUPT, "the storage does not give out %s as it was written",
                       claim->commit_key);
    }
    if (status < 0)
        mb_log(claim->catalog.log, MB_LOG_WARN, "%s could not be read back: %s", claim->commit_key,
               own.message);
    return MB_OK;
}

static void release(struct mb_claim *claim)
{
    struct mb_error error = MB_ERROR_INIT;
    mb_claim_stop_heart(claim);
    if (mb_claim_last_words(claim, mb_claim_remove_record, &error) < 0)
        mb_log(claim->catalog.log, MB_LOG_WARN,
               "backup %s is complete, but its claim record could not be removed: %s", claim->name,
               error.message);
}

mb_status mb_claim_commit(struct mb_claim *claim, const void *data, size_t len, struct mb_cancel *cancel,
                          struct mb_error *error)
{
    MB_TRY(mb_claim_check(claim, cancel, error));
    mb_status status = mb_storage_write(claim->catalog.storage, claim->commit_key, data, len, &commit_options,
                                        NULL, cancel, error);
    if (status == MB_E_EXISTS)
        return mb_claim_fail_committed(claim, error);
    MB_TRY(status);
    status = mb_claim_look_in_turn(claim, NULL, error);
    if (mb_claim_is_lost(claim)) {
        take_back(claim, data, len);
        return mb_claim_explain(claim, error);
    }
    if (status < 0)
        return mb_error_context(error, "backup %s is complete, but it is not known whether it is still ours",
                                claim->name);
    MB_TRY(read_back(claim, data, len, error));
    release(claim);
    return MB_OK;
}

static mb_status put_failed(struct mb_claim *claim, struct mb_cancel *cancel, struct mb_error *error)
{
    MB_TRY(mb_claim_look(claim, cancel, error));
    return mb_claim_put(claim, 0, cancel, error);
}

void mb_claim_fail(struct mb_claim *claim, const struct mb_error *why)
{
    char now[32];
    struct mb_error error = MB_ERROR_INIT;
    if (mb_claim_is_lost(claim))
        return;
    mb_claim_stop_heart(claim);
    mb_clock_format(mb_clock_wall(), now, sizeof(now));
    claim->record.failed = now;
    claim->record.reason = why->status == MB_E_CANCELLED ? "it was stopped" : why->message;
    if (mb_claim_last_words(claim, put_failed, &error) < 0)
        mb_log(claim->catalog.log, MB_LOG_WARN,
               "that backup %s failed could not be written into its claim record: %s", claim->name,
               error.message);
    claim->record.failed = claim->record.reason = "";
}

mb_status mb_claim_abandon(struct mb_claim *claim, struct mb_error *error)
{
    mb_claim_stop_heart(claim);
    if (mb_claim_is_lost(claim))
        return MB_OK;
    return mb_claim_last_words(claim, mb_claim_remove_record, error);
}
