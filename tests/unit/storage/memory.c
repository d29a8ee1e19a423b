#include "memory.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 1 << 22, MOST_PARTS = 16 };

/* Sorted by key.  An unfinished upload is an object on another list. */
struct object {
    struct object *next;
    char *key;
    char *data;
    size_t size;
    int64_t mtime_ns;
    char upload_id[16];
    char *parts[MOST_PARTS];
    size_t part_sizes[MOST_PARTS];
};

struct mb_store {
    pthread_mutex_t mutex;
    struct object *objects;
    struct object *uploads;
    unsigned next_id;
    unsigned page_size;
    int64_t clock_ns; /* a second on with every write */
};

struct mb_list {
    struct mb_store *store;
    char *prefix;
    char *after;
    size_t page_size;
    int ended;
    struct mb_entry entries[64];
    char *keys[64];
    size_t count;
};

static mb_status fail(const struct mb_call *call, mb_status status, const char *text)
{
    call->error->status = status;
    snprintf(call->error->message, sizeof(call->error->message), "%s", text);
    return status;
}

static void free_object(struct object *object)
{
    for (size_t i = 0; i < MOST_PARTS; i++)
        free(object->parts[i]);
    free(object->data);
    free(object->key);
    free(object);
}

static struct object *new_object(const char *key)
{
    struct object *object = calloc(1, sizeof(*object));
    object->key = strdup(key);
    return object;
}

static struct object **find(struct object **list, const char *key)
{
    while (*list != NULL && strcmp((*list)->key, key) < 0)
        list = &(*list)->next;
    return list;
}

static int is_at(struct object **at, const char *key)
{
    return *at != NULL && strcmp((*at)->key, key) == 0;
}

static void unlink_object(struct object **at)
{
    struct object *object = *at;
    *at = object->next;
    free_object(object);
}

static void put_in_place(struct mb_store *store, struct object *object)
{
    struct object **at = find(&store->objects, object->key);
    if (is_at(at, object->key))
        unlink_object(at);
    object->next = *at;
    object->mtime_ns = store->clock_ns += 1000000000;
    *at = object;
}

static void fill_stat(struct mb_stat *out, const struct object *object)
{
    out->size = object->size;
    out->mtime_ns = object->mtime_ns;
    snprintf(out->etag, sizeof(out->etag), "\"%zx\"", object->size);
}

static mb_status memory_open(struct mb_store **out, struct mb_store_info *info, const struct mb_kv *config,
                             size_t count, const struct mb_call *call)
{
    (void)call;
    struct mb_store *store = calloc(1, sizeof(*store));
    pthread_mutex_init(&store->mutex, NULL);
    store->page_size = 3;
    info->caps =
        MB_CAP_RANGE | MB_CAP_IF_ABSENT | MB_CAP_LIST_SORTED | MB_CAP_STRONG_LIST | MB_CAP_ATOMIC_PUT;
    info->max_remove = 4;
    snprintf(info->location, sizeof(info->location), "memory://m");
    for (size_t i = 0; i < count; i++) {
        if (strcmp(config[i].key, "pageSize") == 0)
            store->page_size = (unsigned)atoi(config[i].value);
        if (strcmp(config[i].key, "realm") == 0)
            snprintf(info->realm, sizeof(info->realm), "%s", config[i].value);
        if (strcmp(config[i].key, "root") == 0)
            snprintf(info->native_root, sizeof(info->native_root), "%s", config[i].value);
    }
    *out = store;
    return MB_OK;
}

static void memory_close(struct mb_store *store)
{
    if (store == NULL)
        return;
    while (store->objects != NULL)
        unlink_object(&store->objects);
    while (store->uploads != NULL)
        unlink_object(&store->uploads);
    pthread_mutex_destroy(&store->mutex);
    free(store);
}

static mb_status memory_check(struct mb_store *store, const struct mb_call *call)
{
    (void)store, (void)call;
    return MB_OK;
}

static mb_status memory_stat(struct mb_store *store, const char *key, struct mb_stat *out,
                             const struct mb_call *call)
{
    mb_status status = MB_OK;
    pthread_mutex_lock(&store->mutex);
    struct object **at = find(&store->objects, key);
    if (is_at(at, key))
        fill_stat(out, *at);
    else
        status = fail(call, MB_E_NOT_FOUND, "404 NoSuchKey");
    pthread_mutex_unlock(&store->mutex);
    return status;
}

