/* Bytes to messages.  protobuf-c unpacks by recursion, knows no limits and does not look into strings, so all
 * is walked through once before. */
#include "rpc/message.h"

#include "base/text.h"

#include <string.h>

enum { MAX_DEPTH = 100, MAX_FIELDS = 1000000 };
enum { WIRE_VARINT, WIRE_64_BITS, WIRE_LENGTH, WIRE_32_BITS = 5 };

struct level {
    const ProtobufCMessageDescriptor *descriptor;
    const uint8_t *end;
};

struct walk {
    const uint8_t *at;
    struct level levels[MAX_DEPTH];
    size_t depth;
    size_t fields;
    struct mb_error *error;
};

static mb_status refuse(const struct walk *walk, const char *what)
{
    const ProtobufCMessageDescriptor *outer = walk->levels[0].descriptor;
    return mb_fail(walk->error, MB_E_INVALID, "this is no %s: %s", outer->short_name, what);
}

static mb_status take_varint(struct walk *walk, uint64_t *out)
{
    const uint8_t *end = walk->levels[walk->depth - 1].end;
    *out = 0;
    for (unsigned shift = 0; walk->at < end && shift < 70; shift += 7) {
        uint8_t byte = *walk->at++;
        if (shift < 64)
            *out |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return MB_OK;
    }
    return refuse(walk, "a number does not end");
}

static mb_status enter(struct walk *walk, const ProtobufCMessageDescriptor *descriptor, size_t len)
{
    if (walk->depth == MAX_DEPTH)
        return refuse(walk, "it is nested too deeply");
    walk->levels[walk->depth++] = (struct level){.descriptor = descriptor, .end = walk->at + len};
    return MB_OK;
}

static mb_status check_text(struct walk *walk, size_t len)
{
    const char *text = (const char *)walk->at;
    for (size_t at = 0, n; at < len; at += n) {
        n = mb_text_character(text + at, len - at);
        if (n == 0 || text[at] == '\0')
            return refuse(walk, "a string is not UTF-8 or holds a NUL");
    }
    return MB_OK;
}

static mb_status skip(struct walk *walk, uint64_t len)
{
    if (len > (uint64_t)(walk->levels[walk->depth - 1].end - walk->at))
        return refuse(walk, "a field is cut off");
    walk->at += len;
    return MB_OK;
}

static mb_status take_length(struct walk *walk, const ProtobufCFieldDescriptor *field)
{
    uint64_t len = 0;
    MB_TRY(take_varint(walk, &len));
    const uint8_t *from = walk->at;
    MB_TRY(skip(walk, len));
    if (field == NULL || (field->type != PROTOBUF_C_TYPE_MESSAGE && field->type != PROTOBUF_C_TYPE_STRING))
        return MB_OK;
    walk->at = from;
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return enter(walk, field->descriptor, len);
    MB_TRY(check_text(walk, len));
    return skip(walk, len);
}

static mb_status take_field(struct walk *walk)
{
    const ProtobufCMessageDescriptor *descriptor = walk->levels[walk->depth - 1].descriptor;
    uint64_t tag = 0, ignored;
    if (++walk->fields > MAX_FIELDS)
        return refuse(walk, "it has more than a million fields");
    MB_TRY(take_varint(walk, &tag));
    if (tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
        return refuse(walk, "no field has such a number");
    switch (tag & 7) {
    case WIRE_VARINT:
        return take_varint(walk, &ignored);
    case WIRE_64_BITS:
        return skip(walk, 8);
    case WIRE_LENGTH:
        return take_length(walk, protobuf_c_message_descriptor_get_field(descriptor, (unsigned)(tag >> 3)));
    case WIRE_32_BITS:
        return skip(walk, 4);
    default:
        return refuse(walk, "it has a group or another type that proto3 does not know");
    }
}

static mb_status check(const ProtobufCMessageDescriptor *descriptor, const void *bytes, size_t len,
                       struct mb_error *error)
{
    struct walk walk = {.at = bytes, .error = error};
    MB_TRY(enter(&walk, descriptor, len));
    while (walk.depth > 0)
        if (walk.at == walk.levels[walk.depth - 1].end)
            walk.depth--;
        else
            MB_TRY(take_field(&walk));
    return MB_OK;
}

static void *allocate(void *arena, size_t size)
{
    return mb_arena_alloc(arena, 1, size > 0 ? size : 1);
}

static void keep(void *arena, void *pointer)
{
    (void)arena;
    (void)pointer;
}

mb_status mb_message_unpack(const ProtobufCMessageDescriptor *descriptor, const void *bytes, size_t len,
                            struct mb_arena *arena, ProtobufCMessage **out, struct mb_error *error)
{
    ProtobufCAllocator allocator = {.alloc = allocate, .free = keep, .allocator_data = arena};
    MB_TRY(check(descriptor, bytes, len, error));
    ProtobufCMessage *message = protobuf_c_message_unpack(descriptor, &allocator, len, bytes);
    if (message == NULL)
        return mb_fail(error, MB_E_INVALID, "this is no %s: a field has another type, or memory is short",
                       descriptor->short_name);
    *out = message;
    return MB_OK;
}
