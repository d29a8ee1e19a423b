#include "copy/private.h"

static void count_bytes(struct mb_copy *copy, struct mb_job *job, uint64_t bytes)
{
    mb_stream_count(copy, job->object, bytes);
    job->bytes = bytes;
}

static void count_object(struct mb_copy *copy)
{
    if (copy->options.progress != NULL)
        atomic_fetch_add(&copy->options.progress->objects_done, 1);
    mb_queue_object_done(&copy->queue);
}

static mb_status tell_moved(struct mb_copy *copy, const struct mb_object *object,
                            const struct mb_moved *moved, struct mb_error *error)
{
    if (copy->options.moved == NULL)
        return MB_OK;
    bool from_service = (moved->stat.flags & MB_STAT_CRC32C) != 0;
    struct mb_object_moved told = {
        .key = object->dst_key,
        .size = object->size,
        .has_crc32c = moved->has_crc32c || from_service,
        .crc32c = moved->has_crc32c ? moved->crc32c : moved->stat.crc32c,
        .etag = moved->stat.etag,
        .in_service = moved->in_service,
        .tag = object->tag,
    };
    pthread_mutex_lock(&copy->moved_lock);
    mb_status status = copy->options.moved(copy->options.ctx, &told, error);
    pthread_mutex_unlock(&copy->moved_lock);
    return status;
}

/* Compares what lies in the destination with what was listed and carried.  The service is asked only when its
 * answer to the write or copy held nothing at all: a question for each object would double the requests. */
static mb_status verify(struct mb_copy *copy, const struct mb_object *object, struct mb_moved *moved,
                        struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_stat *stat = &moved->stat;
    const char *place = mb_storage_info(copy->dst)->location;
    if (stat->size == 0 && stat->etag[0] == '\0' && object->size > 0)
        MB_TRY(mb_storage_stat(copy->dst, object->dst_key, stat, cancel, error));
    bool size_told = stat->size != 0 || stat->etag[0] == '\0';
    if (size_told && stat->size != object->size)
        return mb_fail(error, MB_E_CORRUPT, "copy %s: %llu bytes were listed and %llu lie in %s",
                       object->src_key, (unsigned long long)object->size, (unsigned long long)stat->size,
                       place);
    if (moved->has_crc32c && (stat->flags & MB_STAT_CRC32C) != 0 && stat->crc32c != moved->crc32c)
        return mb_fail(error, MB_E_CORRUPT, "copy %s: the bytes read have CRC32C %08x, those in %s have %08x",
                       object->src_key, moved->crc32c, place, stat->crc32c);
    return MB_OK;
}

/* What is wrong must not stay: whoever goes on later would take an object of the right size for a good one.
 */
static void discard(struct mb_copy *copy, const struct mb_object *object, struct mb_error *error)
{
    struct mb_error why = MB_ERROR_INIT;
    if (mb_storage_discard(copy->dst, object->dst_key, &why) < 0)
        mb_error_context(error, "a damaged copy stays at %s, remove it (%s)", object->dst_key, why.message);
}

/* The object lies in the destination: checks that and tells everybody. */
static mb_status settle(struct mb_copy *copy, const struct mb_object *object, struct mb_moved *moved,
                        struct mb_cancel *cancel, struct mb_error *error)
{
    mb_status status = verify(copy, object, moved, cancel, error);
    if (status == MB_OK)
        status = tell_moved(copy, object, moved, error);
    if (status == MB_E_CORRUPT)
        discard(copy, object, error);
    MB_TRY(status);
    count_object(copy);
    return MB_OK;
}

static mb_status begin_upload(struct mb_copy *copy, struct mb_object *object, bool in_service,
                              struct mb_cancel *cancel, struct mb_error *error)
{
    uint64_t part_bytes = 0;
    if (in_service)
        MB_TRY(mb_direct_part_size(copy, object->size, &part_bytes, error));
    else
        MB_TRY(mb_stream_part_size(copy, object->size, &part_bytes, error));
    MB_TRY(mb_object_split(object, part_bytes, in_service, error));
    char *id = object->upload->id;
    size_t cap = sizeof(object->upload->id);
    mb_status status =
        in_service ? mb_storage_upload_begin_copied(copy->dst, object->dst_key, id, cap, cancel, error)
                   : mb_storage_upload_begin(copy->dst, object->dst_key, id, cap, cancel, error);
    if (status < 0)
        mb_object_drop_upload(object);
    else
        mb_queue_publish(&copy->queue, object);
    return status;
}

static mb_status move_by(struct mb_copy *copy, struct mb_object *object, enum mb_route route,
                         struct mb_moved *moved, struct mb_cancel *cancel, struct mb_error *error)
{
    *moved = (struct mb_moved){.stat = {.struct_size = sizeof(moved->stat)}};
    switch (route) {
    case MB_ROUTE_COPY:
        return mb_direct_copy(copy, object, moved, cancel, error);
    case MB_ROUTE_PART_COPY:
        return begin_upload(copy, object, true, cancel, error);
    case MB_ROUTE_PART_STREAM:
        return begin_upload(copy, object, false, cancel, error);
    case MB_ROUTE_STREAM:
        return mb_stream_whole(copy, object, moved, cancel, error);
    case MB_ROUTE_STREAM_THROUGH:
        return mb_stream_through(copy, object, moved, cancel, error);
    case MB_ROUTE_STAGE:
        return mb_stage(copy, object, moved, cancel, error);
    }
    return mb_fail(error, MB_E_INTERNAL, "copy %s: no way to go", object->src_key);
}

