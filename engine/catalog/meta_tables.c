#include "catalog/meta_tables.h"

#include "catalog/meta_binlogs.h"
#include "catalog/meta_default.h"

#include <stdio.h>
#include <string.h>

static const struct mb_json_field field_fields[] = {
    MB_JSON_MEMBER(INT64, "fieldID", struct mb_field, id),
    MB_JSON_MEMBER(STRING, "name", struct mb_field, name),
    MB_JSON_MEMBER(BOOL, "is_primary_key", struct mb_field, is_primary_key),
    MB_JSON_MEMBER(STRING, "description", struct mb_field, description),
    MB_JSON_MEMBER(INT32, "data_type", struct mb_field, data_type),
    MB_JSON_PAIRS("type_params", struct mb_field, type_params),
    MB_JSON_PAIRS("index_params", struct mb_field, index_params),
    MB_JSON_MEMBER(BOOL, "autoID", struct mb_field, auto_id),
    MB_JSON_MEMBER(INT32, "state", struct mb_field, state),
    MB_JSON_MEMBER(INT32, "element_type", struct mb_field, element_type),
    MB_JSON_MEMBER(BOOL, "is_dynamic", struct mb_field, is_dynamic),
    MB_JSON_MEMBER(BOOL, "is_partition_key", struct mb_field, is_partition_key),
    MB_JSON_MEMBER(BOOL, "nullable", struct mb_field, nullable),
    {.key = "default_value", .kind = MB_JSON_CUSTOM, .read = mb_meta_read_default_object},
    {.key = "default_value_proto", .kind = MB_JSON_CUSTOM, .read = mb_meta_read_default_text},
    MB_JSON_MEMBER(BOOL, "is_function_output", struct mb_field, is_function_output),
    MB_JSON_MEMBER(BASE64, "default_value_base64", struct mb_field, default_value),
    MB_JSON_MEMBER(BOOL, "is_clustering_key", struct mb_field, is_clustering_key), /* ours */
    {.key = NULL},
};

static const struct mb_json_field function_fields[] = {
    MB_JSON_MEMBER(STRING, "name", struct mb_function, name),
    MB_JSON_MEMBER(INT64, "id", struct mb_function, id),
    MB_JSON_MEMBER(STRING, "description", struct mb_function, description),
    MB_JSON_MEMBER(INT32, "type", struct mb_function, type),
    MB_JSON_MEMBER(STRINGS, "input_field_names", struct mb_function, input_field_names),
    MB_JSON_MEMBER(IDS, "input_field_ids", struct mb_function, input_field_ids),
    MB_JSON_MEMBER(STRINGS, "output_field_names", struct mb_function, output_field_names),
    MB_JSON_MEMBER(IDS, "output_field_ids", struct mb_function, output_field_ids),
    MB_JSON_PAIRS("params", struct mb_function, params),
    {.key = NULL},
};

static const struct mb_json_field struct_field_fields[] = {
    MB_JSON_MEMBER(INT64, "fieldID", struct mb_struct_field, id),
    MB_JSON_MEMBER(STRING, "name", struct mb_struct_field, name),
    MB_JSON_MEMBER(STRING, "description", struct mb_struct_field, description),
    MB_JSON_LIST("fields", struct mb_struct_field, fields, field_count, field_fields),
    MB_JSON_PAIRS("type_params", struct mb_struct_field, type_params), /* ours, this one and the next */
    MB_JSON_MEMBER(BOOL, "nullable", struct mb_struct_field, nullable),
    {.key = NULL},
};

static const struct mb_json_field schema_fields[] = {
    MB_JSON_MEMBER(STRING, "name", struct mb_schema, name),
    MB_JSON_MEMBER(STRING, "description", struct mb_schema, description),
    MB_JSON_MEMBER(BOOL, "autoID", struct mb_schema, auto_id),
    MB_JSON_LIST("fields", struct mb_schema, fields, field_count, field_fields),
    MB_JSON_MEMBER(BOOL, "enable_dynamic_field", struct mb_schema, enable_dynamic_field),
    MB_JSON_PAIRS("properties", struct mb_schema, properties),
    MB_JSON_LIST("functions", struct mb_schema, functions, function_count, function_fields),
    MB_JSON_LIST("struct_array_fields", struct mb_schema, struct_fields, struct_field_count,
                 struct_field_fields),
    {.key = NULL},
};

