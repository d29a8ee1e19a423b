#include "storage/store_private.h"

#include <string.h>

void mb_storage_look(struct mb_storage *storage, const char *key, struct mb_sight *out,
                     struct mb_cancel *cancel)
{
    struct mb_error ignored = MB_ERROR_INIT;
    *out = (struct mb_sight){.stat = MB_STAT_INIT};
    mb_status status = mb_storage_stat(storage, key, &out->stat, cancel, &ignored);
    out->there = status == MB_OK;
    out->known = status == MB_OK || status == MB_E_NOT_FOUND;
}

/* By anything the service tells of both; what it tells of neither proves nothing. */
static bool is_another(const struct mb_stat *a, const struct mb_stat *b)
{
    bool etags = a->etag[0] != '\0' && b->etag[0] != '\0';
    bool times = a->mtime_ns != 0 && b->mtime_ns != 0;
    return a->size != b->size || (etags && strcmp(a->etag, b->etag) != 0) ||
           (times && a->mtime_ns != b->mtime_ns);
}

bool mb_storage_appeared(struct mb_storage *storage, const char *key, uint64_t size,
                         const struct mb_sight *before, struct mb_stat *out, struct mb_cancel *cancel)
{
    struct mb_sight now;
    if (!before->known)
        return false;
    mb_storage_look(storage, key, &now, cancel);
    if (!now.there || now.stat.size != size || (before->there && !is_another(&before->stat, &now.stat)))
        return false;
    *out = now.stat;
    return true;
}
