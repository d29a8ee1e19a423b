/* fake_driver.c - the slots of a driver over a fake service. */
#include "fake_service.h"

#include "base/crc32c.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct mb_store {
    struct fake_service *service;
};

static mb_status fail(const struct mb_call *call, mb_status status, uint32_t flags, const char *text)
{
    call->error->status = status;
    call->error->flags = flags;
    snprintf(call->error->message, sizeof(call->error->message), "%s", text);
    return status;
}

static void enter(struct fake_service *service)
{
    int us = atomic_load(&service->delay_us);
    if (service->counts_in != NULL)
        service = service->counts_in;
    unsigned running = atomic_fetch_add(&service->running, 1) + 1;
    unsigned peak = atomic_load(&service->running_peak);
    while (running > peak && !atomic_compare_exchange_weak(&service->running_peak, &peak, running))
        ;
    if (us > 0)
        nanosleep(&(struct timespec){.tv_nsec = us * 1000L}, NULL);
}

static void leave(struct fake_service *service)
{
    if (service->counts_in != NULL)
        service = service->counts_in;
    atomic_fetch_sub(&service->running, 1);
}

/* Takes one from a fault's store; false when there is none left. */
static bool use_up(atomic_int *fault)
{
    int left = atomic_load(fault);
    while (left > 0 && !atomic_compare_exchange_weak(fault, &left, left - 1))
        ;
    return left > 0;
}

/* Counts down to zero and says whether it was there already; below zero means never. */
static bool over(atomic_int *fault)
{
    int left = atomic_load(fault);
    while (left > 0 && !atomic_compare_exchange_weak(fault, &left, left - 1))
        ;
    return left == 0;
}

static mb_status hang(const struct mb_call *call)
{
    while (!call->cancelled(call))
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    return fail(call, MB_E_CANCELLED, 0, "cancelled");
}

static void tell(struct fake_service *service, struct mb_stat *out, uint64_t size)
{
    if (out == NULL || atomic_load(&service->tell_nothing))
        return;
    out->size = size;
    snprintf(out->etag, sizeof(out->etag), "etag-%" PRIu64, size);
}

/* ------------------------------------------------------------------- slots */

static mb_status fake_open(struct mb_store **out, struct mb_store_info *info, const struct mb_kv *config,
                           size_t count, const struct mb_call *call)
{
    struct fake_service *service = NULL;
    for (size_t i = 0; i < count; i++)
        if (strcmp(config[i].key, "service") == 0)
            service = (struct fake_service *)(uintptr_t)strtoull(config[i].value, NULL, 16);
    if (service == NULL)
        return fail(call, MB_E_CONFIG, 0, "no service");
    struct mb_store *store = calloc(1, sizeof(*store));
    store->service = service;
    info->caps = service->no_ranges ? 0 : MB_CAP_RANGE;
    info->max_put_size = service->max_put_size;
    info->max_copy_size = service->max_copy_size;
    info->min_part_size = service->min_part_size;
    info->max_part_size = service->max_part_size;
    info->max_parts = service->max_parts;
    snprintf(info->location, sizeof(info->location), "fake://%p", (void *)service);
    *out = store;
    return MB_OK;
}

static void fake_close(struct mb_store *store)
{
    free(store);
}

static mb_status fake_check(struct mb_store *store, const struct mb_call *call)
{
    (void)store;
    (void)call;
    return MB_OK;
}

static mb_status fake_stat(struct mb_store *store, const char *key, struct mb_stat *out,
                           const struct mb_call *call)
{
    struct fake_service *service = store->service;
    atomic_fetch_add(&service->stats, 1);
    pthread_mutex_lock(&service->lock);
    struct fake_object *object = fake_service_find(service, key);
    if (object != NULL)
        out->size = object->size;
    pthread_mutex_unlock(&service->lock);
    return object != NULL ? MB_OK : fail(call, MB_E_NOT_FOUND, 0, "no such object");
}

static mb_status deliver(struct fake_service *service, const uint8_t *data, uint64_t len,
                         const struct mb_sink *sink, const struct mb_call *call)
{
    bool cut = use_up(&service->fail_gets);
    uint64_t end = cut ? len / 2 : len;
    for (uint64_t at = 0; at < end; at += 4096) {
        uint64_t piece = end - at < 4096 ? end - at : 4096;
        if (sink->write(sink->ctx, data + at, piece) != MB_OK)
            return fail(call, MB_E_CALLBACK, 0, "the sink refused");
    }
    return cut ? fail(call, MB_E_UNAVAILABLE, MB_ERR_RETRYABLE, "connection reset") : MB_OK;
}

