#include "rpc/message.h"

#include "rpc/field.h"
#include "json/writer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* With as few digits as say it; JSON has no word for what is no number. */
static void write_number(struct mb_json_writer *writer, const char *key, double value, bool is_float)
{
    char text[40] = "null";
    bool exact = !isfinite(value);
    for (int digits = is_float ? 6 : 15; !exact; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        exact = is_float ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value;
    }
    mb_json_raw(writer, key, text);
}

static void write_value(struct mb_json_writer *writer, const char *key, const Google__Protobuf__Value *value);

static void write_struct(struct mb_json_writer *writer, const char *key,
                         const Google__Protobuf__Struct *object)
{
    mb_json_begin_object(writer, key);
    for (size_t i = 0; i < object->n_fields; i++)
        write_value(writer, object->fields[i]->key, object->fields[i]->value);
    mb_json_end_object(writer);
}

static void write_values(struct mb_json_writer *writer, const char *key,
                         const Google__Protobuf__ListValue *list)
{
    mb_json_begin_array(writer, key);
    for (size_t i = 0; i < list->n_values; i++)
        write_value(writer, NULL, list->values[i]);
    mb_json_end_array(writer);
}

static void write_value(struct mb_json_writer *writer, const char *key, const Google__Protobuf__Value *value)
{
    switch (value != NULL ? (int)value->kind_case : 0) {
    case GOOGLE__PROTOBUF__VALUE__KIND_NUMBER_VALUE:
        write_number(writer, key, value->number_value, false);
        break;
    case GOOGLE__PROTOBUF__VALUE__KIND_STRING_VALUE:
        mb_json_string(writer, key, value->string_value);
        break;
    case GOOGLE__PROTOBUF__VALUE__KIND_BOOL_VALUE:
        mb_json_bool(writer, key, value->bool_value);
        break;
    case GOOGLE__PROTOBUF__VALUE__KIND_STRUCT_VALUE:
        write_struct(writer, key, value->struct_value);
        break;
    case GOOGLE__PROTOBUF__VALUE__KIND_LIST_VALUE:
        write_values(writer, key, value->list_value);
        break;
    default:
        mb_json_raw(writer, key, "null");
        break;
    }
}

/* ------------------------------------------------------------------- fields */

static void write_message(struct mb_json_writer *writer, const char *key, const ProtobufCMessage *message);

static void write_element(struct mb_json_writer *writer, const char *key,
                          const ProtobufCFieldDescriptor *field, const void *at)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_ENUM:
        mb_json_int(writer, key, *(const int32_t *)at);
        break;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        mb_json_uint(writer, key, *(const uint32_t *)at);
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        mb_json_int(writer, key, *(const int64_t *)at);
        break;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        mb_json_uint(writer, key, *(const uint64_t *)at);
        break;
    case PROTOBUF_C_TYPE_FLOAT:
        write_number(writer, key, (double)*(const float *)at, true);
        break;
    case PROTOBUF_C_TYPE_DOUBLE:
        write_number(writer, key, *(const double *)at, false);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        mb_json_bool(writer, key, *(const protobuf_c_boolean *)at != 0);
        break;
    case PROTOBUF_C_TYPE_STRING:
        mb_json_string(writer, key, *(const char *const *)at);
        break;
    case PROTOBUF_C_TYPE_BYTES:
        mb_json_base64(writer, key, ((const ProtobufCBinaryData *)at)->data,
                       ((const ProtobufCBinaryData *)at)->len);
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        if (mb_field_is_value(field))
            write_value(writer, key, *(const Google__Protobuf__Value *const *)at);
        else
            write_message(writer, key, *(const ProtobufCMessage *const *)at);
        break;
    }
}

static bool is_zero(const void *at, size_t size)
{
    const unsigned char *bytes = at;
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

static bool is_set(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    const void *at = mb_field_at(message, field);
    if (mb_field_is_oneof(field))
        return *mb_field_case(message, field) == field->id;
    if (field->type == PROTOBUF_C_TYPE_STRING)
        return *(const char *const *)at != NULL && **(const char *const *)at != '\0';
    if (field->type == PROTOBUF_C_TYPE_BYTES)
        return ((const ProtobufCBinaryData *)at)->len > 0;
    return !is_zero(at, mb_field_size(field));
}

/* Its value may be left out on the wire. */
static void write_entry(struct mb_json_writer *writer, const ProtobufCMessage *entry)
{
    const ProtobufCFieldDescriptor *value = &entry->descriptor->fields[1];
    const char *key = *(const char *const *)mb_field_at(entry, &entry->descriptor->fields[0]);
    const void *at = mb_field_at(entry, value);
    bool lacks = value->type == PROTOBUF_C_TYPE_MESSAGE && *(void *const *)at == NULL;
    if (lacks && !mb_field_is_value(value))
        mb_json_raw(writer, key, "{}");
    else
        write_element(writer, key, value, at);
}

static void write_repeated(struct mb_json_writer *writer, const ProtobufCMessage *message,
                           const ProtobufCFieldDescriptor *field)
{
    bool is_map = mb_field_is_map(message->descriptor, field);
    size_t count = *mb_field_count(message, field);
    const char *items = *(const char *const *)mb_field_at(message, field);
    if (count == 0)
        return;
    (is_map ? mb_json_begin_object : mb_json_begin_array)(writer, field->name);
    for (size_t i = 0; i < count; i++)
        if (is_map)
            write_entry(writer, ((const ProtobufCMessage *const *)(uintptr_t)items)[i]);
        else
            write_element(writer, NULL, field, items + i * mb_field_size(field));
    (is_map ? mb_json_end_object : mb_json_end_array)(writer);
}

static void write_message(struct mb_json_writer *writer, const char *key, const ProtobufCMessage *message)
{
    mb_json_begin_object(writer, key);
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        if (field->label == PROTOBUF_C_LABEL_REPEATED)
            write_repeated(writer, message, field);
        else if (is_set(message, field))
            write_element(writer, field->name, field, mb_field_at(message, field));
    }
    mb_json_end_object(writer);
}

mb_status mb_message_to_json(const ProtobufCMessage *message, struct mb_buf *out, struct mb_error *error)
{
    struct mb_json_writer writer;
    const struct mb_sink sink = mb_buf_sink(out);
    mb_json_init(&writer, &sink);
    write_message(&writer, NULL, message);
    mb_status status = mb_json_finish(&writer, error);
    mb_json_done(&writer);
    return status;
}
