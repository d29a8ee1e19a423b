#include "base/error.h"

#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* A character that is cut in two would be refused by a JSON writer. */
static void set_message(struct mb_error *error, const char *text)
{
    size_t len = strlen(text);
    if (len >= sizeof(error->message))
        len = mb_text_whole(text, sizeof(error->message) - 1);
    memmove(error->message, text, len);
    error->message[len] = '\0';
}

/* The owner of an error may be a host that is older than its last members; one of our own may have no size.
 */
static bool has_hint(const struct mb_error *error)
{
    return error->struct_size == 0 ||
           error->struct_size >= offsetof(struct mb_error, subject) + sizeof(error->subject);
}

static void copy_hint(struct mb_error *to, const struct mb_error *from)
{
    if (!has_hint(to))
        return;
    to->hint = has_hint(from) ? from->hint : 0;
    memcpy(to->subject, has_hint(from) ? from->subject : "", has_hint(from) ? sizeof(to->subject) : 1);
}

void mb_error_clear(struct mb_error *error)
{
    const struct mb_error none = {0};
    mb_error_copy(error, &none);
}

void mb_error_copy(struct mb_error *to, const struct mb_error *from)
{
    to->status = from->status;
    to->flags = from->flags;
    to->retry_after_ms = from->retry_after_ms;
    to->http_status = from->http_status;
    to->sys_errno = from->sys_errno;
    memcpy(to->provider_code, from->provider_code, sizeof(to->provider_code));
    memcpy(to->request_id, from->request_id, sizeof(to->request_id));
    memcpy(to->message, from->message, sizeof(to->message));
    copy_hint(to, from);
}

/* The text is made before error is cleared: an argument may be error's own message. */
MB_PRINTF(4, 0)
static mb_status fail_with(struct mb_error *error, mb_status status, int sys_errno, const char *fmt,
                           va_list args)
{
    char text[sizeof(error->message) + 1];
    if (vsnprintf(text, sizeof(text), fmt, args) < 0)
        snprintf(text, sizeof(text), "%s", fmt);
    if (sys_errno != 0) {
        char reason[128];
        size_t len = strlen(text);
        snprintf(text + len, sizeof(text) - len, ": %s", strerror_r(sys_errno, reason, sizeof(reason)));
    }
    mb_error_clear(error);
    error->sys_errno = sys_errno;
    mb_fail_as(error, status);
    set_message(error, text);
    return status;
}

mb_status mb_fail_as(struct mb_error *error, mb_status status)
{
    error->status = status;
    error->flags = mb_status_retryable(status) ? MB_ERR_RETRYABLE : 0;
    return status;
}

mb_status mb_fail(struct mb_error *error, mb_status status, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fail_with(error, status, 0, fmt, args);
    va_end(args);
    return status;
}

mb_status mb_fail_errno(struct mb_error *error, int sys_errno, const char *fmt, ...)
{
    mb_status status = mb_status_from_errno(sys_errno);
    va_list args;
    va_start(args, fmt);
    fail_with(error, status, sys_errno, fmt, args);
    va_end(args);
    return status;
}

mb_status mb_fail_memory(struct mb_error *error)
{
    return mb_fail(error, MB_E_NO_MEMORY, "out of memory");
}

mb_status mb_error_context(struct mb_error *error, const char *fmt, ...)
{
    char text[2 * sizeof(error->message)];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof(error->message), fmt, args);
    va_end(args);
    if (n < 0)
        return error->status;
    size_t len = strlen(text);
    snprintf(text + len, sizeof(text) - len, "%s%s", error->message[0] != '\0' ? ": " : "", error->message);
    set_message(error, text);
    return error->status;
}

mb_status mb_error_advise(struct mb_error *error, const char *fmt, ...)
{
    char text[2 * sizeof(error->message)];
    size_t len = (size_t)snprintf(text, sizeof(text), "%s; ", error->message);
    va_list args;
    va_start(args, fmt);
    vsnprintf(text + len, sizeof(text) - len, fmt, args);
    va_end(args);
    set_message(error, text);
    return error->status;
}