/* In pieces of 1000 bytes, so that sinks see more than one. */
static mb_status deliver(const struct mb_sink *sink, const char *data, size_t len)
{
    while (len > 0) {
        size_t n = len < 1000 ? len : 1000;
        mb_status status = sink->write(sink->ctx, data, n);
        if (status != MB_OK)
            return MB_E_CALLBACK;
        data += n;
        len -= n;
    }
    return MB_OK;
}

static mb_status memory_get(struct mb_store *store, const char *key, const struct mb_get_options *opts,
                            const struct mb_sink *sink, struct mb_stat *out, const struct mb_call *call)
{
    pthread_mutex_lock(&store->mutex);
    struct object **at = find(&store->objects, key);
    char *copy = NULL;
    size_t len = 0;
    mb_status status = is_at(at, key) ? MB_OK : fail(call, MB_E_NOT_FOUND, "404 NoSuchKey");
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    if (status == MB_OK) {
        fill_stat(&stat, *at);
        if (opts->if_match != NULL && strcmp(opts->if_match, stat.etag) != 0)
            status = fail(call, MB_E_EXISTS, "412 PreconditionFailed");
    }
    if (status == MB_OK && opts->offset < stat.size) {
        len = (size_t)(stat.size - opts->offset);
        if (opts->length > 0 && opts->length < len)
            len = (size_t)opts->length;
        copy = malloc(len);
        memcpy(copy, (*at)->data + opts->offset, len);
    }
    pthread_mutex_unlock(&store->mutex);
    if (status == MB_OK && deliver(sink, copy, len) != MB_OK)
        status = fail(call, MB_E_CALLBACK, "the sink refused");
    free(copy);
    if (status == MB_OK)
        *out = stat;
    return status;
}

static mb_status pull(const struct mb_source *source, char **out, size_t *len)
{
    char *data = malloc(LARGEST);
    size_t have = 0;
    for (size_t n = 1; n > 0; have += n) {
        if (source->read(source->ctx, data + have, LARGEST - have < 1000 ? LARGEST - have : 1000, &n) !=
            MB_OK) {
            free(data);
            return MB_E_CALLBACK;
        }
    }
    *out = data;
    *len = have;
    return MB_OK;
}

static mb_status memory_put(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                            const struct mb_source *source, struct mb_stat *out, const struct mb_call *call)
{
    struct object *object = new_object(key);
    mb_status status = MB_OK;
    if (pull(source, &object->data, &object->size) != MB_OK) {
        free_object(object);
        return fail(call, MB_E_CALLBACK, "the source failed");
    }
    pthread_mutex_lock(&store->mutex);
    if ((opts->flags & MB_PUT_IF_ABSENT) != 0 && is_at(find(&store->objects, key), key)) {
        status = fail(call, MB_E_EXISTS, "412 PreconditionFailed");
        free_object(object);
    } else {
        put_in_place(store, object);
        fill_stat(out, object);
    }
    pthread_mutex_unlock(&store->mutex);
    return status;
}

static void remove_key(struct mb_store *store, const char *key)
{
    pthread_mutex_lock(&store->mutex);
    struct object **at = find(&store->objects, key);
    if (is_at(at, key))
        unlink_object(at);
    pthread_mutex_unlock(&store->mutex);
}

static mb_status memory_remove(struct mb_store *store, const char *key, const struct mb_call *call)
{
    (void)call;
    remove_key(store, key);
    return MB_OK;
}

static mb_status memory_remove_many(struct mb_store *store, const char *const *keys, size_t count,
                                    uint8_t *done, const struct mb_call *call)
{
    (void)call;
    for (size_t i = 0; i < count; i++) {
        remove_key(store, keys[i]);
        done[i] = 1;
    }
    return MB_OK;
}

static mb_status memory_list_open(struct mb_list **out, struct mb_store *store,
                                  const struct mb_list_options *opts, const struct mb_call *call)
{
    (void)call;
    struct mb_list *list = calloc(1, sizeof(*list));
    list->store = store;
    list->prefix = strdup(opts->prefix);
    list->after = opts->token != NULL ? strdup(opts->token) : NULL;
    list->page_size = opts->page_size > 0 ? opts->page_size : store->page_size;
    *out = list;
    return MB_OK;
}

static void drop_page(struct mb_list *list)
{
    while (list->count > 0)
        free(list->keys[--list->count]);
}

