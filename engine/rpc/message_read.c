/* JSON to messages, as a stream: a reply that describes a large backup is not held as a tree besides. */
#include "rpc/message.h"

#include "base/text.h"
#include "model/collection.h"
#include "rpc/field.h"
#include "json/reader.h"
#include "json/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct input {
    struct mb_json_reader *reader;
    struct mb_arena *arena;
    struct mb_error *error;
    const char *text; /* that is not read yet */
    size_t len;
};

static mb_status reject(const struct input *in, const ProtobufCFieldDescriptor *field)
{
    return mb_fail(in->error, MB_E_CORRUPT, "%s: byte %llu: this is no value for %s",
                   mb_json_reader_name(in->reader), (unsigned long long)mb_json_value_offset(in->reader),
                   field->name);
}

static void *allocate(struct input *in, size_t count, size_t size)
{
    void *memory = mb_arena_alloc(in->arena, count, size);
    if (memory == NULL)
        mb_fail_memory(in->error);
    return memory;
}

static void *new_message(struct input *in, const ProtobufCMessageDescriptor *descriptor)
{
    void *message = allocate(in, 1, descriptor->sizeof_message);
    if (message != NULL)
        protobuf_c_message_init(descriptor, message);
    return message;
}

/* ------------------------------------------------------------------ scalars */

static bool to_uint64(const json_t *value, uint64_t *out)
{
    const char *text = json_string_value(value);
    char *end = NULL;
    *out = (uint64_t)json_integer_value(value);
    if (json_is_integer(value))
        return json_integer_value(value) >= 0;
    if (text == NULL || *text < '0' || *text > '9')
        return false;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0';
}

static bool to_int64(const json_t *value, int64_t *out)
{
    *out = json_integer_value(value);
    return json_is_integer(value) ||
           (json_is_string(value) && mb_text_to_int64(json_string_value(value), out));
}

static bool read_integer(const ProtobufCFieldDescriptor *field, const json_t *value, void *at)
{
    int64_t number = 0;
    uint64_t natural = 0;
    bool has_sign = field->type != PROTOBUF_C_TYPE_UINT64 && field->type != PROTOBUF_C_TYPE_FIXED64 &&
                    field->type != PROTOBUF_C_TYPE_UINT32 && field->type != PROTOBUF_C_TYPE_FIXED32;
    bool is_long = mb_field_size(field) == sizeof number;
    if (has_sign ? !to_int64(value, &number) : !to_uint64(value, &natural))
        return false;
    if (!is_long && (number < INT32_MIN || number > INT32_MAX || natural > UINT32_MAX))
        return false;
    if (is_long)
        *(uint64_t *)at = has_sign ? (uint64_t)number : natural;
    else
        *(uint32_t *)at = has_sign ? (uint32_t)number : (uint32_t)natural;
    return true;
}

static bool read_string(struct input *in, const json_t *value, const char **out)
{
    size_t len = json_string_length(value);
    if (!json_is_string(value) || strlen(json_string_value(value)) != len)
        return false;
    *out = mb_arena_strndup(in->arena, json_string_value(value), len);
    return *out != NULL;
}

static bool read_bytes(struct input *in, const ProtobufCFieldDescriptor *field, json_t *value,
                       ProtobufCBinaryData *out)
{
    struct mb_json_input input = {
        .arena = in->arena, .name = mb_json_reader_name(in->reader), .error = in->error, .status = MB_OK};
    struct mb_bytes bytes = mb_json_to_bytes(&input, field->name, value);
    *out = (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)bytes.data, .len = bytes.len};
    return input.status == MB_OK;
}

static bool read_scalar(struct input *in, const ProtobufCFieldDescriptor *field, json_t *value, void *at)
{
    switch ((int)field->type) {
    case PROTOBUF_C_TYPE_STRING:
        return read_string(in, value, at);
    case PROTOBUF_C_TYPE_BYTES:
        return read_bytes(in, field, value, at);
    case PROTOBUF_C_TYPE_BOOL:
        *(protobuf_c_boolean *)at = json_is_true(value);
        return json_is_boolean(value);
    case PROTOBUF_C_TYPE_FLOAT:
        *(float *)at = (float)json_number_value(value);
        return json_is_number(value);
    case PROTOBUF_C_TYPE_DOUBLE:
        *(double *)at = json_number_value(value);
        return json_is_number(value);
    default:
        return read_integer(field, value, at);
    }
}

/* ----------------------------------------------------------------- any JSON */

static Google__Protobuf__Value *new_value(struct input *in, json_t *json);

