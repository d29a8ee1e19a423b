#include "json/table.h"

#include "base/text.h"
#include "model/collection.h"

#include <stdlib.h>
#include <string.h>

static void write_strings(struct mb_json_writer *writer, const char *key, const struct mb_strings *strings)
{
    if (strings->count == 0)
        return;
    mb_json_begin_array(writer, key);
    for (size_t i = 0; i < strings->count; i++)
        mb_json_string(writer, NULL, strings->items[i]);
    mb_json_end_array(writer);
}

static void write_ids(struct mb_json_writer *writer, const char *key, const struct mb_ids *ids)
{
    if (ids->count == 0)
        return;
    mb_json_begin_array(writer, key);
    for (size_t i = 0; i < ids->count; i++)
        mb_json_int(writer, NULL, ids->items[i]);
    mb_json_end_array(writer);
}

const struct mb_json_field mb_json_property_fields[] = {
    {.key = "key", .kind = MB_JSON_STRING, .offset = offsetof(struct mb_property, key)},
    {.key = "value", .kind = MB_JSON_STRING, .offset = offsetof(struct mb_property, value)},
    {.key = NULL},
};

static int compare_keys(const void *a, const void *b)
{
    const struct mb_property *const *x = a, *const *y = b;
    return strcmp((*x)->key, (*y)->key);
}

static void write_map(struct mb_json_writer *writer, const char *key, const struct mb_properties *map)
{
    if (map->count == 0)
        return;
    const struct mb_property **sorted = calloc(map->count, sizeof(const struct mb_property *));
    if (sorted == NULL) {
        mb_json_fail(writer, MB_E_NO_MEMORY);
        return;
    }
    for (size_t i = 0; i < map->count; i++)
        sorted[i] = &map->items[i];
    qsort(sorted, map->count, sizeof(const struct mb_property *), compare_keys);
    mb_json_begin_object(writer, key);
    for (size_t i = 0; i < map->count; i++)
        mb_json_string(writer, sorted[i]->key, sorted[i]->value);
    mb_json_end_object(writer);
    free(sorted);
}

static void write_text(struct mb_json_writer *writer, const struct mb_json_field *field, const char *text)
{
    if (text == NULL || *text == '\0')
        return;
    if (field->kind == MB_JSON_RAW)
        mb_json_raw(writer, field->key, text);
    else
        mb_json_string(writer, field->key, text);
}

static void write_int(struct mb_json_writer *writer, const struct mb_json_field *field, int64_t value)
{
    if (value != 0 || field->always)
        mb_json_int(writer, field->key, value);
}

static void write_field(struct mb_json_writer *writer, const struct mb_json_field *field, const void *base)
{
    const void *at = (const char *)base + field->offset;
    switch (field->kind) {
    case MB_JSON_STRING:
    case MB_JSON_RAW:
        write_text(writer, field, *(const char *const *)at);
        break;
    case MB_JSON_INT64:
        write_int(writer, field, *(const int64_t *)at);
        break;
    case MB_JSON_INT32:
        write_int(writer, field, *(const int32_t *)at);
        break;
    case MB_JSON_UINT64:
        if (*(const uint64_t *)at != 0)
            mb_json_uint(writer, field->key, *(const uint64_t *)at);
        break;
    case MB_JSON_ZERO:
        mb_json_int(writer, field->key, 0);
        break;
    case MB_JSON_BOOL:
        if (*(const bool *)at || field->always)
            mb_json_bool(writer, field->key, *(const bool *)at);
        break;
    case MB_JSON_BASE64:
        if (((const struct mb_bytes *)at)->len > 0)
            mb_json_base64(writer, field->key, ((const struct mb_bytes *)at)->data,
                           ((const struct mb_bytes *)at)->len);
        break;
        break;
    case MB_JSON_STRINGS:
        write_strings(writer, field->key, at);
        break;
    case MB_JSON_IDS:
        write_ids(writer, field->key, at);
        break;
    case MB_JSON_MAP:
        write_map(writer, field->key, at);
        break;
    case MB_JSON_OBJECT:
        mb_json_write_object(writer, field->key, field->fields, at);
        break;
    case MB_JSON_ARRAY:
        mb_json_write_objects(writer, field->key, field->fields, *mb_json_array_items(field, base),
                              *mb_json_array_count(field, base), field->size);
        break;
    case MB_JSON_CUSTOM:
        if (field->write != NULL)
            field->write(writer, field, base);
        break;
    }
}

void mb_json_write_object(struct mb_json_writer *writer, const char *key, const struct mb_json_field *fields,
                          const void *base)
{
    mb_json_begin_object(writer, key);
    for (; fields->key != NULL; fields++)
        write_field(writer, fields, base);
    mb_json_end_object(writer);
}

void mb_json_write_objects(struct mb_json_writer *writer, const char *key, const struct mb_json_field *fields,
                           const void *items, size_t count, size_t size)
{
    if (count == 0)
        return;
    mb_json_begin_array(writer, key);
    for (size_t i = 0; i < count; i++)
        mb_json_write_object(writer, NULL, fields, (const char *)items + i * size);
    mb_json_end_array(writer);
}
