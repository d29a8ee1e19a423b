/* schema.h - what a body or an answer is made of: one table by which it is read, written and described
 * (openapi.h). */
#ifndef MB_API_SCHEMA_H
#define MB_API_SCHEMA_H

#include "api/scan.h"
#include "base/text.h"
#include "milvus_backup/storage_plugin.h"
#include "json/writer.h"

#include <stddef.h>

enum mb_api_type {
    MB_API_STRING,  /* const char *; "" when absent */
    MB_API_BOOL,    /* bool */
    MB_API_INT32,   /* int32_t */
    MB_API_INT64,   /* int64_t */
    MB_API_UINT64,  /* uint64_t */
    MB_API_STRINGS, /* struct mb_strings */
    MB_API_MAP,     /* struct mb_api_list of struct mb_kv: {"name": "text"} */
    MB_API_JSON,    /* const char *: a value as text; "" when absent */
    MB_API_OBJECT,  /* pointer to a struct; NULL when absent */
    MB_API_ARRAY,   /* struct mb_api_list of structs */
    MB_API_NAMED    /* likewise, {"name": {...}}: the struct's first member is const char *name */
};

struct mb_api_list {
    void *items; /* NULL when absent, and only then */
    size_t count;
};

enum {
    MB_API_ALWAYS = 1,  /* written also when it is zero, empty or absent */
    MB_API_REQUIRED = 2 /* said in the description; whoever takes the body checks it */
};

struct mb_api_field {
    const char *name;
    enum mb_api_type type;
    unsigned flags;
    size_t offset;
    const struct mb_api_schema *of; /* OBJECT, ARRAY, NAMED */
    const char *help;               /* one sentence, or NULL */
    const char *shape;              /* JSON: its description, JSON too; NULL for any value */
};

struct mb_api_schema {
    const char *name; /* "CreateRequest" */
    size_t size;
    const struct mb_api_field *fields;
    size_t count;
    bool bare; /* a body's description, or the answer as a whole; otherwise the "data" of an envelope */
    bool list; /* the data is an array of these */
};

#define MB_API_FIELD(kind, key, type_, member, text)                                            \
    {                                                                                           \
        .name = (key), .type = MB_API_##kind, .offset = offsetof(type_, member), .help = (text) \
    }
#define MB_API_FIELD_ALWAYS(kind, key, type_, member, text)                                              \
    {                                                                                                    \
        .name = (key), .type = MB_API_##kind, .flags = MB_API_ALWAYS, .offset = offsetof(type_, member), \
        .help = (text)                                                                                   \
    }
#define MB_API_FIELD_REQUIRED(kind, key, type_, member, text)                                              \
    {                                                                                                      \
        .name = (key), .type = MB_API_##kind, .flags = MB_API_REQUIRED, .offset = offsetof(type_, member), \
        .help = (text)                                                                                     \
    }
#define MB_API_FIELD_OF(kind, key, type_, member, schema, text)                                  \
    {                                                                                            \
        .name = (key), .type = MB_API_##kind, .offset = offsetof(type_, member), .of = (schema), \
        .help = (text)                                                                           \
    }
#define MB_API_SCHEMA(title, type_, table) \
    .name = (title), .size = sizeof(type_), .fields = (table), .count = sizeof(table) / sizeof *(table)

/* Fills the struct from the text's first value: a key is matched exactly or else without regard to case, the
 * last of several counts, null is absent, unknown keys are passed over.  MB_E_INVALID for what is no JSON and
 * for a wrong type. */
mb_status mb_api_read(const struct mb_api_schema *schema, const char *text, size_t len,
                      struct mb_arena *arena, void *out, struct mb_error *error);

/* Its members, into the object that the writer is in; what is zero is left out. */
void mb_api_write(struct mb_json_writer *writer, const struct mb_api_schema *schema, const void *base);

#endif
