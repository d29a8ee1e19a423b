/* memory.c - a storage driver that keeps objects in the memory of the process.
 *
 * It is good for nothing but reading: every required slot of a driver and some of the
 * others, as short as they can honestly be.  What stands for the service is one sorted
 * chain of named bytes, in which a bucket is the object with the empty key and the
 * password as its bytes. */
#include <milvus_backup/storage_plugin.h>

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CHUNK = 64 << 10, MAX_PAGE = 1000, ETAG = 20 };

/* Bytes that never change once they are in the chain, so that a get can go on while they are replaced. */
struct blob {
    size_t refs; /* guarded by the lock */
    size_t len;
    unsigned char data[];
};

struct object {
    struct object *next;
    char *bucket;
    char *key;
    struct blob *blob;
    uint64_t version; /* the etag */
    int64_t mtime_ns;
};

struct mb_store {
    char *bucket;
    char *password;
};

struct mb_list {
    struct mb_store *store;
    char *prefix, *delimiter;
    char *last; /* "k" or "p", then the key or common prefix told last; the token of a page */
    bool ended;
    size_t page_size, count;
    struct mb_entry *entries;
    char **keys;         /* of the entries */
    char (*etags)[ETAG]; /* of the entries */
};

/* Stores of one process share it, as they would share a service.  A driver for a real service has no such
 * thing: what it needs to keep hangs on its stores. */
static struct {
    pthread_mutex_t lock;
    struct object *first;
    uint64_t versions;
} memory = {PTHREAD_MUTEX_INITIALIZER, NULL, 0};

/* ------------------------------------------------------------------ errors */

MB_PRINTF(3, 4)
static mb_status fail(const struct mb_call *call, mb_status status, const char *fmt, ...)
{
    va_list args;
    call->error->status = status;
    call->error->flags = status == MB_E_TIMEOUT ? MB_ERR_RETRYABLE : 0;
    va_start(args, fmt);
    vsnprintf(call->error->message, sizeof(call->error->message), fmt, args);
    va_end(args);
    return status;
}

static mb_status no_memory(const struct mb_call *call)
{
    return fail(call, MB_E_NO_MEMORY, "out of memory");
}

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Does the caller still wait?  Asked before everything and between the pieces of what takes long. */
static mb_status wanted(const struct mb_call *call)
{
    if (call->cancelled(call))
        return fail(call, MB_E_CANCELLED, "cancelled");
    if (call->deadline_ns != 0 && now_ns(CLOCK_MONOTONIC) >= call->deadline_ns)
        return fail(call, MB_E_TIMEOUT, "the deadline has passed");
    return MB_OK;
}

/* ------------------------------------------------- the chain, under the lock */

static struct blob *blob_new(size_t cap)
{
    struct blob *blob = malloc(sizeof(*blob) + cap);
    if (blob != NULL)
        *blob = (struct blob){.refs = 1};
    return blob;
}

static void blob_drop(struct blob *blob)
{
    if (blob != NULL && --blob->refs == 0)
        free(blob);
}

/* The link to the first object that is not before bucket and key. */
static struct object **find(const char *bucket, const char *key)
{
    struct object **link = &memory.first;
    for (; *link != NULL; link = &(*link)->next) {
        int order = strcmp((*link)->bucket, bucket);
        if (order > 0 || (order == 0 && strcmp((*link)->key, key) >= 0))
            break;
    }
    return link;
}

static bool lies_in(const struct object *object, const char *bucket, const char *prefix)
{
    return object != NULL && strcmp(object->bucket, bucket) == 0 &&
           strncmp(object->key, prefix, strlen(prefix)) == 0;
}

static struct object *lookup(const char *bucket, const char *key)
{
    struct object *object = *find(bucket, key);
    return lies_in(object, bucket, key) && strcmp(object->key, key) == 0 ? object : NULL;
}

static void erase(struct object **link)
{
    struct object *object = *link;
    *link = object->next;
    blob_drop(object->blob);
    free(object->bucket);
    free(object->key);
    free(object);
}

