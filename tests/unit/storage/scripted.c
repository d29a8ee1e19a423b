#include "scripted.h"

#include "base/clock.h"

#include "memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mb_store {
    struct scripted *scripted;
    struct mb_store *inner;
};

struct mb_list {
    struct scripted *scripted;
    struct mb_list *inner;
};

static const struct scripted_step behave = {.kind = SCRIPTED_FAIL, .status = MB_OK};

static struct scripted_step begin(struct scripted *s, enum mb_operation operation, const struct mb_call *call)
{
    pthread_mutex_lock(&s->mutex);
    struct scripted_step step = behave;
    if (s->ended[operation] < s->begun[operation])
        step = s->steps[operation][s->ended[operation]++];
    s->calls[operation]++;
    s->deadline_ns = call->deadline_ns;
    s->running++;
    if (s->running > s->most_running)
        s->most_running = s->running;
    if (s->cancel_at_call != NULL)
        mb_cancel_request(s->cancel_at_call);
    pthread_mutex_unlock(&s->mutex);
    if (step.kind == SCRIPTED_SLOW)
        mb_cancel_sleep(NULL, 2 * MB_NS_PER_MS, NULL);
    return step;
}

static mb_status hang(const struct mb_call *call)
{
    while (!call->cancelled(call)) {
        if (call->deadline_ns != 0 && mb_clock_monotonic() >= call->deadline_ns)
            return mb_fail(call->error, MB_E_TIMEOUT, "no answer in time");
        mb_cancel_sleep(NULL, MB_NS_PER_MS, NULL);
    }
    return mb_fail(call->error, MB_E_CANCELLED, "stopped");
}

static mb_status end(struct scripted *s, const struct scripted_step *step, mb_status status,
                     const struct mb_call *call)
{
    bool fails = step->status != MB_OK && step->kind != SCRIPTED_SILENT && step->kind != SCRIPTED_HANG;
    if (fails) {
        status = call->error->status = step->status;
        snprintf(call->error->message, sizeof(call->error->message), "%s",
                 step->message != NULL ? step->message : "scripted");
        call->error->flags = step->flags;
        call->error->retry_after_ms = step->retry_after_ms;
        snprintf(call->error->request_id, sizeof(call->error->request_id), "%s",
                 s->request_id != NULL ? s->request_id : "");
    }
    pthread_mutex_lock(&s->mutex);
    s->running--;
    pthread_mutex_unlock(&s->mutex);
    return status;
}

/* Runs the slot unless the step says that it is not reached. */
#define SCRIPT(scripted, operation, call, slot_call)                        \
    do {                                                                    \
        struct scripted_step step = begin((scripted), (operation), (call)); \
        mb_status status = MB_OK;                                           \
        if (step.kind == SCRIPTED_HANG)                                     \
            status = hang(call);                                            \
        else if (step.kind == SCRIPTED_SLOW && (call)->cancelled(call))     \
            status = mb_fail((call)->error, MB_E_CANCELLED, "stopped");     \
        else if (step.kind == SCRIPTED_SILENT)                              \
            status = step.status;                                           \
        else if (step.kind != SCRIPTED_FAIL || step.status == MB_OK)        \
            status = slot_call;                                             \
        return end((scripted), &step, status, (call));                      \
    } while (0)

static mb_status s_open(struct mb_store **out, struct mb_store_info *info, const struct mb_kv *config,
                        size_t count, const struct mb_call *call)
{
    uintptr_t address = 0;
    if (count != 1 || sscanf(config[0].value, "%" SCNxPTR, &address) != 1)
        return mb_fail(call->error, MB_E_CONFIG, "no scripted");
    struct scripted *s = (struct scripted *)address;
    struct scripted_step step = begin(s, MB_OP_OPEN, call);
    mb_status status =
        step.status == MB_OK ? memory_plugin.open(&s->store, info, NULL, 0, call) : step.status;
    if (status == MB_OK) {
        struct mb_store *store = malloc(sizeof(*store));
        *store = (struct mb_store){s, s->store};
        info->caps &= ~s->caps;
        info->max_put_size = s->max_put_size;
        *out = store;
    }
    return end(s, &step, status, call);
}