static void write_index_type(struct mb_json_writer *writer, const struct mb_json_field *field,
                             const void *base)
{
    const struct mb_index *index = base;
    const char *type = mb_properties_get(&index->params, "index_type");
    if (type != NULL && *type != '\0')
        mb_json_string(writer, field->key, type);
}

static void write_index_extra(struct mb_json_writer *writer, const struct mb_json_field *field,
                              const void *base)
{
    const struct mb_index *index = base;
    (void)field;
    if (index->extra != NULL && *index->extra != '\0')
        mb_json_members(writer, index->extra);
}

/* What only a backup with extra index information has is carried along as it stands. */
static void read_index_extra(struct mb_json_input *input, const struct mb_json_field *field, json_t *value,
                             void *base)
{
    struct mb_index *index = base;
    const char *text = mb_json_to_raw(input, value);
    const char *before = index->extra == NULL ? "" : index->extra;
    size_t size = strlen(before) + strlen(field->key) + strlen(text) + sizeof(",\"\":");
    char *extra = mb_json_alloc(input, size, 1);
    if (extra == NULL)
        return;
    snprintf(extra, size, "%s%s\"%s\":%s", before, *before != '\0' ? "," : "", field->key, text);
    index->extra = extra;
}

#define INDEX_EXTRA(name)                                               \
    {                                                                   \
        .key = (name), .kind = MB_JSON_CUSTOM, .read = read_index_extra \
    }

const struct mb_json_field mb_meta_index_fields[] = {
    MB_JSON_MEMBER(STRING, "field_name", struct mb_index, field_name),
    MB_JSON_MEMBER(STRING, "index_name", struct mb_index, name),
    {.key = "index_type", .kind = MB_JSON_CUSTOM, .write = write_index_type},
    MB_JSON_MEMBER(MAP, "params", struct mb_index, params),
    MB_JSON_MEMBER(INT64, "index_id", struct mb_index, id),
    {.key = "field_id", .kind = MB_JSON_CUSTOM, .write = write_index_extra, .read = read_index_extra},
    INDEX_EXTRA("create_time"),
    INDEX_EXTRA("type_params"),
    INDEX_EXTRA("index_params"),
    INDEX_EXTRA("user_index_params"),
    INDEX_EXTRA("is_auto_index"),
    INDEX_EXTRA("min_index_version"),
    INDEX_EXTRA("max_index_version"),
    {.key = NULL},
};

const struct mb_json_field mb_meta_segment_fields[] = {
    MB_JSON_MEMBER(INT64, "segment_id", struct mb_segment_backup, id),
    MB_JSON_MEMBER(INT64, "collection_id", struct mb_segment_backup, collection_id),
    MB_JSON_MEMBER(INT64, "partition_id", struct mb_segment_backup, partition_id),
    MB_JSON_MEMBER(INT64, "num_of_rows", struct mb_segment_backup, rows),
    {.key = "binlogs",
     .kind = MB_JSON_CUSTOM,
     .write = mb_meta_write_insert_logs,
     .read = mb_meta_read_insert_logs},
    {.key = "deltalogs",
     .kind = MB_JSON_CUSTOM,
     .write = mb_meta_write_delta_logs,
     .read = mb_meta_read_delta_logs},
    MB_JSON_ALWAYS(INT64, "size", struct mb_segment_backup, size),
    MB_JSON_MEMBER(INT64, "group_id", struct mb_segment_backup, group_id),
    MB_JSON_MEMBER(BOOL, "is_l0", struct mb_segment_backup, is_l0),
    MB_JSON_MEMBER(STRING, "v_channel", struct mb_segment_backup, virtual_channel),
    MB_JSON_MEMBER(INT64, "storage_version", struct mb_segment_backup, storage_version),
    {.key = NULL},
};

