#include "http/headers.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void mb_headers_clear(struct mb_headers *headers)
{
    for (size_t i = 0; i < headers->count; i++) {
        free(headers->items[i].name);
        free(headers->items[i].value);
    }
    headers->count = 0;
    headers->status = MB_OK;
}

void mb_headers_done(struct mb_headers *headers)
{
    mb_headers_clear(headers);
    free(headers->items);
    *headers = (struct mb_headers){0};
}

static struct mb_header *find(const struct mb_headers *headers, const char *name)
{
    for (size_t i = 0; i < headers->count; i++)
        if (strcasecmp(headers->items[i].name, name) == 0)
            return &headers->items[i];
    return NULL;
}

const char *mb_headers_get(const struct mb_headers *headers, const char *name)
{
    const struct mb_header *header = find(headers, name);
    return header ? header->value : NULL;
}

static struct mb_header *append(struct mb_headers *headers)
{
    if (headers->count == headers->cap) {
        size_t cap = headers->cap > 0 ? headers->cap * 2 : 16;
        struct mb_header *grown = realloc(headers->items, cap * sizeof(*grown));
        if (!grown)
            return NULL;
        headers->items = grown;
        headers->cap = cap;
    }
    return &headers->items[headers->count];
}

static mb_status add(struct mb_headers *headers, const char *name, size_t name_len, const char *value,
                     size_t value_len)
{
    struct mb_header *header = append(headers);
    if (!header)
        return MB_E_NO_MEMORY;
    struct mb_header fresh = {.name = strndup(name, name_len), .value = strndup(value, value_len)};
    if (!fresh.name || !fresh.value) {
        free(fresh.name);
        free(fresh.value);
        return MB_E_NO_MEMORY;
    }
    *header = fresh;
    headers->count++;
    return MB_OK;
}

static bool is_field_text(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if ((*p < 0x20 && *p != '\t') || *p == 0x7f)
            return false;
    return true;
}

void mb_headers_set(struct mb_headers *headers, const char *name, const char *value)
{
    if (headers->status != MB_OK)
        return;
    if (!is_field_text(value)) {
        headers->status = MB_E_INVALID;
        return;
    }
    mb_headers_remove(headers, name);
    headers->status = add(headers, name, strlen(name), value, strlen(value));
}

void mb_headers_add(struct mb_headers *headers, const struct mb_pair *pairs)
{
    for (; pairs != NULL && pairs->name != NULL; pairs++)
        if (pairs->value != NULL)
            mb_headers_set(headers, pairs->name, pairs->value);
}

void mb_headers_printf(struct mb_headers *headers, const char *name, const char *fmt, ...)
{
    va_list args;
    char *text = NULL;

    va_start(args, fmt);
    int len = vasprintf(&text, fmt, args);
    va_end(args);
    if (len < 0) {
        headers->status = MB_E_NO_MEMORY;
        return;
    }
    mb_headers_set(headers, name, text);
    free(text);
}

void mb_headers_remove(struct mb_headers *headers, const char *name)
{
    struct mb_header *header = find(headers, name);
    if (!header)
        return;
    free(header->name);
    free(header->value);
    size_t after = (size_t)(headers->items + headers->count - header) - 1;
    memmove(header, header + 1, after * sizeof(*header));
    headers->count--;
}

mb_status mb_headers_status(const struct mb_headers *headers, struct mb_error *error)
{
    if (headers->status == MB_E_NO_MEMORY)
        return mb_fail_memory(error);
    if (headers->status != MB_OK)
        return mb_fail(error, headers->status, "a header value holds a control character");
    return MB_OK;
}

void mb_headers_parse_line(struct mb_headers *headers, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    if (headers->status != MB_OK || !colon || colon == line)
        return;
    const char *value = colon + 1;
    const char *end = line + len;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && strchr(" \t\r\n", end[-1]) && end[-1] != '\0')
        end--;
    headers->status = add(headers, line, (size_t)(colon - line), value, (size_t)(end - value));
}
