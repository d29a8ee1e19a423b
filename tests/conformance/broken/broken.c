/* broken.c - a good driver (BASE, a shared object) with one promise broken.
 *
 * Compiled once for each BREAK_...; the conformance suite has to fail on every one. */
#include <milvus_backup/storage_plugin.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct mb_storage_plugin table; /* what the host gets */
static const struct mb_storage_plugin *good;

#if defined(BREAK_UNSORTED)
/* Pages come in order, what is on them does not. */
static mb_status broken_list_next(struct mb_list *list, struct mb_page *page, const struct mb_call *call)
{
    mb_status status = good->list_next(list, page, call);
    if (status != MB_OK || page->count < 2)
        return status;
    struct mb_entry *entries = (struct mb_entry *)(uintptr_t)page->entries;
    struct mb_entry first = entries[0];
    entries[0] = entries[page->count - 1];
    entries[page->count - 1] = first;
    return MB_OK;
}
#define SLOT list_next

#elif defined(BREAK_LOST_PAGE)
/* Forgets that there is more. */
static mb_status broken_list_next(struct mb_list *list, struct mb_page *page, const struct mb_call *call)
{
    mb_status status = good->list_next(list, page, call);
    if (status == MB_OK)
        page->token = NULL;
    return status;
}
#define SLOT list_next

#elif defined(BREAK_RELATIVE_KEYS)
/* Tells keys without what comes before the last slash. */
static mb_status broken_list_next(struct mb_list *list, struct mb_page *page, const struct mb_call *call)
{
    mb_status status = good->list_next(list, page, call);
    struct mb_entry *entries = status == MB_OK ? (struct mb_entry *)(uintptr_t)page->entries : NULL;
    for (size_t i = 0; entries != NULL && i < page->count; i++) {
        const char *slash = strrchr(entries[i].key, '/');
        if (slash != NULL)
            entries[i].key = slash + 1;
    }
    return status;
}
#define SLOT list_next

#elif defined(BREAK_PLAIN_PREFIXES)
/* Common prefixes look like objects. */
static mb_status broken_list_next(struct mb_list *list, struct mb_page *page, const struct mb_call *call)
{
    mb_status status = good->list_next(list, page, call);
    struct mb_entry *entries = status == MB_OK ? (struct mb_entry *)(uintptr_t)page->entries : NULL;
    for (size_t i = 0; entries != NULL && i < page->count; i++)
        entries[i].flags = 0;
    return status;
}
#define SLOT list_next

#elif defined(BREAK_FORGETFUL_TOKEN)
/* Begins at the beginning whatever the token. */
static mb_status broken_list_open(struct mb_list **out, struct mb_store *store,
                                  const struct mb_list_options *opts, const struct mb_call *call)
{
    struct mb_list_options again = *opts;
    again.token = NULL;
    return good->list_open(out, store, &again, call);
}
#define SLOT list_open

#elif defined(BREAK_WHOLE_GET)
/* Reads the whole object whatever the range. */
static mb_status broken_get(struct mb_store *store, const char *key, const struct mb_get_options *opts,
                            const struct mb_sink *sink, struct mb_stat *out, const struct mb_call *call)
{
    struct mb_get_options whole = *opts;
    whole.offset = whole.length = 0;
    return good->get(store, key, &whole, sink, out, call);
}
#define SLOT get

#elif defined(BREAK_RANGE_ERROR)
/* Hands on what HTTP calls 416. */
static mb_status broken_get(struct mb_store *store, const char *key, const struct mb_get_options *opts,
                            const struct mb_sink *sink, struct mb_stat *out, const struct mb_call *call)
{
    struct mb_stat stat = *out;
    mb_status status = good->stat(store, key, &stat, call);
    if (status == MB_OK && opts->offset > 0 && opts->offset >= stat.size) {
        call->error->status = MB_E_INVALID;
        snprintf(call->error->message, sizeof(call->error->message), "416 range not satisfiable");
        return MB_E_INVALID;
    }
    return good->get(store, key, opts, sink, out, call);
}
#define SLOT get

#elif defined(BREAK_SHORT_GET)
/* Loses the last byte. */
static mb_status broken_get(struct mb_store *store, const char *key, const struct mb_get_options *opts,
                            const struct mb_sink *sink, struct mb_stat *out, const struct mb_call *call)
{
    struct mb_stat stat = *out;
    struct mb_get_options shorter = *opts;
    if (good->stat(store, key, &stat, call) == MB_OK && stat.size > 1 && opts->length == 0)
        shorter.length = stat.size - 1;
    return good->get(store, key, &shorter, sink, out, call);
}
#define SLOT get