static void describe(const struct object *object, struct mb_stat *out)
{
    out->flags = 0;
    out->size = object->blob->len;
    out->mtime_ns = object->mtime_ns;
    snprintf(out->etag, sizeof(out->etag), "%llx", (unsigned long long)object->version);
}

/* Takes the reference to blob over when it succeeds, and only then. */
static mb_status insert(const char *bucket, const char *key, struct blob *blob, bool if_absent,
                        struct mb_stat *out, const struct mb_call *call)
{
    struct object *object = lookup(bucket, key);
    if (object != NULL && if_absent)
        return fail(call, MB_E_EXISTS, "there already is an object '%s'", key);
    if (object == NULL) {
        struct object **link = find(bucket, key);
        struct object new = {.next = *link, .bucket = strdup(bucket), .key = strdup(key)};
        object = malloc(sizeof(*object));
        if (object == NULL || new.bucket == NULL || new.key == NULL) {
            free(object);
            free(new.bucket);
            free(new.key);
            return no_memory(call);
        }
        *object = new;
        *link = object;
    }
    blob_drop(object->blob);
    object->blob = blob;
    object->version = ++memory.versions;
    object->mtime_ns = now_ns(CLOCK_REALTIME);
    if (out != NULL)
        describe(object, out);
    return MB_OK;
}

/* Takes the lock, or says why the store or the key (NULL for none) may not be used. */
static mb_status enter(const struct mb_store *store, const char *key, const struct mb_call *call)
{
    mb_status status = wanted(call);
    if (status == MB_OK && key != NULL && key[0] == '\0')
        status = fail(call, MB_E_INVALID, "the key is empty");
    if (status != MB_OK)
        return status;
    pthread_mutex_lock(&memory.lock);
    const struct object *bucket = lookup(store->bucket, "");
    if (bucket == NULL)
        status = fail(call, MB_E_NO_BUCKET, "there is no bucket '%s'", store->bucket);
    else if (strcmp((const char *)bucket->blob->data, store->password) != 0)
        status = fail(call, MB_E_FORBIDDEN, "bucket '%s' has another password", store->bucket);
    if (status != MB_OK)
        pthread_mutex_unlock(&memory.lock);
    return status;
}

static void leave(void)
{
    pthread_mutex_unlock(&memory.lock);
}

/* ----------------------------------------------------------------- objects */

/* Reads a source to its end. */
static mb_status swallow(const struct mb_source *source, struct blob **out, const struct mb_call *call)
{
    size_t cap = source->size >= 0 ? (size_t)source->size + 1 : CHUNK;
    size_t n = 0;
    mb_status status = MB_OK;
    struct blob *blob = blob_new(cap);
    if (blob == NULL)
        return no_memory(call);
    do {
        status = wanted(call);
        if (status == MB_OK && blob->len == cap) {
            struct blob *larger = realloc(blob, sizeof(*blob) + (cap *= 2));
            status = larger == NULL ? no_memory(call) : MB_OK;
            blob = larger == NULL ? blob : larger;
        }
        size_t most = cap - blob->len < CHUNK ? cap - blob->len : CHUNK;
        if (status == MB_OK && source->read(source->ctx, blob->data + blob->len, most, &n) != MB_OK)
            status = fail(call, MB_E_CALLBACK, "the source failed");
        blob->len += status == MB_OK ? n : 0;
    } while (status == MB_OK && n > 0);
    if (status == MB_OK && source->size >= 0 && blob->len != (size_t)source->size)
        status = fail(call, MB_E_CORRUPT, "the source gave %zu bytes, not %lld", blob->len,
                      (long long)source->size);
    if (status == MB_OK)
        *out = blob;
    else
        free(blob);
    return status;
}

