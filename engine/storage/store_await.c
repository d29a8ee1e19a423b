#include "storage/store_private.h"

#include "base/clock.h"

static const int64_t first_pause_ns = 50 * MB_NS_PER_MS;
static const int64_t longest_pause_ns = 2 * MB_NS_PER_S;

int64_t mb_storage_patience(const struct mb_storage *storage)
{
    return mb_clock_monotonic() + storage->patience_ns;
}

static mb_status look(struct mb_storage *storage, const char *key, uint64_t size, struct mb_stat *stat,
                      struct mb_cancel *cancel, struct mb_error *error)
{
    char place[400];
    MB_TRY(mb_storage_stat(storage, key, stat, cancel, error));
    if (size == MB_ANY_SIZE || stat->size == size)
        return MB_OK;
    return mb_fail(error, MB_E_CORRUPT, "%s has %llu bytes, not %llu bytes",
                   mb_storage_where(storage, key, place, sizeof(place)), (unsigned long long)stat->size,
                   (unsigned long long)size);
}

mb_status mb_storage_await(struct mb_storage *storage, const char *key, uint64_t size, int64_t deadline_ns,
                           struct mb_stat *out, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_error failure = MB_ERROR_INIT;
    struct mb_stat stat;
    mb_status status;
    if (deadline_ns == 0)
        deadline_ns = mb_storage_patience(storage);
    for (int64_t pause = first_pause_ns;;
         pause = pause * 2 < longest_pause_ns ? pause * 2 : longest_pause_ns) {
        status = look(storage, key, size, &stat, cancel, &failure);
        int64_t left = deadline_ns - mb_clock_monotonic();
        if ((status != MB_E_NOT_FOUND && status != MB_E_CORRUPT) || left <= 0)
            break;
        MB_TRY(mb_cancel_sleep(cancel, pause < left ? pause : left, error));
    }
    if (status != MB_OK)
        *error = failure;
    else if (out != NULL)
        *out = stat;
    return status;
}
