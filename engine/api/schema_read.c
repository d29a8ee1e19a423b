#include "api/schema.h"

#include <string.h>

struct reading {
    struct mb_arena *arena;
    struct mb_error *error;
};

static mb_status read_members(struct reading *reading, const struct mb_api_schema *schema,
                              struct mb_scan object, void *out);

static mb_status wrong(struct reading *reading, const struct mb_api_field *field, const char *wanted)
{
    return mb_fail(reading->error, MB_E_INVALID, "%s is no %s", field->name, wanted);
}

static mb_status read_text(struct reading *reading, struct mb_scan value, const char **out)
{
    *out = mb_scan_text(value, reading->arena);
    return *out != NULL ? MB_OK : mb_fail_memory(reading->error);
}

static mb_status read_string(struct reading *reading, const struct mb_api_field *field, struct mb_scan value,
                             const char **out)
{
    return mb_scan_kind(value) == '"' ? read_text(reading, value, out) : wrong(reading, field, "string");
}

/* Of an array or an object of strings; null is an empty one. */
static mb_status read_item(struct reading *reading, const struct mb_api_field *field, struct mb_scan item,
                           const char **out)
{
    *out = "";
    if (mb_scan_kind(item) == '"')
        return read_text(reading, item, out);
    if (mb_scan_kind(item) == 'n')
        return MB_OK;
    return mb_fail(reading->error, MB_E_INVALID, "%s holds something that is no string", field->name);
}

static mb_status read_bool(struct reading *reading, const struct mb_api_field *field, struct mb_scan value,
                           bool *out)
{
    char kind = mb_scan_kind(value);
    *out = kind == 't';
    return kind == 't' || kind == 'f' ? MB_OK : wrong(reading, field, "boolean");
}

static mb_status read_int32(struct reading *reading, const struct mb_api_field *field, struct mb_scan value,
                            int32_t *out)
{
    int64_t number = 0;
    if (mb_scan_kind(value) != '0' || !mb_scan_int64(value, &number) || number < INT32_MIN ||
        number > INT32_MAX)
        return wrong(reading, field, "integer of 32 bits");
    *out = (int32_t)number;
    return MB_OK;
}

static mb_status read_int64(struct reading *reading, const struct mb_api_field *field, struct mb_scan value,
                            int64_t *out)
{
    bool fits = mb_scan_kind(value) == '0' && mb_scan_int64(value, out);
    return fits ? MB_OK : wrong(reading, field, "integer of 64 bits");
}

static mb_status read_uint64(struct reading *reading, const struct mb_api_field *field, struct mb_scan value,
                             uint64_t *out)
{
    bool fits = mb_scan_kind(value) == '0' && mb_scan_uint64(value, out);
    return fits ? MB_OK : wrong(reading, field, "positive integer of 64 bits");
}

static size_t count_items(struct mb_scan value)
{
    struct mb_scan_walk walk = mb_scan_enter(value);
    struct mb_scan key, item;
    size_t count = 0;
    while (mb_scan_next(&walk, &key, &item))
        count++;
    return count;
}

/* Room for as many as the value has; never NULL but without memory. */
static mb_status make_room(struct reading *reading, struct mb_scan value, size_t size, void **out)
{
    *out = mb_arena_alloc(reading->arena, count_items(value) + 1, size);
    return *out != NULL ? MB_OK : mb_fail_memory(reading->error);
}

static mb_status read_strings(struct reading *reading, const struct mb_api_field *field, struct mb_scan value,
                              struct mb_strings *out)
{
    struct mb_scan key, item;
    void *items = NULL;
    if (mb_scan_kind(value) != '[')
        return wrong(reading, field, "array of strings");
    MB_TRY(make_room(reading, value, sizeof *out->items, &items));
    *out = (struct mb_strings){.items = items};
    struct mb_scan_walk walk = mb_scan_enter(value);
    for (; mb_scan_next(&walk, &key, &item); out->count++)
        MB_TRY(read_item(reading, field, item, &out->items[out->count]));
    return MB_OK;
}

static mb_status read_map(struct reading *reading, const struct mb_api_field *field, struct mb_scan value,
                          struct mb_api_list *out)
{
    struct mb_scan key, item;
    if (mb_scan_kind(value) != '{')
        return wrong(reading, field, "object of strings");
    MB_TRY(make_room(reading, value, sizeof(struct mb_kv), &out->items));
    out->count = 0;
    struct mb_scan_walk walk = mb_scan_enter(value);
    for (; mb_scan_next(&walk, &key, &item); out->count++) {
        struct mb_kv *pair = (struct mb_kv *)out->items + out->count;
        MB_TRY(read_text(reading, key, &pair->key));
        MB_TRY(read_item(reading, field, item, &pair->value));
    }
    return MB_OK;
}