/* Takes hold of an object's bytes; the caller lets go of them by release. */
static mb_status hold(const struct mb_store *store, const char *key, struct blob **blob, struct mb_stat *stat,
                      const struct mb_call *call)
{
    mb_status status = enter(store, key, call);
    if (status != MB_OK)
        return status;
    struct object *object = lookup(store->bucket, key);
    if (object == NULL) {
        status = fail(call, MB_E_NOT_FOUND, "there is no object '%s'", key);
    } else {
        describe(object, stat);
        *blob = object->blob;
        (*blob)->refs++;
    }
    leave();
    return status;
}

static void release(struct blob *blob)
{
    pthread_mutex_lock(&memory.lock);
    blob_drop(blob);
    leave();
}

static mb_status memory_stat(struct mb_store *store, const char *key, struct mb_stat *out,
                             const struct mb_call *call)
{
    struct blob *blob = NULL;
    mb_status status = hold(store, key, &blob, out, call);
    release(blob);
    return status;
}

static mb_status memory_get(struct mb_store *store, const char *key, const struct mb_get_options *opts,
                            const struct mb_sink *sink, struct mb_stat *out, const struct mb_call *call)
{
    struct blob *blob = NULL;
    struct mb_stat stat = *out;
    mb_status status = hold(store, key, &blob, &stat, call);
    if (status != MB_OK)
        return status;
    if (opts->if_match != NULL && strcmp(opts->if_match, stat.etag) != 0)
        status = fail(call, MB_E_EXISTS, "'%s' was replaced", key);
    size_t at = opts->offset < blob->len ? (size_t)opts->offset : blob->len;
    size_t end = opts->length != 0 && opts->length < blob->len - at ? at + (size_t)opts->length : blob->len;
    while (status == MB_OK && at < end) {
        size_t n = end - at < CHUNK ? end - at : CHUNK;
        if (sink->write(sink->ctx, blob->data + at, n) != MB_OK)
            status = fail(call, MB_E_CALLBACK, "the receiver refused the bytes");
        else
            status = wanted(call);
        at += n;
    }
    release(blob);
    if (status == MB_OK)
        *out = stat;
    return status;
}

static bool wants_absent(const struct mb_put_options *opts)
{
    return opts != NULL && (opts->flags & MB_PUT_IF_ABSENT) != 0;
}

static mb_status memory_put(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                            const struct mb_source *source, struct mb_stat *out, const struct mb_call *call)
{
    struct blob *blob = NULL;
    mb_status status = enter(store, key, call);
    if (status != MB_OK)
        return status;
    leave(); /* not to keep others waiting for our source */
    status = swallow(source, &blob, call);
    if (status == MB_OK)
        status = enter(store, key, call);
    if (status == MB_OK) {
        status = insert(store->bucket, key, blob, wants_absent(opts), out, call);
        leave();
    }
    if (status != MB_OK)
        free(blob);
    return status;
}

static mb_status memory_remove(struct mb_store *store, const char *key, const struct mb_call *call)
{
    mb_status status = enter(store, key, call);
    if (status != MB_OK)
        return status;
    if (lookup(store->bucket, key) != NULL)
        erase(find(store->bucket, key));
    leave();
    return MB_OK;
}

static mb_status memory_remove_many(struct mb_store *store, const char *const *keys, size_t count,
                                    uint8_t *done, const struct mb_call *call)
{
    mb_status status = MB_OK;
    for (size_t i = 0; i < count && status == MB_OK; i++) {
        status = memory_remove(store, keys[i], call);
        done[i] = status == MB_OK;
    }
    return status;
}

static int memory_can_copy(struct mb_store *dst, struct mb_store *src)
{
    return strcmp(dst->password, src->password) == 0;
}

static mb_status memory_copy(struct mb_store *dst, const char *dst_key, struct mb_store *src,
                             const char *src_key, const struct mb_put_options *opts, struct mb_stat *out,
                             const struct mb_call *call)
{
    struct blob *blob = NULL;
    struct mb_stat ignored;
    mb_status status = hold(src, src_key, &blob, &ignored, call);
    if (status != MB_OK)
        return status;
    status = enter(dst, dst_key, call);
    if (status == MB_OK) {
        status = insert(dst->bucket, dst_key, blob, wants_absent(opts), out, call);
        leave();
    }
    if (status != MB_OK)
        release(blob);
    return status;
}