static mb_status memory_list_next(struct mb_list *list, struct mb_page *page, const struct mb_call *call)
{
    (void)call;
    drop_page(list);
    if (list->ended)
        return MB_END;
    pthread_mutex_lock(&list->store->mutex);
    struct object *object = list->store->objects;
    int more = 0;
    for (; object != NULL && !more; object = object->next) {
        if (strncmp(object->key, list->prefix, strlen(list->prefix)) != 0 ||
            (list->after != NULL && strcmp(object->key, list->after) <= 0))
            continue;
        more = list->count == list->page_size;
        if (more)
            break;
        char *key = list->keys[list->count] = strdup(object->key);
        list->entries[list->count++] = (struct mb_entry){.key = key, .size = object->size};
    }
    pthread_mutex_unlock(&list->store->mutex);
    list->ended = !more;
    free(list->after);
    list->after = more ? strdup(list->keys[list->count - 1]) : NULL;
    page->entry_size = sizeof(struct mb_entry);
    page->entries = list->entries;
    page->count = list->count;
    page->token = list->after;
    return MB_OK;
}

static void memory_list_close(struct mb_list *list)
{
    drop_page(list);
    free(list->after);
    free(list->prefix);
    free(list);
}

static int memory_can_copy(struct mb_store *dst, struct mb_store *src)
{
    return dst == src;
}

static mb_status memory_copy(struct mb_store *dst, const char *dst_key, struct mb_store *src,
                             const char *src_key, const struct mb_put_options *opts, struct mb_stat *out,
                             const struct mb_call *call)
{
    (void)opts;
    mb_status status = MB_OK;
    pthread_mutex_lock(&src->mutex);
    struct object **at = find(&src->objects, src_key);
    if (is_at(at, src_key)) {
        struct object *object = new_object(dst_key);
        object->size = (*at)->size;
        object->data = malloc(object->size + 1);
        memcpy(object->data, (*at)->data, object->size);
        fill_stat(out, object);
        put_in_place(dst, object);
    } else {
        status = fail(call, MB_E_NOT_FOUND, "404 NoSuchKey");
    }
    pthread_mutex_unlock(&src->mutex);
    return status;
}

static mb_status memory_begin(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                              char *upload_id, size_t cap, const struct mb_call *call)
{
    (void)opts, (void)call;
    struct object *upload = new_object(key);
    pthread_mutex_lock(&store->mutex);
    snprintf(upload->upload_id, sizeof(upload->upload_id), "u%u", ++store->next_id);
    snprintf(upload_id, cap, "%s", upload->upload_id);
    upload->next = store->uploads;
    store->uploads = upload;
    pthread_mutex_unlock(&store->mutex);
    return MB_OK;
}

static struct object **find_upload(struct mb_store *store, const char *upload_id)
{
    struct object **at = &store->uploads;
    while (*at != NULL && strcmp((*at)->upload_id, upload_id) != 0)
        at = &(*at)->next;
    return at;
}

static mb_status memory_part(struct mb_store *store, const char *key, const char *upload_id, uint32_t number,
                             const struct mb_put_options *opts, const struct mb_source *source,
                             struct mb_part *out, const struct mb_call *call)
{
    (void)key, (void)opts;
    char *data = NULL;
    size_t len = 0;
    if (pull(source, &data, &len) != MB_OK)
        return fail(call, MB_E_CALLBACK, "the source failed");
    pthread_mutex_lock(&store->mutex);
    struct object *upload = *find_upload(store, upload_id);
    mb_status status = upload == NULL || number == 0 || number > MOST_PARTS
                           ? fail(call, MB_E_NOT_FOUND, "404 NoSuchUpload")
                           : MB_OK;
    if (status == MB_OK) {
        free(upload->parts[number - 1]);
        upload->parts[number - 1] = data;
        upload->part_sizes[number - 1] = len;
        out->number = number;
        out->size = len;
        snprintf(out->receipt, sizeof(out->receipt), "%u", number);
    } else {
        free(data);
    }
    pthread_mutex_unlock(&store->mutex);
    return status;
}

static mb_status memory_copy_part(struct mb_store *dst, const char *key, const char *upload_id,
                                  uint32_t number, struct mb_store *src, const char *src_key, uint64_t offset,
                                  uint64_t length, struct mb_part *out, const struct mb_call *call)
{
    (void)key;
    pthread_mutex_lock(&src->mutex);
    struct object **at = find(&src->objects, src_key);
    struct object *upload = *find_upload(dst, upload_id);
    mb_status status =
        !is_at(at, src_key) || upload == NULL ? fail(call, MB_E_NOT_FOUND, "404 NoSuchKey") : MB_OK;
    if (status == MB_OK) {
        free(upload->parts[number - 1]);
        upload->parts[number - 1] = malloc(length);
        memcpy(upload->parts[number - 1], (*at)->data + offset, length);
        out->number = number;
        out->size = length;
    }
    pthread_mutex_unlock(&src->mutex);
    return status;
}