static const struct mb_meta_view *view_of(const struct mb_json_writer *writer)
{
    return writer->ctx;
}

static void write_partition_segments(struct mb_json_writer *writer, const struct mb_json_field *field,
                                     const void *base)
{
    const struct mb_partition_backup *partition = base;
    if (view_of(writer)->segments)
        mb_json_write_objects(writer, field->key, mb_meta_segment_fields, partition->segments,
                              partition->segment_count, sizeof(*partition->segments));
}

const struct mb_json_field mb_meta_partition_fields[] = {
    MB_JSON_MEMBER(INT64, "partition_id", struct mb_partition_backup, id),
    MB_JSON_MEMBER(STRING, "partition_name", struct mb_partition_backup, name),
    MB_JSON_MEMBER(INT64, "collection_id", struct mb_partition_backup, collection_id),
    {.key = "segment_backups", .kind = MB_JSON_CUSTOM, .write = write_partition_segments},
    MB_JSON_ALWAYS(INT64, "size", struct mb_partition_backup, size),
    MB_JSON_MEMBER(STRING, "load_state", struct mb_partition_backup, load_state),
    {.key = NULL},
};

static void write_backup_id(struct mb_json_writer *writer, const struct mb_json_field *field,
                            const void *base)
{
    const char *id = view_of(writer)->backup->id;
    (void)base;
    if (*id != '\0')
        mb_json_string(writer, field->key, id);
}

static void write_partitions(struct mb_json_writer *writer, const struct mb_json_field *field,
                             const void *base)
{
    const struct mb_collection_backup *collection = base;
    if (view_of(writer)->partitions)
        mb_json_write_objects(writer, field->key, mb_meta_partition_fields, collection->partitions,
                              collection->partition_count, sizeof(*collection->partitions));
}

static void write_l0_segments(struct mb_json_writer *writer, const struct mb_json_field *field,
                              const void *base)
{
    const struct mb_collection_backup *collection = base;
    if (view_of(writer)->l0_segments)
        mb_json_write_objects(writer, field->key, mb_meta_segment_fields, collection->l0_segments,
                              collection->l0_count, sizeof(*collection->l0_segments));
}

const struct mb_json_field mb_meta_collection_fields[] = {
    {.key = "id", .kind = MB_JSON_CUSTOM, .write = write_backup_id},
    MB_JSON_MEMBER(INT64, "collection_id", struct mb_collection_backup, collection.id),
    MB_JSON_MEMBER(STRING, "db_name", struct mb_collection_backup, collection.db_name),
    MB_JSON_MEMBER(STRING, "collection_name", struct mb_collection_backup, collection.name),
    MB_JSON_NESTED("schema", struct mb_collection_backup, collection.schema, schema_fields),
    MB_JSON_MEMBER(INT32, "shards_num", struct mb_collection_backup, collection.shards_num),
    MB_JSON_MEMBER(INT32, "consistency_level", struct mb_collection_backup, collection.consistency_level),
    {.key = "partition_backups", .kind = MB_JSON_CUSTOM, .write = write_partitions},
    MB_JSON_MEMBER(UINT64, "backup_timestamp", struct mb_collection_backup, backup_timestamp),
    MB_JSON_ALWAYS(INT64, "size", struct mb_collection_backup, size),
    MB_JSON_ALWAYS(BOOL, "has_index", struct mb_collection_backup, has_index),
    MB_JSON_LIST("index_infos", struct mb_collection_backup, indexes, index_count, mb_meta_index_fields),
    MB_JSON_MEMBER(STRING, "load_state", struct mb_collection_backup, load_state),
    MB_JSON_MEMBER(UINT64, "backup_physical_timestamp", struct mb_collection_backup, physical_timestamp),
    {.key = "channel_checkpoints",
     .kind = MB_JSON_CUSTOM,
     .write = mb_meta_write_checkpoints,
     .read = mb_meta_read_checkpoints},
    {.key = "l0_segments", .kind = MB_JSON_CUSTOM, .write = write_l0_segments},
    MB_JSON_PAIRS("properties", struct mb_collection_backup, collection.properties),
    MB_JSON_MEMBER(INT64, "db_id", struct mb_collection_backup, collection.db_id),
    MB_JSON_MEMBER(UINT64, "created_timestamp", struct mb_collection_backup, collection.created_timestamp),
    MB_JSON_MEMBER(STRINGS, "virtual_channel_names", struct mb_collection_backup,
                   collection.virtual_channels),
    MB_JSON_MEMBER(STRINGS, "physical_channel_names", struct mb_collection_backup,
                   collection.physical_channels),
    MB_JSON_MEMBER(STRINGS, "aliases", struct mb_collection_backup, collection.aliases),
    MB_JSON_MEMBER(RAW, "snapshot_backup", struct mb_collection_backup, snapshot),
    MB_JSON_MEMBER(INT32, "replica_number", struct mb_collection_backup,
                   replicas), /* ours, this one and the next */
    MB_JSON_MEMBER(INT64, "row_count", struct mb_collection_backup, row_count),
    {.key = NULL},
};

