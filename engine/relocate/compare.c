#include "relocate/compare.h"

#include <string.h>

struct side {
    struct mb_listing *listing;
    size_t prefix_len;
    const struct mb_entry *entry; /* NULL past the end */
};

static mb_status advance(struct side *side, struct mb_error *error)
{
    mb_status status = mb_listing_next(side->listing, &side->entry, error);
    if (status == MB_END)
        side->entry = NULL;
    return status < 0 ? status : MB_OK;
}

static mb_status open_side(struct side *side, const struct mb_folder *folder, struct mb_cancel *cancel,
                           struct mb_error *error)
{
    if (!(mb_storage_info(folder->storage)->caps & MB_CAP_LIST_SORTED))
        return mb_fail(error, MB_E_UNSUPPORTED, "%s does not list in order",
                       mb_storage_info(folder->storage)->location);
    side->prefix_len = strlen(folder->prefix);
    MB_TRY(mb_listing_open(&side->listing, folder->storage, folder->prefix, NULL, cancel, error));
    return advance(side, error);
}

static const char *name_of(const struct side *side)
{
    return side->entry->key + side->prefix_len;
}

static int order(const struct side *here, const struct side *there)
{
    if (here->entry == NULL || there->entry == NULL)
        return here->entry == NULL ? 1 : -1;
    return strcmp(name_of(here), name_of(there));
}

mb_status mb_folders_compare(const struct mb_folder *here, const struct mb_folder *there,
                             mb_status (*visit)(void *ctx, const struct mb_pair *pair,
                                                struct mb_error *error),
                             void *ctx, struct mb_cancel *cancel, struct mb_error *error)
{
    struct side a = {0};
    struct side b = {0};
    mb_status status = open_side(&a, here, cancel, error);
    if (status == MB_OK)
        status = open_side(&b, there, cancel, error);
    while (status == MB_OK && (a.entry != NULL || b.entry != NULL)) {
        int first = order(&a, &b);
        struct mb_pair pair = {
            .name = name_of(first <= 0 ? &a : &b), .here = first <= 0, .there = first >= 0};
        pair.size_here = pair.here ? a.entry->size : 0;
        pair.size_there = pair.there ? b.entry->size : 0;
        pair.etag_here = pair.here ? a.entry->etag : NULL;
        status = visit(ctx, &pair, error);
        if (status == MB_OK && pair.here)
            status = advance(&a, error);
        if (status == MB_OK && pair.there)
            status = advance(&b, error);
    }
    mb_listing_close(a.listing);
    mb_listing_close(b.listing);
    return status;
}
