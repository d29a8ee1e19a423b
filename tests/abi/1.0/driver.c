/* A driver of the days of ABI 1.0, with every slot that there was: objects in memory, gone when the store is
 * closed. Built from the header beside it and from nothing else. */
#include "storage_plugin.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct item {
    struct item *next;
    char *key;
    char *data;
    size_t size;
};

/* An upload is the item "u1" in parts, whose data is the key; its parts are "u1/00001" and so on. */
struct mb_store {
    pthread_mutex_t lock;
    struct item *objects, *parts; /* by key */
    unsigned uploads;
    size_t page_size;
};

struct mb_list {
    struct mb_store *store;
    char *prefix, *after;
    struct mb_entry *entries;
    int ended;
};

static mb_status fail(const struct mb_call *call, mb_status status, const char *text)
{
    call->error->status = status;
    snprintf(call->error->message, sizeof(call->error->message), "%s", text);
    return status;
}

static mb_status missing(const struct mb_call *call)
{
    return fail(call, MB_E_NOT_FOUND, "there is nothing of that name");
}

/* Where key is, or would be. */
static struct item **at(struct item **list, const char *key)
{
    while (*list != NULL && strcmp((*list)->key, key) < 0)
        list = &(*list)->next;
    return list;
}

static struct item *find(struct item *list, const char *key)
{
    struct item *item = *at(&list, key);
    return item != NULL && strcmp(item->key, key) == 0 ? item : NULL;
}

static int drop(struct item **list, const char *key)
{
    struct item *item = find(*list, key);
    if (item == NULL)
        return 0;
    *at(list, key) = item->next;
    free(item->key);
    free(item->data);
    free(item);
    return 1;
}

/* Takes data over. */
static mb_status keep(struct item **list, const char *key, char *data, size_t size,
                      const struct mb_call *call)
{
    struct item *item = calloc(1, sizeof(*item));
    char *copy = strdup(key);
    if (item == NULL || copy == NULL) {
        free(item);
        free(copy);
        free(data);
        return fail(call, MB_E_NO_MEMORY, "out of memory");
    }
    drop(list, key);
    struct item **place = at(list, key);
    *item = (struct item){*place, copy, data, size};
    *place = item;
    return MB_OK;
}

static mb_status copy_bytes(const char *from, size_t size, char **out, const struct mb_call *call)
{
    char *data = malloc(size + 1);
    if (data == NULL)
        return fail(call, MB_E_NO_MEMORY, "out of memory");
    memcpy(data, from, size);
    *out = data;
    return MB_OK;
}

static mb_status pull(const struct mb_source *source, char **out, size_t *size, const struct mb_call *call)
{
    char *data = NULL;
    size_t have = 0, n;
    do {
        char *more = realloc(data, have + 4096);
        if (more == NULL || source->read(source->ctx, more + have, 4096, &n) != MB_OK) {
            free(more != NULL ? more : data);
            return fail(call, more == NULL ? MB_E_NO_MEMORY : MB_E_CALLBACK, "the source failed");
        }
        data = more;
        have += n;
    } while (n > 0);
    *out = data;
    *size = have;
    return MB_OK;
}

static void tell(struct mb_stat *out, const struct item *item)
{
    if (out == NULL)
        return;
    out->size = item->size;
    snprintf(out->etag, sizeof(out->etag), "\"%zu\"", item->size);
}

static mb_status frozen_load(const struct mb_host *host, struct mb_error *error)
{
    (void)error;
    host->log(host->log_ctx, MB_LOG_INFO, "driver of ABI 1.0 in %s", host->user_agent);
    return MB_OK;
}

static mb_status frozen_open(struct mb_store **out, struct mb_store_info *info, const struct mb_kv *config,
                             size_t count, const struct mb_call *call)
{
    struct mb_store *store = calloc(1, sizeof(*store));
    if (store == NULL)
        return fail(call, MB_E_NO_MEMORY, "out of memory");
    pthread_mutex_init(&store->lock, NULL);
    info->caps =
        MB_CAP_RANGE | MB_CAP_IF_ABSENT | MB_CAP_LIST_SORTED | MB_CAP_STRONG_LIST | MB_CAP_ATOMIC_PUT;
    info->max_remove = 2;
    info->max_parts = 100;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(config[i].key, "pageSize") == 0)
            store->page_size = (size_t)atoi(config[i].value);
        if (strcmp(config[i].key, "label") == 0)
            snprintf(info->location, sizeof(info->location), "frozen://%s", config[i].value);
        if (strcmp(config[i].key, "label") == 0)
            snprintf(info->realm, sizeof(info->realm), "frozen:%s", config[i].value);
    }
    *out = store;
    return MB_OK;
}