static const struct mb_json_field database_fields[] = {
    MB_JSON_MEMBER(STRING, "db_name", struct mb_database, name),
    MB_JSON_MEMBER(INT64, "db_id", struct mb_database, id),
    MB_JSON_PAIRS("properties", struct mb_database, properties),
    MB_JSON_MEMBER(STRING, "ezk", struct mb_database, ezk),
    {.key = NULL},
};

static void write_collections(struct mb_json_writer *writer, const struct mb_json_field *field,
                              const void *base)
{
    const struct mb_backup *backup = base;
    mb_json_write_objects(writer, field->key, mb_meta_collection_fields, backup->collections,
                          backup->collection_count, sizeof(*backup->collections));
}

const struct mb_json_field mb_meta_backup_fields[] = {
    MB_JSON_MEMBER(STRING, "id", struct mb_backup, id),
    {.key = "state_code", .kind = MB_JSON_ZERO},
    MB_JSON_MEMBER(STRING, "name", struct mb_backup, name),
    MB_JSON_MEMBER(UINT64, "backup_timestamp", struct mb_backup, backup_timestamp),
    {.key = "collection_backups", .kind = MB_JSON_CUSTOM, .write = write_collections},
    MB_JSON_ALWAYS(INT64, "size", struct mb_backup, size),
    MB_JSON_MEMBER(STRING, "milvus_version", struct mb_backup, milvus_version),
    MB_JSON_MEMBER(RAW, "rbac_meta", struct mb_backup, rbac_meta),
    MB_JSON_MEMBER(RAW, "rpc_channel_info", struct mb_backup, rpc_channel_info),
    MB_JSON_LIST("database_backups", struct mb_backup, databases, database_count, database_fields),
    MB_JSON_MEMBER(RAW, "flush_all_msgs_base64", struct mb_backup, flush_all_msgs),
    MB_JSON_MEMBER(STRING, "control_channel_name", struct mb_backup, control_channel),
    MB_JSON_MEMBER(STRINGS, "physical_channel_names", struct mb_backup, physical_channels),
    MB_JSON_MEMBER(STRING, "format", struct mb_backup, format),
    {.key = NULL},
};

const struct mb_json_field mb_meta_backup_summary_fields[] = {
    MB_JSON_MEMBER(STRING, "id", struct mb_backup, id),
    {.key = "state_code", .kind = MB_JSON_ZERO},
    MB_JSON_MEMBER(STRING, "name", struct mb_backup, name),
    MB_JSON_ALWAYS(INT64, "size", struct mb_backup, size),
    MB_JSON_MEMBER(STRING, "milvus_version", struct mb_backup, milvus_version),
    MB_JSON_MEMBER(STRING, "format", struct mb_backup, format),
    {.key = NULL},
};
