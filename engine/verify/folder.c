#include "verify/folder.h"

#include <stdio.h>
#include <string.h>

#define MAX_KEY ((size_t)64 << 10)

/* So many were asked for in vain that the others need not be asked for, too. */
enum { MOST_LOOKS = 1000 };

struct looking {
    const struct mb_folder *folder;
    const struct mb_looker *looker;
    struct mb_missing *missing;
    int64_t deadline_ns; /* of all together */
    struct mb_buf key;
    struct mb_cancel *cancel;
};

/* why is NULL when it was not asked for. */
static mb_status lose(struct looking *looking, const char *name, uint64_t size, const struct mb_error *why,
                      struct mb_error *error)
{
    const struct mb_looker *looker = looking->looker;
    struct mb_missing *missing = looking->missing;
    if (missing->count++ == 0) {
        snprintf(missing->first, sizeof(missing->first), "%s", name);
        missing->error = *why;
    }
    return looker->lost != NULL ? looker->lost(looker->ctx, name, size, why, error) : MB_OK;
}

static mb_status look(void *ctx, const char *name, uint64_t size, struct mb_error *error)
{
    struct looking *looking = ctx;
    const struct mb_looker *looker = looking->looker;
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    struct mb_error failure = MB_ERROR_INIT;
    if (looking->missing->count >= MOST_LOOKS)
        return lose(looking, name, size, NULL, error);
    mb_buf_reset(&looking->key);
    mb_buf_printf(&looking->key, "%s%s", looking->folder->prefix, name);
    MB_TRY(mb_buf_status(&looking->key, error));
    mb_status status = mb_storage_await(looking->folder->storage, looking->key.data, size,
                                        looking->deadline_ns, &stat, looking->cancel, &failure);
    if (status == MB_E_NOT_FOUND || status == MB_E_CORRUPT)
        return lose(looking, name, size, &failure, error);
    if (status < 0) {
        *error = failure;
        return status;
    }
    return looker->found != NULL ? looker->found(looker->ctx, name, &stat, error) : MB_OK;
}

mb_status mb_folder_look_again(const struct mb_folder *folder, struct mb_expected *expected,
                               const struct mb_looker *looker, struct mb_missing *missing,
                               struct mb_cancel *cancel, struct mb_error *error)
{
    static const struct mb_looker nobody = {.found = NULL};
    struct looking looking = {.folder = folder,
                              .looker = looker != NULL ? looker : &nobody,
                              .missing = missing,
                              .deadline_ns = mb_storage_patience(folder->storage),
                              .cancel = cancel};
    *missing = (struct mb_missing){.error = MB_ERROR_INIT};
    mb_buf_init(&looking.key, MAX_KEY);
    mb_status status = mb_expected_each_missing(expected, look, &looking, cancel, error);
    mb_buf_done(&looking.key);
    return status;
}

mb_status mb_folder_judge(const struct mb_folder *folder, const char *what,
                          const struct mb_expected *expected, const struct mb_missing *missing,
                          struct mb_error *error)
{
    int dir_len = (int)strlen(folder->prefix) - 1;
    const char *place = mb_storage_info(folder->storage)->location;
    if (missing->count == 0)
        return MB_OK;
    if (missing->error.status == MB_E_CORRUPT)
        return mb_fail(error, MB_E_CORRUPT,
                       "%.*s is damaged: %zu of %zu %s are missing or have another size, the first: %s",
                       dir_len, folder->prefix, missing->count, mb_expected_count(expected), what,
                       missing->error.message);
    return mb_fail(error, MB_E_CORRUPT, "%.*s is damaged: %zu of %zu %s are missing in %s, the first is %s%s",
                   dir_len, folder->prefix, missing->count, mb_expected_count(expected), what, place,
                   folder->prefix, missing->first);
}

mb_status mb_folder_holds(const struct mb_folder *folder, const char *name, bool *holds,
                          struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_buf key;
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    mb_buf_init(&key, MAX_KEY);
    mb_buf_printf(&key, "%s%s", folder->prefix, name);
    mb_status status = mb_buf_status(&key, error);
    if (status == MB_OK)
        status = mb_storage_stat(folder->storage, key.data, &stat, cancel, error);
    mb_buf_done(&key);
    *holds = status == MB_OK;
    if (status == MB_E_NOT_FOUND) {
        mb_error_clear(error);
        return MB_OK;
    }
    return status;
}

static mb_status take(const struct mb_folder *folder, const struct mb_entry *entry,
                      struct mb_expected *expected, const struct mb_folder_visitor *visitor,
                      struct mb_cancel *cancel, struct mb_error *error)
{
    const char *name = entry->key + strlen(folder->prefix);
    bool holds = false;
    if (mb_is_folder_marker(entry->key, entry->size))
        return MB_OK;
    enum mb_found found = mb_expected_see(expected, name, entry->size);
    if (found == MB_FOUND_EXPECTED && visitor->seen != NULL)
        return visitor->seen(visitor->ctx, name, entry, error);
    if (found != MB_FOUND_STRAY)
        return MB_OK;
    MB_TRY(mb_folder_holds(folder, name, &holds, cancel, error));
    return holds ? visitor->stray(visitor->ctx, name, entry, error) : MB_OK;
}

mb_status mb_folder_list(const struct mb_folder *folder, const char *below, struct mb_expected *expected,
                         const struct mb_folder_visitor *visitor, struct mb_cancel *cancel,
                         struct mb_error *error)
{
    struct mb_listing *listing = NULL;
    const struct mb_entry *entry;
    struct mb_buf prefix;
    mb_buf_init(&prefix, MAX_KEY);
    mb_buf_printf(&prefix, "%s%s", folder->prefix, below);
    mb_status status = mb_buf_status(&prefix, error);
    if (status == MB_OK)
        status = mb_listing_open(&listing, folder->storage, prefix.data, NULL, cancel, error);
    while (status == MB_OK && (status = mb_listing_next(listing, &entry, error)) == MB_OK)
        status = take(folder, entry, expected, visitor, cancel, error);
    mb_listing_close(listing);
    mb_buf_done(&prefix);
    return status < 0 ? status : MB_OK;
}

mb_status mb_folder_verify(const struct mb_folder *folder, const char *below, struct mb_expected *expected,
                           const struct mb_folder_visitor *visitor, struct mb_cancel *cancel,
                           struct mb_error *error)
{
    struct mb_missing missing;
    MB_TRY(mb_folder_list(folder, below, expected, visitor, cancel, error));
    MB_TRY(mb_folder_look_again(folder, expected, NULL, &missing, cancel, error));
    return mb_folder_judge(folder, "objects", expected, &missing, error);
}
