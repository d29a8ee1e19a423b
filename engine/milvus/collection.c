#include "milvus/client.h"
#include "milvus/convert.h"

#include <string.h>

static const struct mb_method method_list = {
    .name = "ShowCollections",
    .doing = "list collections of database",
    .answer = &pb__show_collections_response__descriptor,
};
static const struct mb_method method_has = {
    .name = "HasCollection",
    .doing = "look for collection",
    .answer = &pb__bool_response__descriptor,
};
static const struct mb_method method_describe = {
    .name = "DescribeCollection",
    .doing = "describe collection",
    .answer = &pb__describe_collection_response__descriptor,
};
static const struct mb_method method_create = {
    .name = "CreateCollection",
    .doing = "create collection",
    .answer = &pb__status__descriptor,
    .limited = MB_LIMITED_COLLECTION,
};
static const struct mb_method method_drop = {
    .name = "DropCollection",
    .doing = "drop collection",
    .answer = &pb__status__descriptor,
    .limited = MB_LIMITED_COLLECTION,
};
static const struct mb_method method_add_field = {
    .name = "AddCollectionField",
    .doing = "add a field to collection",
    .answer = &pb__status__descriptor,
    .limited = MB_LIMITED_COLLECTION,
    .again = MB_AGAIN_REFUSED,
};
static const struct mb_method method_alter = {
    .name = "AlterCollection",
    .doing = "alter collection",
    .answer = &pb__status__descriptor,
    .limited = MB_LIMITED_COLLECTION,
};
static const struct mb_method method_rename = {
    .name = "RenameCollection",
    .doing = "rename collection",
    .answer = &pb__status__descriptor,
    .limited = MB_LIMITED_COLLECTION,
};
static const struct mb_method method_create_alias = {
    .name = "CreateAlias",
    .doing = "make an alias of",
    .answer = &pb__status__descriptor,
    .limited = MB_LIMITED_COLLECTION,
};
static const struct mb_method method_alter_alias = {
    .name = "AlterAlias",
    .doing = "move an alias to",
    .answer = &pb__status__descriptor,
    .limited = MB_LIMITED_COLLECTION,
};
static const struct mb_method method_drop_alias = {
    .name = "DropAlias",
    .doing = "take an alias from",
    .answer = &pb__status__descriptor,
    .limited = MB_LIMITED_COLLECTION,
};
static const struct mb_method method_list_partitions = {
    .name = "ShowPartitions",
    .doing = "list partitions of",
    .answer = &pb__show_partitions_response__descriptor,
};
static const struct mb_method method_create_partition = {
    .name = "CreatePartition",
    .doing = "create a partition of",
    .answer = &pb__status__descriptor,
    .limited = MB_LIMITED_PARTITION,
};

/* A call that says no more than the collection's name. */
static mb_status call_by_name(struct mb_milvus *milvus, const struct mb_method *method, const char *db,
                              const char *collection, struct mb_arena *arena, void *answer,
                              struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__CollectionRequest request = PB__COLLECTION_REQUEST__INIT;
    request.collection_name = mb_pb_text(collection);
    return mb_rpc(milvus, method, mb_subject_of(db, collection), &request.base, arena, answer, cancel, error);
}

mb_status mb_milvus_list_collections(struct mb_milvus *milvus, const char *db, struct mb_arena *arena,
                                     struct mb_strings *out, struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__Empty request = PB__EMPTY__INIT;
    Pb__ShowCollectionsResponse *answer;

    MB_TRY(
        mb_rpc(milvus, &method_list, mb_subject_of(db, NULL), &request.base, arena, &answer, cancel, error));
    *out = mb_strings_from_pb(answer->collection_names, answer->n_collection_names);
    return MB_OK;
}

mb_status mb_milvus_has_collection(struct mb_milvus *milvus, const char *db, const char *collection,
                                   bool *out, struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__BoolResponse *answer;
    struct mb_arena *arena = mb_arena_new();
    if (arena == NULL)
        return mb_fail_memory(error);
    mb_status status = call_by_name(milvus, &method_has, db, collection, arena, &answer, cancel, error);
    if (status == MB_OK) {
        *out = answer->value;
    } else if (status == MB_E_NOT_FOUND && strstr(error->message, "database not found") == NULL) {
        *out = false;
        status = MB_OK;
    }
    mb_arena_free(arena);
    return status;
}