static mb_status tell_unreadable(struct mb_copy *copy, const struct mb_object *object, struct mb_error *error)
{
    const struct mb_error why = *error;
    if (copy->options.unreadable == NULL || why.status == MB_E_CANCELLED || why.status == MB_E_NO_MEMORY)
        return why.status;
    mb_error_clear(error);
    pthread_mutex_lock(&copy->moved_lock);
    mb_status status = copy->options.unreadable(copy->options.ctx, object->dst_key, &why, error);
    pthread_mutex_unlock(&copy->moved_lock);
    return status;
}

static mb_status run_read(struct mb_copy *copy, struct mb_job *job, struct mb_cancel *cancel,
                          struct mb_error *error)
{
    struct mb_object *object = job->object;
    struct mb_moved moved = {.stat = {.struct_size = sizeof(moved.stat)}};
    mb_status status = mb_stream_read(copy, object, &moved, cancel, error);
    job->bytes = object->moved;
    if (status < 0)
        status = tell_unreadable(copy, object, error);
    else
        status = tell_moved(copy, object, &moved, error);
    if (status == MB_OK)
        count_object(copy);
    mb_object_free(object);
    return status;
}

/* Moves a whole object, or begins its upload and leaves its parts to whoever comes. */
static mb_status run_object(struct mb_copy *copy, struct mb_job *job, struct mb_cancel *cancel,
                            struct mb_error *error)
{
    struct mb_object *object = job->object;
    struct mb_moved moved;
    enum mb_route route;
    mb_status status;
    bool again;
    do {
        again = false;
        status = mb_route_choose(copy, object->size, &route, error);
        if (status < 0)
            break;
        status = move_by(copy, object, route, &moved, cancel, error);
        if (status < 0 && route == MB_ROUTE_COPY)
            again = mb_direct_refused(copy, &copy->copy_refused, error);
        else if (status < 0 && route == MB_ROUTE_PART_COPY)
            again = mb_direct_refused(copy, &copy->part_copy_refused, error);
        else if (status < 0 && route == MB_ROUTE_PART_STREAM)
            again = mb_stream_refused(copy, object, error);
    } while (again);

    bool split = route == MB_ROUTE_PART_COPY || route == MB_ROUTE_PART_STREAM;
    if (status == MB_OK && split)
        return MB_OK;
    if (status == MB_OK) {
        count_bytes(copy, job, object->size);
        status = settle(copy, object, &moved, cancel, error);
    }
    mb_object_free(object);
    return status;
}

static mb_status start_over(struct mb_copy *copy, struct mb_object *object)
{
    mb_copy_abort_upload(copy, object);
    mb_queue_retire(&copy->queue, object);
    mb_object_drop_upload(object);
    mb_queue_again(&copy->queue, object);
    return MB_OK;
}

/* Only completing tells whether some services take parts that were copied. */
static mb_status complete_upload(struct mb_copy *copy, struct mb_object *object, struct mb_cancel *cancel,
                                 struct mb_error *error)
{
    struct mb_moved moved = {.stat = {.struct_size = sizeof(moved.stat)}};
    bool in_service = object->upload->in_service;
    mb_status status = in_service ? mb_direct_complete(copy, object, &moved, cancel, error)
                                  : mb_stream_complete(copy, object, &moved, cancel, error);
    if (status < 0 && in_service && mb_direct_refused(copy, &copy->part_copy_refused, error))
        return start_over(copy, object);
    MB_TRY(status);
    mb_queue_retire(&copy->queue, object);
    status = settle(copy, object, &moved, cancel, error);
    mb_object_free(object);
    return status;
}

/* A part that fails leaves its upload in the queue: all workers stop then, and mb_copy_close aborts it.
 */
static mb_status run_part(struct mb_copy *copy, struct mb_job *job, struct mb_cancel *cancel,
                          struct mb_error *error)
{
    struct mb_object *object = job->object;
    bool in_service = object->upload->in_service;
    mb_status status = in_service ? mb_direct_copy_part(copy, object, job->part, cancel, error)
                                  : mb_stream_part(copy, object, job->part, cancel, error);
    bool refused = status < 0 && in_service && mb_direct_refused(copy, &copy->part_copy_refused, error);
    if (status < 0 && !refused)
        return status;
    if (!refused)
        count_bytes(copy, job, mb_object_part_length(object, job->part));
    if (!mb_queue_part_end(&copy->queue, object, refused))
        return MB_OK;
    return object->upload->refused ? start_over(copy, object) : complete_upload(copy, object, cancel, error);
}

/* The job of one worker thread; ctx is the copy. */
static mb_job_fn run_worker;

mb_status mb_worker_start(struct mb_copy *copy, struct mb_error *error)
{
    mb_status status = mb_group_submit(copy->group, run_worker, copy, error);
    if (status < 0 && mb_queue_worker_gone(&copy->queue) > 0)
        status = MB_OK;
    return status;
}

static mb_status run_worker(void *ctx, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_copy *copy = ctx;
    for (;;) {
        struct mb_job job;
        bool start = false;
        mb_status status = mb_queue_take(&copy->queue, &job, &start, error);
        if (start)
            mb_worker_start(copy, &(struct mb_error){.struct_size = sizeof(struct mb_error)});
        if (status != MB_OK)
            return status < 0 ? status : MB_OK;
        status = copy->dst == NULL ? run_read(copy, &job, cancel, error)
                 : job.is_part     ? run_part(copy, &job, cancel, error)
                                   : run_object(copy, &job, cancel, error);
        mb_queue_end(&copy->queue, &job, mb_copy_overloads(copy), atomic_load(&copy->waits));
        MB_TRY(status);
    }
}