static mb_status fake_get(struct mb_store *store, const char *key, const struct mb_get_options *opts,
                          const struct mb_sink *sink, struct mb_stat *out, const struct mb_call *call)
{
    struct fake_service *service = store->service;
    atomic_fetch_add(&service->gets, 1);
    enter(service);
    pthread_mutex_lock(&service->lock);
    struct fake_object *object = fake_service_find(service, key);
    pthread_mutex_unlock(&service->lock); /* objects that are read are not replaced */
    mb_status status;
    if (object == NULL) {
        status = fail(call, MB_E_NOT_FOUND, 0, "no such object");
    } else {
        uint64_t size = object->size - (atomic_load(&service->truncate_gets) ? 1 : 0);
        uint64_t offset = opts->offset < size ? opts->offset : size;
        uint64_t len = size - offset;
        if (opts->length != 0 && opts->length < len)
            len = opts->length;
        status = deliver(service, object->data + offset, len, sink, call);
        if (status == MB_OK)
            tell(service, out, size);
    }
    leave(service);
    return status;
}

static uint8_t *drain(const struct mb_source *source, uint64_t *size)
{
    size_t cap = (size_t)source->size;
    uint8_t *data = malloc(cap + 1);
    size_t len = 0;
    for (;;) {
        size_t got = 0;
        if (source->read(source->ctx, data + len, cap - len + 1, &got) != MB_OK) {
            free(data);
            return NULL;
        }
        if (got == 0)
            break;
        len += got;
    }
    *size = len;
    return data;
}

static bool crc_matches(const struct mb_put_options *opts, const uint8_t *data, uint64_t size)
{
    if (opts == NULL || opts->crc32c == NULL)
        return true;
    uint8_t crc[4];
    mb_crc32c_big_endian(mb_crc32c(0, data, size), crc);
    return memcmp(crc, opts->crc32c, sizeof(crc)) == 0;
}

/* What a put and a part have in common: faults, reading the source, checking it. */
static mb_status receive(struct fake_service *service, const struct mb_put_options *opts,
                         const struct mb_source *source, uint8_t **data, uint64_t *size,
                         const struct mb_call *call)
{
    if (use_up(&service->throttle_puts))
        return fail(call, MB_E_THROTTLED, MB_ERR_RETRYABLE, "slow down");
    if (use_up(&service->fail_puts))
        return fail(call, atomic_load(&service->fail_puts_with), MB_ERR_RETRYABLE, "too much at once");
    *data = drain(source, size);
    if (*data == NULL)
        return fail(call, MB_E_CALLBACK, 0, "the source refused");
    bool cut = use_up(&service->cut_puts);
    if (!cut && crc_matches(opts, *data, *size))
        return MB_OK;
    free(*data);
    return cut ? fail(call, MB_E_UNAVAILABLE, MB_ERR_RETRYABLE, "connection reset")
               : fail(call, MB_E_CORRUPT, 0, "checksum mismatch");
}

static mb_status fake_put(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                          const struct mb_source *source, struct mb_stat *out, const struct mb_call *call)
{
    struct fake_service *service = store->service;
    atomic_fetch_add(&service->puts, 1);
    char forbidden[32];
    snprintf(forbidden, sizeof(forbidden), "dst/%d", atomic_load(&service->forbid_put_of));
    if (strcmp(forbidden, key) == 0)
        return fail(call, MB_E_FORBIDDEN, 0, "access denied");
    enter(service);
    uint8_t *data = NULL;
    uint64_t size = 0;
    mb_status status = receive(service, opts, source, &data, &size, call);
    if (status == MB_OK) {
        pthread_mutex_lock(&service->lock);
        fake_service_put(service, key, data, size);
        pthread_mutex_unlock(&service->lock);
        tell(service, out, size);
    }
    leave(service);
    return status;
}

static mb_status fake_remove(struct mb_store *store, const char *key, const struct mb_call *call)
{
    (void)call;
    pthread_mutex_lock(&store->service->lock);
    fake_service_remove(store->service, key);
    pthread_mutex_unlock(&store->service->lock);
    return MB_OK;
}

static mb_status fake_list_open(struct mb_list **out, struct mb_store *store,
                                const struct mb_list_options *opts, const struct mb_call *call)
{
    (void)out;
    (void)store;
    (void)opts;
    return fail(call, MB_E_UNSUPPORTED, 0, "not here");
}

static mb_status fake_list_next(struct mb_list *list, struct mb_page *page, const struct mb_call *call)
{
    (void)list;
    (void)page;
    return fail(call, MB_E_UNSUPPORTED, 0, "not here");
}

static void fake_list_close(struct mb_list *list)
{
    (void)list;
}

static int fake_can_copy(struct mb_store *dst, struct mb_store *src)
{
    return dst->service == src->service;
}

