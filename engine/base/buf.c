#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What data points at while nothing is allocated (cap is 0): it is read, never written. */
const char mb_buf_nothing[1] = "";

void mb_buf_init(struct mb_buf *buf, size_t max)
{
    *buf = MB_BUF_INIT(max < SIZE_MAX ? max : SIZE_MAX - 1);
}

void mb_buf_done(struct mb_buf *buf)
{
    if (buf->cap > 0)
        free(buf->data);
    mb_buf_init(buf, buf->max);
}

void mb_buf_wipe(struct mb_buf *buf)
{
    if (buf->cap > 0)
        explicit_bzero(buf->data, buf->cap);
    mb_buf_done(buf);
}

void mb_buf_reset(struct mb_buf *buf)
{
    mb_buf_truncate(buf, 0);
}

void mb_buf_truncate(struct mb_buf *buf, size_t len)
{
    buf->status = MB_OK;
    if (len < buf->len)
        buf->len = len;
    if (buf->cap > 0)
        buf->data[buf->len] = '\0';
}

/* Room for more bytes and the NUL. */
static mb_status reserve(struct mb_buf *buf, size_t more)
{
    if (buf->status != MB_OK)
        return buf->status;
    if (more > buf->max - buf->len)
        return buf->status = MB_E_INVALID;
    size_t need = buf->len + more + 1;
    if (need <= buf->cap)
        return MB_OK;
    size_t cap = buf->cap > 0 ? buf->cap : 64;
    while (cap < need)
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    if (cap > buf->max + 1)
        cap = buf->max + 1;
    char *data = realloc(buf->cap > 0 ? buf->data : NULL, cap);
    if (data == NULL)
        return buf->status = MB_E_NO_MEMORY;
    data[buf->len] = '\0';
    buf->data = data;
    buf->cap = cap;
    return MB_OK;
}

mb_status mb_buf_append(struct mb_buf *buf, const void *data, size_t len)
{
    MB_TRY(reserve(buf, len));
    if (len > 0)
        memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
    return MB_OK;
}

mb_status mb_buf_puts(struct mb_buf *buf, const char *text)
{
    return mb_buf_append(buf, text, strlen(text));
}

mb_status mb_buf_putc(struct mb_buf *buf, char c)
{
    return mb_buf_append(buf, &c, 1);
}

mb_status mb_buf_printf(struct mb_buf *buf, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0)
        return buf->status = MB_E_INTERNAL;
    MB_TRY(reserve(buf, (size_t)n));
    va_start(args, fmt);
    vsnprintf(buf->data + buf->len, (size_t)n + 1, fmt, args);
    va_end(args);
    buf->len += (size_t)n;
    return MB_OK;
}

const char *mb_buf_text(const struct mb_buf *buf)
{
    return buf->data != NULL ? buf->data : mb_buf_nothing;
}

mb_status mb_buf_check(const struct mb_buf *buf, const char *what, struct mb_error *error)
{
    if (buf->status == MB_OK)
        return MB_OK;
    if (buf->status == MB_E_NO_MEMORY)
        return mb_fail_memory(error);
    if (buf->status == MB_E_INVALID)
        return mb_fail(error, MB_E_INVALID, "%s is longer than %zu bytes", what, buf->max);
    return mb_fail(error, buf->status, "%s cannot be formatted", what);
}

mb_status mb_buf_status(const struct mb_buf *buf, struct mb_error *error)
{
    return mb_buf_check(buf, "text", error);
}

static mb_status append_bytes(void *ctx, const void *data, size_t len)
{
    return mb_buf_append(ctx, data, len);
}

struct mb_sink mb_buf_sink(struct mb_buf *buf)
{
    return (struct mb_sink){.struct_size = sizeof(struct mb_sink), .write = append_bytes, .ctx = buf};
}

char *mb_buf_steal(struct mb_buf *buf)
{
    if (reserve(buf, 0) != MB_OK)
        return NULL;
    char *data = buf->data;
    buf->cap = 0;
    mb_buf_done(buf);
    return data;
}