static void s_close(struct mb_store *store)
{
    if (store != NULL)
        memory_plugin.close(store->inner);
    free(store);
}

static mb_status s_check(struct mb_store *store, const struct mb_call *call)
{
    SCRIPT(store->scripted, MB_OP_CHECK, call, memory_plugin.check(store->inner, call));
}

static mb_status s_create_bucket(struct mb_store *store, const struct mb_call *call)
{
    SCRIPT(store->scripted, MB_OP_CREATE_BUCKET, call, MB_OK);
}

static mb_status bent_stat(struct mb_store *inner, enum scripted_kind kind, const char *key,
                           struct mb_stat *out, const struct mb_call *call)
{
    mb_status status = memory_plugin.stat(inner, key, out, call);
    out->size += kind == SCRIPTED_LIE;
    return status;
}

static mb_status s_stat(struct mb_store *store, const char *key, struct mb_stat *out,
                        const struct mb_call *call)
{
    SCRIPT(store->scripted, MB_OP_STAT, call, bent_stat(store->inner, step.kind, key, out, call));
}

struct bent_sink {
    const struct mb_sink *sink;
    enum scripted_kind kind;
    uint64_t left; /* until the last byte */
};

static mb_status bent_write(void *ctx, const void *data, size_t len)
{
    struct bent_sink *bent = ctx;
    mb_status status = MB_OK;
    bool last = len >= bent->left;
    bent->left -= last ? bent->left : len;
    if (last && bent->kind == SCRIPTED_SHORT)
        len--;
    if (len > 0)
        status = bent->sink->write(bent->sink->ctx, data, len);
    if (status == MB_OK && last && bent->kind == SCRIPTED_LONG)
        status = bent->sink->write(bent->sink->ctx, "x", 1);
    return bent->kind == SCRIPTED_SHRUG ? MB_OK : status;
}

static mb_status bent_get(struct scripted *s, struct mb_store *inner, const char *key,
                          const struct mb_get_options *opts, const struct mb_sink *sink, struct mb_stat *out,
                          const struct mb_call *call, enum scripted_kind kind)
{
    struct mb_get_options options = *opts;
    if ((s->caps & MB_CAP_RANGE) != 0)
        options.offset = options.length = 0;
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    mb_status status = memory_plugin.stat(inner, key, &stat, call);
    if (status != MB_OK)
        return status;
    uint64_t left = stat.size > options.offset ? stat.size - options.offset : 0;
    if (options.length > 0 && options.length < left)
        left = options.length;
    struct bent_sink bent = {sink, kind, left};
    struct mb_sink bent_sink = {.struct_size = sizeof(bent_sink), .write = bent_write, .ctx = &bent};
    status = memory_plugin.get(inner, key, &options, &bent_sink, out, call);
    out->size += kind == SCRIPTED_LIE;
    out->flags |= s->crc_flag;
    out->crc32c = s->crc32c;
    return status;
}

static mb_status s_get(struct mb_store *store, const char *key, const struct mb_get_options *opts,
                       const struct mb_sink *sink, struct mb_stat *out, const struct mb_call *call)
{
    SCRIPT(store->scripted, MB_OP_GET, call,
           bent_get(store->scripted, store->inner, key, opts, sink, out, call, step.kind));
}

static mb_status bent_put(struct mb_store *inner, const char *key, const struct mb_put_options *opts,
                          const struct mb_source *source, struct mb_stat *out, const struct mb_call *call,
                          enum scripted_kind kind)
{
    if (kind == SCRIPTED_SHORT)
        return MB_OK;
    mb_status status = memory_plugin.put(inner, key, opts, source, out, call);
    out->size += kind == SCRIPTED_LIE;
    return status;
}

static mb_status s_put(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                       const struct mb_source *source, struct mb_stat *out, const struct mb_call *call)
{
    SCRIPT(store->scripted, MB_OP_PUT, call, bent_put(store->inner, key, opts, source, out, call, step.kind));
}

