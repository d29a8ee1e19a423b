#include "restore/schema.h"

#include "restore/replace.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_USER_FIELD INT64_C(100)
#define DYNAMIC_FIELD    "$meta"

/* --------------------------------------------------------------- properties */

/* A collection with those of a replication would be one that only a replication may write to; how one is
 * encrypted follows from its database. */
static bool stays_behind(const char *key)
{
    return mb_text_starts_with(key, "replicate.") || mb_text_starts_with(key, "cipher.") ||
           strcmp(key, MB_REPLACED_BY) == 0;
}

static void put_property(struct mb_properties *list, const struct mb_property *property)
{
    if (stays_behind(property->key))
        return;
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].key, property->key) == 0) {
            list->items[i] = *property;
            return;
        }
    }
    list->items[list->count++] = *property;
}

/* The collection's own properties (its time to live and the like) over those of its schema. */
static mb_status join_properties(const struct mb_collection *source, struct mb_arena *arena,
                                 struct mb_properties *out, struct mb_error *error)
{
    struct mb_properties list = {0};
    list.items = mb_arena_alloc(arena, source->schema.properties.count + source->properties.count + 1,
                                sizeof *list.items);
    if (list.items == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < source->schema.properties.count; i++)
        put_property(&list, &source->schema.properties.items[i]);
    for (size_t i = 0; i < source->properties.count; i++)
        put_property(&list, &source->properties.items[i]);
    *out = list;
    return MB_OK;
}

static mb_status schema_properties(const struct mb_properties *source, struct mb_arena *arena,
                                   struct mb_properties *out, struct mb_error *error)
{
    struct mb_properties list = {.items = mb_arena_alloc(arena, source->count + 1, sizeof *list.items)};
    if (list.items == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < source->count; i++)
        put_property(&list, &source->items[i]);
    *out = list;
    return MB_OK;
}

mb_status mb_restore_database_properties(const struct mb_database *source, struct mb_arena *arena,
                                         struct mb_properties *out, bool *without_cipher,
                                         struct mb_error *error)
{
    struct mb_properties list = {.items =
                                     mb_arena_alloc(arena, source->properties.count + 1, sizeof *list.items)};
    if (list.items == NULL)
        return mb_fail_memory(error);
    *without_cipher = false;
    for (size_t i = 0; i < source->properties.count; i++) {
        bool cipher = mb_text_starts_with(source->properties.items[i].key, "cipher.");
        *without_cipher |= cipher;
        if (!cipher)
            put_property(&list, &source->properties.items[i]);
    }
    *out = list;
    return MB_OK;
}

/* ------------------------------------------------------------------- fields */

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static bool is_dynamic_field(const struct mb_field *field)
{
    return field->is_dynamic || strcmp(field->name, DYNAMIC_FIELD) == 0;
}

/* Every id that the server gave to a field we can see, sorted. */
static int64_t *used_ids(const struct mb_schema *schema, struct mb_arena *arena, size_t *count)
{
    size_t n = schema->field_count;
    for (size_t i = 0; i < schema->struct_field_count; i++)
        n += 1 + schema->struct_fields[i].field_count;
    int64_t *ids = mb_arena_alloc(arena, n + 1, sizeof *ids);
    if (ids == NULL)
        return NULL;
    n = 0;
    for (size_t i = 0; i < schema->field_count; i++)
        if (!is_dynamic_field(&schema->fields[i]))
            ids[n++] = schema->fields[i].id;
    for (size_t i = 0; i < schema->struct_field_count; i++) {
        const struct mb_struct_field *s = &schema->struct_fields[i];
        ids[n++] = s->id;
        for (size_t k = 0; k < s->field_count; k++)
            ids[n++] = s->fields[k].id;
    }
    qsort(ids, n, sizeof *ids, by_value);
    *count = n;
    return ids;
}

/* Describing a collection does not show it, but it took the first id that is missing, right behind the fields
 * of the collection's birth.  A backup with what etcd knows has it. */
mb_status mb_restore_dynamic_id(const struct mb_schema *schema, struct mb_arena *arena, int64_t *out,
                                struct mb_error *error)
{
    for (size_t i = 0; i < schema->field_count; i++)
        if (is_dynamic_field(&schema->fields[i]) && schema->fields[i].id > 0) {
            *out = schema->fields[i].id;
            return MB_OK;
        }
    size_t count = 0;
    int64_t *ids = used_ids(schema, arena, &count);
    int64_t expected = FIRST_USER_FIELD;
    if (ids == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < count; i++) {
        if (ids[i] > expected)
            break;
        if (ids[i] == expected)
            expected++;
    }
    *out = expected;
    return MB_OK;
}

static mb_status split_fields(const struct mb_schema *schema, struct mb_arena *arena, struct mb_schema *out,
                              struct mb_field **later, size_t *later_count, struct mb_error *error)
{
    int64_t dynamic_id = INT64_MAX;
    struct mb_field *first = mb_arena_alloc(arena, schema->field_count + 1, sizeof *first);
    struct mb_field *rest = mb_arena_alloc(arena, schema->field_count + 1, sizeof *rest);
    if (first == NULL || rest == NULL)
        return mb_fail_memory(error);
    if (schema->enable_dynamic_field)
        MB_TRY(mb_restore_dynamic_id(schema, arena, &dynamic_id, error));

    out->field_count = *later_count = 0;
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct mb_field *field = &schema->fields[i];
        if (is_dynamic_field(field))
            continue;
        if (field->id >= dynamic_id)
            rest[(*later_count)++] = *field;
        else
            first[out->field_count++] = *field;
    }
    out->fields = first;
    *later = rest;
    return MB_OK;
}

