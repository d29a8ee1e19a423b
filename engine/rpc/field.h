/* field.h - where the fields of a message lie, by its descriptor. */
#ifndef MB_RPC_FIELD_H
#define MB_RPC_FIELD_H

#include <google/protobuf/struct.pb-c.h>
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* protobuf-c has maps as what they are on the wire, repeated messages of a key and a value; the name that
 * protoc gives to those is all that tells them from others. */
bool mb_field_is_map(const ProtobufCMessageDescriptor *owner, const ProtobufCFieldDescriptor *field);

/* Any JSON: google.protobuf.Value. */
bool mb_field_is_value(const ProtobufCFieldDescriptor *field);

/* Of one element in memory. */
size_t mb_field_size(const ProtobufCFieldDescriptor *field);

static inline void *mb_field_at(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    return (void *)((uintptr_t)message + field->offset);
}

/* Of a repeated field. */
static inline size_t *mb_field_count(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    return (size_t *)((uintptr_t)message + field->quantifier_offset);
}

/* Which field of a oneof is set: its number. */
static inline uint32_t *mb_field_case(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    return (uint32_t *)((uintptr_t)message + field->quantifier_offset);
}

static inline bool mb_field_is_oneof(const ProtobufCFieldDescriptor *field)
{
    return (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
}

#endif
