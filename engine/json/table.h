/* table.h - structs to JSON and back, by one table that both directions use.
 *
 * A table lists the members of an object in the order in which they are written.  Zero values are left out
 * unless ALWAYS is set.  When reading, a key is matched exactly or else without regard to case, unknown keys
 * and null are passed over. */
#ifndef MB_JSON_TABLE_H
#define MB_JSON_TABLE_H

#include "base/arena.h"
#include "json/writer.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum mb_json_kind {
    MB_JSON_STRING,  /* const char * */
    MB_JSON_INT64,   /* int64_t */
    MB_JSON_INT32,   /* int32_t */
    MB_JSON_UINT64,  /* uint64_t */
    MB_JSON_BOOL,    /* bool */
    MB_JSON_ZERO,    /* nothing: always written as 0, never read */
    MB_JSON_BASE64,  /* struct mb_bytes */
    MB_JSON_STRINGS, /* struct mb_strings */
    MB_JSON_IDS,     /* struct mb_ids */
    MB_JSON_MAP,     /* struct mb_properties as an object, keys sorted */
    MB_JSON_RAW,     /* const char *: JSON text */
    MB_JSON_OBJECT,  /* a struct with a table of its own, always written */
    MB_JSON_ARRAY,   /* a pointer and a size_t, structs with a table of their own */
    MB_JSON_CUSTOM   /* what the two functions say; either may be NULL */
};

struct mb_json_input;
struct mb_bytes;

struct mb_json_field {
    const char *key; /* NULL ends a table */
    enum mb_json_kind kind;
    bool always; /* numbers and booleans: written when zero too */
    size_t offset;
    size_t count_offset;                /* ARRAY */
    size_t size;                        /* ARRAY: of an element */
    const struct mb_json_field *fields; /* OBJECT, ARRAY */
    void (*write)(struct mb_json_writer *writer, const struct mb_json_field *field, const void *base);
    void (*read)(struct mb_json_input *input, const struct mb_json_field *field, json_t *value, void *base);
};

/* The rows of a table; MB_JSON_LIST for an array of structs, MB_JSON_PAIRS for a struct mb_properties that
 * is written as an array of {key, value}. */
#define MB_JSON_MEMBER(json_kind, name, type, field)                                \
    {                                                                               \
        .key = (name), .kind = MB_JSON_##json_kind, .offset = offsetof(type, field) \
    }
#define MB_JSON_ALWAYS(json_kind, name, type, field)                                                \
    {                                                                                               \
        .key = (name), .kind = MB_JSON_##json_kind, .always = true, .offset = offsetof(type, field) \
    }
#define MB_JSON_NESTED(name, type, field, table)                                                  \
    {                                                                                             \
        .key = (name), .kind = MB_JSON_OBJECT, .offset = offsetof(type, field), .fields = (table) \
    }
#define MB_JSON_LIST(name, type, items_field, count_field, table)                               \
    {                                                                                           \
        .key = (name), .kind = MB_JSON_ARRAY, .offset = offsetof(type, items_field),            \
        .count_offset = offsetof(type, count_field), .size = sizeof(*((type *)0)->items_field), \
        .fields = (table)                                                                       \
    }
#define MB_JSON_PAIRS(name, type, field) \
    MB_JSON_LIST(name, type, field.items, field.count, mb_json_property_fields)

extern const struct mb_json_field mb_json_property_fields[];

static inline char **mb_json_array_items(const struct mb_json_field *field, const void *base)
{
    return (char **)((uintptr_t)base + field->offset);
}

static inline size_t *mb_json_array_count(const struct mb_json_field *field, const void *base)
{
    return (size_t *)((uintptr_t)base + field->count_offset);
}

void mb_json_write_object(struct mb_json_writer *writer, const char *key, const struct mb_json_field *fields,
                          const void *base);

/* An array of count objects of size bytes; nothing when there are none. */
void mb_json_write_objects(struct mb_json_writer *writer, const char *key, const struct mb_json_field *fields,
                           const void *items, size_t count, size_t size);

/* Errors stick here; what was read goes into the arena. */
struct mb_json_input {
    struct mb_arena *arena;
    const char *name; /* of the document, and where in it: for messages */
    uint64_t offset;
    struct mb_error *error;
    mb_status status;
    void *ctx; /* the user's */
};

/* MB_E_CORRUPT naming key. */
void mb_json_reject(struct mb_json_input *input, const char *key, const char *what);

/* Strings and JSON texts become "": no pointer to a string is NULL afterwards. */
void mb_json_set_defaults(const struct mb_json_field *fields, void *base);

/* One member; unknown keys are passed over. */
void mb_json_read_member(struct mb_json_input *input, const struct mb_json_field *fields, const char *key,
                         json_t *value, void *base);

/* All members of an object; sets the defaults first. */
void mb_json_read_object(struct mb_json_input *input, const struct mb_json_field *fields, const char *key,
                         json_t *object, void *base);

/* Single values.  On a wrong type they reject and return the zero value. */
int64_t mb_json_to_int64(struct mb_json_input *input, const char *key, json_t *value);
struct mb_bytes mb_json_to_bytes(struct mb_json_input *input, const char *key, json_t *value); /* base64 */
const char *mb_json_to_raw(struct mb_json_input *input, json_t *value);
bool mb_json_is(struct mb_json_input *input, const char *key, json_t *value, json_type type);

/* From the input's arena; NULL and an error in input without memory. */
void *mb_json_alloc(struct mb_json_input *input, size_t count, size_t size);
const char *mb_json_copy(struct mb_json_input *input, const char *text, size_t len);

/* A member that is not null, exact or else without regard to case; NULL when absent. */
json_t *mb_json_find(json_t *object, const char *key);

#endif
