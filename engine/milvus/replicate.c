/* The messages of a replication.  In: what the backup tells of the source.  Out: headers and bodies as Milvus
 * writes them into its log, on the channels where it does. */
#include "milvus/replicate.h"

#include "milvus/convert.h"
#include "milvus/replication.h"

#define RESOURCE_GROUP "__default_resource_group"

/* Milvus' MsgType, which messages of version 1 have in their body, too. */
enum { TYPE_CREATE_COLLECTION = 100, TYPE_IMPORT = 408 };

/* An array of count structs; none is no failure. */
#define MAKE_ARRAY(arena, count, out, error) \
    (((out) = mb_arena_alloc((arena), (count) + 1, sizeof *(out))) ? MB_OK : mb_fail_memory(error))

static struct mb_log_hold shared_database(const char *db)
{
    return (struct mb_log_hold){.domain = MB_LOG_HOLDS_DATABASE, .key = db, .shared = true};
}

static mb_status whole_collection(const struct mb_collection *collection, struct mb_arena *arena,
                                  struct mb_log_hold *out, struct mb_error *error)
{
    const char *key = mb_arena_printf(arena, "%s:%s", collection->db_name, collection->name);
    *out = (struct mb_log_hold){.domain = MB_LOG_HOLDS_COLLECTION, .key = key};
    return key != NULL ? MB_OK : mb_fail_memory(error);
}

/* A message about one collection, and what it is made in. */
struct about {
    struct mb_replication *replication;
    const struct mb_collection *collection;
    struct mb_arena *arena;
    struct mb_cancel *cancel;
    struct mb_error *error;
};

static mb_status say(const struct about *a, struct mb_log_message *message)
{
    message->holds[0] = shared_database(a->collection->db_name);
    MB_TRY(whole_collection(a->collection, a->arena, &message->holds[1], a->error));
    return mb_replication_broadcast(a->replication, message, a->cancel, a->error);
}

static mb_status say_on_control(const struct about *a, struct mb_log_message *message)
{
    const char *control = mb_replication_control(a->replication);
    message->channels = &control;
    message->channel_count = 1;
    return say(a, message);
}

static mb_status say_on_shards(const struct about *a, struct mb_log_message *message)
{
    message->channels = a->collection->virtual_channels.items;
    message->channel_count = a->collection->virtual_channels.count;
    return say(a, message);
}

typedef mb_status say_fn(const struct about *a, const void *what);

static mb_status say_in_arena(struct about a, say_fn *fn, const void *what)
{
    a.arena = mb_arena_new();
    if (a.arena == NULL)
        return mb_fail_memory(a.error);
    mb_status status = fn(&a, what);
    mb_arena_free(a.arena);
    return status;
}

#define ABOUT(of) ((struct about){replication, (of), NULL, cancel, error})

/* ---------------------------------------------------------------- databases */

static mb_status say_database(const struct about *a, const void *what)
{
    const struct mb_database *database = what;
    Pb__CreateDatabaseHeader header = PB__CREATE_DATABASE_HEADER__INIT;
    Pb__CreateDatabaseBody body = PB__CREATE_DATABASE_BODY__INIT;
    const char *control = mb_replication_control(a->replication);
    header.db_name = mb_pb_text(database->name);
    header.db_id = database->id;
    MB_TRY(
        mb_properties_to_pb(&database->properties, a->arena, &body.properties, &body.n_properties, a->error));
    const struct mb_log_message message = {.type = MB_LOG_CREATE_DATABASE,
                                           .version = 2,
                                           .header = &header.base,
                                           .body = &body.base,
                                           .channels = &control,
                                           .channel_count = 1,
                                           .holds = {{MB_LOG_HOLDS_DATABASE, database->name, false}}};
    return mb_replication_broadcast(a->replication, &message, a->cancel, a->error);
}

mb_status mb_replicate_database(struct mb_replication *replication, const struct mb_database *database,
                                struct mb_cancel *cancel, struct mb_error *error)
{
    return say_in_arena(ABOUT(NULL), say_database, database);
}

/* -------------------------------------------------------------- collections */

struct partitions {
    const struct mb_partition *items;
    size_t count;
};