static void frozen_close(struct mb_store *store)
{
    if (store == NULL)
        return;
    while (store->objects != NULL)
        drop(&store->objects, store->objects->key);
    while (store->parts != NULL)
        drop(&store->parts, store->parts->key);
    pthread_mutex_destroy(&store->lock);
    free(store);
}

static mb_status frozen_check(struct mb_store *store, const struct mb_call *call)
{
    (void)store;
    return call->cancelled(call) ? fail(call, MB_E_CANCELLED, "cancelled") : MB_OK;
}

static mb_status frozen_create_bucket(struct mb_store *store, const struct mb_call *call)
{
    return frozen_check(store, call);
}

static mb_status frozen_stat(struct mb_store *store, const char *key, struct mb_stat *out,
                             const struct mb_call *call)
{
    pthread_mutex_lock(&store->lock);
    const struct item *item = find(store->objects, key);
    mb_status status = item != NULL ? MB_OK : missing(call);
    if (item != NULL)
        tell(out, item);
    pthread_mutex_unlock(&store->lock);
    return status;
}

static mb_status frozen_get(struct mb_store *store, const char *key, const struct mb_get_options *opts,
                            const struct mb_sink *sink, struct mb_stat *out, const struct mb_call *call)
{
    char *data = NULL;
    size_t size = 0;
    pthread_mutex_lock(&store->lock);
    const struct item *item = find(store->objects, key);
    mb_status status = item != NULL ? MB_OK : missing(call);
    if (item != NULL && opts->offset < item->size) {
        size = item->size - (size_t)opts->offset;
        size = opts->length > 0 && opts->length < size ? (size_t)opts->length : size;
        status = copy_bytes(item->data + opts->offset, size, &data, call);
    }
    if (status == MB_OK)
        tell(out, item);
    pthread_mutex_unlock(&store->lock);
    if (status == MB_OK && size > 0 && sink->write(sink->ctx, data, size) != MB_OK)
        status = fail(call, MB_E_CALLBACK, "the sink refused");
    free(data);
    return status;
}

static mb_status frozen_put(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                            const struct mb_source *source, struct mb_stat *out, const struct mb_call *call)
{
    char *data;
    size_t size;
    mb_status status = pull(source, &data, &size, call);
    if (status != MB_OK)
        return status;
    pthread_mutex_lock(&store->lock);
    if ((opts->flags & MB_PUT_IF_ABSENT) != 0 && find(store->objects, key) != NULL) {
        free(data);
        status = fail(call, MB_E_EXISTS, "there is such an object already");
    } else {
        status = keep(&store->objects, key, data, size, call);
    }
    if (status == MB_OK)
        tell(out, find(store->objects, key));
    pthread_mutex_unlock(&store->lock);
    return status;
}

static mb_status frozen_remove_many(struct mb_store *store, const char *const *keys, size_t count,
                                    uint8_t *done, const struct mb_call *call)
{
    (void)call;
    pthread_mutex_lock(&store->lock);
    for (size_t i = 0; i < count; i++) {
        drop(&store->objects, keys[i]);
        done[i] = 1;
    }
    pthread_mutex_unlock(&store->lock);
    return MB_OK;
}

static mb_status frozen_remove(struct mb_store *store, const char *key, const struct mb_call *call)
{
    uint8_t done;
    return frozen_remove_many(store, &key, 1, &done, call);
}

static void drop_page(struct mb_list *list)
{
    for (size_t i = 0; i < list->store->page_size; i++) {
        free((void *)(uintptr_t)list->entries[i].key);
        list->entries[i].key = NULL;
    }
}

static void frozen_list_close(struct mb_list *list)
{
    if (list->entries != NULL)
        drop_page(list);
    free(list->entries);
    free(list->prefix);
    free(list->after);
    free(list);
}

static mb_status frozen_list_open(struct mb_list **out, struct mb_store *store,
                                  const struct mb_list_options *opts, const struct mb_call *call)
{
    struct mb_list *list = calloc(1, sizeof(*list));
    if (list == NULL)
        return fail(call, MB_E_NO_MEMORY, "out of memory");
    list->store = store;
    list->prefix = strdup(opts->prefix);
    list->after = strdup(opts->token != NULL ? opts->token : "");
    list->entries = calloc(store->page_size, sizeof(*list->entries));
    if (list->prefix == NULL || list->after == NULL || list->entries == NULL) {
        frozen_list_close(list);
        return fail(call, MB_E_NO_MEMORY, "out of memory");
    }
    *out = list;
    return MB_OK;
}