static mb_status s_remove(struct mb_store *store, const char *key, const struct mb_call *call)
{
    SCRIPT(store->scripted, MB_OP_REMOVE, call, memory_plugin.remove(store->inner, key, call));
}

/* A failure of remove_many leaves the second half of the keys. */
static mb_status bent_remove_many(struct mb_store *inner, const char *const *keys, size_t count,
                                  uint8_t *done, const struct mb_call *call, enum scripted_kind kind)
{
    if (kind == SCRIPTED_SHORT)
        return MB_OK;
    return memory_plugin.remove_many(inner, keys, kind == SCRIPTED_FAIL_AFTER ? count / 2 : count, done,
                                     call);
}

static mb_status s_remove_many(struct mb_store *store, const char *const *keys, size_t count, uint8_t *done,
                               const struct mb_call *call)
{
    SCRIPT(store->scripted, MB_OP_REMOVE, call,
           bent_remove_many(store->inner, keys, count, done, call, step.kind));
}

static mb_status open_list(struct mb_list **out, struct mb_store *store, const struct mb_list_options *opts,
                           const struct mb_call *call)
{
    struct mb_list *list = malloc(sizeof(*list));
    list->scripted = store->scripted;
    mb_status status = memory_plugin.list_open(&list->inner, store->inner, opts, call);
    *out = list;
    return status;
}

static mb_status s_list_open(struct mb_list **out, struct mb_store *store, const struct mb_list_options *opts,
                             const struct mb_call *call)
{
    return open_list(out, store, opts, call);
}

static mb_status s_list_next(struct mb_list *list, struct mb_page *page, const struct mb_call *call)
{
    SCRIPT(list->scripted, MB_OP_LIST, call, memory_plugin.list_next(list->inner, page, call));
}

static void s_list_close(struct mb_list *list)
{
    memory_plugin.list_close(list->inner);
    free(list);
}

static int s_can_copy(struct mb_store *dst, struct mb_store *src)
{
    return memory_plugin.can_copy(dst->inner, src->inner);
}

static mb_status s_copy(struct mb_store *dst, const char *dst_key, struct mb_store *src, const char *src_key,
                        const struct mb_put_options *opts, struct mb_stat *out, const struct mb_call *call)
{
    SCRIPT(dst->scripted, MB_OP_COPY, call,
           memory_plugin.copy(dst->inner, dst_key, src->inner, src_key, opts, out, call));
}

static mb_status bent_begin(struct mb_store *inner, const char *key, const struct mb_put_options *opts,
                            char *upload_id, size_t cap, const struct mb_call *call, enum scripted_kind kind)
{
    return kind == SCRIPTED_LIE ? MB_OK : memory_plugin.mpu_begin(inner, key, opts, upload_id, cap, call);
}

static mb_status s_begin(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                         char *upload_id, size_t cap, const struct mb_call *call)
{
    SCRIPT(store->scripted, MB_OP_MPU_BEGIN, call,
           bent_begin(store->inner, key, opts, upload_id, cap, call, step.kind));
}

static mb_status bent_part(struct mb_store *inner, const char *key, const char *upload_id, uint32_t number,
                           const struct mb_put_options *opts, const struct mb_source *source,
                           struct mb_part *out, const struct mb_call *call, enum scripted_kind kind)
{
    if (kind == SCRIPTED_SHORT)
        return MB_OK;
    mb_status status = memory_plugin.mpu_part(inner, key, upload_id, number, opts, source, out, call);
    out->number += kind == SCRIPTED_LIE;
    return status;
}

static mb_status s_part(struct mb_store *store, const char *key, const char *upload_id, uint32_t number,
                        const struct mb_put_options *opts, const struct mb_source *source,
                        struct mb_part *out, const struct mb_call *call)
{
    SCRIPT(store->scripted, MB_OP_MPU_PART, call,
           bent_part(store->inner, key, upload_id, number, opts, source, out, call, step.kind));
}