static bool has_partition_key(const struct mb_schema *schema)
{
    for (size_t i = 0; i < schema->field_count; i++)
        if (schema->fields[i].is_partition_key)
            return true;
    return false;
}

mb_status mb_restore_schema_make(const struct mb_collection_backup *source, const char *db, const char *name,
                                 struct mb_arena *arena, struct mb_collection *out, struct mb_field **later,
                                 size_t *later_count, struct mb_error *error)
{
    struct mb_collection made = source->collection;

    made.db_name = db;
    made.name = name;
    made.num_partitions = has_partition_key(&made.schema) ? (int64_t)source->partition_count : 0;
    MB_TRY(split_fields(&source->collection.schema, arena, &made.schema, later, later_count, error));
    MB_TRY(schema_properties(&source->collection.schema.properties, arena, &made.schema.properties, error));
    MB_TRY(join_properties(&source->collection, arena, &made.properties, error));
    *out = made;
    return MB_OK;
}

static const struct mb_field *find_field(const struct mb_schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->field_count; i++)
        if (strcmp(schema->fields[i].name, name) == 0)
            return &schema->fields[i];
    return NULL;
}

mb_status mb_restore_schema_check(const struct mb_collection_backup *source,
                                  const struct mb_collection *there, struct mb_error *error)
{
    const struct mb_schema *schema = &source->collection.schema;
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct mb_field *field = &schema->fields[i];
        if (is_dynamic_field(field))
            continue;
        const struct mb_field *other = find_field(&there->schema, field->name);
        if (other == NULL)
            return mb_fail(error, MB_E_INVALID, "collection %s.%s has no field %s, which the backup has",
                           there->db_name, there->name, field->name);
        if (other->data_type != field->data_type)
            return mb_fail(error, MB_E_INVALID,
                           "field %s of %s.%s is of another type than in the backup (%d, %d)", field->name,
                           there->db_name, there->name, (int)other->data_type, (int)field->data_type);
        if (other->id != field->id)
            return mb_fail(
                error, MB_E_INVALID,
                "field %s of %s.%s has id %lld, in the backup %lld: its values would go into another field",
                field->name, there->db_name, there->name, (long long)other->id, (long long)field->id);
    }
    return MB_OK;
}

/* ------------------------------------------------------------------ indexes */

/* Servers call a field of a struct "struct[field]" where they speak of its index. */
static bool is_inner_name(const char *name, const struct mb_struct_field *outer, const struct mb_field *inner)
{
    size_t len = strlen(outer->name), inner_len = strlen(inner->name);
    if (strcmp(name, inner->name) == 0)
        return true;
    return strncmp(name, outer->name, len) == 0 && name[len] == '[' &&
           strncmp(name + len + 1, inner->name, inner_len) == 0 &&
           strcmp(name + len + 1 + inner_len, "]") == 0;
}

static const struct mb_field *find_inner_field(const struct mb_struct_field *outer, const char *name)
{
    for (size_t i = 0; i < outer->field_count; i++)
        if (is_inner_name(name, outer, &outer->fields[i]))
            return &outer->fields[i];
    return NULL;
}

bool mb_restore_index_is_vector(const struct mb_collection_backup *source, const struct mb_index *index)
{
    const struct mb_schema *schema = &source->collection.schema;
    const struct mb_field *field = find_field(schema, index->field_name);
    for (size_t i = 0; field == NULL && i < schema->struct_field_count; i++)
        field = find_inner_field(&schema->struct_fields[i], index->field_name);
    return field != NULL && mb_data_type_is_vector(field->data_type);
}

static mb_status auto_params(const struct mb_index *index, struct mb_arena *arena, struct mb_properties *out,
                             struct mb_error *error)
{
    const char *metric = mb_properties_get(&index->params, "metric_type");
    struct mb_property *items = mb_arena_alloc(arena, 2, sizeof *items);
    if (items == NULL)
        return mb_fail_memory(error);
    items[0] = (struct mb_property){.key = "index_type", .value = "AUTOINDEX"};
    if (metric)
        items[1] = (struct mb_property){.key = "metric_type", .value = metric};
    *out = (struct mb_properties){.items = items, .count = metric ? 2 : 1};
    return MB_OK;
}

/* Older servers told this one by the name of the library behind it. */
static mb_status known_params(const struct mb_index *index, struct mb_arena *arena, struct mb_properties *out,
                              struct mb_error *error)
{
    struct mb_property *items = mb_arena_alloc(arena, index->params.count + 1, sizeof *items);
    if (items == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < index->params.count; i++) {
        items[i] = index->params.items[i];
        if (strcmp(items[i].key, "index_type") == 0 && strcmp(items[i].value, "marisa-trie") == 0)
            items[i].value = "Trie";
    }
    *out = (struct mb_properties){.items = items, .count = index->params.count};
    return MB_OK;
}

/* Milvus refuses other names for indexes, although it has made such ones itself. */
static bool is_index_name(const char *name)
{
    return mb_text_is_name(name, strlen(name)) && strchr("0123456789", *name) == NULL;
}

mb_status mb_restore_index_make(const struct mb_collection_backup *source, const struct mb_index *index,
                                bool use_auto_index, struct mb_arena *arena, struct mb_index *out,
                                struct mb_error *error)
{
    bool vector = mb_restore_index_is_vector(source, index);
    struct mb_index made = *index;

    if (vector && use_auto_index)
        MB_TRY(auto_params(index, arena, &made.params, error));
    else
        MB_TRY(known_params(index, arena, &made.params, error));
    if (!vector && !is_index_name(index->name))
        made.name = "";
    *out = made;
    return MB_OK;
}
