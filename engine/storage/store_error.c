#include "storage/store_private.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

void mb_storage_clean_text(char *text, size_t cap)
{
    text[cap - 1] = '\0';
    mb_text_clean(text);
}

/* May an equal request succeed?  The statuses say so by themselves; the driver's flag counts only where they
 * leave it open, so that no driver can have a 403 tried eight times. */
static bool may_succeed_later(mb_status status, uint32_t flags)
{
    if (status == MB_E_INTERNAL || status == MB_E_PROTOCOL)
        return (flags & MB_ERR_RETRYABLE) != 0;
    return mb_status_retryable(status);
}

mb_status mb_storage_fail_driver(const struct mb_storage *storage, struct mb_error *error, const char *fmt,
                                 ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    return mb_fail(error, MB_E_INTERNAL, "bug in storage driver \"%s\": %s", storage->plugin->name, text);
}

static mb_status accept_failure(const struct mb_storage *storage, mb_status status,
                                const struct mb_cancel *cancel, struct mb_error *error)
{
    mb_storage_clean_text(error->message, sizeof(error->message));
    mb_log_mask(storage->log, error->message);
    mb_storage_clean_text(error->provider_code, sizeof(error->provider_code));
    mb_log_mask(storage->log, error->provider_code);
    mb_storage_clean_text(error->request_id, sizeof(error->request_id));
    mb_log_mask(storage->log, error->request_id);
    error->struct_size = sizeof(*error);
    error->status = status;
    if (error->message[0] == '\0')
        snprintf(error->message, sizeof(error->message), "%s, and storage driver \"%s\" does not say why%s%s",
                 mb_status_name(status), storage->plugin->name, error->provider_code[0] != '\0' ? ": " : "",
                 error->provider_code);
    uint32_t ambiguous = error->flags & MB_ERR_AMBIGUOUS;
    if (mb_cancel_requested(cancel) && may_succeed_later(status, error->flags))
        status = mb_fail(error, MB_E_CANCELLED, "cancelled");
    error->flags = ambiguous | (may_succeed_later(status, error->flags) ? MB_ERR_RETRYABLE : 0);
    return status;
}

mb_status mb_storage_verdict(const struct mb_storage *storage, enum mb_operation operation, mb_status status,
                             const struct mb_cancel *cancel, struct mb_error *error)
{
    const char *name = mb_operation_name(operation);
    if (status == MB_OK || (status == MB_END && operation == MB_OP_LIST))
        return status;
    if (status > 0)
        return mb_storage_fail_driver(storage, error, "%s returned %d, which is no status of it", name,
                                      (int)status);
    if (status < MB_E_CALLBACK)
        return mb_storage_fail_driver(storage, error, "%s returned the unknown status %d", name, (int)status);
    if (status == MB_E_CANCELLED && !mb_cancel_requested(cancel))
        return mb_storage_fail_driver(storage, error, "%s says that it was cancelled, which it was not",
                                      name);
    return accept_failure(storage, status, cancel, error);
}

const char *mb_storage_where(const struct mb_storage *storage, const char *key, char *buf, size_t cap)
{
    const int most = 60;
    const char *location = storage->info.location;
    size_t len = strlen(location);
    const char *slash = len == 0 || location[len - 1] == '/' ? "" : "/";
    size_t key_len = key != NULL ? strlen(key) : 0;
    if (key_len == 0)
        snprintf(buf, cap, "%s", location);
    else if (len + key_len + 2 <= cap)
        snprintf(buf, cap, "%s%s%s", location, slash, key);
    else
        snprintf(buf, cap, "%.*s%s%.*s...%s", 200, location, slash, most, key,
                 key + (key_len > (size_t)most ? key_len - (size_t)most : 0));
    return buf;
}

mb_status mb_storage_check_stat(struct mb_stat *stat, uint64_t size, struct mb_error *error)
{
    stat->etag[sizeof(stat->etag) - 1] = '\0';
    if (size != UINT64_MAX && stat->size != size)
        return mb_fail(error, MB_E_CORRUPT, "the object has %llu bytes instead of %llu",
                       (unsigned long long)stat->size, (unsigned long long)size);
    return MB_OK;
}
