#include "azure.h"

#include "base/buf.h"
#include "base/error.h"
#include "common/driver.h"
#include "common/xml.h"
#include "http/date.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mb_list {
    struct mb_store *store;
    char *prefix;
    char *delimiter;
    char *marker; /* of the next page; NULL for the first */
    char page_size[16];
    const char *include; /* or NULL */
    bool ended;
    bool hierarchical; /* the account's namespace: then entries tell what kind of resource they are */
    char *last;        /* key of the page before */

    struct mb_entry *entries; /* of the page at hand; key and etag are heap strings */
    size_t count;
    size_t cap;
    struct mb_entry current; /* the element that is being read */
    bool directory;          /* it is one of a hierarchical namespace, which holds no bytes */
    char *next_marker;
    struct mb_error *error; /* of the call under way */
};

static void free_entry(struct mb_entry *entry)
{
    free((void *)(uintptr_t)entry->key);
    free((void *)(uintptr_t)entry->etag);
    *entry = (struct mb_entry){0};
}

static void drop_page(struct mb_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free_entry(&list->entries[i]);
    free_entry(&list->current);
    list->count = 0;
    list->directory = false;
}

static mb_status open_list(struct mb_list **out, struct mb_store *store, const struct mb_list_options *opts,
                           const char *include, const struct mb_call *call)
{
    struct mb_list *list = calloc(1, sizeof(*list));
    if (list == NULL)
        return mb_fail_memory(call->error);
    list->store = store;
    list->include = include;
    list->prefix = strdup(opts->prefix ? opts->prefix : "");
    if (opts->delimiter != NULL)
        list->delimiter = strdup(opts->delimiter);
    if (opts->token != NULL)
        list->marker = strdup(opts->token);
    if (opts->page_size > 0)
        snprintf(list->page_size, sizeof(list->page_size), "%u",
                 opts->page_size > 5000 ? 5000 : opts->page_size);
    if (list->prefix == NULL || (opts->delimiter && !list->delimiter) || (opts->token && !list->marker)) {
        azure_list_close(list);
        return mb_fail_memory(call->error);
    }
    *out = list;
    return MB_OK;
}

mb_status azure_list_open(struct mb_list **out, struct mb_store *store, const struct mb_list_options *opts,
                          const struct mb_call *call)
{
    return open_list(out, store, opts, NULL, call);
}

mb_status azure_list_open_uncommitted(struct mb_list **out, struct mb_store *store, const char *prefix,
                                      const struct mb_call *call)
{
    const struct mb_list_options opts = {.struct_size = sizeof(opts), .prefix = prefix};
    return open_list(out, store, &opts, "uncommittedblobs", call);
}

void azure_list_close(struct mb_list *list)
{
    if (list == NULL)
        return;
    drop_page(list);
    free(list->entries);
    free(list->prefix);
    free(list->delimiter);
    free(list->marker);
    free(list->next_marker);
    free(list->last);
    free(list);
}

static mb_status replace(const char **text, const char *value)
{
    free((void *)(uintptr_t)*text);
    *text = strdup(value);
    return *text ? MB_OK : MB_E_NO_MEMORY;
}

static mb_status keep_entry(struct mb_list *list)
{
    if (list->current.key == NULL)
        return mb_fail(list->error, MB_E_PROTOCOL, "the listing has a blob without a name");
    if (list->count == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 256;
        struct mb_entry *entries = reallocarray(list->entries, cap, sizeof(*entries));
        if (entries == NULL)
            return MB_E_NO_MEMORY;
        list->entries = entries;
        list->cap = cap;
    }
    if (list->current.etag == NULL && replace(&list->current.etag, "") < 0)
        return MB_E_NO_MEMORY;
    list->entries[list->count++] = list->current;
    list->current = (struct mb_entry){0};
    return MB_OK;
}

static mb_status finish_blob(struct mb_list *list)
{
    bool directory = list->directory;
    list->directory = false;
    if (!directory)
        return keep_entry(list);
    free_entry(&list->current);
    return MB_OK;
}

static mb_status expect_listing(void *ctx, const char *name, unsigned depth)
{
    struct mb_list *list = ctx;
    if (depth == 0 && strcmp(name, "EnumerationResults") != 0)
        return mb_fail(list->error, MB_E_PROTOCOL, "the answer is a %.60s, not a listing", name);
    return MB_OK;
}

/* In a hierarchical namespace it tells the properties of its directory, which are not those of the next blob.
 */
