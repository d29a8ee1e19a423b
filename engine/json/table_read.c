#include "base/text.h"
#include "model/collection.h"
#include "json/table.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

void mb_json_reject(struct mb_json_input *input, const char *key, const char *what)
{
    if (input->status == MB_OK)
        input->status = mb_fail(input->error, MB_E_CORRUPT, "%s: value at byte %" PRIu64 ": \"%s\" %s",
                                input->name, input->offset, key, what);
}

void *mb_json_alloc(struct mb_json_input *input, size_t count, size_t size)
{
    void *memory = mb_arena_alloc(input->arena, count > 0 ? count : 1, size);
    if (memory == NULL && input->status == MB_OK)
        input->status = mb_fail_memory(input->error);
    return memory;
}

const char *mb_json_copy(struct mb_json_input *input, const char *text, size_t len)
{
    char *copy = mb_json_alloc(input, len + 1, 1);
    if (copy == NULL)
        return "";
    memcpy(copy, text, len);
    return copy;
}

json_t *mb_json_find(json_t *object, const char *key)
{
    json_t *found = json_object_get(object, key);
    for (void *i = json_object_iter(object); found == NULL && i != NULL; i = json_object_iter_next(object, i))
        if (mb_text_equal_nocase(json_object_iter_key(i), key))
            found = json_object_iter_value(i);
    return json_is_null(found) ? NULL : found;
}

bool mb_json_is(struct mb_json_input *input, const char *key, json_t *value, json_type type)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "is no object", [JSON_ARRAY] = "is no array",
        [JSON_STRING] = "is no string", [JSON_INTEGER] = "is no integer of 64 bits",
        [JSON_REAL] = "is no number",   [JSON_TRUE] = "is no boolean",
        [JSON_FALSE] = "is no boolean", [JSON_NULL] = "is not null",
    };
    if (json_typeof(value) == type)
        return true;
    mb_json_reject(input, key, names[type]);
    return false;
}

static const char *to_string(struct mb_json_input *input, const char *key, json_t *value)
{
    if (!mb_json_is(input, key, value, JSON_STRING))
        return "";
    size_t len = json_string_length(value);
    if (memchr(json_string_value(value), '\0', len) != NULL) {
        mb_json_reject(input, key, "has a NUL in it");
        return "";
    }
    return mb_json_copy(input, json_string_value(value), len);
}

int64_t mb_json_to_int64(struct mb_json_input *input, const char *key, json_t *value)
{
    return mb_json_is(input, key, value, JSON_INTEGER) ? json_integer_value(value) : 0;
}

/* What is too large for jansson comes as a string of digits (reader.h). */
static uint64_t to_uint64(struct mb_json_input *input, const char *key, json_t *value)
{
    if (json_is_integer(value) && json_integer_value(value) >= 0)
        return (uint64_t)json_integer_value(value);
    const char *text = json_is_string(value) ? json_string_value(value) : "";
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0) {
        mb_json_reject(input, key, "is no positive integer of 64 bits");
        return 0;
    }
    return number;
}

static int32_t to_int32(struct mb_json_input *input, const char *key, json_t *value)
{
    int64_t number = mb_json_to_int64(input, key, value);
    if (number >= INT32_MIN && number <= INT32_MAX)
        return (int32_t)number;
    mb_json_reject(input, key, "is no integer of 32 bits");
    return 0;
}

static bool to_bool(struct mb_json_input *input, const char *key, json_t *value)
{
    return !json_is_false(value) && mb_json_is(input, key, value, JSON_TRUE);
}

const char *mb_json_to_raw(struct mb_json_input *input, json_t *value)
{
    struct mb_buf text;
    mb_buf_init(&text, SIZE_MAX / 2);
    const struct mb_sink sink = mb_buf_sink(&text);
    struct mb_json_writer writer;
    mb_json_init(&writer, &sink);
    mb_json_value(&writer, NULL, value);
    struct mb_error ignored = MB_ERROR_INIT;
    const char *copy = "";
    if (mb_json_finish(&writer, &ignored) == MB_OK)
        copy = mb_json_copy(input, text.data, text.len);
    else if (input->status == MB_OK)
        input->status = mb_fail_memory(input->error);
    mb_json_done(&writer);
    mb_buf_done(&text);
    return copy;
}

struct mb_bytes mb_json_to_bytes(struct mb_json_input *input, const char *key, json_t *value)
{
    struct mb_bytes none = {0};
    if (!mb_json_is(input, key, value, JSON_STRING))
        return none;
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    uint8_t *data = mb_json_alloc(input, len + 1, 1);
    if (data == NULL)
        return none;
    int decoded = EVP_DecodeBlock(data, (const unsigned char *)text, (int)len);
    if (decoded < 0 || len % 4 != 0) {
        mb_json_reject(input, key, "is not base64");
        return none;
    }
    size_t padding = 0;
    while (padding < 2 && padding < len && text[len - padding - 1] == '=')
        padding++;
    return (struct mb_bytes){.data = data, .len = (size_t)decoded - padding};
}