static mb_status fill_collection(const struct about *a, const struct partitions *partitions,
                                 Pb__CreateCollectionBody *body, int64_t **ids)
{
    const struct mb_collection *c = a->collection;
    body->db_name = mb_pb_text(c->db_name);
    body->collection_name = mb_pb_text(c->name);
    body->db_id = c->db_id;
    body->collection_id = c->id;
    MB_TRY(mb_schema_to_pb(&c->schema, c->name, a->arena, &body->schema_message, a->error));
    MB_TRY(mb_message_to_bytes(&body->schema_message->base, a->arena, &body->schema, a->error));
    MB_TRY(mb_strings_to_pb(&c->virtual_channels, a->arena, &body->virtual_channels,
                            &body->n_virtual_channels, a->error));
    MB_TRY(MAKE_ARRAY(a->arena, c->virtual_channels.count, body->physical_channels, a->error));
    for (size_t i = 0; i < c->virtual_channels.count; i++) {
        const char *channel = mb_log_physical_channel(c->virtual_channels.items[i], a->arena);
        if (channel == NULL)
            return mb_fail_memory(a->error);
        body->physical_channels[body->n_physical_channels++] = mb_pb_text(channel);
    }
    MB_TRY(MAKE_ARRAY(a->arena, partitions->count, *ids, a->error));
    MB_TRY(MAKE_ARRAY(a->arena, partitions->count, body->partition_names, a->error));
    for (size_t i = 0; i < partitions->count; i++) {
        (*ids)[i] = partitions->items[i].id;
        body->partition_names[i] = mb_pb_text(partitions->items[i].name);
    }
    body->partition_ids = *ids;
    body->n_partition_ids = body->n_partition_names = partitions->count;
    return MB_OK;
}

static mb_status say_collection(const struct about *a, const void *what)
{
    const struct partitions *partitions = what;
    const struct mb_strings *shards = &a->collection->virtual_channels;
    Pb__CreateCollectionHeader header = PB__CREATE_COLLECTION_HEADER__INIT;
    Pb__CreateCollectionBody body = PB__CREATE_COLLECTION_BODY__INIT;
    Pb__LogMessageBase base = PB__LOG_MESSAGE_BASE__INIT;
    const char **channels;
    base.type = TYPE_CREATE_COLLECTION;
    body.base_message = &base;
    MB_TRY(fill_collection(a, partitions, &body, &header.partition_ids));
    header.n_partition_ids = partitions->count;
    header.collection_id = a->collection->id;
    header.db_id = a->collection->db_id;
    MB_TRY(MAKE_ARRAY(a->arena, shards->count, channels, a->error));
    channels[0] = mb_replication_control(a->replication);
    memcpy(channels + 1, shards->items, shards->count * sizeof *channels);
    struct mb_log_message message = {.type = MB_LOG_CREATE_COLLECTION,
                                     .version = 1,
                                     .header = &header.base,
                                     .body = &body.base,
                                     .channels = channels,
                                     .channel_count = shards->count + 1};
    return say(a, &message);
}

mb_status mb_replicate_collection(struct mb_replication *replication, const struct mb_collection *collection,
                                  const struct mb_partition *partitions, size_t partition_count,
                                  struct mb_cancel *cancel, struct mb_error *error)
{
    const struct partitions all = {partitions, partition_count};
    return say_in_arena(ABOUT(collection), say_collection, &all);
}

static mb_status say_alias(const struct about *a, const void *what)
{
    Pb__AlterAliasHeader header = PB__ALTER_ALIAS_HEADER__INIT;
    const char *control = mb_replication_control(a->replication);
    header.db_id = a->collection->db_id;
    header.db_name = mb_pb_text(a->collection->db_name);
    header.collection_id = a->collection->id;
    header.collection_name = mb_pb_text(a->collection->name);
    header.alias = mb_pb_text(what);
    const struct mb_log_message message = {.type = MB_LOG_ALTER_ALIAS,
                                           .version = 2,
                                           .header = &header.base,
                                           .channels = &control,
                                           .channel_count = 1,
                                           .holds = {{MB_LOG_HOLDS_DATABASE, a->collection->db_name, false}}};
    return mb_replication_broadcast(a->replication, &message, a->cancel, a->error);
}

mb_status mb_replicate_alias(struct mb_replication *replication, const struct mb_collection *collection,
                             const char *alias, struct mb_cancel *cancel, struct mb_error *error)
{
    return say_in_arena(ABOUT(collection), say_alias, alias);
}

/* ------------------------------------------------------------------ indexes */

