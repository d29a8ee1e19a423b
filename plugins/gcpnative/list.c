#include "gcpnative.h"

#include "base/error.h"
#include "common/credentials/oauth.h"
#include "common/listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_PAGE  1000U
#define MAX_PAGE_TEXT ((size_t)64 << 20)

struct mb_list {
    struct mb_store *store;
    struct mb_listing listing;
    uint32_t page_size;
    bool show_pieces;
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
    mb_status status = mb_listing_open(&list->listing, opts, MAX_PAGE_TEXT, call->error);
    if (status == MB_OK)
        *out = list;
    else
        gcs_list_close(list);
    return status;
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

void gcs_list_close(struct mb_list *list)
{
    if (list == NULL)
        return;
    mb_listing_done(&list->listing);
    free(list);
}

static mb_status ask_page(struct mb_list *list, json_t **answer, const struct mb_call *call)
{
    char size[16];
    snprintf(size, sizeof(size), "%u", list->page_size);
    const struct mb_pair query[] = {{"prefix", list->listing.prefix},
                                    {"maxResults", size},
                                    {"fields", "kind,items(" GCS_OBJECT_FIELDS "),prefixes,nextPageToken"},
                                    {"delimiter", list->listing.delimiter},
                                    {"pageToken", list->listing.token},
                                    {NULL, NULL}};
    const struct gcs_request request = {.http.method = "GET", .query = query};
    return gcs_send_json(list->store, &request, answer, call);
}

static mb_status add_object(struct mb_list *list, const json_t *item, struct mb_error *error)
{
    char id[GCS_ID_LEN + 1], etag[24] = "";
    size_t len;
    uint64_t generation = 0;
    struct mb_entry entry = {.key = json_string_value(json_object_get(item, "name")), .etag = etag};
    if (entry.key == NULL || !gcs_number(json_object_get(item, "size"), &entry.size))
        return mb_fail(error, MB_E_PROTOCOL, "the listing has an object without name or size");
    if (!list->show_pieces && gcs_piece_parse(entry.key, &len, id))
        return MB_OK;
    if (gcs_number(json_object_get(item, "generation"), &generation))
        snprintf(etag, sizeof(etag), "%llu", (unsigned long long)generation);
    entry.mtime_ns = gcs_updated(item);
    return mb_entries_add(&list->listing.page, &entry, strlen(entry.key), error);
}

static mb_status add_prefix(struct mb_list *list, const json_t *item, struct mb_error *error)
{
    const struct mb_entry entry = {.key = json_string_value(item), .flags = MB_ENTRY_PREFIX};
    if (entry.key == NULL)
        return mb_fail(error, MB_E_PROTOCOL, "the listing has a prefix that is no text");
    return mb_entries_add(&list->listing.page, &entry, strlen(entry.key), error);
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
static mb_status read_page(struct mb_list *list, const json_t *answer, struct mb_error *error)
{
    const json_t *items = json_object_get(answer, "items");
    const json_t *prefixes = json_object_get(answer, "prefixes");
    MB_TRY(gcs_expect_listing(answer, error));
    mb_entries_reset(&list->listing.page);
    for (size_t i = 0; i < json_array_size(items); i++)
        MB_TRY(add_object(list, json_array_get(items, i), error));
    for (size_t i = 0; i < json_array_size(prefixes); i++)
        MB_TRY(add_prefix(list, json_array_get(prefixes, i), error));
    mb_entries_finish(&list->listing.page);
    if (json_array_size(prefixes) > 0)
        mb_entries_sort(&list->listing.page);
    return mb_listing_go_on(&list->listing, mb_json_text(answer, "nextPageToken"), error);
}

mb_status gcs_list_next(struct mb_list *list, struct mb_page *page, const struct mb_call *call)
{
    /* The service may give an empty page before the last. */
    do {
        json_t *answer = NULL;
        if (list->listing.ended)
            return MB_END;
        MB_TRY(ask_page(list, &answer, call));
        mb_status status = read_page(list, answer, call->error);
        json_decref(answer);
        MB_TRY(status);
    } while (list->listing.page.count == 0);
    mb_entries_give(&list->listing.page, list->listing.token, page);
    return MB_OK;
}
