#include "secondary/run.h"

#include "restore/schema.h"

#include <string.h>

#define DYNAMIC     "$meta"
#define CONSISTENCY "consistency_level"

enum { ROW_ID = 0, TIMESTAMP = 1 };

/* Those of the collection over those of its schema, and how consistent it is, which has no other place in the
 * message that makes it. */
static mb_status join_properties(const struct mb_collection *c, struct mb_arena *arena,
                                 struct mb_properties *out, struct mb_error *error)
{
    const struct mb_properties *lists[] = {&c->properties, &c->schema.properties};
    struct mb_properties all = {
        .items =
            mb_arena_alloc(arena, c->properties.count + c->schema.properties.count + 1, sizeof *all.items)};
    const char *level = mb_arena_printf(arena, "%d", (int)c->consistency_level);
    if (all.items == NULL || level == NULL)
        return mb_fail_memory(error);
    all.items[all.count++] = (struct mb_property){CONSISTENCY, level};
    for (size_t l = 0; l < 2; l++)
        for (size_t i = 0; i < lists[l]->count; i++)
            if (mb_properties_get(&all, lists[l]->items[i].key) == NULL)
                all.items[all.count++] = lists[l]->items[i];
    *out = all;
    return MB_OK;
}

static struct mb_field own_field(int64_t id, const char *name, const char *description, int32_t type)
{
    return (struct mb_field){.id = id, .name = name, .description = description, .data_type = type};
}

static bool has_dynamic(const struct mb_schema *schema)
{
    for (size_t i = 0; i < schema->field_count; i++)
        if (schema->fields[i].is_dynamic)
            return true;
    return false;
}

/* The hidden one of dynamic values, where its id belongs: those that were added later come behind it. */
static mb_status add_dynamic(const struct mb_schema *schema, struct mb_arena *arena, struct mb_field *fields,
                             size_t count, struct mb_error *error)
{
    int64_t id = 0;
    size_t at = count;
    MB_TRY(mb_restore_dynamic_id(schema, arena, &id, error));
    while (at > 0 && fields[at - 1].id > id) {
        fields[at] = fields[at - 1];
        at--;
    }
    fields[at] = own_field(id, DYNAMIC, "dynamic schema", MB_TYPE_JSON);
    fields[at].is_dynamic = true;
    return MB_OK;
}

/* The fields of the backup, and last the two of the server. */
static mb_status make_fields(const struct mb_schema *schema, struct mb_arena *arena, struct mb_field **out,
                             size_t *visible, struct mb_error *error)
{
    size_t count = schema->field_count;
    struct mb_field *fields = mb_arena_alloc(arena, count + 3, sizeof *fields);
    if (fields == NULL)
        return mb_fail_memory(error);
    memcpy(fields, schema->fields, count * sizeof *fields);
    if (schema->enable_dynamic_field && !has_dynamic(schema))
        MB_TRY(add_dynamic(schema, arena, fields, count++, error));
    *visible = count;
    fields[count++] = own_field(ROW_ID, "RowID", "row id", MB_TYPE_INT64);
    fields[count] = own_field(TIMESTAMP, "Timestamp", "time stamp", MB_TYPE_INT64);
    *out = fields;
    return MB_OK;
}

static mb_status make_partitions(const struct mb_collection_backup *source, struct mb_arena *arena,
                                 struct mb_secondary_collection *out, struct mb_error *error)
{
    out->partitions = mb_arena_alloc(arena, source->partition_count + 1, sizeof *out->partitions);
    if (out->partitions == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < source->partition_count; i++)
        out->partitions[i] =
            (struct mb_partition){.id = source->partitions[i].id, .name = source->partitions[i].name};
    out->partition_count = source->partition_count;
    return MB_OK;
}

/* Backups of servers that replicate tell all this. */
static mb_status check(const struct mb_collection_backup *source, struct mb_error *error)
{
    const struct mb_collection *c = &source->collection;
    const char *lacks = c->id == 0                                            ? "its id"
                        : c->db_id == 0                                       ? "the id of its database"
                        : c->virtual_channels.count == 0                      ? "its channels"
                        : source->partition_count == 0                        ? "its partitions"
                        : (int32_t)c->virtual_channels.count != c->shards_num ? "a channel for each shard"
                                                                              : NULL;
    if (lacks != NULL)
        return mb_fail(error, MB_E_UNSUPPORTED,
                       "the backup does not tell %s, without which no replication can make it", lacks);
    for (size_t i = 0; i < source->partition_count; i++)
        if (source->partitions[i].id == 0)
            return mb_fail(error, MB_E_UNSUPPORTED, "the backup does not tell the id of partition %s",
                           source->partitions[i].name);
    return MB_OK;
}

mb_status mb_secondary_describe(const struct mb_collection_backup *source, struct mb_arena *arena,
                                struct mb_secondary_collection *out, struct mb_error *error)
{
    size_t visible = 0;
    struct mb_secondary_collection made = {.born = source->collection};
    MB_TRY(check(source, error));
    MB_TRY(make_fields(&source->collection.schema, arena, &made.born.schema.fields, &visible, error));
    MB_TRY(join_properties(&source->collection, arena, &made.born.schema.properties, error));
    MB_TRY(make_partitions(source, arena, &made, error));
    made.imported = made.born;
    made.imported.schema.field_count = visible;
    made.born.schema.field_count = visible + 2;
    MB_TRY(mb_secondary_indexes(source, arena, &made, error));
    *out = made;
    return MB_OK;
}