#elif defined(BREAK_VAGUE_ERROR)
/* What is not there is a bug in the driver, it says. */
static mb_status broken_stat(struct mb_store *store, const char *key, struct mb_stat *out,
                             const struct mb_call *call)
{
    mb_status status = good->stat(store, key, out, call);
    if (status != MB_E_NOT_FOUND)
        return status;
    call->error->status = MB_E_INTERNAL;
    return MB_E_INTERNAL;
}
#define SLOT stat

#elif defined(BREAK_CLOBBER)
/* Zeroes its output before it knows. */
static mb_status broken_stat(struct mb_store *store, const char *key, struct mb_stat *out,
                             const struct mb_call *call)
{
    out->size = 0;
    return good->stat(store, key, out, call);
}
#define SLOT stat

#elif defined(BREAK_SILENT_ERROR)
/* Fails without a word. */
static mb_status broken_stat(struct mb_store *store, const char *key, struct mb_stat *out,
                             const struct mb_call *call)
{
    mb_status status = good->stat(store, key, out, call);
    if (status < 0)
        call->error->message[0] = '\0';
    return status;
}
#define SLOT stat

#elif defined(BREAK_HOPEFUL_ERROR)
/* Lets the host try again what cannot succeed. */
static mb_status broken_stat(struct mb_store *store, const char *key, struct mb_stat *out,
                             const struct mb_call *call)
{
    mb_status status = good->stat(store, key, out, call);
    if (status < 0)
        call->error->flags |= MB_ERR_RETRYABLE;
    return status;
}
#define SLOT stat

#elif defined(BREAK_TELLTALE)
/* Tells the password it was opened with (that of the tests). */
static mb_status broken_stat(struct mb_store *store, const char *key, struct mb_stat *out,
                             const struct mb_call *call)
{
    mb_status status = good->stat(store, key, out, call);
    if (status < 0)
        snprintf(call->error->message, sizeof(call->error->message), "no '%.200s' with password %s", key,
                 PASSWORD);
    return status;
}
#define SLOT stat

#elif defined(BREAK_RESTLESS_ETAG)
/* The etag says when it was asked for. */
static mb_status broken_stat(struct mb_store *store, const char *key, struct mb_stat *out,
                             const struct mb_call *call)
{
    static _Atomic unsigned asked;
    mb_status status = good->stat(store, key, out, call);
    if (status == MB_OK)
        snprintf(out->etag, sizeof(out->etag), "etag-%u", asked++);
    return status;
}
#define SLOT stat

#elif defined(BREAK_OVERWRITE)
/* Does not know of MB_PUT_IF_ABSENT. */
static mb_status broken_put(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                            const struct mb_source *source, struct mb_stat *out, const struct mb_call *call)
{
    struct mb_put_options plain = *opts;
    plain.flags = 0;
    return good->put(store, key, &plain, source, out, call);
}
#define SLOT put

#elif defined(BREAK_LOOK_BEFORE_PUT)
/* Looks whether there is an object, and then overwrites what another thread has put meanwhile. */
static mb_status broken_put(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                            const struct mb_source *source, struct mb_stat *out, const struct mb_call *call)
{
    struct mb_put_options plain = *opts;
    struct mb_stat stat = *out;
    const struct timespec meanwhile = {.tv_nsec = 20000000};
    if ((opts->flags & MB_PUT_IF_ABSENT) != 0 && good->stat(store, key, &stat, call) == MB_OK)
        return good->put(store, key, opts, source, out, call);
    nanosleep(&meanwhile, NULL);
    plain.flags = 0;
    return good->put(store, key, &plain, source, out, call);
}
#define SLOT put

#elif defined(BREAK_HALF_OBJECT)
/* Keeps what came before the source failed. */
struct cut_source {
    const struct mb_source *source;
};

static mb_status read_until_failure(void *ctx, void *buf, size_t cap, size_t *nread)
{
    struct cut_source *cut = ctx;
    if (cut->source->read(cut->source->ctx, buf, cap, nread) != MB_OK)
        *nread = 0;
    return MB_OK;
}

static mb_status broken_put(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                            const struct mb_source *source, struct mb_stat *out, const struct mb_call *call)
{
    struct cut_source cut = {.source = source};
    struct mb_source lenient = {
        .struct_size = sizeof(lenient), .size = -1, .read = read_until_failure, .ctx = &cut};
    return good->put(store, key, opts, &lenient, out, call);
}
#define SLOT put

#elif defined(BREAK_REMOVE_FIRST)
/* Makes room for the new object before it is there. */
static mb_status broken_put(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                            const struct mb_source *source, struct mb_stat *out, const struct mb_call *call)
{
    if ((opts->flags & MB_PUT_IF_ABSENT) == 0)
        good->remove(store, key, call);
    return good->put(store, key, opts, source, out, call);
}
#define SLOT put