static mb_status memory_complete(struct mb_store *store, const char *key, const char *upload_id,
                                 const struct mb_part *parts, size_t count, struct mb_stat *out,
                                 const struct mb_call *call)
{
    pthread_mutex_lock(&store->mutex);
    struct object **at = find_upload(store, upload_id);
    mb_status status = *at == NULL ? fail(call, MB_E_NOT_FOUND, "404 NoSuchUpload") : MB_OK;
    if (status == MB_OK) {
        struct object *object = new_object(key);
        for (size_t i = 0; i < count; i++)
            object->size += parts[i].size;
        object->data = malloc(object->size + 1);
        size_t pos = 0;
        for (size_t i = 0; i < count; i++) {
            memcpy(object->data + pos, (*at)->parts[parts[i].number - 1], parts[i].size);
            pos += parts[i].size;
        }
        unlink_object(at);
        fill_stat(out, object);
        put_in_place(store, object);
    }
    pthread_mutex_unlock(&store->mutex);
    return status;
}

static mb_status memory_abort(struct mb_store *store, const char *key, const char *upload_id,
                              const struct mb_call *call)
{
    (void)key;
    pthread_mutex_lock(&store->mutex);
    struct object **at = find_upload(store, upload_id);
    mb_status status = *at == NULL ? fail(call, MB_E_NOT_FOUND, "404 NoSuchUpload") : MB_OK;
    if (status == MB_OK)
        unlink_object(at);
    pthread_mutex_unlock(&store->mutex);
    return status;
}

static mb_status memory_uploads(struct mb_store *store, const char *prefix,
                                mb_status (*found)(void *ctx, const struct mb_upload *upload), void *ctx,
                                const struct mb_call *call)
{
    (void)call,
        (void)prefix; /* tells too much on purpose: the host must not touch what is not below prefix */
    mb_status status = MB_OK;
    pthread_mutex_lock(&store->mutex);
    for (struct object *u = store->uploads; u != NULL && status == MB_OK; u = u->next) {
        struct mb_upload upload = {.struct_size = sizeof(upload), .key = u->key, .upload_id = u->upload_id};
        status = found(ctx, &upload);
    }
    pthread_mutex_unlock(&store->mutex);
    return status;
}

static size_t length(struct mb_store *store, struct object *const *list)
{
    size_t count = 0;
    pthread_mutex_lock(&store->mutex);
    for (const struct object *object = *list; object != NULL; object = object->next)
        count++;
    pthread_mutex_unlock(&store->mutex);
    return count;
}

size_t memory_object_count(struct mb_store *store)
{
    return length(store, &store->objects);
}

size_t memory_upload_count(struct mb_store *store)
{
    return length(store, &store->uploads);
}

static const struct mb_option options[] = {
    {.name = "pageSize", .type = MB_OPT_INT, .def = "3", .help = "Keys in a page, up to 64."},
    {.name = "realm", .type = MB_OPT_STRING, .help = "What mb_store_info calls its realm."},
    {.name = "root", .type = MB_OPT_STRING, .help = "What mb_store_info calls its native root."},
};

const struct mb_storage_plugin memory_plugin = {
    MB_STORAGE_PLUGIN(MB_THREADS_PARALLEL),
    .name = "memory",
    .version = "1.2.3",
    .description = "objects in memory",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .option_size = sizeof(options[0]),
    .open = memory_open,
    .close = memory_close,
    .check = memory_check,
    .stat = memory_stat,
    .get = memory_get,
    .put = memory_put,
    .remove = memory_remove,
    .list_open = memory_list_open,
    .list_next = memory_list_next,
    .list_close = memory_list_close,
    .remove_many = memory_remove_many,
    .can_copy = memory_can_copy,
    .copy = memory_copy,
    .mpu_begin = memory_begin,
    .mpu_part = memory_part,
    .mpu_copy_part = memory_copy_part,
    .mpu_complete = memory_complete,
    .mpu_abort = memory_abort,
    .mpu_list = memory_uploads,
};