static mb_status say_index(const struct about *a, const void *what)
{
    const struct mb_replicated_index *index = what;
    Pb__CreateIndexHeader header = PB__CREATE_INDEX_HEADER__INIT;
    Pb__CreateIndexBody body = PB__CREATE_INDEX_BODY__INIT;
    Pb__FieldIndex field_index = PB__FIELD_INDEX__INIT;
    Pb__IndexInfo info = PB__INDEX_INFO__INIT;
    header.db_id = a->collection->db_id;
    header.collection_id = info.collection_id = a->collection->id;
    header.field_id = info.field_id = index->field_id;
    header.index_id = info.index_id = index->id;
    header.index_name = info.index_name = mb_pb_text(index->name);
    MB_TRY(
        mb_properties_to_pb(&index->type_params, a->arena, &info.type_params, &info.n_type_params, a->error));
    MB_TRY(mb_properties_to_pb(&index->index_params, a->arena, &info.index_params, &info.n_index_params,
                               a->error));
    MB_TRY(mb_properties_to_pb(&index->user_params, a->arena, &info.user_index_params,
                               &info.n_user_index_params, a->error));
    info.is_auto_index = index->is_auto;
    info.min_index_version = index->min_version;
    info.max_index_version = index->max_version;
    field_index.index_info = &info;
    field_index.create_time = index->create_time;
    body.field_index = &field_index;
    struct mb_log_message message = {
        .type = MB_LOG_CREATE_INDEX, .version = 2, .header = &header.base, .body = &body.base};
    return say_on_control(a, &message);
}

mb_status mb_replicate_index(struct mb_replication *replication, const struct mb_collection *collection,
                             const struct mb_replicated_index *index, struct mb_cancel *cancel,
                             struct mb_error *error)
{
    return say_in_arena(ABOUT(collection), say_index, index);
}

/* ------------------------------------------------------------------ imports */

static mb_status fill_options(const struct about *a, const struct mb_properties *options,
                              Pb__ImportBody *body)
{
    Pb__ImportBody__OptionsEntry *entries;
    MB_TRY(MAKE_ARRAY(a->arena, options->count, entries, a->error));
    MB_TRY(MAKE_ARRAY(a->arena, options->count, body->options, a->error));
    for (size_t i = 0; i < options->count; i++) {
        pb__import_body__options_entry__init(&entries[i]);
        entries[i].key = mb_pb_text(options->items[i].key);
        entries[i].value = mb_pb_text(options->items[i].value);
        body->options[body->n_options++] = &entries[i];
    }
    return MB_OK;
}

static mb_status fill_files(const struct about *a, const struct mb_replicated_import *import,
                            Pb__ImportBody *body)
{
    Pb__ImportFile *files;
    MB_TRY(MAKE_ARRAY(a->arena, import->file_count, files, a->error));
    MB_TRY(MAKE_ARRAY(a->arena, import->file_count, body->files, a->error));
    for (size_t i = 0; i < import->file_count; i++) {
        pb__import_file__init(&files[i]);
        files[i].id = (int64_t)i + 1;
        MB_TRY(mb_strings_to_pb(&import->files[i], a->arena, &files[i].paths, &files[i].n_paths, a->error));
        body->files[body->n_files++] = &files[i];
    }
    return MB_OK;
}

static mb_status say_import(const struct about *a, const void *what)
{
    const struct mb_replicated_import *import = what;
    Pb__ImportBody body = PB__IMPORT_BODY__INIT;
    Pb__LogMessageBase base = PB__LOG_MESSAGE_BASE__INIT;
    int64_t partition = import->partition_id;
    base.type = TYPE_IMPORT;
    body.base_message = &base;
    body.db_name = mb_pb_text(a->collection->db_name);
    body.collection_name = mb_pb_text(a->collection->name);
    body.collection_id = a->collection->id;
    body.partition_ids = &partition;
    body.n_partition_ids = 1;
    body.job_id = import->job_id;
    MB_TRY(mb_schema_to_pb(&a->collection->schema, a->collection->name, a->arena, &body.schema, a->error));
    MB_TRY(fill_options(a, &import->options, &body));
    MB_TRY(fill_files(a, import, &body));
    struct mb_log_message message = {.type = MB_LOG_IMPORT, .version = 1, .body = &body.base};
    return say_on_shards(a, &message);
}

mb_status mb_replicate_import(struct mb_replication *replication, const struct mb_collection *collection,
                              const struct mb_replicated_import *import, struct mb_cancel *cancel,
                              struct mb_error *error)
{
    return say_in_arena(ABOUT(collection), say_import, import);
}

static mb_status say_commit(const struct about *a, const void *what)
{
    const int64_t *job_id = what;
    Pb__CommitImportHeader header = PB__COMMIT_IMPORT_HEADER__INIT;
    header.collection_id = a->collection->id;
    header.job_id = *job_id;
    struct mb_log_message message = {.type = MB_LOG_COMMIT_IMPORT, .version = 2, .header = &header.base};
    return say_on_shards(a, &message);
}

