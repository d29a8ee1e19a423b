#include "azure.h"

#include "base/buf.h"
#include "base/error.h"
#include "common/driver.h"
#include "common/listing.h"
#include "common/xml.h"
#include "http/date.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PAGE_TEXT ((size_t)64 << 20)

struct mb_list {
    struct mb_store *store;
    struct mb_listing listing;
    char page_size[16];
    const char *include; /* or NULL */
    bool hierarchical;   /* the account's namespace: then entries tell what kind of resource they are */
    char *last;          /* key of the page before */

    /* The element that is being read. */
    struct mb_entry current;
    struct mb_buf key;
    char etag[128];
    bool directory; /* it is one of a hierarchical namespace, which holds no bytes */

    char *marker;           /* of the page that comes next */
    struct mb_error *error; /* of the call under way */
};

static mb_status open_list(struct mb_list **out, struct mb_store *store, const struct mb_list_options *opts,
                           const char *include, const struct mb_call *call)
{
    struct mb_list *list = calloc(1, sizeof(*list));
    if (list == NULL)
        return mb_fail_memory(call->error);
    list->store = store;
    list->include = include;
    list->key = MB_BUF_INIT(MAX_PAGE_TEXT);
    if (opts->page_size > 0)
        snprintf(list->page_size, sizeof(list->page_size), "%u",
                 opts->page_size > 5000 ? 5000 : opts->page_size);
    mb_status status = mb_listing_open(&list->listing, opts, MAX_PAGE_TEXT, call->error);
    if (status == MB_OK)
        *out = list;
    else
        azure_list_close(list);
    return status;
}

mb_status azure_list_open(struct mb_list **out, struct mb_store *store, const struct mb_list_options *opts,
                          const struct mb_call *call)
{
    return open_list(out, store, opts, NULL, call);
}

mb_status azure_list_open_uncommitted(struct mb_list **out, struct mb_store *store,
                                      const struct mb_list_options *opts, const struct mb_call *call)
{
    return open_list(out, store, opts, "uncommittedblobs", call);
}

void azure_list_close(struct mb_list *list)
{
    if (list == NULL)
        return;
    mb_listing_done(&list->listing);
    mb_buf_done(&list->key);
    free(list->marker);
    free(list->last);
    free(list);
}

static void begin_element(struct mb_list *list)
{
    list->current = (struct mb_entry){0};
    list->etag[0] = '\0';
    list->directory = false;
    mb_buf_reset(&list->key);
}

static mb_status keep_element(struct mb_list *list)
{
    if (list->key.len == 0)
        return mb_fail(list->error, MB_E_PROTOCOL, "the listing has a blob without a name");
    list->current.key = list->key.data;
    list->current.etag = list->etag;
    MB_TRY(mb_entries_add(&list->listing.page, &list->current, list->key.len, list->error));
    begin_element(list);
    return MB_OK;
}

static mb_status finish_blob(struct mb_list *list)
{
    if (!list->directory)
        return keep_element(list);
    begin_element(list);
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
    list->current = (struct mb_entry){.flags = MB_ENTRY_PREFIX};
    list->etag[0] = '\0';
    return keep_element(list);
}

static mb_status take_name(struct mb_list *list, const char *text)
{
    mb_buf_reset(&list->key);
    mb_buf_puts(&list->key, text);
    return mb_buf_check(&list->key, "a blob's name", list->error);
}

/* EnumerationResults / Blobs / Blob / (Name, Properties / ...), and BlobPrefix / Name beside Blob. */
static mb_status take_element(void *ctx, const char *name, unsigned depth, const char *text)
{
    struct mb_list *list = ctx;
    struct mb_entry *entry = &list->current;
    if (depth == 1 && strcmp(name, "NextMarker") == 0 && *text)
        return (list->marker = strdup(text)) ? MB_OK : mb_fail_memory(list->error);
    if (depth == 2 && strcmp(name, "Blob") == 0)
        return finish_blob(list);
    if (depth == 4 && strcmp(name, "ResourceType") == 0) {
        list->hierarchical = true;
        list->directory = strcmp(text, "directory") == 0;
    }
    if (depth == 2 && strcmp(name, "BlobPrefix") == 0)
        return finish_prefix(list);
    if (depth == 3 && strcmp(name, "Name") == 0)
        return take_name(list, text);
    if (depth == 4 && strcmp(name, "Content-Length") == 0)
        entry->size = strtoull(text, NULL, 10);
    if (depth == 4 && strcmp(name, "Last-Modified") == 0 && !mb_http_date_parse(text, &entry->mtime_ns))
        entry->mtime_ns = 0;
    if (depth == 4 && strcmp(name, "Etag") == 0)
        mb_etag_copy(list->etag, sizeof(list->etag), text);
    return MB_OK;
}

/* A hierarchical namespace lists what lies in "a" before "a-b", though "a-b" comes before "a/" in the order
 * of bytes.  Where a page begins so, the host would take that for something it has had already. */
static mb_status check_order(struct mb_list *list, struct mb_error *error)
{
    const struct mb_entries *page = &list->listing.page;
    if (!list->hierarchical || list->listing.delimiter != NULL || page->count == 0)
        return MB_OK;
    const char *first = page->items[0].key;
    if (list->last != NULL && strcmp(first, list->last) < 0)
        return mb_fail(error, MB_E_UNSUPPORTED,
                       "the account's hierarchical namespace lists '%.200s' after '%.200s': its blobs "
                       "cannot be told in order",
                       first, list->last);
    free(list->last);
    list->last = strdup(page->items[page->count - 1].key);
    return list->last ? MB_OK : mb_fail_memory(error);
}

static mb_status read_page(struct mb_list *list, const struct mb_http_response *response,
                           struct mb_error *error)
{
    static const struct mb_xml_events events = {.open = expect_listing, .close = take_element};
    struct mb_entries *page = &list->listing.page;
    free(list->marker);
    list->marker = NULL;
    list->error = error;
    begin_element(list);
    mb_entries_reset(page);
    MB_TRY(mb_xml_parse(mb_buf_text(&response->body), response->body.len, &events, list, error));
    mb_entries_finish(page);
    MB_TRY(check_order(list, error));
    if (list->listing.delimiter != NULL) /* azurite tells prefixes after blobs */
        mb_entries_sort(page);
    return mb_listing_go_on(&list->listing, list->marker, error);
}

static mb_status next_page(struct mb_list *list, const struct mb_call *call)
{
    struct mb_http_response response = {0};
    const struct mb_listing *listing = &list->listing;
    const struct mb_pair query[] = {{"comp", "list"},
                                    {"restype", "container"},
                                    {"prefix", *listing->prefix ? listing->prefix : NULL},
                                    {"delimiter", listing->delimiter},
                                    {"marker", listing->token},
                                    {"include", list->include},
                                    {"maxresults", list->page_size[0] ? list->page_size : NULL},
                                    {NULL, NULL}};
    const struct azure_request request = {.http.method = "GET", .query = query};
    mb_status status = azure_send(list->store, &request, &response, call);
    if (status == MB_OK)
        status = read_page(list, &response, call->error);
    mb_http_response_done(&response);
    return status;
}

mb_status azure_list_next(struct mb_list *list, struct mb_page *page, const struct mb_call *call)
{
    /* The service may give an empty page before the last. */
    do {
        if (list->listing.ended)
            return MB_END;
        MB_TRY(next_page(list, call));
    } while (list->listing.page.count == 0);
    mb_entries_give(&list->listing.page, list->listing.token, page);
    return MB_OK;
}
