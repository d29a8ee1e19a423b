#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "common/s3/store.h"
#include "common/xml.h"
#include "http/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PAGE_BYTES = 32 * 1024 * 1024, MAX_PAGE_KEYS = 1000, MAX_TOKEN = 8192 };

/* A token begins with what it is: the service's own, or the key after which to go on. */
enum { TOKEN_OWN = 'c', TOKEN_AFTER = 'a' };

/* Positions become pointers when the page is complete: the text may move while it grows. */
struct item {
    struct mb_entry entry; /* first, so that the host walks over items */
    size_t key_at;
    size_t etag_at;
};

struct mb_list {
    struct mb_store *store;
    char *prefix;
    char *delimiter;
    unsigned page_size;
    bool exhausted;
    struct mb_buf token; /* where the next page begins; empty at the start */

    struct item *items; /* of the page that was handed out */
    size_t count;
    size_t cap;
    struct mb_buf text;
};

/* --------------------------------------------------------- reading a page */

struct page_reader {
    struct mb_list *list;
    struct mb_error *error;
    bool url_encoded;
    bool truncated;
    struct mb_buf next; /* NextContinuationToken */
    struct item item;   /* the one being read */
    bool is_listing;
};

static mb_status open_element(void *ctx, const char *name, unsigned depth)
{
    struct page_reader *reader = ctx;
    if (depth == 0)
        reader->is_listing = strcmp(name, "ListBucketResult") == 0;
    if (depth == 0 && !reader->is_listing)
        return mb_fail(reader->error, MB_E_PROTOCOL, "the answer is a %.60s, not a listing", name);
    if (depth == 1)
        reader->item = (struct item){.key_at = SIZE_MAX, .etag_at = SIZE_MAX};
    return MB_OK;
}

static size_t keep_text(struct mb_list *list, const char *text)
{
    size_t at = list->text.len;
    mb_buf_append(&list->text, text, strlen(text) + 1);
    return at;
}

static mb_status keep_item(struct page_reader *reader, uint32_t flags)
{
    struct mb_list *list = reader->list;

    if (reader->item.key_at == SIZE_MAX)
        return mb_fail(reader->error, MB_E_PROTOCOL, "the listing has an entry without a key");
    if (list->count == list->cap) {
        size_t cap = list->cap > 0 ? list->cap * 2 : 64;
        struct item *grown = realloc(list->items, cap * sizeof(*grown));
        if (!grown)
            return mb_fail_memory(reader->error);
        list->items = grown;
        list->cap = cap;
    }
    reader->item.entry.flags = flags;
    list->items[list->count++] = reader->item;
    return mb_buf_check(&list->text, "a page of the listing", reader->error);
}

static mb_status parse_entry_size(const char *text, uint64_t *out, struct mb_error *error)
{
    char *end;
    unsigned long long size = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0')
        return mb_fail(error, MB_E_PROTOCOL, "the listing has an object of size '%.40s'", text);
    *out = size;
    return MB_OK;
}

/* Elements of Contents and CommonPrefixes. */
static mb_status take_member(struct page_reader *reader, const char *name, const char *text)
{
    char etag[128];
    if (strcmp(name, "Key") == 0 || strcmp(name, "Prefix") == 0) {
        reader->item.key_at = keep_text(reader->list, text);
    } else if (strcmp(name, "Size") == 0) {
        return parse_entry_size(text, &reader->item.entry.size, reader->error);
    } else if (strcmp(name, "ETag") == 0) {
        mb_etag_copy(etag, sizeof(etag), text);
        reader->item.etag_at = keep_text(reader->list, etag);
    } else if (strcmp(name, "LastModified") == 0 && !mb_clock_parse(text, &reader->item.entry.mtime_ns)) {
        reader->item.entry.mtime_ns = 0;
    }
    return MB_OK;
}

static mb_status close_element(void *ctx, const char *name, unsigned depth, const char *text)
{
    struct page_reader *reader = ctx;

    if (depth == 2)
        return take_member(reader, name, text);
    if (depth != 1)
        return MB_OK;
    if (strcmp(name, "Contents") == 0)
        return keep_item(reader, 0);
    if (strcmp(name, "CommonPrefixes") == 0)
        return keep_item(reader, MB_ENTRY_PREFIX);
    if (strcmp(name, "IsTruncated") == 0)
        reader->truncated = strcmp(text, "true") == 0;
    else if (strcmp(name, "EncodingType") == 0)
        reader->url_encoded = strcmp(text, "url") == 0;
    else if (strcmp(name, "NextContinuationToken") == 0)
        mb_buf_puts(&reader->next, text);
    return MB_OK;
}

static int compare_items(const void *a, const void *b)
{
    const struct item *left = a, *right = b;
    return strcmp(left->entry.key, right->entry.key);
}

/* Decodes keys in place and lets entries point to them.  Objects and prefixes come as two runs; together they
 * are in order only when they are merged. */
static mb_status finish_page(struct page_reader *reader)
{
    struct mb_list *list = reader->list;
    bool prefixes = false;

    for (size_t i = 0; i < list->count; i++) {
        struct item *item = &list->items[i];
        char *key = list->text.data + item->key_at;
        if (reader->url_encoded && !mb_url_decode(key, true))
            return mb_fail(reader->error, MB_E_PROTOCOL, "the listing has a key that is badly encoded");
        item->entry.key = key;
        item->entry.etag = item->etag_at == SIZE_MAX ? "" : list->text.data + item->etag_at;
        prefixes = prefixes || (item->entry.flags & MB_ENTRY_PREFIX);
    }
    if (prefixes)
        qsort(list->items, list->count, sizeof(*list->items), compare_items);
    return MB_OK;
}