#elif defined(BREAK_PLUS_IS_SPACE)
/* Encodes keys as forms are encoded. */
static mb_status broken_put(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                            const struct mb_source *source, struct mb_stat *out, const struct mb_call *call)
{
    char *changed = strdup(key);
    for (char *plus = changed; plus != NULL && (plus = strchr(plus, '+')) != NULL;)
        *plus = ' ';
    mb_status status = good->put(store, changed, opts, source, out, call);
    free(changed);
    return status;
}
#define SLOT put

#elif defined(BREAK_STRICT_REMOVE)
/* Complains about what is not there. */
static mb_status broken_remove(struct mb_store *store, const char *key, const struct mb_call *call)
{
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    mb_status status = good->stat(store, key, &stat, call);
    return status == MB_OK ? good->remove(store, key, call) : status;
}
#define SLOT remove

#elif defined(BREAK_HALF_DONE)
/* Removes all and says so of the first only. */
static mb_status broken_remove_many(struct mb_store *store, const char *const *keys, size_t count,
                                    uint8_t *done, const struct mb_call *call)
{
    uint8_t ignored[1000];
    mb_status status = good->remove_many(store, keys, count, ignored, call);
    if (status == MB_OK && count > 0)
        done[0] = 1;
    return status;
}
#define SLOT remove_many

#elif defined(BREAK_DEAF) || defined(BREAK_TIMELESS)
/* Does not ask whether the call was cancelled, or does not look at the clock. */
static int never(const struct mb_call *call)
{
    (void)call;
    return 0;
}

static mb_status broken_get(struct mb_store *store, const char *key, const struct mb_get_options *opts,
                            const struct mb_sink *sink, struct mb_stat *out, const struct mb_call *call)
{
    struct mb_call other = *call;
#if defined(BREAK_DEAF)
    other.cancelled = never;
#else
    (void)never;
    other.deadline_ns = 0;
#endif
    return good->get(store, key, opts, sink, out, &other);
}
#define SLOT get

#elif defined(BREAK_LEAKY_ABORT)
/* Leaves the parts where they are. */
static mb_status broken_mpu_abort(struct mb_store *store, const char *key, const char *upload_id,
                                  const struct mb_call *call)
{
    (void)store, (void)key, (void)upload_id, (void)call;
    return MB_OK;
}
#define SLOT mpu_abort

#elif defined(BREAK_LAST_PART)
/* Forgets the last part. */
static mb_status broken_mpu_complete(struct mb_store *store, const char *key, const char *upload_id,
                                     const struct mb_part *parts, size_t count, struct mb_stat *out,
                                     const struct mb_call *call)
{
    return good->mpu_complete(store, key, upload_id, parts, count > 1 ? count - 1 : count, out, call);
}
#define SLOT mpu_complete

#elif defined(BREAK_BLIND_LIST)
/* Finds no uploads. */
static mb_status broken_mpu_list(struct mb_store *store, const char *prefix,
                                 mb_status (*found)(void *ctx, const struct mb_upload *upload), void *ctx,
                                 const struct mb_call *call)
{
    (void)store, (void)prefix, (void)found, (void)ctx, (void)call;
    return MB_OK;
}
#define SLOT mpu_list

#elif defined(BREAK_WRONG_SUM)
/* Tells the CRC32C of other bytes. */
static mb_status broken_copy(struct mb_store *dst, const char *dst_key, struct mb_store *src,
                             const char *src_key, const struct mb_put_options *opts, struct mb_stat *out,
                             const struct mb_call *call)
{
    mb_status status = good->copy(dst, dst_key, src, src_key, opts, out, call);
    if (status == MB_OK) {
        out->flags |= MB_STAT_CRC32C;
        out->crc32c = 0x01020304;
    }
    return status;
}
#define SLOT copy

#elif defined(BREAK_NO_BREAK)
/* Nothing is broken: shows that it is not the wrapping that fails. */
#define broken_check good->check
#define SLOT         check

#else
#error "no BREAK_ is defined"
#endif

#define JOIN_(a, b) a##b
#define JOIN(a, b)  JOIN_(a, b)

MB_EXPORT const struct mb_storage_plugin *mb_storage_plugin_entry(void);

const struct mb_storage_plugin *mb_storage_plugin_entry(void)
{
    void *object = dlopen(BASE, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    mb_storage_plugin_entry_fn *entry = NULL;
    if (object != NULL)
        *(void **)&entry = dlsym(object, MB_STORAGE_PLUGIN_ENTRY);
    if (entry == NULL)
        return NULL;
    good = entry();
    table = *good;
    table.name = NAME;
    table.SLOT = JOIN(broken_, SLOT);
    return &table;
}
