/* Moves objects between two stores.  In: keys and sizes, added while earlier ones are on their way.  Out:
 * each object in the destination, whole and compared with what was announced, or the first error; no upload
 * is left unfinished unless the log says so. */
#include "copy/private.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How long aborting uploads may take altogether; each has the deadline that the store gives it. */
static const int64_t abort_ns = 30 * MB_NS_PER_S;

static void set_defaults(struct mb_copy_options *options)
{
    const uint64_t mib = UINT64_C(1) << 20;
    if (options->max_concurrency == 0)
        options->max_concurrency = MB_COPY_CONCURRENCY;
    if (options->part_bytes == 0)
        options->part_bytes = MB_COPY_PART_BYTES;
    if (options->multipart_copy_threshold == 0)
        options->multipart_copy_threshold = 500 * mib;
    options->memory_bytes = mb_budget_limit(options->budget);
    if (options->part_bytes > options->memory_bytes)
        options->part_bytes = options->memory_bytes;
}

/* A sixteenth is for the buffers of the requests themselves. */
struct mb_budget *mb_copy_budget_new(uint64_t memory_bytes)
{
    uint64_t memory = memory_bytes != 0 ? memory_bytes : MB_COPY_MEMORY_BYTES;
    return mb_budget_new(memory - memory / 16);
}

/* Objects that are too large for memory may have to go through a file: the destination takes them in one put
 * only, and while that runs the source cannot be read. */
static bool may_stage(struct mb_storage *src, struct mb_storage *dst)
{
    return dst != NULL && !mb_storage_has_multipart(dst) && !mb_storage_nests(dst, src);
}

/* One request for two parts' worth of bytes costs less than an upload's four, as long as many such objects
 * fit into memory side by side.  A source that knows no ranges would send the whole object for each part. */
static uint64_t largest_whole(const struct mb_copy_options *options, struct mb_storage *source,
                              struct mb_storage *destination)
{
    const struct mb_store_info *src = mb_storage_info(source);
    const struct mb_store_info *dst = destination != NULL ? mb_storage_info(destination) : NULL;
    uint64_t whole = options->part_bytes;
    if (may_stage(source, destination) || (src->caps & MB_CAP_RANGE) == 0)
        whole = options->memory_bytes;
    else if (whole * 2 <= options->memory_bytes / 8)
        whole *= 2;
    if (dst != NULL && dst->max_put_size != 0 && whole > dst->max_put_size)
        whole = dst->max_put_size;
    return whole;
}

static mb_status set_options(struct mb_copy *copy, const struct mb_copy_options *options,
                             struct mb_error *error)
{
    copy->options = *options;
    if (options->budget == NULL)
        copy->options.budget = copy->own_budget = mb_copy_budget_new(options->memory_bytes);
    if (copy->options.budget == NULL)
        return mb_fail_memory(error);
    set_defaults(&copy->options);
    copy->whole_max = largest_whole(&copy->options, copy->src, copy->dst);
    return MB_OK;
}

static void wake_all(void *ctx)
{
    struct mb_copy *copy = ctx;
    mb_queue_wake(&copy->queue);
    mb_budget_wake(copy->options.budget);
}

static mb_status start_machinery(struct mb_copy *copy, struct mb_cancel *cancel, struct mb_error *error)
{
    unsigned workers = copy->options.max_concurrency;
    if (workers > 2 && may_stage(copy->src, copy->dst))
        workers = 2; /* one reads and one writes; more would only fill the disk */
    copy->pool = mb_pool_new(workers);
    if (copy->pool == NULL)
        return mb_fail_memory(error);
    copy->group = mb_group_new(copy->pool, cancel);
    if (copy->group == NULL)
        return mb_fail_memory(error);
    mb_queue_init(&copy->queue, workers, mb_copy_overloads(copy), mb_group_cancel(copy->group));
    if (copy->in_service)
        mb_queue_limit_copies(&copy->queue);
    pthread_mutex_init(&copy->moved_lock, NULL);
    copy->watch = mb_cancel_watch(mb_group_cancel(copy->group), wake_all, copy);
    if (copy->watch != NULL)
        return MB_OK;
    pthread_mutex_destroy(&copy->moved_lock);
    mb_queue_done(&copy->queue);
    return mb_fail_memory(error);
}

static void free_machinery(struct mb_copy *copy)
{
    mb_group_free(copy->group);
    mb_pool_free(copy->pool);
    if (copy->options.budget != NULL)
        mb_budget_trim(copy->options.budget);
    mb_budget_free(copy->own_budget);
    free(copy);
}