/* A service that says there is more but not where: go on after the last key. */
static mb_status write_token(const struct page_reader *reader, struct mb_buf *out)
{
    const struct mb_list *list = reader->list;

    if (reader->next.len > 0)
        mb_buf_printf(out, "%c%s", TOKEN_OWN, mb_buf_text(&reader->next));
    else if (list->count > 0)
        mb_buf_printf(out, "%c%s", TOKEN_AFTER, list->items[list->count - 1].entry.key);
    MB_TRY(mb_buf_check(out, "the listing's token", reader->error));
    if (out->len == 0 || strcmp(mb_buf_text(out), mb_buf_text(&list->token)) == 0)
        return mb_fail(reader->error, MB_E_PROTOCOL,
                       "the service says that the listing goes on, but not where");
    return MB_OK;
}

static mb_status next_token(struct page_reader *reader)
{
    struct mb_buf token = MB_BUF_INIT(MAX_TOKEN);
    mb_status status = write_token(reader, &token);
    if (status != MB_OK) {
        mb_buf_done(&token);
        return status;
    }
    mb_buf_done(&reader->list->token);
    reader->list->token = token;
    return MB_OK;
}

static mb_status parse_page(struct page_reader *reader, const struct mb_buf *body)
{
    static const struct mb_xml_events events = {.open = open_element, .close = close_element};

    MB_TRY(mb_xml_parse(mb_buf_text(body), body->len, &events, reader, reader->error));
    MB_TRY(mb_buf_check(&reader->next, "the listing's token", reader->error));
    MB_TRY(finish_page(reader));
    if (reader->truncated)
        MB_TRY(next_token(reader));
    reader->list->exhausted = !reader->truncated;
    return MB_OK;
}

static mb_status read_page(struct mb_list *list, const struct mb_http_response *response,
                           struct mb_error *error)
{
    struct page_reader reader = {.list = list, .error = error, .next = MB_BUF_INIT(MAX_TOKEN)};

    list->count = 0;
    mb_buf_reset(&list->text);
    mb_status status = parse_page(&reader, &response->body);
    mb_buf_done(&reader.next);
    return status;
}

/* ----------------------------------------------------------------- listing */

static void write_query(const struct mb_list *list, struct mb_buf *query)
{
    const char *token = mb_buf_text(&list->token);
    char number[16];

    mb_url_query(query, "list-type", "2");
    mb_url_query(query, "encoding-type", "url");
    if (*list->prefix)
        mb_url_query(query, "prefix", list->prefix);
    if (list->delimiter)
        mb_url_query(query, "delimiter", list->delimiter);
    if (list->page_size > 0) {
        snprintf(number, sizeof(number), "%u", list->page_size);
        mb_url_query(query, "max-keys", number);
    }
    if (*token == TOKEN_OWN) {
        mb_url_query(query, "continuation-token", token + 1);
    } else if (*token == TOKEN_AFTER) {
        mb_url_query(query, "start-after", token + 1);
        mb_url_query(query, "marker", token + 1); /* for services that take this for the older listing */
    }
}

static mb_status fetch_page(struct mb_list *list, const struct mb_call *call)
{
    struct mb_s3_request request = MB_S3_REQUEST(MB_S3_ON_OTHER, "GET", NULL);

    write_query(list, &request.query);
    request.http.max_body = MAX_PAGE_BYTES;
    mb_status status = mb_s3_send(list->store, &request, call);
    if (status == MB_OK)
        status = read_page(list, &request.response, call->error);
    mb_s3_request_done(&request);
    return status;
}

mb_status mb_s3_list_open(struct mb_list **out, struct mb_store *store, const struct mb_list_options *opts,
                          const struct mb_call *call)
{
    if (opts->token && *opts->token != TOKEN_OWN && *opts->token != TOKEN_AFTER)
        return mb_fail(call->error, MB_E_INVALID, "'%.100s' is no token of a listing", opts->token);
    struct mb_list *list = calloc(1, sizeof(*list));
    if (!list)
        return mb_fail_memory(call->error);
    list->store = store;
    list->token = MB_BUF_INIT(MAX_TOKEN);
    list->text = MB_BUF_INIT(MAX_PAGE_BYTES);
    list->page_size = opts->page_size < MAX_PAGE_KEYS ? opts->page_size : MAX_PAGE_KEYS;
    list->prefix = strdup(opts->prefix ? opts->prefix : "");
    if (opts->delimiter && *opts->delimiter)
        list->delimiter = strdup(opts->delimiter);
    if (opts->token)
        mb_buf_puts(&list->token, opts->token);
    mb_status status = mb_buf_check(&list->token, "the listing's token", call->error);
    if (!list->prefix || (opts->delimiter && *opts->delimiter && !list->delimiter))
        status = mb_fail_memory(call->error);
    if (status != MB_OK) {
        mb_s3_list_close(list);
        return status;
    }
    *out = list;
    return MB_OK;
}

mb_status mb_s3_list_next(struct mb_list *list, struct mb_page *page, const struct mb_call *call)
{
    if (list->exhausted)
        return MB_END;
    do {
        MB_TRY(fetch_page(list, call));
    } while (list->count == 0 && !list->exhausted);
    if (list->count == 0)
        return MB_END;
    page->entry_size = sizeof(struct item);
    page->entries = list->items;
    page->count = list->count;
    page->token = list->exhausted ? NULL : mb_buf_text(&list->token);
    return MB_OK;
}

void mb_s3_list_close(struct mb_list *list)
{
    if (!list)
        return;
    free(list->prefix);
    free(list->delimiter);
    free(list->items);
    mb_buf_done(&list->token);
    mb_buf_done(&list->text);
    free(list);
}