mb_status mb_milvus_describe_collection(struct mb_milvus *milvus, const char *db, const char *collection,
                                        struct mb_arena *arena, struct mb_collection *out,
                                        struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__DescribeCollectionResponse *answer;

    MB_TRY(call_by_name(milvus, &method_describe, db, collection, arena, &answer, cancel, error));
    if (answer->schema == NULL)
        return mb_fail(error, MB_E_PROTOCOL, "describe collection %s.%s: the answer holds no schema",
                       mb_db_name(db), collection);

    struct mb_collection result = {
        .id = answer->collection_id,
        .db_id = answer->db_id,
        .db_name = mb_arena_strdup(arena, *answer->db_name ? answer->db_name : mb_db_name(db)),
        .name = mb_arena_strdup(arena, *answer->collection_name ? answer->collection_name : collection),
        .shards_num = answer->shards_num,
        .consistency_level = answer->consistency_level,
        .num_partitions = answer->num_partitions,
        .created_timestamp = answer->created_timestamp,
        .virtual_channels =
            mb_strings_from_pb(answer->virtual_channel_names, answer->n_virtual_channel_names),
        .physical_channels =
            mb_strings_from_pb(answer->physical_channel_names, answer->n_physical_channel_names),
        .aliases = mb_strings_from_pb(answer->aliases, answer->n_aliases),
    };
    if (result.db_name == NULL || result.name == NULL)
        return mb_fail_memory(error);
    MB_TRY(mb_schema_from_pb(answer->schema, arena, &result.schema, error));
    MB_TRY(mb_properties_from_pb(answer->properties, answer->n_properties, arena, &result.properties, error));
    *out = result;
    return MB_OK;
}

static mb_status create_in(struct mb_milvus *milvus, const struct mb_collection *collection,
                           struct mb_arena *arena, struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__CreateCollectionRequest request = PB__CREATE_COLLECTION_REQUEST__INIT;
    Pb__CollectionSchema *schema;

    MB_TRY(mb_schema_to_pb(&collection->schema, collection->name, arena, &schema, error));
    MB_TRY(mb_message_to_bytes(&schema->base, arena, &request.schema, error));
    MB_TRY(mb_properties_to_pb(&collection->properties, arena, &request.properties, &request.n_properties,
                               error));
    request.collection_name = mb_pb_text(collection->name);
    request.shards_num = collection->shards_num;
    request.consistency_level = collection->consistency_level;
    request.num_partitions = collection->num_partitions;
    return mb_rpc(milvus, &method_create, mb_subject_of(collection->db_name, collection->name), &request.base,
                  arena, NULL, cancel, error);
}

mb_status mb_milvus_create_collection(struct mb_milvus *milvus, const struct mb_collection *collection,
                                      struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_arena *arena = mb_arena_new();
    mb_status status = arena ? create_in(milvus, collection, arena, cancel, error) : mb_fail_memory(error);
    mb_arena_free(arena);
    return status;
}

mb_status mb_milvus_drop_collection(struct mb_milvus *milvus, const char *db, const char *collection,
                                    struct mb_cancel *cancel, struct mb_error *error)
{
    return call_by_name(milvus, &method_drop, db, collection, NULL, NULL, cancel, error);
}

static mb_status add_field_in(struct mb_milvus *milvus, struct mb_subject subject,
                              const struct mb_field *field, struct mb_arena *arena, struct mb_cancel *cancel,
                              struct mb_error *error)
{
    Pb__AddCollectionFieldRequest request = PB__ADD_COLLECTION_FIELD_REQUEST__INIT;
    Pb__FieldSchema *schema;

    MB_TRY(mb_field_to_pb(field, arena, &schema, error));
    MB_TRY(mb_message_to_bytes(&schema->base, arena, &request.schema, error));
    request.collection_name = mb_pb_text(subject.name);
    mb_status status = mb_rpc(milvus, &method_add_field, subject, &request.base, arena, NULL, cancel, error);
    return status == MB_OK ? MB_OK : mb_error_context(error, "field %s", field->name);
}

mb_status mb_milvus_add_field(struct mb_milvus *milvus, const char *db, const char *collection,
                              const struct mb_field *field, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_arena *arena = mb_arena_new();
    mb_status status = arena
                           ? add_field_in(milvus, mb_subject_of(db, collection), field, arena, cancel, error)
                           : mb_fail_memory(error);
    mb_arena_free(arena);
    return status;
}

static mb_status alter_in(struct mb_milvus *milvus, struct mb_subject subject,
                          const struct mb_properties *properties, struct mb_arena *arena,
                          struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__AlterCollectionRequest request = PB__ALTER_COLLECTION_REQUEST__INIT;

    request.collection_name = mb_pb_text(subject.name);
    MB_TRY(mb_properties_to_pb(properties, arena, &request.properties, &request.n_properties, error));
    return mb_rpc(milvus, &method_alter, subject, &request.base, arena, NULL, cancel, error);
}