/* ----------------------------------------------------------------- listing */

static void memory_list_close(struct mb_list *list)
{
    if (list == NULL)
        return;
    for (size_t i = 0; list->keys != NULL && i < list->count; i++)
        free(list->keys[i]);
    free(list->keys);
    free(list->etags);
    free(list->entries);
    free(list->prefix);
    free(list->delimiter);
    free(list->last);
    free(list);
}

static mb_status memory_list_open(struct mb_list **out, struct mb_store *store,
                                  const struct mb_list_options *opts, const struct mb_call *call)
{
    if (opts->token != NULL && opts->token[0] != 'k' && opts->token[0] != 'p')
        return fail(call, MB_E_INVALID, "'%s' is no token of a listing", opts->token);
    struct mb_list *list = calloc(1, sizeof(*list));
    if (list == NULL)
        return no_memory(call);
    list->store = store;
    list->page_size = opts->page_size == 0 || opts->page_size > MAX_PAGE ? MAX_PAGE : opts->page_size;
    list->prefix = strdup(opts->prefix);
    list->delimiter = strdup(opts->delimiter == NULL ? "" : opts->delimiter);
    list->last = strdup(opts->token == NULL ? "k" : opts->token);
    list->entries = calloc(list->page_size, sizeof(*list->entries));
    list->etags = calloc(list->page_size, sizeof(*list->etags));
    list->keys = calloc(list->page_size, sizeof(*list->keys));
    if (list->prefix == NULL || list->delimiter == NULL || list->last == NULL || list->entries == NULL ||
        list->etags == NULL || list->keys == NULL) {
        memory_list_close(list);
        return no_memory(call);
    }
    *out = list;
    return MB_OK;
}

/* The first object that the listing has not told of, or NULL. */
static const struct object *list_position(const struct mb_list *list)
{
    const char *last = list->last + 1;
    bool prefix_told = list->last[0] == 'p';
    const struct object *object =
        *find(list->store->bucket, strcmp(last, list->prefix) > 0 ? last : list->prefix);
    while (lies_in(object, list->store->bucket, last) &&
           (prefix_told || strcmp(object->key, last) == 0)) /* at first that is the bucket itself */
        object = object->next;
    return lies_in(object, list->store->bucket, list->prefix) ? object : NULL;
}

/* Makes the next entry of object; false without memory. */
static bool list_add(struct mb_list *list, const struct object *object)
{
    const char *end =
        list->delimiter[0] == '\0' ? NULL : strstr(object->key + strlen(list->prefix), list->delimiter);
    size_t len = end == NULL ? strlen(object->key) : (size_t)(end - object->key) + strlen(list->delimiter);
    struct mb_entry *entry = &list->entries[list->count];
    char *last = malloc(len + 2);
    char *key = strndup(object->key, len);
    if (key == NULL || last == NULL) {
        free(key);
        free(last);
        return false;
    }
    snprintf(last, len + 2, "%c%s", end == NULL ? 'k' : 'p', key);
    free(list->last);
    list->last = last;
    list->keys[list->count] = key;
    snprintf(list->etags[list->count], ETAG, "%llx", (unsigned long long)object->version);
    *entry = (struct mb_entry){.key = key, .etag = "", .flags = MB_ENTRY_PREFIX};
    if (end == NULL)
        *entry = (struct mb_entry){.key = key,
                                   .size = object->blob->len,
                                   .mtime_ns = object->mtime_ns,
                                   .etag = list->etags[list->count]};
    list->count++;
    return true;
}

