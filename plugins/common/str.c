#include "common/str.h"

#include "common/error.h"

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 128 };

void mb_str_done(struct mb_str *str)
{
    free(str->data);
    *str = MB_STR_INIT(str->max);
}

void mb_str_wipe(struct mb_str *str)
{
    if (str->data)
        OPENSSL_cleanse(str->data, str->cap);
    mb_str_done(str);
}

void mb_str_clear(struct mb_str *str)
{
    str->len = 0;
    str->status = MB_OK;
    if (str->data)
        str->data[0] = '\0';
}

static mb_status reserve(struct mb_str *str, size_t more)
{
    if (str->status != MB_OK)
        return str->status;
    if (more > str->max || str->len > str->max - more)
        return str->status = MB_E_INVALID;
    size_t need = str->len + more + 1;
    if (need <= str->cap)
        return MB_OK;
    size_t cap = str->cap > 0 ? str->cap : FIRST_CAPACITY;
    while (cap < need)
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    char *grown = realloc(str->data, cap);
    if (!grown)
        return str->status = MB_E_NO_MEMORY;
    str->data = grown;
    str->cap = cap;
    return MB_OK;
}

mb_status mb_str_append(struct mb_str *str, const void *data, size_t len)
{
    if (reserve(str, len) != MB_OK)
        return str->status;
    if (len > 0)
        memcpy(str->data + str->len, data, len);
    str->len += len;
    str->data[str->len] = '\0';
    return MB_OK;
}

mb_status mb_str_puts(struct mb_str *str, const char *text)
{
    return mb_str_append(str, text, strlen(text));
}

mb_status mb_str_putc(struct mb_str *str, char c)
{
    return mb_str_append(str, &c, 1);
}

mb_status mb_str_printf(struct mb_str *str, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    int need = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (need < 0)
        return str->status = MB_E_INVALID;
    if (reserve(str, (size_t)need) != MB_OK)
        return str->status;
    va_start(args, fmt);
    vsnprintf(str->data + str->len, (size_t)need + 1, fmt, args);
    va_end(args);
    str->len += (size_t)need;
    return MB_OK;
}

const char *mb_str_text(const struct mb_str *str)
{
    return str->data ? str->data : "";
}

mb_status mb_str_status(const struct mb_str *str, const char *what, struct mb_error *error)
{
    if (str->status == MB_OK)
        return MB_OK;
    if (str->status == MB_E_NO_MEMORY)
        return mb_plugin_fail_memory(error);
    return mb_plugin_fail(error, str->status, "%s is longer than %zu bytes", what, str->max);
}

bool mb_str_fit(char *out, size_t cap, const char *text)
{
    size_t len = strlen(text);
    bool whole = len < cap;
    if (!whole)
        len = cap - 1;
    memcpy(out, text, len);
    out[len] = '\0';
    return whole;
}