mb_status mb_milvus_alter_collection(struct mb_milvus *milvus, const char *db, const char *collection,
                                     const struct mb_properties *properties, struct mb_cancel *cancel,
                                     struct mb_error *error)
{
    struct mb_arena *arena = mb_arena_new();
    mb_status status = arena
                           ? alter_in(milvus, mb_subject_of(db, collection), properties, arena, cancel, error)
                           : mb_fail_memory(error);
    mb_arena_free(arena);
    return status;
}

mb_status mb_milvus_rename_collection(struct mb_milvus *milvus, const char *db, const char *from,
                                      const char *to, struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__RenameCollectionRequest request = PB__RENAME_COLLECTION_REQUEST__INIT;
    if (!milvus->info.can[MB_MILVUS_RENAME])
        return mb_fail(error, MB_E_UNSUPPORTED, "Milvus %s cannot rename collections: that needs %s",
                       milvus->info.version_text, mb_milvus_needs(MB_MILVUS_RENAME));
    request.old_name = mb_pb_text(from);
    request.new_name = mb_pb_text(to);
    request.new_db_name = mb_pb_text(mb_db_name(db));
    mb_status status =
        mb_rpc(milvus, &method_rename, mb_subject_of(db, from), &request.base, NULL, NULL, cancel, error);
    return status == MB_OK ? MB_OK : mb_error_context(error, "to %s", to);
}

static mb_status call_about_alias(struct mb_milvus *milvus, const struct mb_method *method, const char *db,
                                  const char *alias, const char *collection, struct mb_cancel *cancel,
                                  struct mb_error *error)
{
    Pb__AliasRequest request = PB__ALIAS_REQUEST__INIT;
    request.collection_name = mb_pb_text(collection);
    request.alias = mb_pb_text(alias);
    mb_status status =
        mb_rpc(milvus, method, mb_subject_of(db, collection), &request.base, NULL, NULL, cancel, error);
    return status == MB_OK ? MB_OK : mb_error_context(error, "alias %s", alias);
}

mb_status mb_milvus_create_alias(struct mb_milvus *milvus, const char *db, const char *alias,
                                 const char *collection, struct mb_cancel *cancel, struct mb_error *error)
{
    return call_about_alias(milvus, &method_create_alias, db, alias, collection, cancel, error);
}

mb_status mb_milvus_alter_alias(struct mb_milvus *milvus, const char *db, const char *alias,
                                const char *collection, struct mb_cancel *cancel, struct mb_error *error)
{
    return call_about_alias(milvus, &method_alter_alias, db, alias, collection, cancel, error);
}

mb_status mb_milvus_drop_alias(struct mb_milvus *milvus, const char *db, const char *alias,
                               const char *collection, struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__DropAliasRequest request = PB__DROP_ALIAS_REQUEST__INIT;
    request.alias = mb_pb_text(alias);
    mb_status status = mb_rpc(milvus, &method_drop_alias, mb_subject_of(db, collection), &request.base, NULL,
                              NULL, cancel, error);
    return status == MB_OK ? MB_OK : mb_error_context(error, "alias %s", alias);
}

/* --------------------------------------------------------------- partitions */

mb_status mb_milvus_list_partitions(struct mb_milvus *milvus, const char *db, const char *collection,
                                    struct mb_arena *arena, struct mb_partition **out, size_t *count,
                                    struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__ShowPartitionsResponse *answer;

    MB_TRY(call_by_name(milvus, &method_list_partitions, db, collection, arena, &answer, cancel, error));
    if (answer->n_partition_names != answer->n_partition_ids)
        return mb_fail(error, MB_E_PROTOCOL, "list partitions of %s.%s: %zu names for %zu ids",
                       mb_db_name(db), collection, answer->n_partition_names, answer->n_partition_ids);
    struct mb_partition *list = mb_arena_alloc(arena, answer->n_partition_ids + 1, sizeof *list);
    if (list == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < answer->n_partition_ids; i++)
        list[i] = (struct mb_partition){.id = answer->partition_ids[i], .name = answer->partition_names[i]};
    *out = list;
    *count = answer->n_partition_ids;
    return MB_OK;
}

mb_status mb_milvus_create_partition(struct mb_milvus *milvus, const char *db, const char *collection,
                                     const char *partition, struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__PartitionRequest request = PB__PARTITION_REQUEST__INIT;
    request.collection_name = mb_pb_text(collection);
    request.partition_name = mb_pb_text(partition);
    mb_status status = mb_rpc(milvus, &method_create_partition, mb_subject_of(db, collection), &request.base,
                              NULL, NULL, cancel, error);
    return status == MB_OK ? MB_OK : mb_error_context(error, "partition %s", partition);
}
