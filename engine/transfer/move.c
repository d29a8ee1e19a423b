/* The copying part of `transfer`.  In: what the source should hold, and two listings.  Out: every object of
 * it in the target with its size, and its checksum where bytes passed by; strays are counted and stay behind.
 */
#include "transfer/run.h"

#include <stdio.h>
#include <string.h>

static bool is_description(const char *name)
{
    return strncmp(name, "meta/", 5) == 0;
}

/* ------------------------------------------------------------- the bytes */

static mb_status compare_bytes(struct run *run, const char *key, uint32_t crc32c, bool *compared,
                               struct mb_error *error)
{
    return mb_checksums_compare(run->checksums, key + strlen(run->to_dir) + 1, crc32c, compared, error);
}

/* What is damaged is never written: by its size the next run would take it for a good one. */
static mb_status check_carried(void *ctx, const char *key, uint32_t crc32c, struct mb_error *error)
{
    bool compared = false;
    return compare_bytes(ctx, key, crc32c, &compared, error);
}

/* Of a copy inside the service the checksum is told afterwards; the copy discards what is refused here.
 */
static mb_status check_moved(void *ctx, const struct mb_object_moved *object, struct mb_error *error)
{
    struct run *run = ctx;
    bool compared = false;
    run->arrived += !is_description(object->key + strlen(run->to_dir) + 1);
    if (!object->has_crc32c)
        return MB_OK;
    mb_status status = compare_bytes(run, object->key, object->crc32c, &compared, error);
    if (status < 0 && object->in_service)
        return mb_error_context(
            error, "the storage tells of its own copy (with transfer.mode: streaming its bytes are read)");
    MB_TRY(status);
    run->report.verified += compared;
    return MB_OK;
}

/* ------------------------------------------------------------- one object */

static mb_status count_present(struct run *run, uint64_t size)
{
    struct mb_progress *progress = run->transfer->progress;
    run->report.present++;
    atomic_fetch_add(&progress->objects_total, 1);
    atomic_fetch_add(&progress->objects_done, 1);
    atomic_fetch_add(&progress->bytes_total, size);
    atomic_fetch_add(&progress->bytes_done, size);
    return MB_OK;
}

/* A listing may still show the size of an older object of that name. */
static mb_status look_at_size(struct run *run, const char *name, uint64_t *size, struct mb_error *error)
{
    uint64_t wanted = MB_ANY_SIZE;
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    mb_expected_find(run->expected, name, &wanted);
    mb_status status =
        mb_storage_await(run->from.storage, run->from_key.data, wanted, 0, &stat, run->cancel, error);
    if (status == MB_E_CORRUPT || status == MB_E_NOT_FOUND)
        return mb_fail(error, MB_E_CORRUPT,
                       "%s/%s in %s has %llu bytes, but %llu were recorded when the backup was made",
                       run->from_dir, name, mb_storage_info(run->from.storage)->location,
                       (unsigned long long)*size, (unsigned long long)wanted);
    MB_TRY(status);
    *size = stat.size;
    mb_expected_see(run->expected, name, stat.size);
    return MB_OK;
}

static mb_status send(struct run *run, uint64_t size, const char *etag, struct mb_error *error)
{
    run->report.objects++;
    run->report.bytes += size;
    return mb_copy_add(run->copy, run->from_key.data, run->to_key.data, size, etag, NULL, error);
}

/* An import of the target would take it for part of the backup.  What the source should have is none, even
 * where its listing lacks it. */
static mb_status clear_target(struct run *run, const char *name, struct mb_error *error)
{
    if (mb_expected_find(run->expected, name, NULL))
        return MB_OK;
    if (run->claim == NULL)
        return mb_fail(error, MB_E_EXISTS, "%s in %s is no part of backup %s, and nothing is removed there",
                       run->to_key.data, mb_storage_info(run->to.storage)->location, run->transfer->name);
    MB_TRY(mb_claim_check(run->claim, run->cancel, error));
    return mb_storage_remove(run->to.storage, run->to_key.data, run->cancel, error);
}

