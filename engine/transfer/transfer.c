#include "transfer/mover.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How long aborting uploads may take altogether; each has the deadline that the store gives it. */
static const int64_t abort_ns = 30 * MB_NS_PER_S;

static void set_defaults(struct mb_transfer_options *options)
{
    const uint64_t mib = UINT64_C(1) << 20;
    if (options->max_concurrency == 0)
        options->max_concurrency = MB_TRANSFER_CONCURRENCY;
    if (options->memory_bytes == 0)
        options->memory_bytes = MB_TRANSFER_MEMORY_BYTES;
    if (options->part_bytes == 0)
        options->part_bytes = MB_TRANSFER_PART_BYTES;
    if (options->multipart_copy_threshold == 0)
        options->multipart_copy_threshold = 500 * mib;
    options->memory_bytes -= options->memory_bytes / 16; /* for the buffers of the requests themselves */
    if (options->part_bytes > options->memory_bytes)
        options->part_bytes = options->memory_bytes;
}

/* Objects that are too large for memory may have to go through a file: the destination takes them in one put
 * only, and while that runs the source cannot be read. */
static bool may_stage(struct mb_storage *src, struct mb_storage *dst)
{
    return !mb_storage_has_multipart(dst) && !mb_storage_nests(dst, src);
}

/* One request for two parts' worth of bytes costs less than an upload's four, as long as many such objects
 * fit into memory side by side.  A source that knows no ranges would send the whole object for each part. */
static uint64_t largest_whole(const struct mb_transfer_options *options, struct mb_storage *source,
                              struct mb_storage *destination)
{
    const struct mb_store_info *src = mb_storage_info(source), *dst = mb_storage_info(destination);
    uint64_t whole = options->part_bytes;
    if (may_stage(source, destination) || (src->caps & MB_CAP_RANGE) == 0)
        whole = options->memory_bytes;
    else if (whole * 2 <= options->memory_bytes / 8)
        whole *= 2;
    if (dst->max_put_size != 0 && whole > dst->max_put_size)
        whole = dst->max_put_size;
    return whole;
}

static void wake_all(void *ctx)
{
    struct mb_transfer *transfer = ctx;
    mb_queue_wake(&transfer->queue);
    mb_budget_wake(transfer->budget);
}

uint64_t mb_transfer_overloads(const struct mb_transfer *transfer)
{
    return mb_storage_overloads(transfer->src) + mb_storage_overloads(transfer->dst);
}

static mb_status start_machinery(struct mb_transfer *transfer, struct mb_cancel *cancel,
                                 struct mb_error *error)
{
    unsigned workers = transfer->options.max_concurrency;
    if (workers > 2 && may_stage(transfer->src, transfer->dst))
        workers = 2; /* one reads and one writes; more would only fill the disk */
    transfer->budget = mb_budget_new(transfer->options.memory_bytes);
    transfer->pool = mb_pool_new(workers);
    if (transfer->budget == NULL || transfer->pool == NULL)
        return mb_fail_memory(error);
    transfer->group = mb_group_new(transfer->pool, cancel);
    if (transfer->group == NULL)
        return mb_fail_memory(error);
    mb_queue_init(&transfer->queue, workers, mb_transfer_overloads(transfer),
                  mb_group_cancel(transfer->group));
    if (transfer->in_service)
        mb_queue_pace_copies(&transfer->queue);
    pthread_mutex_init(&transfer->moved_lock, NULL);
    transfer->watch = mb_cancel_watch(mb_group_cancel(transfer->group), wake_all, transfer);
    if (transfer->watch != NULL)
        return MB_OK;
    pthread_mutex_destroy(&transfer->moved_lock);
    mb_queue_done(&transfer->queue);
    return mb_fail_memory(error);
}

static void free_machinery(struct mb_transfer *transfer)
{
    mb_group_free(transfer->group);
    mb_pool_free(transfer->pool);
    mb_budget_free(transfer->budget);
    free(transfer);
}

mb_status mb_transfer_open(struct mb_transfer **out, struct mb_storage *src, struct mb_storage *dst,
                           const struct mb_transfer_options *options, struct mb_cancel *cancel,
                           struct mb_error *error)
{
    bool can_copy = mb_storage_can_copy(dst, src);
    if (options->mode == MB_TRANSFER_DIRECT && !can_copy)
        return mb_fail(error, MB_E_CONFIG,
                       "%s cannot copy from %s by itself: set transfer.mode to auto or streaming",
                       mb_storage_info(dst)->location, mb_storage_info(src)->location);

