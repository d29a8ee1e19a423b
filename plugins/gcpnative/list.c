#include "gcpnative.h"

#include "base/buf.h"
#include "base/error.h"
#include "http/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_PAGE 1000U

struct mb_list {
    struct mb_store *store;
    char *prefix;
    char *delimiter; /* or NULL */
    char *token;     /* of the next page; NULL for the first */
    uint32_t page_size;
    bool ended;
    bool show_pieces;
    json_t *answer; /* what the entries of the page at hand point into */
    struct mb_entry *entries;
    char (*etags)[24];
};

static mb_status open_list(struct mb_list **out, struct mb_store *store, const struct mb_list_options *opts,
                           bool show_pieces, const struct mb_call *call)
{
    struct mb_list *list = calloc(1, sizeof(*list));
    if (list == NULL)
        return mb_fail_memory(call->error);
    list->store = store;
    list->show_pieces = show_pieces;
    list->page_size = opts->page_size ? opts->page_size : DEFAULT_PAGE;
    list->prefix = strdup(opts->prefix ? opts->prefix : "");
    if (opts->delimiter != NULL)
        list->delimiter = strdup(opts->delimiter);
    if (opts->token != NULL)
        list->token = strdup(opts->token);
    if (list->prefix == NULL || (opts->delimiter && !list->delimiter) || (opts->token && !list->token)) {
        gcs_list_close(list);
        return mb_fail_memory(call->error);
    }
    *out = list;
    return MB_OK;
}

mb_status gcs_list_open(struct mb_list **out, struct mb_store *store, const struct mb_list_options *opts,
                        const struct mb_call *call)
{
    return open_list(out, store, opts, false, call);
}

mb_status gcs_list_open_raw(struct mb_list **out, struct mb_store *store, const struct mb_list_options *opts,
                            const struct mb_call *call)
{
    return open_list(out, store, opts, true, call);
}

static void drop_page(struct mb_list *list)
{
    json_decref(list->answer);
    free(list->entries);
    free(list->etags);
    list->answer = NULL;
    list->entries = NULL;
    list->etags = NULL;
}

void gcs_list_close(struct mb_list *list)
{
    if (list == NULL)
        return;
    drop_page(list);
    free(list->prefix);
    free(list->delimiter);
    free(list->token);
    free(list);
}

static mb_status ask_page(struct mb_list *list, json_t **answer, const struct mb_call *call)
{
    char size[16];
    snprintf(size, sizeof(size), "%u", list->page_size);
    const struct mb_pair query[] = {{"prefix", list->prefix},
                                    {"maxResults", size},
                                    {"fields", "kind,items(" GCS_OBJECT_FIELDS "),prefixes,nextPageToken"},
                                    {"delimiter", list->delimiter},
                                    {"pageToken", list->token},
                                    {NULL, NULL}};
    const struct gcs_request request = {.http.method = "GET", .query = query};
    return gcs_send_json(list->store, &request, answer, call);
}

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const struct mb_entry *)a)->key, ((const struct mb_entry *)b)->key);
}

static mb_status read_object(struct mb_list *list, const json_t *item, size_t i, struct mb_error *error)
{
    uint64_t generation = 0;
    struct mb_entry *entry = &list->entries[i];
    entry->key = json_string_value(json_object_get(item, "name"));
    if (entry->key == NULL || !gcs_number(json_object_get(item, "size"), &entry->size))
        return mb_fail(error, MB_E_PROTOCOL, "the listing has an object without name or size");
    if (gcs_number(json_object_get(item, "generation"), &generation))
        snprintf(list->etags[i], sizeof(list->etags[i]), "%llu", (unsigned long long)generation);
    entry->etag = list->etags[i];
    entry->mtime_ns = gcs_updated(item);
    return MB_OK;
}

/* Anything that speaks JSON could answer with nothing in it: an empty listing has to say what it is. */
mb_status gcs_expect_listing(const json_t *answer, struct mb_error *error)
{
    const char *kind = json_string_value(json_object_get(answer, "kind"));
    bool filled = json_object_get(answer, "items") || json_object_get(answer, "prefixes") ||
                  json_object_get(answer, "nextPageToken");
    if (filled || (kind != NULL && strcmp(kind, "storage#objects") == 0))
        return MB_OK;
    return mb_fail(error, MB_E_PROTOCOL, "the answer is no listing of objects: check address and port");
}

/* Objects and prefixes come in two lists, each in order: they become one. */
static mb_status read_page(struct mb_list *list, size_t *count, struct mb_error *error)
{
    const json_t *items = json_object_get(list->answer, "items");
    const json_t *prefixes = json_object_get(list->answer, "prefixes");
    size_t used = 0;
    size_t cap = json_array_size(items) + json_array_size(prefixes);
    list->entries = calloc(cap + 1, sizeof(*list->entries));
    list->etags = calloc(cap + 1, sizeof(*list->etags));
    if (list->entries == NULL || list->etags == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < json_array_size(items); i++) {
        mb_status status = read_object(list, json_array_get(items, i), used, error);
        if (status < 0)
            return status;
        used += list->show_pieces || !gcs_is_piece(list->entries[used].key);
    }
    for (size_t i = 0; i < json_array_size(prefixes); i++) {
        const char *prefix = json_string_value(json_array_get(prefixes, i));
        if (prefix == NULL)
            return mb_fail(error, MB_E_PROTOCOL, "the listing has a prefix that is no text");
        list->entries[used++] = (struct mb_entry){.key = prefix, .etag = "", .flags = MB_ENTRY_PREFIX};
    }
    if (json_array_size(prefixes) > 0)
        qsort(list->entries, used, sizeof(*list->entries), compare_entries);
    *count = used;
    return MB_OK;
}

static mb_status next_page(struct mb_list *list, size_t *count, const struct mb_call *call)
{
    json_t *answer = NULL;
    mb_status status = ask_page(list, &answer, call);
    if (status < 0)
        return status;
    drop_page(list);
    list->answer = answer;
    status = gcs_expect_listing(answer, call->error);
    if (status == MB_OK)
        status = read_page(list, count, call->error);
    if (status < 0)
        return status;
    const char *token = json_string_value(json_object_get(answer, "nextPageToken"));
    char *copy = NULL;
    if (token != NULL && *token != '\0' && (copy = strdup(token)) == NULL)
        return mb_fail_memory(call->error);
    free(list->token);
    list->token = copy;
    list->ended = copy == NULL;
    return MB_OK;
}

mb_status gcs_list_next(struct mb_list *list, struct mb_page *page, const struct mb_call *call)
{
    size_t count = 0;
    /* The service may give an empty page before the last. */
    while (count == 0) {
        if (list->ended)
            return MB_END;
        mb_status status = next_page(list, &count, call);
        if (status < 0)
            return status;
    }
    page->entry_size = sizeof(struct mb_entry);
    page->entries = list->entries;
    page->count = count;
    page->token = list->token;
    return MB_OK;
}
