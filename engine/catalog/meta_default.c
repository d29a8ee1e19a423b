#include "catalog/meta_default.h"

#include <string.h>

/* A string or bytes: the first byte of such a ValueField. */
enum { STRING_VALUE = 6 << 3 | 2, BYTES_VALUE = 7 << 3 | 2 };

/* Are the bytes one value whose own length is that of what follows? */
static bool length_fits(const uint8_t *data, size_t len)
{
    size_t at = 1, value = 0;
    if (len < 2 || (data[0] != STRING_VALUE && data[0] != BYTES_VALUE))
        return false;
    for (unsigned shift = 0; at < len && shift < 28; shift += 7) {
        value |= (size_t)(data[at] & 0x7F) << shift;
        if ((data[at++] & 0x80) == 0)
            return value == len - at;
    }
    return false;
}

/* What is no UTF-8 was written as U+FFFD, which is longer: the length tells whether a text had it before. */
static bool is_lost(const uint8_t *data, size_t len)
{
    return memmem(data, len, "\xEF\xBF\xBD", 3) != NULL && !length_fits(data, len);
}

void mb_meta_read_default_text(struct mb_json_input *input, const struct mb_json_field *field, json_t *value,
                               void *base)
{
    struct mb_field *out = base;
    if (out->default_value.len > 0 || !mb_json_is(input, field->key, value, JSON_STRING))
        return;
    size_t len = json_string_length(value);
    uint8_t *data = mb_json_alloc(input, len, 1);
    if (data == NULL)
        return;
    memcpy(data, json_string_value(value), len);
    if (is_lost(data, len))
        out->default_lost = true;
    else
        out->default_value = (struct mb_bytes){.data = data, .len = len};
}

void mb_meta_read_default_object(struct mb_json_input *input, const struct mb_json_field *field,
                                 json_t *value, void *base)
{
    struct mb_field *out = base;
    (void)input;
    (void)field;
    if (json_is_object(json_object_get(value, "Data")))
        out->default_lost = true;
}
