#include "verify/compare.h"

#include "verify/folder.h"
#include "verify/ordered.h"

#include <string.h>

struct side {
    struct mb_ordered *listing;
    size_t prefix_len;
    const struct mb_entry *entry; /* NULL past the end */
};

static mb_status advance(struct side *side, struct mb_error *error)
{
    mb_status status;
    do
        status = mb_ordered_next(side->listing, &side->entry, error);
    while (status == MB_OK && mb_is_folder_marker(side->entry->key, side->entry->size));
    if (status == MB_END)
        side->entry = NULL;
    return status < 0 ? status : MB_OK;
}

static mb_status open_side(struct side *side, const struct mb_folder *folder, struct mb_cancel *cancel,
                           struct mb_error *error)
{
    side->prefix_len = strlen(folder->prefix);
    MB_TRY(mb_ordered_open(&side->listing, folder->storage, folder->prefix, 0, cancel, error));
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

static mb_status visit_next(struct side *a, struct side *b, const struct mb_pair_visitor *visitor,
                            struct mb_error *error)
{
    int first = order(a, b);
    struct mb_pair pair = {.name = name_of(first <= 0 ? a : b), .here = first <= 0, .there = first >= 0};
    pair.size_here = pair.here ? a->entry->size : 0;
    pair.size_there = pair.there ? b->entry->size : 0;
    pair.etag_here = pair.here ? a->entry->etag : NULL;
    MB_TRY(visitor->visit(visitor->ctx, &pair, error));
    if (pair.here)
        MB_TRY(advance(a, error));
    return pair.there ? advance(b, error) : MB_OK;
}

static mb_status compare_once(const struct mb_folder *here, const struct mb_folder *there,
                              const struct mb_pair_visitor *visitor, bool *misled, struct mb_cancel *cancel,
                              struct mb_error *error)
{
    struct side a = {0};
    struct side b = {0};
    mb_status status = open_side(&a, here, cancel, error);
    if (status == MB_OK)
        status = open_side(&b, there, cancel, error);
    while (status == MB_OK && (a.entry != NULL || b.entry != NULL))
        status = visit_next(&a, &b, visitor, error);
    *misled = mb_ordered_was_misled(a.listing) || mb_ordered_was_misled(b.listing);
    mb_ordered_close(a.listing);
    mb_ordered_close(b.listing);
    return status;
}

mb_status mb_folders_compare(const struct mb_folder *here, const struct mb_folder *there,
                             const struct mb_pair_visitor *visitor, struct mb_cancel *cancel,
                             struct mb_error *error)
{
    for (int left = 2;; left--) {
        bool misled = false;
        mb_status status = compare_once(here, there, visitor, &misled, cancel, error);
        if (status == MB_OK || !misled || left == 0)
            return status;
        mb_error_clear(error);
        if (visitor->restart != NULL)
            MB_TRY(visitor->restart(visitor->ctx, error));
    }
}