mb_status mb_copy_open(struct mb_copy **out, struct mb_storage *src, struct mb_storage *dst,
                       const struct mb_copy_options *options, struct mb_cancel *cancel,
                       struct mb_error *error)
{
    bool can_copy = dst != NULL && mb_storage_can_copy(dst, src);
    if (options->mode == MB_COPY_DIRECT && !can_copy && dst != NULL)
        return mb_fail(error, MB_E_CONFIG,
                       "%s cannot copy from %s by itself: set transfer.mode to auto or streaming",
                       mb_storage_info(dst)->location, mb_storage_info(src)->location);

    struct mb_copy *copy = calloc(1, sizeof(*copy));
    if (copy == NULL)
        return mb_fail_memory(error);
    copy->src = src;
    copy->dst = dst;
    copy->in_service = can_copy && options->mode != MB_COPY_STREAMING;
    mb_status status = set_options(copy, options, error);
    if (status == MB_OK)
        status = start_machinery(copy, cancel, error);
    if (status < 0) {
        free_machinery(copy);
        return status;
    }
    *out = copy;
    return MB_OK;
}

static void count_total(struct mb_copy *copy, uint64_t size, bool done)
{
    struct mb_progress *progress = copy->options.progress;
    if (progress == NULL || copy->dst == NULL)
        return;
    atomic_fetch_add(&progress->objects_total, 1);
    atomic_fetch_add(&progress->bytes_total, size);
    if (done)
        atomic_fetch_add(&progress->objects_done, 1);
}

/* What made the workers stop; all of them have when this returns. */
static mb_status failure(struct mb_copy *copy, mb_status otherwise, struct mb_error *error)
{
    struct mb_error first = MB_ERROR_INIT;
    if (mb_group_wait(copy->group, &first) == MB_OK)
        return otherwise;
    *error = first;
    return error->status;
}

mb_status mb_copy_add(struct mb_copy *copy, const char *src_key, const char *dst_key, uint64_t size,
                      const char *etag, void *tag, struct mb_error *error)
{
    bool marker = mb_is_folder_marker(src_key, size);
    count_total(copy, size, marker);
    if (marker)
        return MB_OK;
    struct mb_object *object = mb_object_new(src_key, dst_key, size, etag, tag);
    if (object == NULL)
        return mb_fail_memory(error);
    bool start = false;
    mb_status status = mb_queue_push(&copy->queue, object, &start, error);
    if (status < 0) {
        mb_object_free(object);
        return status == MB_E_CANCELLED ? failure(copy, status, error) : status;
    }
    return start ? mb_worker_start(copy, error) : MB_OK;
}

/* Only once no worker runs. */
static void abort_uploads(struct mb_copy *copy)
{
    int64_t deadline = mb_clock_monotonic() + abort_ns;
    struct mb_object *object;
    while ((object = mb_queue_open_upload(&copy->queue)) != NULL) {
        if (mb_clock_monotonic() < deadline)
            mb_copy_abort_upload(copy, object);
        else
            mb_log(copy->options.log, MB_LOG_WARN, "an unfinished upload of %s stays in %s", object->dst_key,
                   mb_storage_info(copy->dst)->location);
        mb_queue_retire(&copy->queue, object);
        mb_object_free(object);
    }
}

mb_status mb_copy_finish(struct mb_copy *copy, struct mb_error *error)
{
    mb_queue_close(&copy->queue);
    mb_status status = mb_group_wait(copy->group, error);
    if (status < 0)
        abort_uploads(copy);
    return status;
}

void mb_copy_close(struct mb_copy *copy)
{
    if (copy == NULL)
        return;
    struct mb_error ignored = MB_ERROR_INIT;
    mb_cancel_request(mb_group_cancel(copy->group));
    mb_group_wait(copy->group, &ignored);
    abort_uploads(copy);
    mb_cancel_unwatch(copy->watch);
    mb_queue_done(&copy->queue);
    pthread_mutex_destroy(&copy->moved_lock);
    free_machinery(copy);
}

const char *mb_copy_describe(struct mb_copy *copy, char *buf, size_t cap)
{
    if (copy->in_service && !atomic_load(&copy->copy_refused))
        snprintf(buf, cap, "copied inside %s", mb_storage_info(copy->dst)->location);
    else
        snprintf(buf, cap, "streamed, %u at once", mb_queue_limit(&copy->queue));
    return buf;
}