static mb_status frozen_list_next(struct mb_list *list, struct mb_page *page, const struct mb_call *call)
{
    size_t count = 0;
    if (list->ended)
        return MB_END;
    drop_page(list);
    pthread_mutex_lock(&list->store->lock);
    const struct item *item = list->store->objects;
    for (; item != NULL && count < list->store->page_size; item = item->next) {
        if (strcmp(item->key, list->after) <= 0 ||
            strncmp(item->key, list->prefix, strlen(list->prefix)) != 0)
            continue;
        list->entries[count++] = (struct mb_entry){.key = strdup(item->key), .size = item->size};
    }
    pthread_mutex_unlock(&list->store->lock);
    list->ended = item == NULL;
    if (count > 0) {
        free(list->after);
        list->after = strdup(list->entries[count - 1].key);
    }
    if (list->after == NULL)
        return fail(call, MB_E_NO_MEMORY, "out of memory");
    page->entry_size = sizeof(list->entries[0]);
    page->entries = list->entries;
    page->count = count;
    page->token = list->ended ? NULL : list->after;
    return MB_OK;
}

static int frozen_can_copy(struct mb_store *dst, struct mb_store *src)
{
    return dst == src;
}

/* Bytes of an object into a list of the same store. */
static mb_status copy_into(struct item **list, const char *key, struct mb_store *src, const char *src_key,
                           uint64_t offset, uint64_t length, const struct mb_call *call)
{
    char *data = NULL;
    const struct item *item = find(src->objects, src_key);
    if (item == NULL || offset > item->size)
        return missing(call);
    size_t size = length < item->size - offset ? (size_t)length : item->size - (size_t)offset;
    mb_status status = copy_bytes(item->data + offset, size, &data, call);
    return status == MB_OK ? keep(list, key, data, size, call) : status;
}

static mb_status frozen_copy(struct mb_store *dst, const char *dst_key, struct mb_store *src,
                             const char *src_key, const struct mb_put_options *opts, struct mb_stat *out,
                             const struct mb_call *call)
{
    (void)opts;
    pthread_mutex_lock(&dst->lock);
    mb_status status = copy_into(&dst->objects, dst_key, src, src_key, 0, UINT64_MAX, call);
    if (status == MB_OK)
        tell(out, find(dst->objects, dst_key));
    pthread_mutex_unlock(&dst->lock);
    return status;
}

static mb_status frozen_mpu_begin(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                                  char *upload_id, size_t cap, const struct mb_call *call)
{
    char *copy = strdup(key);
    (void)opts;
    if (copy == NULL)
        return fail(call, MB_E_NO_MEMORY, "out of memory");
    pthread_mutex_lock(&store->lock);
    snprintf(upload_id, cap, "u%u", ++store->uploads);
    mb_status status = keep(&store->parts, upload_id, copy, strlen(copy), call);
    pthread_mutex_unlock(&store->lock);
    return status;
}

static void name_part(char out[64], const char *upload_id, uint32_t number)
{
    snprintf(out, 64, "%.40s/%05u", upload_id, (unsigned)number);
}

static mb_status told(struct mb_store *store, const char *name, uint32_t number, struct mb_part *out)
{
    out->number = number;
    out->size = find(store->parts, name)->size;
    snprintf(out->receipt, sizeof(out->receipt), "%.60s", name);
    return MB_OK;
}

static mb_status frozen_mpu_part(struct mb_store *store, const char *key, const char *upload_id,
                                 uint32_t number, const struct mb_put_options *opts,
                                 const struct mb_source *source, struct mb_part *out,
                                 const struct mb_call *call)
{
    char name[64], *data;
    size_t size;
    (void)key, (void)opts;
    name_part(name, upload_id, number);
    mb_status status = pull(source, &data, &size, call);
    if (status != MB_OK)
        return status;
    pthread_mutex_lock(&store->lock);
    if (find(store->parts, upload_id) == NULL) {
        free(data);
        status = missing(call);
    } else {
        status = keep(&store->parts, name, data, size, call);
    }
    status = status == MB_OK ? told(store, name, number, out) : status;
    pthread_mutex_unlock(&store->lock);
    return status;
}

static mb_status frozen_mpu_copy_part(struct mb_store *dst, const char *key, const char *upload_id,
                                      uint32_t number, struct mb_store *src, const char *src_key,
                                      uint64_t offset, uint64_t length, struct mb_part *out,
                                      const struct mb_call *call)
{
    char name[64];
    (void)key;
    name_part(name, upload_id, number);
    pthread_mutex_lock(&dst->lock);
    mb_status status = find(dst->parts, upload_id) == NULL
                           ? missing(call)
                           : copy_into(&dst->parts, name, src, src_key, offset, length, call);
    status = status == MB_OK ? told(dst, name, number, out) : status;
    pthread_mutex_unlock(&dst->lock);
    return status;
}