static mb_status s_copy_part(struct mb_store *dst, const char *key, const char *upload_id, uint32_t number,
                             struct mb_store *src, const char *src_key, uint64_t offset, uint64_t len,
                             struct mb_part *out, const struct mb_call *call)
{
    SCRIPT(dst->scripted, MB_OP_MPU_COPY_PART, call,
           memory_plugin.mpu_copy_part(dst->inner, key, upload_id, number, src->inner, src_key, offset, len,
                                       out, call));
}

static mb_status s_complete(struct mb_store *store, const char *key, const char *upload_id,
                            const struct mb_part *parts, size_t count, struct mb_stat *out,
                            const struct mb_call *call)
{
    SCRIPT(store->scripted, MB_OP_MPU_COMPLETE, call,
           memory_plugin.mpu_complete(store->inner, key, upload_id, parts, count, out, call));
}

static mb_status s_abort(struct mb_store *store, const char *key, const char *upload_id,
                         const struct mb_call *call)
{
    SCRIPT(store->scripted, MB_OP_MPU_ABORT, call,
           memory_plugin.mpu_abort(store->inner, key, upload_id, call));
}

static mb_status s_uploads(struct mb_store *store, const char *prefix,
                           mb_status (*found)(void *ctx, const struct mb_upload *upload), void *ctx,
                           const struct mb_call *call)
{
    SCRIPT(store->scripted, MB_OP_MPU_LIST, call,
           memory_plugin.mpu_list(store->inner, prefix, found, ctx, call));
}

static const struct mb_option options[] = {
    {.name = "scripted", .type = MB_OPT_STRING, .flags = MB_OPT_REQUIRED, .help = "Address of the script."},
};

void scripted_init(struct scripted *s)
{
    memset(s, 0, sizeof(*s));
    pthread_mutex_init(&s->mutex, NULL);
    s->table = (struct mb_storage_plugin){
        MB_STORAGE_PLUGIN(MB_THREADS_PARALLEL),
        .name = "scripted",
        .version = "1",
        .description = "misbehaves on demand",
        .options = options,
        .option_count = 1,
        .option_size = sizeof(options[0]),
        .open = s_open,
        .close = s_close,
        .check = s_check,
        .stat = s_stat,
        .get = s_get,
        .put = s_put,
        .remove = s_remove,
        .list_open = s_list_open,
        .list_next = s_list_next,
        .list_close = s_list_close,
        .create_bucket = s_create_bucket,
        .remove_many = s_remove_many,
        .can_copy = s_can_copy,
        .copy = s_copy,
        .mpu_begin = s_begin,
        .mpu_part = s_part,
        .mpu_copy_part = s_copy_part,
        .mpu_complete = s_complete,
        .mpu_abort = s_abort,
        .mpu_list = s_uploads,
    };
}

void scripted_done(struct scripted *s)
{
    pthread_mutex_destroy(&s->mutex);
}

void scripted_next(struct scripted *s, enum mb_operation operation, struct scripted_step step)
{
    pthread_mutex_lock(&s->mutex);
    s->steps[operation][s->begun[operation]++] = step;
    pthread_mutex_unlock(&s->mutex);
}

void scripted_fail(struct scripted *s, enum mb_operation operation, mb_status status, const char *message)
{
    scripted_next(s, operation,
                  (struct scripted_step){.kind = SCRIPTED_FAIL, .status = status, .message = message});
}

unsigned scripted_running(struct scripted *s)
{
    pthread_mutex_lock(&s->mutex);
    unsigned running = s->running;
    pthread_mutex_unlock(&s->mutex);
    return running;
}

struct mb_storage *scripted_open(struct scripted *s, int64_t call_timeout_ns)
{
    char address[32];
    snprintf(address, sizeof(address), "%" PRIxPTR, (uintptr_t)s);
    struct mb_kv config = {.key = "scripted", .value = address};
    struct mb_storage_options storage_options = {
        .retry = {.attempts = 4, .base_ns = 1000, .cap_ns = 4000},
        .call_timeout_ns = call_timeout_ns,
    };
    struct mb_error error = MB_ERROR_INIT;
    struct mb_storage *storage = NULL;
    if (mb_storage_open_plugin(&storage, &s->table, &config, 1, &storage_options, &error) != MB_OK) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
    return storage;
}
