#include "api/schema.h"

static void write_strings(struct mb_json_writer *writer, const char *key, const struct mb_strings *strings)
{
    mb_json_begin_array(writer, key);
    for (size_t i = 0; i < strings->count; i++)
        mb_json_string(writer, NULL, strings->items[i]);
    mb_json_end_array(writer);
}

static void write_map(struct mb_json_writer *writer, const char *key, const struct mb_api_list *list)
{
    const struct mb_kv *pairs = list->items;
    mb_json_begin_object(writer, key);
    for (size_t i = 0; i < list->count; i++)
        mb_json_string(writer, pairs[i].key, pairs[i].value);
    mb_json_end_object(writer);
}

static void write_struct(struct mb_json_writer *writer, const char *key, const struct mb_api_schema *schema,
                         const void *base)
{
    mb_json_begin_object(writer, key);
    mb_api_write(writer, schema, base);
    mb_json_end_object(writer);
}

static void write_items(struct mb_json_writer *writer, const struct mb_api_field *field,
                        const struct mb_api_list *list)
{
    bool named = field->type == MB_API_NAMED;
    if (named)
        mb_json_begin_object(writer, field->name);
    else
        mb_json_begin_array(writer, field->name);
    for (size_t i = 0; i < list->count; i++) {
        const char *item = (const char *)list->items + i * field->of->size;
        write_struct(writer, named ? *(const char *const *)(const void *)item : NULL, field->of, item);
    }
    if (named)
        mb_json_end_object(writer);
    else
        mb_json_end_array(writer);
}

static const char *text_at(const void *at)
{
    const char *text = *(const char *const *)at;
    return text != NULL ? text : "";
}

static bool is_zero(const struct mb_api_field *field, const void *at)
{
    switch (field->type) {
    case MB_API_STRING:
    case MB_API_JSON:
        return *text_at(at) == '\0';
    case MB_API_BOOL:
        return !*(const bool *)at;
    case MB_API_INT32:
        return *(const int32_t *)at == 0;
    case MB_API_INT64:
        return *(const int64_t *)at == 0;
    case MB_API_UINT64:
        return *(const uint64_t *)at == 0;
    case MB_API_STRINGS:
        return ((const struct mb_strings *)at)->count == 0;
    case MB_API_OBJECT:
        return *(const void *const *)at == NULL;
    case MB_API_MAP:
    case MB_API_ARRAY:
    case MB_API_NAMED:
        return ((const struct mb_api_list *)at)->count == 0;
    }
    return false;
}

static void write_object(struct mb_json_writer *writer, const struct mb_api_field *field, const void *value)
{
    if (value == NULL)
        mb_json_raw(writer, field->name, "null");
    else
        write_struct(writer, field->name, field->of, value);
}

static void write_value(struct mb_json_writer *writer, const struct mb_api_field *field, const void *at)
{
    switch (field->type) {
    case MB_API_STRING:
        mb_json_string(writer, field->name, text_at(at));
        break;
    case MB_API_JSON:
        mb_json_raw(writer, field->name, *text_at(at) != '\0' ? text_at(at) : "null");
        break;
    case MB_API_BOOL:
        mb_json_bool(writer, field->name, *(const bool *)at);
        break;
    case MB_API_INT32:
        mb_json_int(writer, field->name, *(const int32_t *)at);
        break;
    case MB_API_INT64:
        mb_json_int(writer, field->name, *(const int64_t *)at);
        break;
    case MB_API_UINT64:
        mb_json_uint(writer, field->name, *(const uint64_t *)at);
        break;
    case MB_API_STRINGS:
        write_strings(writer, field->name, at);
        break;
    case MB_API_OBJECT:
        write_object(writer, field, *(const void *const *)at);
        break;
    case MB_API_MAP:
        write_map(writer, field->name, at);
        break;
    case MB_API_ARRAY:
    case MB_API_NAMED:
        write_items(writer, field, at);
        break;
    }
}

void mb_api_write(struct mb_json_writer *writer, const struct mb_api_schema *schema, const void *base)
{
    for (size_t i = 0; i < schema->count; i++) {
        const struct mb_api_field *field = &schema->fields[i];
        const void *at = (const char *)base + field->offset;
        if ((field->flags & MB_API_ALWAYS) != 0 || !is_zero(field, at))
            write_value(writer, field, at);
    }
}