static mb_status finish_prefix(struct mb_list *list)
{
    struct mb_entry *entry = &list->current;
    free((void *)(uintptr_t)entry->etag);
    *entry = (struct mb_entry){.key = entry->key, .flags = MB_ENTRY_PREFIX};
    list->directory = false;
    return keep_entry(list);
}

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const struct mb_entry *)a)->key, ((const struct mb_entry *)b)->key);
}

/* EnumerationResults / Blobs / Blob / (Name, Properties / ...), and BlobPrefix / Name beside Blob. */
static mb_status take_element(void *ctx, const char *name, unsigned depth, const char *text)
{
    struct mb_list *list = ctx;
    struct mb_entry *entry = &list->current;
    if (depth == 1 && strcmp(name, "NextMarker") == 0 && *text)
        return (list->next_marker = strdup(text)) ? MB_OK : MB_E_NO_MEMORY;
    if (depth == 2 && strcmp(name, "Blob") == 0)
        return finish_blob(list);
    if (depth == 4 && strcmp(name, "ResourceType") == 0) {
        list->hierarchical = true;
        list->directory = strcmp(text, "directory") == 0;
    }
    if (depth == 2 && strcmp(name, "BlobPrefix") == 0)
        return finish_prefix(list);
    if (depth == 3 && strcmp(name, "Name") == 0)
        return replace(&entry->key, text);
    if (depth == 4 && strcmp(name, "Content-Length") == 0)
        entry->size = strtoull(text, NULL, 10);
    if (depth == 4 && strcmp(name, "Last-Modified") == 0 && !mb_http_date_parse(text, &entry->mtime_ns))
        entry->mtime_ns = 0;
    if (depth == 4 && strcmp(name, "Etag") == 0) {
        char etag[128];
        mb_etag_copy(etag, sizeof(etag), text);
        return replace(&entry->etag, etag);
    }
    return MB_OK;
}

/* A hierarchical namespace lists what lies in "a" before "a-b", though "a-b" comes before "a/" in the order
 * of bytes.  Where a page begins so, the host would take that for something it has had already. */
static mb_status check_order(struct mb_list *list, struct mb_error *error)
{
    char *last = list->last;
    if (!list->hierarchical || list->delimiter != NULL || list->count == 0)
        return MB_OK;
    const char *first = list->entries[0].key;
    if (last != NULL && strcmp(first, last) < 0)
        return mb_fail(error, MB_E_UNSUPPORTED,
                       "the account's hierarchical namespace lists '%.200s' after '%.200s': its blobs "
                       "cannot be told in order",
                       first, last);
    free(last);
    list->last = strdup(list->entries[list->count - 1].key);
    return list->last ? MB_OK : MB_E_NO_MEMORY;
}

static mb_status next_page(struct mb_list *list, const struct mb_call *call)
{
    static const struct mb_xml_events events = {.open = expect_listing, .close = take_element};
    struct mb_http_response response = {0};
    const struct azure_pair query[] = {{"comp", "list"},
                                       {"restype", "container"},
                                       {"prefix", *list->prefix ? list->prefix : NULL},
                                       {"delimiter", list->delimiter},
                                       {"marker", list->marker},
                                       {"include", list->include},
                                       {"maxresults", list->page_size[0] ? list->page_size : NULL},
                                       {NULL, NULL}};
    const struct azure_request request = {.http.method = "GET", .query = query};
    mb_status status = azure_send(list->store, &request, &response, call);
    if (status == MB_OK) {
        drop_page(list);
        free(list->next_marker);
        list->next_marker = NULL;
        list->error = call->error;
        status = mb_xml_parse(mb_buf_text(&response.body), response.body.len, &events, list, call->error);
    }
    if (status == MB_OK)
        status = check_order(list, call->error);
    if (status == MB_E_NO_MEMORY)
        mb_fail_memory(call->error);
    if (status == MB_OK) {
        free(list->marker);
        list->marker = list->next_marker;
        list->next_marker = NULL;
        list->ended = list->marker == NULL;
        if (list->delimiter != NULL && list->count > 0) /* azurite tells prefixes after blobs */
            qsort(list->entries, list->count, sizeof(*list->entries), compare_entries);
    }
    mb_http_response_done(&response);
    return status;
}

mb_status azure_list_next(struct mb_list *list, struct mb_page *page, const struct mb_call *call)
{
    drop_page(list);
    /* The service may give an empty page before the last. */
    while (list->count == 0) {
        if (list->ended)
            return MB_END;
        mb_status status = next_page(list, call);
        if (status < 0)
            return status;
    }
    page->entry_size = sizeof(struct mb_entry);
    page->entries = list->entries;
    page->count = list->count;
    page->token = list->marker;
    return MB_OK;
}
