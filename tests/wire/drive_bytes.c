#include "drive_bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *drive_text_of(const json_t *request, const char *name, const char *otherwise)
{
    const json_t *value = json_object_get(request, name);
    return json_is_string(value) ? json_string_value(value) : otherwise;
}

int64_t drive_number_of(const json_t *request, const char *name, int64_t otherwise)
{
    const json_t *value = json_object_get(request, name);
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

bool drive_flag_of(const json_t *request, const char *name)
{
    return json_is_true(json_object_get(request, name));
}

struct drive_bytes drive_bytes_of(const json_t *request)
{
    const char *hex = drive_text_of(request, "data", NULL);
    int64_t fill = drive_number_of(request, "fill", -1);       /* so many bytes of a pattern, */
    size_t skip = (size_t)drive_number_of(request, "skip", 0); /* from here on */
    struct drive_bytes bytes = {.step = (size_t)drive_number_of(request, "step", 1 << 20),
                                .refuse_after = drive_number_of(request, "refuse_after", -1)};
    if (hex) {
        bytes.len = strlen(hex) / 2;
        bytes.data = malloc(bytes.len + 1);
        for (size_t i = 0; i < bytes.len; i++) {
            char two[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
            bytes.data[i] = (unsigned char)strtoul(two, NULL, 16);
        }
    } else if (fill >= 0) {
        bytes.len = (size_t)fill;
        bytes.data = malloc(bytes.len + 1);
        for (size_t i = 0; i < bytes.len; i++)
            bytes.data[i] = (unsigned char)((i + skip) * 131 + ((i + skip) >> 8));
    }
    return bytes;
}

mb_status drive_read_bytes(void *ctx, void *buf, size_t cap, size_t *nread)
{
    struct drive_bytes *bytes = ctx;
    size_t left = bytes->len - bytes->at;
    size_t len = left < cap ? left : cap;
    if (bytes->refuse_after >= 0 && (int64_t)bytes->at >= bytes->refuse_after)
        return MB_E_INTERNAL;
    len = len < bytes->step ? len : bytes->step;
    if (len > 0)
        memcpy(buf, bytes->data + bytes->at, len);
    bytes->at += len;
    *nread = len;
    return MB_OK;
}

mb_status drive_rewind_bytes(void *ctx)
{
    struct drive_bytes *bytes = ctx;
    bytes->at = 0;
    return MB_OK;
}

mb_status drive_take_bytes(void *ctx, const void *data, size_t len)
{
    struct drive_bytes *bytes = ctx;
    if (bytes->refuse_after >= 0 && (int64_t)(bytes->len + len) > bytes->refuse_after)
        return MB_E_INTERNAL;
    if (bytes->len + len > bytes->cap) {
        size_t cap = (bytes->len + len) * 2;
        unsigned char *grown = realloc(bytes->data, cap);
        if (!grown)
            return MB_E_NO_MEMORY;
        bytes->data = grown;
        bytes->cap = cap;
    }
    memcpy(bytes->data + bytes->len, data, len);
    bytes->len += len;
    return MB_OK;
}

void drive_put_hex(json_t *out, const struct drive_bytes *bytes)
{
    char *hex = malloc(bytes->len * 2 + 1);
    for (size_t i = 0; i < bytes->len; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes->data[i]);
    hex[bytes->len * 2] = '\0';
    json_object_set_new(out, "data", json_string(hex));
    free(hex);
}

/* By a table, on purpose another way than the drivers'. */
uint32_t drive_crc32c(const struct drive_bytes *bytes)
{
    uint32_t table[256];
    uint32_t crc = ~UINT32_C(0);

    for (uint32_t i = 0; i < 256; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            table[i] = table[i] >> 1 ^ (table[i] & 1 ? UINT32_C(0x82f63b78) : 0);
    }
    for (size_t i = 0; i < bytes->len; i++)
        crc = table[(crc ^ bytes->data[i]) & 255] ^ crc >> 8;
    return ~crc;
}
