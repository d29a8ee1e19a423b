/* collection.h - what Milvus tells about a collection, as plain data.
 *
 * All strings and arrays live in the arena of whoever made the struct.  Strings are never NULL in a struct
 * that a room of the engine returns; enum values are Milvus' own numbers (milvus-proto, schema.proto and
 * common.proto). */
#ifndef MB_MODEL_COLLECTION_H
#define MB_MODEL_COLLECTION_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mb_bytes {
    const uint8_t *data;
    size_t len;
};

struct mb_ids {
    const int64_t *items;
    size_t count;
};

struct mb_property {
    const char *key;
    const char *value;
};

struct mb_properties {
    struct mb_property *items;
    size_t count;
};

enum mb_data_type {
    MB_TYPE_NONE = 0,
    MB_TYPE_BOOL = 1,
    MB_TYPE_INT8 = 2,
    MB_TYPE_INT16 = 3,
    MB_TYPE_INT32 = 4,
    MB_TYPE_INT64 = 5,
    MB_TYPE_FLOAT = 10,
    MB_TYPE_DOUBLE = 11,
    MB_TYPE_STRING = 20,
    MB_TYPE_VARCHAR = 21,
    MB_TYPE_ARRAY = 22,
    MB_TYPE_JSON = 23,
    MB_TYPE_GEOMETRY = 24,
    MB_TYPE_TEXT = 25,
    MB_TYPE_TIMESTAMPTZ = 26,
    MB_TYPE_BINARY_VECTOR = 100,
    MB_TYPE_FLOAT_VECTOR = 101,
    MB_TYPE_FLOAT16_VECTOR = 102,
    MB_TYPE_BFLOAT16_VECTOR = 103,
    MB_TYPE_SPARSE_FLOAT_VECTOR = 104,
    MB_TYPE_INT8_VECTOR = 105,
    MB_TYPE_ARRAY_OF_VECTOR = 106,
    MB_TYPE_ARRAY_OF_STRUCT = 200,
    MB_TYPE_STRUCT = 201
};

bool mb_data_type_is_vector(int32_t data_type);

struct mb_field {
    int64_t id;
    const char *name;
    const char *description;
    int32_t data_type;
    int32_t element_type;
    int32_t state;
    struct mb_properties type_params;
    struct mb_properties index_params;
    struct mb_bytes default_value; /* a serialized schema.ValueField; empty for none */
    bool default_lost;             /* it had one that cannot be read any more */
    bool is_primary_key;
    bool auto_id;
    bool is_dynamic;
    bool is_partition_key;
    bool is_clustering_key;
    bool nullable;
    bool is_function_output;
};

struct mb_function {
    const char *name;
    int64_t id;
    const char *description;
    int32_t type;
    struct mb_strings input_field_names;
    struct mb_ids input_field_ids;
    struct mb_strings output_field_names;
    struct mb_ids output_field_ids;
    struct mb_properties params;
};

struct mb_struct_field {
    int64_t id;
    const char *name;
    const char *description;
    struct mb_field *fields;
    size_t field_count;
    struct mb_properties type_params;
    bool nullable;
};

struct mb_schema {
    const char *name;
    const char *description;
    const char *external_source; /* not "" for a collection whose data lies outside Milvus */
    bool auto_id;
    bool enable_dynamic_field;
    struct mb_field *fields;
    size_t field_count;
    struct mb_function *functions;
    size_t function_count;
    struct mb_struct_field *struct_fields;
    size_t struct_field_count;
    struct mb_properties properties;
};

struct mb_collection {
    int64_t id;
    int64_t db_id;
    const char *db_name; /* "default" where a server knows no databases */
    const char *name;
    struct mb_schema schema;
    int32_t shards_num;
    int32_t consistency_level; /* 0 Strong 1 Session 2 Bounded 3 Eventually 4 Customized */
    int64_t num_partitions;
    uint64_t created_timestamp;
    struct mb_properties properties; /* the collection's own: "collection.ttl.seconds" and the like */
    struct mb_strings virtual_channels;
    struct mb_strings physical_channels;
    struct mb_strings aliases;
};

struct mb_database {
    int64_t id;
    const char *name;
    struct mb_properties properties;
    const char *ezk; /* encryption key of the database as the server exports it; "" for none */
};

struct mb_partition {
    int64_t id;
    const char *name;
};

struct mb_index {
    int64_t id;
    const char *name;
    const char *field_name;
    struct mb_properties params; /* index_type, metric_type, params ... as the server tells them */
    const char *extra; /* further members in a backup's files, as JSON text: "\"field_id\":100,..."; or "" */
};

/* What a server keeps of an index and tells nobody. */
struct mb_index_extra {
    int64_t index_id;
    const char *name;
    int64_t field_id;
    uint64_t create_time; /* a hybrid timestamp */
    struct mb_properties type_params;
    struct mb_properties index_params;
    struct mb_properties user_index_params; /* as they were asked for */
    bool is_auto_index;
    int32_t min_index_version;
    int32_t max_index_version;
};

enum mb_segment_state {
    MB_SEGMENT_NONE = 0,
    MB_SEGMENT_NOT_EXIST = 1,
    MB_SEGMENT_GROWING = 2,
    MB_SEGMENT_SEALED = 3,
    MB_SEGMENT_FLUSHED = 4,
    MB_SEGMENT_FLUSHING = 5,
    MB_SEGMENT_DROPPED = 6,
    MB_SEGMENT_IMPORTING = 7
};

struct mb_segment {
    int64_t id;
    int64_t collection_id;
    int64_t partition_id; /* -1 for deletes over all partitions */
    int64_t rows;
    int32_t state;
    int32_t level; /* 1 is L0: deletes only */
    int64_t storage_version;
    const char *virtual_channel; /* NULL where the server does not tell it */
};

/* How far a channel had been written when it was flushed. */
struct mb_checkpoint {
    const char *channel;
    struct mb_bytes
        position; /* a serialized msg.MsgPosition; in a mb_flushed_all a common.ImmutableMessage */
    uint64_t timestamp;
};

struct mb_flushed {
    int64_t seal_time; /* seconds since 1970 */
    uint64_t flush_timestamp;
    struct mb_ids segment_ids;
    struct mb_checkpoint *checkpoints;
    size_t checkpoint_count;
};

/* A flush of everything. */
struct mb_flushed_all {
    struct mb_checkpoint *messages; /* one of each physical channel */
    size_t message_count;
    const char *control_channel;
    struct mb_strings physical_channels;
};

bool mb_database_is_encrypted(const struct mb_database *database);

const char *mb_properties_get(const struct mb_properties *properties, const char *key); /* NULL when absent */

#endif