static void drop_upload(struct mb_store *store, const char *upload_id)
{
    char name[64];
    drop(&store->parts, upload_id);
    for (uint32_t number = 1; number <= 100; number++) {
        name_part(name, upload_id, number);
        drop(&store->parts, name);
    }
}

/* What the receipts name, one after the other. */
static mb_status join(struct mb_store *store, const struct mb_part *parts, size_t count, char **out,
                      size_t *size, const struct mb_call *call)
{
    size_t total = 0, have = 0;
    for (size_t i = 0; i < count; i++) {
        const struct item *part = find(store->parts, parts[i].receipt);
        if (part == NULL)
            return missing(call);
        total += part->size;
    }
    char *data = malloc(total + 1);
    if (data == NULL)
        return fail(call, MB_E_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++) {
        const struct item *part = find(store->parts, parts[i].receipt);
        memcpy(data + have, part->data, part->size);
        have += part->size;
    }
    *out = data;
    *size = total;
    return MB_OK;
}

static mb_status frozen_mpu_complete(struct mb_store *store, const char *key, const char *upload_id,
                                     const struct mb_part *parts, size_t count, struct mb_stat *out,
                                     const struct mb_call *call)
{
    char *data = NULL;
    size_t size = 0;
    pthread_mutex_lock(&store->lock);
    mb_status status =
        find(store->parts, upload_id) != NULL ? join(store, parts, count, &data, &size, call) : missing(call);
    if (status == MB_OK)
        status = keep(&store->objects, key, data, size, call);
    if (status == MB_OK) {
        drop_upload(store, upload_id);
        tell(out, find(store->objects, key));
    }
    pthread_mutex_unlock(&store->lock);
    return status;
}

static mb_status frozen_mpu_abort(struct mb_store *store, const char *key, const char *upload_id,
                                  const struct mb_call *call)
{
    (void)key;
    pthread_mutex_lock(&store->lock);
    mb_status status = find(store->parts, upload_id) != NULL ? MB_OK : missing(call);
    drop_upload(store, upload_id);
    pthread_mutex_unlock(&store->lock);
    return status;
}

static mb_status frozen_mpu_list(struct mb_store *store, const char *prefix,
                                 mb_status (*found)(void *ctx, const struct mb_upload *upload), void *ctx,
                                 const struct mb_call *call)
{
    mb_status status = MB_OK;
    (void)call;
    pthread_mutex_lock(&store->lock);
    for (const struct item *item = store->parts; item != NULL && status == MB_OK; item = item->next) {
        struct mb_upload upload = {.struct_size = sizeof(upload), .key = item->data, .upload_id = item->key};
        if (strchr(item->key, '/') == NULL && strncmp(item->data, prefix, strlen(prefix)) == 0)
            status = found(ctx, &upload);
    }
    pthread_mutex_unlock(&store->lock);
    return status;
}

static const struct mb_option options[] = {
    {.name = "label", .type = MB_OPT_STRING, .flags = MB_OPT_REQUIRED, .help = "What the place is called."},
    {.name = "pageSize", .type = MB_OPT_INT, .def = "2", .help = "Keys in a page."},
    {.name = "password", .type = MB_OPT_STRING, .flags = MB_OPT_SECRET, .help = "Not used."},
};

static const struct mb_storage_plugin table = {
    MB_STORAGE_PLUGIN(MB_THREADS_PARALLEL),
    .name = "frozen",
    .version = "1.0",
    .description = "a driver of the days of ABI 1.0",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .option_size = sizeof(options[0]),
    .load = frozen_load,
    .open = frozen_open,
    .close = frozen_close,
    .check = frozen_check,
    .stat = frozen_stat,
    .get = frozen_get,
    .put = frozen_put,
    .remove = frozen_remove,
    .list_open = frozen_list_open,
    .list_next = frozen_list_next,
    .list_close = frozen_list_close,
    .create_bucket = frozen_create_bucket,
    .remove_many = frozen_remove_many,
    .can_copy = frozen_can_copy,
    .copy = frozen_copy,
    .mpu_begin = frozen_mpu_begin,
    .mpu_part = frozen_mpu_part,
    .mpu_copy_part = frozen_mpu_copy_part,
    .mpu_complete = frozen_mpu_complete,
    .mpu_abort = frozen_mpu_abort,
    .mpu_list = frozen_mpu_list,
};

MB_EXPORT const struct mb_storage_plugin *mb_storage_plugin_entry(void);

const struct mb_storage_plugin *mb_storage_plugin_entry(void)
{
    return &table;
}