static mb_status memory_list_next(struct mb_list *list, struct mb_page *page, const struct mb_call *call)
{
    mb_status status = enter(list->store, NULL, call);
    if (status != MB_OK)
        return status;
    while (list->count > 0)
        free(list->keys[--list->count]);
    const struct object *object = list->ended ? NULL : list_position(list);
    while (object != NULL && list->count < list->page_size && status == MB_OK) {
        status = list_add(list, object) ? MB_OK : no_memory(call);
        object = list_position(list);
    }
    leave();
    if (status != MB_OK)
        return status;
    if (list->count == 0)
        return MB_END;
    list->ended = object == NULL;
    page->entry_size = sizeof(struct mb_entry);
    page->entries = list->entries;
    page->count = list->count;
    page->token = list->ended ? NULL : list->last;
    return MB_OK;
}

/* ------------------------------------------------------------------ stores */

static const struct mb_option memory_options[] = {
    {.name = "bucket",
     .type = MB_OPT_STRING,
     .flags = MB_OPT_REQUIRED,
     .help = "stores of one process with the same bucket hold the same objects"},
    {.name = "password",
     .type = MB_OPT_STRING,
     .flags = MB_OPT_SECRET,
     .help = "the one that the bucket was created with"},
};

static const char *setting(const struct mb_kv *config, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(config[i].key, key) == 0)
            return config[i].value;
    return "";
}

static void memory_close(struct mb_store *store)
{
    if (store == NULL)
        return;
    free(store->bucket);
    free(store->password);
    free(store);
}

static mb_status memory_open(struct mb_store **out, struct mb_store_info *info, const struct mb_kv *config,
                             size_t count, const struct mb_call *call)
{
    const char *bucket = setting(config, count, "bucket");
    if (bucket[0] == '\0')
        return fail(call, MB_E_CONFIG, "bucket is not set: it names the objects to share");
    struct mb_store *store = calloc(1, sizeof(*store));
    if (store == NULL)
        return no_memory(call);
    store->bucket = strdup(bucket);
    store->password = strdup(setting(config, count, "password"));
    if (store->bucket == NULL || store->password == NULL) {
        memory_close(store);
        return no_memory(call);
    }
    /* All else stays as the host has set it: zero, which is "no limit" and "in no realm". */
    info->caps =
        MB_CAP_RANGE | MB_CAP_IF_ABSENT | MB_CAP_LIST_SORTED | MB_CAP_STRONG_LIST | MB_CAP_ATOMIC_PUT;
    snprintf(info->location, sizeof(info->location), "memory://%s", bucket);
    *out = store;
    return MB_OK;
}

static mb_status memory_check(struct mb_store *store, const struct mb_call *call)
{
    mb_status status = enter(store, NULL, call);
    if (status == MB_OK)
        leave();
    return status;
}

static mb_status memory_create_bucket(struct mb_store *store, const struct mb_call *call)
{
    mb_status status = wanted(call);
    struct blob *blob = blob_new(strlen(store->password) + 1);
    if (status != MB_OK || blob == NULL) {
        free(blob);
        return status != MB_OK ? status : no_memory(call);
    }
    memcpy(blob->data, store->password, strlen(store->password) + 1);
    pthread_mutex_lock(&memory.lock);
    bool exists = lookup(store->bucket, "") != NULL;
    if (!exists)
        status = insert(store->bucket, "", blob, true, NULL, call);
    leave();
    if (exists || status != MB_OK)
        free(blob);
    return status;
}

static const struct mb_storage_plugin memory_plugin = {
    MB_STORAGE_PLUGIN(MB_THREADS_PARALLEL),
    .name = "memory",
    .version = "1.0.0",
    .description = "objects in the memory of the process, gone at its end",
    .options = memory_options,
    .option_count = sizeof(memory_options) / sizeof(memory_options[0]),
    .option_size = sizeof(memory_options[0]),
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
    .create_bucket = memory_create_bucket,
    .remove_many = memory_remove_many,
    .can_copy = memory_can_copy,
    .copy = memory_copy,
};

MB_EXPORT const struct mb_storage_plugin *mb_storage_plugin_entry(void);

const struct mb_storage_plugin *mb_storage_plugin_entry(void)
{
    return &memory_plugin;
}