static void read_strings(struct mb_json_input *input, const char *key, json_t *value, struct mb_strings *out)
{
    if (!mb_json_is(input, key, value, JSON_ARRAY))
        return;
    size_t count = json_array_size(value);
    const char **items = mb_json_alloc(input, count, sizeof(*items));
    for (size_t i = 0; items != NULL && i < count; i++)
        items[i] = to_string(input, key, json_array_get(value, i));
    *out = (struct mb_strings){.items = items, .count = items == NULL ? 0 : count};
}

static void read_ids(struct mb_json_input *input, const char *key, json_t *value, struct mb_ids *out)
{
    if (!mb_json_is(input, key, value, JSON_ARRAY))
        return;
    size_t count = json_array_size(value);
    int64_t *items = mb_json_alloc(input, count, sizeof(*items));
    for (size_t i = 0; items != NULL && i < count; i++)
        items[i] = mb_json_to_int64(input, key, json_array_get(value, i));
    *out = (struct mb_ids){.items = items, .count = items == NULL ? 0 : count};
}

static void read_map(struct mb_json_input *input, const char *key, json_t *value, struct mb_properties *out)
{
    if (!mb_json_is(input, key, value, JSON_OBJECT))
        return;
    size_t count = 0;
    struct mb_property *items = mb_json_alloc(input, json_object_size(value), sizeof(*items));
    for (void *i = json_object_iter(value); items != NULL && i != NULL; i = json_object_iter_next(value, i)) {
        struct mb_property *item = &items[count++];
        const char *name = json_object_iter_key(i);
        item->key = mb_json_copy(input, name, strlen(name));
        item->value = to_string(input, name, json_object_iter_value(i));
    }
    *out = (struct mb_properties){.items = items, .count = count};
}

static void read_array(struct mb_json_input *input, const struct mb_json_field *field, json_t *value,
                       void *base)
{
    if (!mb_json_is(input, field->key, value, JSON_ARRAY))
        return;
    size_t count = json_array_size(value);
    char *items = mb_json_alloc(input, count, field->size);
    for (size_t i = 0; items != NULL && i < count; i++)
        mb_json_read_object(input, field->fields, field->key, json_array_get(value, i),
                            items + i * field->size);
    *mb_json_array_items(field, base) = items;
    *mb_json_array_count(field, base) = items == NULL ? 0 : count;
}

static void read_value(struct mb_json_input *input, const struct mb_json_field *field, json_t *value,
                       void *base)
{
    const char *key = field->key;
    void *at = (char *)base + field->offset;
    switch (field->kind) {
    case MB_JSON_STRING:
        *(const char **)at = to_string(input, key, value);
        break;
    case MB_JSON_RAW:
        *(const char **)at = mb_json_to_raw(input, value);
        break;
    case MB_JSON_INT64:
        *(int64_t *)at = mb_json_to_int64(input, key, value);
        break;
    case MB_JSON_INT32:
        *(int32_t *)at = to_int32(input, key, value);
        break;
    case MB_JSON_UINT64:
        *(uint64_t *)at = to_uint64(input, key, value);
        break;
    case MB_JSON_BOOL:
        *(bool *)at = to_bool(input, key, value);
        break;
    case MB_JSON_ZERO:
        break;
    case MB_JSON_BASE64:
        *(struct mb_bytes *)at = mb_json_to_bytes(input, key, value);
        break;
    case MB_JSON_STRINGS:
        read_strings(input, key, value, at);
        break;
    case MB_JSON_IDS:
        read_ids(input, key, value, at);
        break;
    case MB_JSON_MAP:
        read_map(input, key, value, at);
        break;
    case MB_JSON_OBJECT:
        mb_json_read_object(input, field->fields, key, value, at);
        break;
    case MB_JSON_ARRAY:
        read_array(input, field, value, base);
        break;
    case MB_JSON_CUSTOM:
        if (field->read != NULL)
            field->read(input, field, value, base);
        break;
    }
}

void mb_json_set_defaults(const struct mb_json_field *fields, void *base)
{
    for (; fields->key != NULL; fields++) {
        void *at = (char *)base + fields->offset;
        if (fields->kind == MB_JSON_STRING || fields->kind == MB_JSON_RAW)
            *(const char **)at = "";
        else if (fields->kind == MB_JSON_OBJECT)
            mb_json_set_defaults(fields->fields, at);
    }
}

static const struct mb_json_field *find(const struct mb_json_field *fields, const char *key)
{
    for (const struct mb_json_field *f = fields; f->key != NULL; f++)
        if (strcmp(f->key, key) == 0)
            return f;
    for (const struct mb_json_field *f = fields; f->key != NULL; f++)
        if (mb_text_equal_nocase(f->key, key))
            return f;
    return NULL;
}

void mb_json_read_member(struct mb_json_input *input, const struct mb_json_field *fields, const char *key,
                         json_t *value, void *base)
{
    const struct mb_json_field *field = find(fields, key);
    if (field != NULL && !json_is_null(value))
        read_value(input, field, value, base);
}

void mb_json_read_object(struct mb_json_input *input, const struct mb_json_field *fields, const char *key,
                         json_t *object, void *base)
{
    mb_json_set_defaults(fields, base);
    if (json_is_null(object) || !mb_json_is(input, key, object, JSON_OBJECT))
        return;
    for (void *i = json_object_iter(object); i != NULL; i = json_object_iter_next(object, i))
        mb_json_read_member(input, fields, json_object_iter_key(i), json_object_iter_value(i), base);
}
