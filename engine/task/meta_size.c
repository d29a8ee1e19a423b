/* What describes a backup, in bytes. */
#include "catalog/layout.h"
#include "storage/store.h"
#include "task/query.h"
#include "task/request.h"

#include <string.h>

static mb_status add_up(struct mb_listing *listing, uint64_t *bytes, struct mb_error *error)
{
    const struct mb_entry *entry;
    mb_status status;
    while ((status = mb_listing_next(listing, &entry, error)) == MB_OK)
        *bytes += entry->size;
    return status == MB_END ? MB_OK : status;
}

static mb_status measure(struct mb_session *session, const char *name, struct mb_arena *arena,
                         uint64_t *bytes, struct mb_error *error)
{
    struct mb_catalog catalog;
    struct mb_listing *listing = NULL;
    MB_TRY(mb_query_catalog(session, &catalog, error));
    if (catalog.storage == NULL)
        return MB_OK;
    const char *dir = mb_layout_backup_dir(arena, catalog.root, name);
    char *prefix = dir != NULL ? mb_layout_meta_key(arena, dir, MB_META_BACKUP) : NULL;
    if (prefix == NULL)
        return mb_fail_memory(error);
    strrchr(prefix, '/')[1] = '\0';
    MB_TRY(mb_listing_open(&listing, catalog.storage, prefix, NULL, session->cancel, error));
    mb_status status = add_up(listing, bytes, error);
    mb_listing_close(listing);
    return status;
}

static mb_status meta_size(struct mb_session *session, const char *name, uint64_t *out,
                           struct mb_error *error)
{
    struct mb_visit visit;
    uint64_t bytes = 0;
    if (session == NULL || out == NULL)
        return mb_abi_missing(session == NULL ? "session" : "place for the size", error);
    MB_TRY(mb_request_name(name, error));
    struct mb_arena *arena = mb_arena_new();
    mb_visit_begin(&visit, session);
    mb_status status = arena != NULL ? measure(session, name, arena, &bytes, error) : mb_fail_memory(error);
    mb_visit_end(&visit);
    mb_arena_free(arena);
    if (status == MB_OK)
        *out = bytes;
    return status;
}

mb_status mb_session_meta_size(struct mb_session *session, const char *name, uint64_t *out,
                               struct mb_error *error)
{
    MB_ANSWER(error, meta_size(session, name, out, &own));
}
