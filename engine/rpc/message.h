/* message.h - messages off the wire, to JSON, and back, by their descriptors.
 *
 * A field is the member of its name; an enum is its number, bytes are base64, a map is an object and
 * google.protobuf.Value any JSON.  What has its default value is left out, as on the wire. */
#ifndef MB_RPC_MESSAGE_H
#define MB_RPC_MESSAGE_H

#include "base/arena.h"
#include "base/buf.h"

#include <protobuf-c/protobuf-c.h>

/* What it points to lies in arena.  MB_E_INVALID for bytes that are no such message, and for what nobody
 * means: messages nested more than 100 deep, more than a million fields, text that is not UTF-8 or holds a
 * NUL. */
mb_status mb_message_unpack(const ProtobufCMessageDescriptor *descriptor, const void *bytes, size_t len,
                            struct mb_arena *arena, ProtobufCMessage **out, struct mb_error *error);

mb_status mb_message_to_json(const ProtobufCMessage *message, struct mb_buf *out, struct mb_error *error);

/* Members that the message does not have and nulls are passed over; MB_E_CORRUPT for another type than the
 * field's. */
mb_status mb_message_from_json(const ProtobufCMessageDescriptor *descriptor, const char *text, size_t len,
                               struct mb_arena *arena, ProtobufCMessage **out, struct mb_error *error);

#endif
