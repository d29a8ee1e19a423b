#include "verify/bundle.h"

#include "base/clock.h"

#include <inttypes.h>
#include <string.h>

#define PAUSE_NS (250 * MB_NS_PER_MS)
#define MAX_KEY  ((size_t)8 << 10)

struct count {
    uint64_t files, bytes;
};

/* A name that comes twice, one right after the other, counts once. */
static mb_status count_listed(struct mb_listing *listing, struct mb_buf *last, struct count *out,
                              struct mb_error *error)
{
    const struct mb_entry *entry;
    mb_status status;
    while ((status = mb_listing_next(listing, &entry, error)) == MB_OK) {
        if (mb_is_folder_marker(entry->key, entry->size) ||
            (last->len > 0 && strcmp(last->data, entry->key) == 0))
            continue;
        mb_buf_reset(last);
        mb_buf_puts(last, entry->key);
        MB_TRY(mb_buf_status(last, error));
        out->files++;
        out->bytes += entry->size;
    }
    return status < 0 ? status : MB_OK;
}

static mb_status list(const struct mb_folder *folder, const char *below, struct mb_buf *key,
                      struct count *out, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_listing *listing = NULL;
    mb_buf_printf(key, "%s%s", folder->prefix, below);
    MB_TRY(mb_buf_status(key, error));
    MB_TRY(mb_listing_open(&listing, folder->storage, key->data, NULL, cancel, error));
    mb_buf_reset(key);
    mb_status status = count_listed(listing, key, out, error);
    mb_listing_close(listing);
    return status;
}

static mb_status count(const struct mb_folder *folder, const char *below, struct count *out,
                       struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_buf key = MB_BUF_INIT(MAX_KEY);
    *out = (struct count){0};
    mb_status status = list(folder, below, &key, out, cancel, error);
    mb_buf_done(&key);
    return status;
}

static bool is_whole(const struct mb_bundle *bundle, const struct count *found)
{
    return found->files >= (uint64_t)bundle->files && found->bytes >= (uint64_t)bundle->bytes;
}

mb_status mb_bundle_check(const struct mb_folder *folder, const struct mb_bundle *bundle, uint64_t *files,
                          uint64_t *bytes, struct mb_cancel *cancel, struct mb_error *error)
{
    struct count found;
    int64_t end = mb_storage_patience(folder->storage);
    MB_TRY(count(folder, bundle->below, &found, cancel, error));
    while (!is_whole(bundle, &found) && mb_clock_monotonic() < end) {
        MB_TRY(mb_cancel_sleep(cancel, PAUSE_NS, error));
        MB_TRY(count(folder, bundle->below, &found, cancel, error));
    }
    if (!is_whole(bundle, &found))
        return mb_fail(error, MB_E_CORRUPT,
                       "%s%s in %s holds %" PRIu64 " files of %" PRIu64 " bytes, but milvus wrote %" PRId64
                       " of %" PRId64 " bytes there",
                       folder->prefix, bundle->below, mb_storage_info(folder->storage)->location, found.files,
                       found.bytes, bundle->files, bundle->bytes);
    *files = found.files;
    *bytes = found.bytes;
    return MB_OK;
}

static mb_status find(const struct mb_folder *folder, const char *name, struct mb_buf *key,
                      struct mb_stat *out, struct mb_cancel *cancel, struct mb_error *error)
{
    mb_buf_printf(key, "%s%s", folder->prefix, name);
    MB_TRY(mb_buf_status(key, error));
    return mb_storage_await(folder->storage, key->data, MB_ANY_SIZE, 0, out, cancel, error);
}

mb_status mb_bundle_check_metadata(const struct mb_folder *folder, const char *name, struct mb_cancel *cancel,
                                   struct mb_error *error)
{
    struct mb_buf key = MB_BUF_INIT(MAX_KEY);
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    const char *place = mb_storage_info(folder->storage)->location;
    mb_status status = find(folder, name, &key, &stat, cancel, error);
    mb_buf_done(&key);
    if (status != MB_E_NOT_FOUND)
        MB_TRY(status);
    if (status != MB_E_NOT_FOUND && stat.size > 0)
        return MB_OK;
    mb_error_clear(error);
    return mb_fail(error, MB_E_CORRUPT, "%s%s, which describes the snapshot, is %s in %s", folder->prefix,
                   name, status == MB_E_NOT_FOUND ? "missing" : "empty", place);
}
