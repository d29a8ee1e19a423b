#include "verify/ordered.h"

#include "base/arena.h"
#include "verify/runs.h"

#include <stdlib.h>
#include <string.h>

struct mb_ordered {
    struct mb_storage *storage;
    struct mb_listing *listing; /* while it is passed on; NULL once it was sorted */
    struct mb_buf last;         /* the key that was handed out last */
    bool any;                   /* there was one */
    bool misled;
    struct mb_runs *runs; /* of a sorted listing */
    struct mb_entry entry;
};

static mb_status sort_all(struct mb_ordered *ordered, size_t memory_bytes, struct mb_error *error)
{
    const struct mb_entry *entry;
    mb_status status;
    MB_TRY(mb_runs_new(&ordered->runs, memory_bytes, mb_storage_log(ordered->storage), error));
    while ((status = mb_listing_next(ordered->listing, &entry, error)) == MB_OK)
        MB_TRY(mb_runs_add(ordered->runs, entry, error));
    MB_TRY(status);
    mb_listing_close(ordered->listing);
    ordered->listing = NULL;
    return mb_runs_merge(ordered->runs, error);
}

mb_status mb_ordered_open(struct mb_ordered **out, struct mb_storage *storage, const char *prefix,
                          size_t memory_bytes, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_ordered *ordered = calloc(1, sizeof(*ordered));
    if (ordered == NULL)
        return mb_fail_memory(error);
    ordered->storage = storage;
    mb_buf_init(&ordered->last, 64 << 10);
    mb_status status = mb_listing_open(&ordered->listing, storage, prefix, NULL, cancel, error);
    if (status == MB_OK && !mb_storage_lists_in_order(storage))
        status = sort_all(ordered, memory_bytes > 0 ? memory_bytes : MB_ORDERED_MEMORY_BYTES, error);
    if (status != MB_OK) {
        mb_ordered_close(ordered);
        return status;
    }
    *out = ordered;
    return MB_OK;
}

static mb_status fail_misled(struct mb_ordered *ordered, const char *key, struct mb_error *error)
{
    ordered->misled = true;
    return mb_fail(error, MB_E_PROTOCOL, "%s does not list in byte order: \"%.200s\" comes after \"%.200s\"",
                   mb_storage_info(ordered->storage)->location, key, ordered->last.data);
}

/* The next entry of whichever kind, still with what repeats the one before. */
static mb_status next_any(struct mb_ordered *ordered, const struct mb_entry **out, struct mb_error *error)
{
    if (ordered->runs == NULL)
        return mb_listing_next(ordered->listing, out, error);
    mb_status status = mb_runs_next(ordered->runs, &ordered->entry, error);
    *out = &ordered->entry;
    return status;
}

mb_status mb_ordered_next(struct mb_ordered *ordered, const struct mb_entry **out, struct mb_error *error)
{
    const struct mb_entry *entry;
    int order;
    do {
        mb_status status = next_any(ordered, &entry, error);
        if (status != MB_OK)
            return status;
        order = ordered->any ? strcmp(entry->key, ordered->last.data) : 1;
    } while (order == 0);
    if (order < 0)
        return fail_misled(ordered, entry->key, error);
    mb_buf_reset(&ordered->last);
    mb_buf_puts(&ordered->last, entry->key);
    MB_TRY(mb_buf_status(&ordered->last, error));
    ordered->any = true;
    *out = entry;
    return MB_OK;
}

bool mb_ordered_was_misled(const struct mb_ordered *ordered)
{
    return ordered != NULL && ordered->misled;
}

void mb_ordered_close(struct mb_ordered *ordered)
{
    if (ordered == NULL)
        return;
    mb_listing_close(ordered->listing);
    mb_runs_free(ordered->runs);
    mb_buf_done(&ordered->last);
    free(ordered);
}
