#include "common/listing.h"

#include <stdlib.h>
#include <string.h>

/* "" and NULL are NULL; false without memory. */
static bool keep(char **out, const char *text)
{
    bool given = text != NULL && *text != '\0';
    *out = given ? strdup(text) : NULL;
    return *out != NULL || !given;
}

mb_status mb_listing_open(struct mb_listing *out, const struct mb_list_options *opts, size_t max_text,
                          struct mb_error *error)
{
    mb_entries_init(&out->page, max_text);
    out->prefix = strdup(opts->prefix != NULL ? opts->prefix : "");
    if (out->prefix == NULL || !keep(&out->delimiter, opts->delimiter) || !keep(&out->token, opts->token))
        return mb_fail_memory(error);
    return MB_OK;
}

void mb_listing_done(struct mb_listing *listing)
{
    mb_entries_done(&listing->page);
    free(listing->prefix);
    free(listing->delimiter);
    free(listing->token);
}

mb_status mb_listing_go_on(struct mb_listing *listing, const char *token, struct mb_error *error)
{
    char *next;
    if (!keep(&next, token))
        return mb_fail_memory(error);
    free(listing->token);
    listing->token = next;
    listing->ended = next == NULL;
    return MB_OK;
}

mb_status mb_for_each_entry(const struct mb_list_fns *fns, struct mb_store *store, const char *prefix,
                            mb_entry_fn *fn, void *ctx, const struct mb_call *call)
{
    const struct mb_list_options opts = {.struct_size = sizeof(opts), .prefix = prefix};
    struct mb_page page = {.struct_size = sizeof(page)};
    struct mb_list *list = NULL;
    MB_TRY(fns->open(&list, store, &opts, call));
    mb_status status;
    while ((status = fns->next(list, &page, call)) == MB_OK) {
        const char *at = page.entries;
        for (size_t i = 0; i < page.count && status == MB_OK; i++, at += page.entry_size)
            status = fn(ctx, (const void *)at, call);
        if (status != MB_OK)
            break;
    }
    fns->close(list);
    return status == MB_END ? MB_OK : status;
}