const char *mb_status_name(mb_status status)
{
    switch (status) {
    case MB_OK:
        return "ok";
    case MB_END:
        return "end";
    case MB_E_INTERNAL:
        return "internal error";
    case MB_E_INVALID:
        return "invalid call";
    case MB_E_CONFIG:
        return "configuration error";
    case MB_E_UNSUPPORTED:
        return "unsupported";
    case MB_E_NOT_FOUND:
        return "not found";
    case MB_E_NO_BUCKET:
        return "no such bucket";
    case MB_E_EXISTS:
        return "exists";
    case MB_E_UNAUTHENTICATED:
        return "unauthenticated";
    case MB_E_FORBIDDEN:
        return "forbidden";
    case MB_E_THROTTLED:
        return "throttled";
    case MB_E_UNAVAILABLE:
        return "unavailable";
    case MB_E_TIMEOUT:
        return "timeout";
    case MB_E_CANCELLED:
        return "cancelled";
    case MB_E_CORRUPT:
        return "corrupt";
    case MB_E_PROTOCOL:
        return "protocol error";
    case MB_E_NO_SPACE:
        return "no space";
    case MB_E_NO_MEMORY:
        return "no memory";
    case MB_E_CALLBACK:
        return "refused by callback";
    default:
        return "unknown status";
    }
}

bool mb_status_retryable(mb_status status)
{
    return status == MB_E_THROTTLED || status == MB_E_UNAVAILABLE || status == MB_E_TIMEOUT ||
           status == MB_E_CORRUPT;
}

static const struct {
    int sys_errno;
    mb_status status;
} errno_table[] = {
    {ENOENT, MB_E_NOT_FOUND},
    {ENOTDIR, MB_E_NOT_FOUND},
    {EEXIST, MB_E_EXISTS},
    {EACCES, MB_E_FORBIDDEN},
    {EPERM, MB_E_FORBIDDEN},
    {EROFS, MB_E_FORBIDDEN},
    {ENOSPC, MB_E_NO_SPACE},
    {EDQUOT, MB_E_NO_SPACE},
    {EFBIG, MB_E_NO_SPACE},
    {ENOMEM, MB_E_NO_MEMORY},
    {EINVAL, MB_E_INVALID},
    {ENAMETOOLONG, MB_E_INVALID},
    {ELOOP, MB_E_INVALID},
    {EISDIR, MB_E_INVALID},
    {ENOTEMPTY, MB_E_EXISTS},
    {ENOSYS, MB_E_UNSUPPORTED},
    {EOPNOTSUPP, MB_E_UNSUPPORTED},
    {EXDEV, MB_E_UNSUPPORTED},
    {ETIMEDOUT, MB_E_TIMEOUT},
    {ECANCELED, MB_E_CANCELLED},
    {EAGAIN, MB_E_UNAVAILABLE},
    {EBUSY, MB_E_UNAVAILABLE},
    {EINTR, MB_E_UNAVAILABLE},
    {EMFILE, MB_E_UNAVAILABLE},
    {ENFILE, MB_E_UNAVAILABLE},
    {ECONNREFUSED, MB_E_UNAVAILABLE},
    {ECONNRESET, MB_E_UNAVAILABLE},
    {ECONNABORTED, MB_E_UNAVAILABLE},
    {EPIPE, MB_E_UNAVAILABLE},
    {ENETUNREACH, MB_E_UNAVAILABLE},
    {EHOSTUNREACH, MB_E_UNAVAILABLE},
    {ESTALE, MB_E_UNAVAILABLE},
    {EIO, MB_E_UNAVAILABLE},
};

mb_status mb_status_from_errno(int sys_errno)
{
    for (size_t i = 0; i < sizeof(errno_table) / sizeof(errno_table[0]); i++) {
        if (errno_table[i].sys_errno == sys_errno)
            return errno_table[i].status;
    }
    return MB_E_INTERNAL;
}