static void leave_behind(struct run *run, const char *name)
{
    struct mb_transfer_report *report = &run->report;
    if (report->strays++ == 0)
        snprintf(report->first_stray, sizeof(report->first_stray), "%s", name);
}

static mb_status move_one(void *ctx, const struct mb_pair *pair, struct mb_error *error)
{
    struct run *run = ctx;
    uint64_t size = pair->size_here;
    if (mb_run_is_commit_file(pair->name))
        return MB_OK;
    MB_TRY(mb_run_key(&run->from_key, run->from_dir, pair->name, error));
    MB_TRY(mb_run_key(&run->to_key, run->to_dir, pair->name, error));
    bool owned = pair->here && mb_content_owns(&run->content, run->expected, pair->name);
    if (pair->here && !owned)
        leave_behind(run, pair->name);
    if (!owned)
        return pair->there ? clear_target(run, pair->name, error) : MB_OK;
    if (mb_expected_see(run->expected, pair->name, size) == MB_FOUND_OTHER_SIZE)
        MB_TRY(look_at_size(run, pair->name, &size, error));
    /* Descriptions are small and may differ at the same size. */
    if (!pair->there || size != pair->size_there || is_description(pair->name))
        return send(run, size, size == pair->size_here ? pair->etag_here : NULL, error);
    run->report.objects++;
    run->report.bytes += size;
    return count_present(run, size);
}

/* ------------------------------------------------------------- all of them */

static mb_status open_transfer(struct run *run, struct mb_error *error)
{
    const struct mb_transfer *transfer = run->transfer;
    struct mb_copy_options options = transfer->copy;
    options.carried = check_carried;
    options.moved = check_moved;
    options.ctx = run;
    options.progress = transfer->progress;
    options.log = transfer->log;
    return mb_copy_open(&run->copy, run->from.storage, run->to.storage, &options, run->cancel, error);
}

/* What is under way arrives first: no object may be sent twice at once. */
static mb_status begin_again(void *ctx, struct mb_error *error)
{
    struct run *run = ctx;
    mb_log(run->transfer->log, MB_LOG_WARN, "a listing of %s or %s is not in byte order: it is sorted first",
           mb_storage_info(run->from.storage)->location, mb_storage_info(run->to.storage)->location);
    MB_TRY(mb_copy_finish(run->copy, error));
    mb_copy_close(run->copy);
    run->copy = NULL;
    mb_expected_forget_seen(run->expected);
    run->report = (struct mb_transfer_report){.verified = run->report.verified};
    mb_progress_phase(run->transfer->progress, "copy");
    return open_transfer(run, error);
}

/* The object is there, only no listing showed it. */
static mb_status move_unlisted(void *ctx, const char *name, const struct mb_stat *stat,
                               struct mb_error *error)
{
    struct run *run = ctx;
    if (run->report.unlisted++ == 0)
        snprintf(run->first_unlisted, sizeof(run->first_unlisted), "%s", name);
    MB_TRY(mb_run_key(&run->from_key, run->from_dir, name, error));
    MB_TRY(mb_run_key(&run->to_key, run->to_dir, name, error));
    return send(run, stat->size, stat->etag, error);
}

mb_status mb_run_move(struct run *run, struct mb_error *error)
{
    const struct mb_pair_visitor visitor = {.visit = move_one, .restart = begin_again, .ctx = run};
    const struct mb_looker looker = {.found = move_unlisted, .ctx = run};
    struct mb_missing missing;
    MB_TRY(open_transfer(run, error));
    MB_TRY(mb_folders_compare(&run->from, &run->to, &visitor, run->cancel, error));
    MB_TRY(mb_folder_look_again(&run->from, run->expected, &looker, &missing, run->cancel, error));
    /* A copy of what is damaged would be called a success. */
    MB_TRY(mb_folder_judge(&run->from, "objects", run->expected, &missing, error));
    atomic_store(&run->transfer->progress->listed, true);
    MB_TRY(mb_copy_finish(run->copy, error));
    mb_copy_describe(run->copy, run->report.how, sizeof(run->report.how));
    return MB_OK;
}