    struct mb_transfer *transfer = calloc(1, sizeof(*transfer));
    if (transfer == NULL)
        return mb_fail_memory(error);
    transfer->src = src;
    transfer->dst = dst;
    transfer->options = *options;
    set_defaults(&transfer->options);
    transfer->in_service = can_copy && options->mode != MB_TRANSFER_STREAMING;
    transfer->whole_max = largest_whole(&transfer->options, src, dst);
    mb_status status = start_machinery(transfer, cancel, error);
    if (status < 0) {
        free_machinery(transfer);
        return status;
    }
    *out = transfer;
    return MB_OK;
}

/* An empty object whose key ends in a slash stands for a folder in some consoles.  A file system could not
 * hold it beside what lies below it. */
static bool is_directory_marker(const char *key, uint64_t size)
{
    return size == 0 && mb_text_ends_with(key, "/");
}

static void count_total(struct mb_transfer *transfer, uint64_t size, bool done)
{
    struct mb_progress *progress = transfer->options.progress;
    if (progress == NULL)
        return;
    atomic_fetch_add(&progress->objects_total, 1);
    atomic_fetch_add(&progress->bytes_total, size);
    if (done)
        atomic_fetch_add(&progress->objects_done, 1);
}

/* What made the workers stop; all of them have when this returns. */
static mb_status failure(struct mb_transfer *transfer, mb_status otherwise, struct mb_error *error)
{
    struct mb_error first = MB_ERROR_INIT;
    if (mb_group_wait(transfer->group, &first) == MB_OK)
        return otherwise;
    *error = first;
    return error->status;
}

mb_status mb_transfer_add(struct mb_transfer *transfer, const char *src_key, const char *dst_key,
                          uint64_t size, const char *etag, void *tag, struct mb_error *error)
{
    bool marker = is_directory_marker(src_key, size);
    count_total(transfer, size, marker);
    if (marker)
        return MB_OK;
    struct mb_object *object = mb_object_new(src_key, dst_key, size, etag, tag);
    if (object == NULL)
        return mb_fail_memory(error);
    bool start = false;
    mb_status status = mb_queue_push(&transfer->queue, object, &start, error);
    if (status < 0) {
        mb_object_free(object);
        return status == MB_E_CANCELLED ? failure(transfer, status, error) : status;
    }
    return start ? mb_worker_start(transfer, error) : MB_OK;
}

void mb_transfer_abort_upload(struct mb_transfer *transfer, const struct mb_object *object)
{
    struct mb_error error = MB_ERROR_INIT;
    if (mb_storage_upload_abort(transfer->dst, object->dst_key, object->upload->id, &error) < 0)
        mb_log(transfer->options.log, MB_LOG_WARN, "an unfinished upload of %s stays in %s: %s",
               object->dst_key, mb_storage_info(transfer->dst)->location, error.message);
}

/* Only once no worker runs. */
static void abort_uploads(struct mb_transfer *transfer)
{
    int64_t deadline = mb_clock_monotonic() + abort_ns;
    struct mb_object *object;
    while ((object = mb_queue_open_upload(&transfer->queue)) != NULL) {
        if (mb_clock_monotonic() < deadline)
            mb_transfer_abort_upload(transfer, object);
        else
            mb_log(transfer->options.log, MB_LOG_WARN, "an unfinished upload of %s stays in %s",
                   object->dst_key, mb_storage_info(transfer->dst)->location);
        mb_queue_retire(&transfer->queue, object);
        mb_object_free(object);
    }
}

mb_status mb_transfer_finish(struct mb_transfer *transfer, struct mb_error *error)
{
    mb_queue_close(&transfer->queue);
    mb_status status = mb_group_wait(transfer->group, error);
    if (status < 0)
        abort_uploads(transfer);
    return status;
}

void mb_transfer_close(struct mb_transfer *transfer)
{
    if (transfer == NULL)
        return;
    struct mb_error ignored = MB_ERROR_INIT;
    mb_cancel_request(mb_group_cancel(transfer->group));
    mb_group_wait(transfer->group, &ignored);
    abort_uploads(transfer);
    mb_cancel_unwatch(transfer->watch);
    mb_queue_done(&transfer->queue);
    pthread_mutex_destroy(&transfer->moved_lock);
    free_machinery(transfer);
}

const char *mb_transfer_describe(struct mb_transfer *transfer, char *buf, size_t cap)
{
    if (transfer->in_service && !atomic_load(&transfer->copy_refused))
        snprintf(buf, cap, "copied inside %s", mb_storage_info(transfer->dst)->location);
    else
        snprintf(buf, cap, "streamed, %u at once", mb_queue_limit(&transfer->queue));
    return buf;
}