static Google__Protobuf__ListValue *new_values(struct input *in, json_t *array)
{
    Google__Protobuf__ListValue *list = new_message(in, &google__protobuf__list_value__descriptor);
    if (list == NULL)
        return NULL;
    list->values = allocate(in, json_array_size(array) + 1, sizeof *list->values);
    while (list->values != NULL && list->n_values < json_array_size(array)) {
        Google__Protobuf__Value *value = new_value(in, json_array_get(array, list->n_values));
        if (value == NULL)
            return NULL;
        list->values[list->n_values++] = value;
    }
    return list->values != NULL ? list : NULL;
}

static Google__Protobuf__Struct__FieldsEntry *new_entry(struct input *in, const char *key, json_t *json)
{
    Google__Protobuf__Struct__FieldsEntry *entry =
        new_message(in, &google__protobuf__struct__fields_entry__descriptor);
    if (entry == NULL)
        return NULL;
    entry->key = mb_arena_strdup(in->arena, key);
    entry->value = new_value(in, json);
    return entry->key != NULL && entry->value != NULL ? entry : NULL;
}

static Google__Protobuf__Struct *new_struct(struct input *in, json_t *object)
{
    const char *key;
    json_t *json;
    Google__Protobuf__Struct *made = new_message(in, &google__protobuf__struct__descriptor);
    if (made == NULL)
        return NULL;
    made->fields = allocate(in, json_object_size(object) + 1, sizeof *made->fields);
    if (made->fields == NULL)
        return NULL;
    json_object_foreach(object, key, json)
    {
        Google__Protobuf__Struct__FieldsEntry *entry = new_entry(in, key, json);
        if (entry == NULL)
            return NULL;
        made->fields[made->n_fields++] = entry;
    }
    return made;
}

/* NULL without memory. */
static Google__Protobuf__Value *new_value(struct input *in, json_t *json)
{
    Google__Protobuf__Value *value = new_message(in, &google__protobuf__value__descriptor);
    if (value == NULL)
        return NULL;
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        value->kind_case = GOOGLE__PROTOBUF__VALUE__KIND_STRUCT_VALUE;
        value->struct_value = new_struct(in, json);
        return value->struct_value != NULL ? value : NULL;
    case JSON_ARRAY:
        value->kind_case = GOOGLE__PROTOBUF__VALUE__KIND_LIST_VALUE;
        value->list_value = new_values(in, json);
        return value->list_value != NULL ? value : NULL;
    case JSON_STRING:
        value->kind_case = GOOGLE__PROTOBUF__VALUE__KIND_STRING_VALUE;
        value->string_value = mb_arena_strdup(in->arena, json_string_value(json));
        return value->string_value != NULL ? value : NULL;
    case JSON_INTEGER:
    case JSON_REAL:
        value->kind_case = GOOGLE__PROTOBUF__VALUE__KIND_NUMBER_VALUE;
        value->number_value = json_number_value(json);
        return value;
    case JSON_TRUE:
    case JSON_FALSE:
        value->kind_case = GOOGLE__PROTOBUF__VALUE__KIND_BOOL_VALUE;
        value->bool_value = json_is_true(json);
        return value;
    case JSON_NULL:
        value->kind_case = GOOGLE__PROTOBUF__VALUE__KIND_NULL_VALUE;
        return value;
    }
    return value;
}

/* ----------------------------------------------------------------- messages */

static mb_status read_message(struct input *in, const ProtobufCMessageDescriptor *descriptor,
                              ProtobufCMessage **out);

/* A null leaves what lies there as it is and says so. */
static mb_status read_leaf(struct input *in, const ProtobufCFieldDescriptor *field, void *at, bool *is_null)
{
    json_t *value = NULL;
    bool fits = true;
    MB_TRY(mb_json_take(in->reader, &value, in->error));
    *is_null = json_is_null(value);
    if (mb_field_is_value(field))
        fits = (*(void **)at = new_value(in, value)) != NULL;
    else if (!*is_null)
        fits = read_scalar(in, field, value, at);
    json_decref(value);
    return fits ? MB_OK : reject(in, field);
}

static mb_status read_element(struct input *in, const ProtobufCFieldDescriptor *field, void *at,
                              bool *is_null)
{
    ProtobufCMessage *message = NULL;
    if (field->type != PROTOBUF_C_TYPE_MESSAGE || mb_field_is_value(field))
        return read_leaf(in, field, at, is_null);
    MB_TRY(read_message(in, field->descriptor, &message));
    *is_null = message == NULL;
    *(ProtobufCMessage **)at = message;
    return MB_OK;
}