mb_status mb_replicate_commit(struct mb_replication *replication, const struct mb_collection *collection,
                              int64_t job_id, struct mb_cancel *cancel, struct mb_error *error)
{
    return say_in_arena(ABOUT(collection), say_commit, &job_id);
}

/* -------------------------------------------------------------------- loads */

static mb_status fill_load(const struct about *a, const struct mb_replicated_load *load,
                           Pb__AlterLoadConfigHeader *header)
{
    Pb__LoadField *fields;
    Pb__LoadReplica *replicas;
    MB_TRY(MAKE_ARRAY(a->arena, load->field_count, fields, a->error));
    MB_TRY(MAKE_ARRAY(a->arena, load->field_count, header->load_fields, a->error));
    for (size_t i = 0; i < load->field_count; i++) {
        pb__load_field__init(&fields[i]);
        fields[i].field_id = load->fields[i].field_id;
        fields[i].index_id = load->fields[i].index_id;
        header->load_fields[header->n_load_fields++] = &fields[i];
    }
    MB_TRY(MAKE_ARRAY(a->arena, load->replicas.count, replicas, a->error));
    MB_TRY(MAKE_ARRAY(a->arena, load->replicas.count, header->replicas, a->error));
    for (size_t i = 0; i < load->replicas.count; i++) {
        pb__load_replica__init(&replicas[i]);
        replicas[i].replica_id = load->replicas.items[i];
        replicas[i].resource_group = mb_pb_text(RESOURCE_GROUP);
        header->replicas[header->n_replicas++] = &replicas[i];
    }
    return MB_OK;
}

static mb_status say_load(const struct about *a, const void *what)
{
    const struct mb_replicated_load *load = what;
    Pb__AlterLoadConfigHeader header = PB__ALTER_LOAD_CONFIG_HEADER__INIT;
    header.db_id = a->collection->db_id;
    header.collection_id = a->collection->id;
    header.n_partition_ids = load->partitions.count;
    memcpy(&header.partition_ids, &load->partitions.items, sizeof header.partition_ids);
    MB_TRY(fill_load(a, load, &header));
    struct mb_log_message message = {.type = MB_LOG_ALTER_LOAD_CONFIG, .version = 2, .header = &header.base};
    return say_on_control(a, &message);
}

mb_status mb_replicate_load(struct mb_replication *replication, const struct mb_collection *collection,
                            const struct mb_replicated_load *load, struct mb_cancel *cancel,
                            struct mb_error *error)
{
    return say_in_arena(ABOUT(collection), say_load, load);
}

/* ------------------------------------------------------------ users and roles */

static mb_status say_rbac(const struct about *a, const void *what)
{
    Pb__RestoreRbacBody body = PB__RESTORE_RBAC_BODY__INIT;
    Pb__RbacMeta meta;
    const char *control = mb_replication_control(a->replication);
    MB_TRY(mb_rbac_to_pb(what, a->arena, &meta, a->error));
    body.rbac_meta = &meta;
    const struct mb_log_message message = {.type = MB_LOG_RESTORE_RBAC,
                                           .version = 2,
                                           .body = &body.base,
                                           .channels = &control,
                                           .channel_count = 1,
                                           .holds = {{MB_LOG_HOLDS_PRIVILEGES, "", false}}};
    return mb_replication_broadcast(a->replication, &message, a->cancel, a->error);
}

mb_status mb_replicate_rbac(struct mb_replication *replication, const struct mb_rbac *rbac,
                            struct mb_cancel *cancel, struct mb_error *error)
{
    return say_in_arena(ABOUT(NULL), say_rbac, rbac);
}

/* ------------------------------------------------------- what is written already */

mb_status mb_replicate_written(struct mb_replication *replication, const char *channel,
                               const struct mb_bytes *message, struct mb_cancel *cancel,
                               struct mb_error *error)
{
    uint64_t tick = 0;
    MB_TRY(mb_log_message_tick(message, &tick, error));
    return mb_replication_send(replication, channel, tick, message, cancel, error);
}

mb_status mb_replicated_tick(const struct mb_bytes *message, uint64_t *out, struct mb_error *error)
{
    return mb_log_message_tick(message, out, error);
}

const char *mb_replicated_channel(const char *virtual_channel, struct mb_arena *arena)
{
    return mb_log_physical_channel(virtual_channel, arena);
}