static uint8_t *slice(struct fake_service *service, const char *key, uint64_t offset, uint64_t length)
{
    pthread_mutex_lock(&service->lock);
    struct fake_object *object = fake_service_find(service, key);
    uint8_t *data = NULL;
    if (object != NULL && offset + length <= object->size) {
        data = malloc(length + 1);
        memcpy(data, object->data + offset, length);
    }
    pthread_mutex_unlock(&service->lock);
    return data;
}

static uint64_t size_of(struct fake_service *service, const char *key)
{
    pthread_mutex_lock(&service->lock);
    struct fake_object *object = fake_service_find(service, key);
    uint64_t size = object != NULL ? object->size : 0;
    pthread_mutex_unlock(&service->lock);
    return size;
}

static mb_status fake_copy(struct mb_store *dst, const char *dst_key, struct mb_store *src,
                           const char *src_key, const struct mb_put_options *opts, struct mb_stat *out,
                           const struct mb_call *call)
{
    (void)opts;
    struct fake_service *service = dst->service;
    atomic_fetch_add(&service->copies, 1);
    while (atomic_load(&service->copies) < atomic_load(&service->gather_copies))
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    if (atomic_load(&service->refuse_copy) != 0)
        return fail(call, atomic_load(&service->refuse_copy), 0, "copy source refused");
    enter(service);
    uint64_t size = size_of(src->service, src_key);
    uint8_t *data = slice(src->service, src_key, 0, size);
    leave(service);
    if (data == NULL)
        return fail(call, MB_E_NOT_FOUND, 0, "no such object");
    if (atomic_load(&service->lose_byte))
        size--;
    pthread_mutex_lock(&service->lock);
    fake_service_put(service, dst_key, data, size);
    pthread_mutex_unlock(&service->lock);
    tell(service, out, size);
    return MB_OK;
}

static struct fake_upload *find_upload(struct fake_service *service, const char *id)
{
    struct fake_upload *upload = service->uploads;
    while (upload != NULL && strcmp(upload->id, id) != 0)
        upload = upload->next;
    return upload;
}

static mb_status fake_mpu_begin(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                                char *upload_id, size_t cap, const struct mb_call *call)
{
    (void)call;
    struct fake_service *service = store->service;
    atomic_fetch_add(&service->begins, 1);
    if (atomic_load(&service->refuse_begin) != 0)
        return fail(call, atomic_load(&service->refuse_begin), 0, "no uploads here");
    struct fake_upload *upload = calloc(1, sizeof(*upload));
    upload->key = strdup(key);
    upload->for_copies = (opts->flags & MB_PUT_PARTS_COPIED) != 0;
    pthread_mutex_lock(&service->lock);
    snprintf(upload->id, sizeof(upload->id), "upload-%u", service->next_upload++);
    upload->next = service->uploads;
    service->uploads = upload;
    pthread_mutex_unlock(&service->lock);
    snprintf(upload_id, cap, "%s", upload->id);
    return MB_OK;
}

/* Takes data.  A copied part belongs into an upload that was begun for copies, and no other does. */
static mb_status store_part(struct fake_service *service, const char *upload_id, uint32_t number, bool copied,
                            uint8_t *data, uint64_t size, struct mb_part *out, const struct mb_call *call)
{
    pthread_mutex_lock(&service->lock);
    struct fake_upload *upload = find_upload(service, upload_id);
    bool fits = upload != NULL && upload->for_copies == copied && number >= 1 && number <= FAKE_MAX_PARTS;
    if (fits) {
        free(upload->parts[number - 1].data);
        upload->parts[number - 1] = (struct fake_part){.data = data, .size = size};
    }
    pthread_mutex_unlock(&service->lock);
    if (!fits) {
        free(data);
        return fail(call, MB_E_NOT_FOUND, 0, "no such upload");
    }
    out->number = number;
    out->size = size;
    snprintf(out->receipt, sizeof(out->receipt), "receipt-%u", number);
    return MB_OK;
}

static mb_status fake_mpu_part(struct mb_store *store, const char *key, const char *upload_id,
                               uint32_t number, const struct mb_put_options *opts,
                               const struct mb_source *source, struct mb_part *out,
                               const struct mb_call *call)
{
    (void)key;
    struct fake_service *service = store->service;
    atomic_fetch_add(&service->parts, 1);
    if (over(&service->hang_parts_after))
        return hang(call);
    enter(service);
    uint8_t *data = NULL;
    uint64_t size = 0;
    mb_status status = receive(service, opts, source, &data, &size, call);
    if (status == MB_OK)
        status = store_part(service, upload_id, number, false, data, size, out, call);
    leave(service);
    return status;
}

static void mark_copied(struct fake_service *service, const char *upload_id)
{
    pthread_mutex_lock(&service->lock);
    find_upload(service, upload_id)->copied = true;
    pthread_mutex_unlock(&service->lock);
}