static mb_status read_single(struct input *in, ProtobufCMessage *message,
                             const ProtobufCFieldDescriptor *field)
{
    bool is_null = false;
    MB_TRY(read_element(in, field, mb_field_at(message, field), &is_null));
    if (mb_field_is_oneof(field) && !is_null)
        *mb_field_case(message, field) = field->id;
    return MB_OK;
}

/* The place behind the last element, which grows with doubling; NULL without memory. */
static void *next_place(struct input *in, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    void **items = mb_field_at(message, field);
    size_t count = *mb_field_count(message, field), size = mb_field_size(field);
    if ((count & (count - 1)) == 0) {
        void *grown = allocate(in, count > 0 ? 2 * count : 1, size);
        if (grown == NULL)
            return NULL;
        if (count > 0)
            memcpy(grown, *items, count * size);
        *items = grown;
    }
    return (char *)*items + count * size;
}

static mb_status read_list(struct input *in, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    mb_status status;
    MB_TRY(mb_json_enter_array(in->reader, in->error));
    while ((status = mb_json_next_element(in->reader, in->error)) == MB_OK) {
        bool is_null = false;
        void *place = next_place(in, message, field);
        if (place == NULL)
            return MB_E_NO_MEMORY;
        MB_TRY(read_element(in, field, place, &is_null));
        if (is_null && !mb_field_is_value(field))
            return reject(in, field);
        ++*mb_field_count(message, field);
    }
    return status == MB_END ? MB_OK : status;
}

static mb_status read_map(struct input *in, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    const char *key;
    mb_status status;
    const ProtobufCMessageDescriptor *descriptor = field->descriptor;
    MB_TRY(mb_json_enter_object(in->reader, in->error));
    while ((status = mb_json_next_member(in->reader, &key, in->error)) == MB_OK) {
        ProtobufCMessage **place = next_place(in, message, field);
        if (place == NULL || (*place = new_message(in, descriptor)) == NULL)
            return MB_E_NO_MEMORY;
        char **name = mb_field_at(*place, &descriptor->fields[0]);
        if ((*name = mb_arena_strdup(in->arena, key)) == NULL)
            return mb_fail_memory(in->error);
        MB_TRY(read_single(in, *place, &descriptor->fields[1]));
        ++*mb_field_count(message, field);
    }
    return status == MB_END ? MB_OK : status;
}

static mb_status read_member(struct input *in, ProtobufCMessage *message, const char *key)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(message->descriptor, key);
    if (field == NULL)
        return mb_json_skip(in->reader, in->error);
    if (mb_field_is_map(message->descriptor, field))
        return read_map(in, message, field);
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return read_list(in, message, field);
    return read_single(in, message, field);
}

/* *out is NULL for a null. */
static mb_status read_message(struct input *in, const ProtobufCMessageDescriptor *descriptor,
                              ProtobufCMessage **out)
{
    const char *key;
    mb_status status;
    MB_TRY(mb_json_enter_object(in->reader, in->error));
    *out = NULL;
    if (!mb_json_entered_null(in->reader) && (*out = new_message(in, descriptor)) == NULL)
        return MB_E_NO_MEMORY;
    while ((status = mb_json_next_member(in->reader, &key, in->error)) == MB_OK)
        MB_TRY(read_member(in, *out, key));
    return status == MB_END ? MB_OK : status;
}

/* ------------------------------------------------------------- the document */

static mb_status read_text(void *ctx, void *buf, size_t cap, size_t *nread, struct mb_error *error)
{
    struct input *in = ctx;
    (void)error;
    *nread = in->len < cap ? in->len : cap;
    memcpy(buf, in->text, *nread);
    in->text += *nread;
    in->len -= *nread;
    return MB_OK;
}

static mb_status read_document(struct input *in, const ProtobufCMessageDescriptor *descriptor,
                               ProtobufCMessage **out)
{
    MB_TRY(read_message(in, descriptor, out));
    MB_TRY(mb_json_reader_finish(in->reader, in->error));
    if (*out == NULL && (*out = new_message(in, descriptor)) == NULL)
        return MB_E_NO_MEMORY;
    return MB_OK;
}

mb_status mb_message_from_json(const ProtobufCMessageDescriptor *descriptor, const char *text, size_t len,
                               struct mb_arena *arena, ProtobufCMessage **out, struct mb_error *error)
{
    struct input in = {.arena = arena, .error = error, .text = text, .len = len};
    MB_TRY(mb_json_reader_new(&in.reader, descriptor->short_name, read_text, &in, error));
    mb_status status = read_document(&in, descriptor, out);
    mb_json_reader_free(in.reader);
    return status;
}
