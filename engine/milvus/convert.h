/* convert.h - Milvus' messages to the model's structs and back.
 *
 * What comes out shares its strings with what went in: both belong to the same arena, or live as long.
 * NULL means no memory. */
#ifndef MB_MILVUS_CONVERT_H
#define MB_MILVUS_CONVERT_H

#include "base/arena.h"
#include "milvus.pb-c.h"
#include "model/collection.h"
#include "model/rbac.h"

#include <string.h>

/* protobuf-c keeps strings as char * also where it only reads them. */
static inline char *mb_pb_text(const char *text)
{
    char *out;
    memcpy(&out, &text, sizeof text);
    return out;
}

mb_status mb_properties_from_pb(Pb__KeyValuePair **pairs, size_t count, struct mb_arena *arena,
                                struct mb_properties *out, struct mb_error *error);
mb_status mb_properties_to_pb(const struct mb_properties *properties, struct mb_arena *arena,
                              Pb__KeyValuePair ***out, size_t *count, struct mb_error *error);

/* An array of char *, for repeated strings of a request. */
mb_status mb_strings_to_pb(const struct mb_strings *strings, struct mb_arena *arena, char ***out,
                           size_t *count, struct mb_error *error);
struct mb_strings mb_strings_from_pb(char **items, size_t count);

mb_status mb_field_to_pb(const struct mb_field *field, struct mb_arena *arena, Pb__FieldSchema **out,
                         struct mb_error *error);
mb_status mb_field_from_pb(const Pb__FieldSchema *pb, struct mb_arena *arena, struct mb_field *out,
                           struct mb_error *error);
mb_status mb_schema_from_pb(const Pb__CollectionSchema *schema, struct mb_arena *arena, struct mb_schema *out,
                            struct mb_error *error);

/* rbac.c: into *pb, which is the caller's. */
mb_status mb_rbac_to_pb(const struct mb_rbac *rbac, struct mb_arena *arena, Pb__RbacMeta *pb,
                        struct mb_error *error);

/* The schema under the given name. */
mb_status mb_schema_to_pb(const struct mb_schema *schema, const char *name, struct mb_arena *arena,
                          Pb__CollectionSchema **out, struct mb_error *error);

/* The message's bytes in arena: for schemas that travel inside a bytes field. */
mb_status mb_message_to_bytes(const ProtobufCMessage *message, struct mb_arena *arena,
                              ProtobufCBinaryData *out, struct mb_error *error);

#endif