static mb_status fake_mpu_copy_part(struct mb_store *dst, const char *key, const char *upload_id,
                                    uint32_t number, struct mb_store *src, const char *src_key,
                                    uint64_t offset, uint64_t length, struct mb_part *out,
                                    const struct mb_call *call)
{
    (void)key;
    struct fake_service *service = dst->service;
    atomic_fetch_add(&service->part_copies, 1);
    mb_status refusal = atomic_load(&service->refuse_part_copy);
    if (over(&service->refuse_part_copy_after))
        return fail(call, refusal != 0 ? refusal : MB_E_UNSUPPORTED, 0, "the fake driver does not do this");
    enter(service);
    uint8_t *data = slice(src->service, src_key, offset, length);
    mb_status status = data == NULL ? fail(call, MB_E_NOT_FOUND, 0, "no such object")
                                    : store_part(service, upload_id, number, true, data, length, out, call);
    if (status == MB_OK)
        mark_copied(service, upload_id);
    leave(service);
    return status;
}

/* Joins the parts; NULL when one of them is not what was stored. */
static uint8_t *join(const struct fake_upload *upload, const struct mb_part *parts, size_t count,
                     uint64_t *size)
{
    *size = 0;
    for (size_t i = 0; i < count; i++) {
        char receipt[32];
        snprintf(receipt, sizeof(receipt), "receipt-%u", (unsigned)i + 1);
        if (strcmp(receipt, parts[i].receipt) != 0 || upload->parts[i].data == NULL)
            return NULL;
        *size += upload->parts[i].size;
    }
    uint8_t *data = malloc(*size + 1);
    uint64_t at = 0;
    for (size_t i = 0; i < count; i++) {
        memcpy(data + at, upload->parts[i].data, upload->parts[i].size);
        at += upload->parts[i].size;
    }
    return data;
}

static mb_status fake_mpu_complete(struct mb_store *store, const char *key, const char *upload_id,
                                   const struct mb_part *parts, size_t count, struct mb_stat *out,
                                   const struct mb_call *call)
{
    struct fake_service *service = store->service;
    atomic_fetch_add(&service->completes, 1);
    uint64_t size = 0;
    uint8_t *data = NULL;
    pthread_mutex_lock(&service->lock);
    struct fake_upload *upload = find_upload(service, upload_id);
    mb_status refusal = atomic_load(&service->refuse_complete);
    if (refusal == 0 && upload != NULL && upload->copied)
        refusal = atomic_load(&service->refuse_complete_of_copies);
    if (upload != NULL && refusal == 0)
        data = join(upload, parts, count, &size);
    if (data != NULL) {
        fake_service_put(service, key, data, size);
        fake_service_free_upload(service, upload);
    }
    pthread_mutex_unlock(&service->lock);
    if (data == NULL)
        return fail(call, refusal != 0 ? refusal : MB_E_INVALID, 0, "invalid part");
    tell(service, out, size);
    return MB_OK;
}

static mb_status fake_mpu_abort(struct mb_store *store, const char *key, const char *upload_id,
                                const struct mb_call *call)
{
    (void)key;
    struct fake_service *service = store->service;
    atomic_fetch_add(&service->aborts, 1);
    if (call->cancelled(call))
        return fail(call, MB_E_CANCELLED, 0, "cancelled");
    pthread_mutex_lock(&service->lock);
    struct fake_upload *upload = find_upload(service, upload_id);
    if (upload != NULL)
        fake_service_free_upload(service, upload);
    pthread_mutex_unlock(&service->lock);
    return MB_OK;
}

static const struct mb_option fake_options[] = {
    {.name = "service", .type = MB_OPT_STRING, .flags = MB_OPT_REQUIRED, .help = "Where the service lies."},
};

const struct mb_storage_plugin fake_table = {
    MB_STORAGE_PLUGIN(MB_THREADS_PARALLEL),
    .name = "fake",
    .version = "1",
    .description = "objects in memory",
    .options = fake_options,
    .option_count = 1,
    .option_size = sizeof(struct mb_option),
    .open = fake_open,
    .close = fake_close,
    .check = fake_check,
    .stat = fake_stat,
    .get = fake_get,
    .put = fake_put,
    .remove = fake_remove,
    .list_open = fake_list_open,
    .list_next = fake_list_next,
    .list_close = fake_list_close,
    .can_copy = fake_can_copy,
    .copy = fake_copy,
    .mpu_begin = fake_mpu_begin,
    .mpu_part = fake_mpu_part,
    .mpu_copy_part = fake_mpu_copy_part,
    .mpu_complete = fake_mpu_complete,
    .mpu_abort = fake_mpu_abort,
};