static mb_status read_nested(struct reading *reading, const struct mb_api_field *field, struct mb_scan value,
                             void **out)
{
    if (mb_scan_kind(value) != '{')
        return wrong(reading, field, "object");
    *out = mb_arena_alloc(reading->arena, 1, field->of->size);
    return *out != NULL ? read_members(reading, field->of, value, *out) : mb_fail_memory(reading->error);
}

static mb_status read_items(struct reading *reading, const struct mb_api_field *field, struct mb_scan value,
                            struct mb_api_list *out)
{
    struct mb_scan key, item;
    bool named = field->type == MB_API_NAMED;
    if (mb_scan_kind(value) != (named ? '{' : '['))
        return wrong(reading, field, named ? "object of objects" : "array of objects");
    MB_TRY(make_room(reading, value, field->of->size, &out->items));
    out->count = 0;
    struct mb_scan_walk walk = mb_scan_enter(value);
    for (; mb_scan_next(&walk, &key, &item); out->count++) {
        void *at = (char *)out->items + out->count * field->of->size;
        if (mb_scan_kind(item) != '{' && mb_scan_kind(item) != 'n')
            return wrong(reading, field, named ? "object of objects" : "array of objects");
        MB_TRY(read_members(reading, field->of, item, at));
        if (named)
            MB_TRY(read_text(reading, key, at));
    }
    return MB_OK;
}

static mb_status read_json(struct reading *reading, struct mb_scan value, const char **out)
{
    *out = mb_arena_strndup(reading->arena, value.text, value.len);
    return *out != NULL ? MB_OK : mb_fail_memory(reading->error);
}

static mb_status read_value(struct reading *reading, const struct mb_api_field *field, struct mb_scan value,
                            void *at)
{
    switch (field->type) {
    case MB_API_STRING:
        return read_string(reading, field, value, at);
    case MB_API_BOOL:
        return read_bool(reading, field, value, at);
    case MB_API_INT32:
        return read_int32(reading, field, value, at);
    case MB_API_INT64:
        return read_int64(reading, field, value, at);
    case MB_API_UINT64:
        return read_uint64(reading, field, value, at);
    case MB_API_STRINGS:
        return read_strings(reading, field, value, at);
    case MB_API_MAP:
        return read_map(reading, field, value, at);
    case MB_API_JSON:
        return read_json(reading, value, at);
    case MB_API_OBJECT:
        return read_nested(reading, field, value, at);
    case MB_API_ARRAY:
    case MB_API_NAMED:
        return read_items(reading, field, value, at);
    }
    return MB_OK;
}

static const struct mb_api_field *find(const struct mb_api_schema *schema, const char *key)
{
    for (size_t i = 0; i < schema->count; i++)
        if (strcmp(schema->fields[i].name, key) == 0)
            return &schema->fields[i];
    for (size_t i = 0; i < schema->count; i++)
        if (mb_text_equal_nocase(schema->fields[i].name, key))
            return &schema->fields[i];
    return NULL;
}

static void set_defaults(const struct mb_api_schema *schema, void *out)
{
    memset(out, 0, schema->size);
    for (size_t i = 0; i < schema->count; i++)
        if (schema->fields[i].type == MB_API_STRING || schema->fields[i].type == MB_API_JSON)
            *(const char **)((char *)out + schema->fields[i].offset) = "";
}

static mb_status read_members(struct reading *reading, const struct mb_api_schema *schema,
                              struct mb_scan object, void *out)
{
    struct mb_scan key, value;
    set_defaults(schema, out);
    if (mb_scan_kind(object) == 'n')
        return MB_OK;
    struct mb_scan_walk walk = mb_scan_enter(object);
    while (mb_scan_next(&walk, &key, &value)) {
        const char *name = NULL;
        MB_TRY(read_text(reading, key, &name));
        const struct mb_api_field *field = find(schema, name);
        if (field != NULL && mb_scan_kind(value) != 'n')
            MB_TRY(read_value(reading, field, value, (char *)out + field->offset));
    }
    return MB_OK;
}

mb_status mb_api_read(const struct mb_api_schema *schema, const char *text, size_t len,
                      struct mb_arena *arena, void *out, struct mb_error *error)
{
    struct reading reading = {.arena = arena, .error = error};
    struct mb_scan value;
    MB_TRY(mb_scan_first(text, len, &value, error));
    if (mb_scan_kind(value) != '{' && mb_scan_kind(value) != 'n')
        return mb_fail(error, MB_E_INVALID, "the body is no object");
    return read_members(&reading, schema, value, out);
}
