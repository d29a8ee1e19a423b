#include "task/probe_listing.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* In byte order the first comes first; a storage that walks through folders names the second before. */
static const char *const ends[] = {"_list-b", "_list/a"};
enum { PROBES = sizeof ends / sizeof *ends };

struct listing_probe {
    struct mb_storage *storage;
    const char *prefix;
    char keys[PROBES][1024];
    struct mb_cancel *cancel;
};

static mb_status write_all(struct listing_probe *p, struct mb_error *error)
{
    for (size_t i = 0; i < PROBES; i++)
        MB_TRY(mb_storage_write(p->storage, p->keys[i], "", 0, NULL, NULL, p->cancel, error));
    return MB_OK;
}

static void note_listed(const struct listing_probe *p, const char *key, size_t *seen, bool *ordered)
{
    for (size_t i = 0; i < PROBES; i++) {
        if (strcmp(key, p->keys[i]) != 0)
            continue;
        *ordered = *ordered && i >= *seen;
        ++*seen;
    }
}

static mb_status look(struct listing_probe *p, struct mb_probe_listing *out, struct mb_error *error)
{
    struct mb_listing *listing = NULL;
    const struct mb_entry *entry;
    size_t seen = 0;
    bool ordered = true;
    mb_status status;

    MB_TRY(mb_listing_open(&listing, p->storage, p->prefix, NULL, p->cancel, error));
    while ((status = mb_listing_next(listing, &entry, error)) == MB_OK)
        note_listed(p, entry->key, &seen, &ordered);
    mb_listing_close(listing);
    if (status < 0)
        return status;
    out->at_once = seen == PROBES;
    out->in_order = ordered && mb_storage_lists_in_order(p->storage);
    return MB_OK;
}

mb_status mb_probe_listing(struct mb_storage *storage, const char *key, struct mb_probe_listing *out,
                           struct mb_cancel *cancel, struct mb_error *error)
{
    struct listing_probe p = {.storage = storage, .prefix = key, .cancel = cancel};
    struct mb_error ignored = MB_ERROR_INIT;

    for (size_t i = 0; i < PROBES; i++)
        snprintf(p.keys[i], sizeof p.keys[i], "%s%s", key, ends[i]);
    mb_status status = write_all(&p, error);
    if (status == MB_OK)
        status = look(&p, out, error);
    for (size_t i = 0; i < PROBES; i++) {
        mb_status removed = mb_storage_remove(storage, p.keys[i], NULL, status == MB_OK ? error : &ignored);
        status = status == MB_OK ? removed : status;
    }
    return status;
}
