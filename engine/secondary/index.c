#include "secondary/run.h"

#include "catalog/index_extra.h"

#include <jansson.h>
#include <string.h>

#define PARAMS "params"

/* --------------------------------------------------------------- its field */

static bool is_inner(const char *name, const struct mb_struct_field *outer, const struct mb_field *inner,
                     struct mb_arena *arena)
{
    const char *both = mb_arena_printf(arena, "%s[%s]", outer->name, inner->name);
    return strcmp(name, inner->name) == 0 || (both != NULL && strcmp(name, both) == 0);
}

static const struct mb_field *find_field(const struct mb_schema *schema, const char *name,
                                         struct mb_arena *arena)
{
    for (size_t i = 0; i < schema->field_count; i++)
        if (strcmp(schema->fields[i].name, name) == 0)
            return &schema->fields[i];
    for (size_t i = 0; i < schema->struct_field_count; i++)
        for (size_t k = 0; k < schema->struct_fields[i].field_count; k++)
            if (is_inner(name, &schema->struct_fields[i], &schema->struct_fields[i].fields[k], arena))
                return &schema->struct_fields[i].fields[k];
    return NULL;
}

/* -------------------------------------------------------------- its params */

static const char *value_text(const json_t *value, struct mb_arena *arena)
{
    if (json_is_string(value))
        return mb_arena_strdup(arena, json_string_value(value));
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    const char *copy = text != NULL ? mb_arena_strdup(arena, text) : NULL;
    free(text);
    return copy;
}

static mb_status add(struct mb_properties *list, const char *key, const char *value, struct mb_arena *arena,
                     struct mb_error *error)
{
    struct mb_property *items = mb_arena_append(arena, list->items, list->count, sizeof *items);
    if (items == NULL || key == NULL || value == NULL)
        return mb_fail_memory(error);
    items[list->count] = (struct mb_property){key, value};
    *list = (struct mb_properties){.items = items, .count = list->count + 1};
    return MB_OK;
}

static mb_status add_all(struct mb_properties *list, json_t *from, struct mb_arena *arena,
                         struct mb_error *error)
{
    const char *key;
    json_t *value;
    json_object_foreach(from, key, value)
    {
        MB_TRY(add(list, mb_arena_strdup(arena, key), value_text(value, arena), arena, error));
    }
    return MB_OK;
}

/* What its maker has put into the one parameter "params" are parameters of their own where the server keeps
 * it. */
static mb_status flatten(const struct mb_properties *given, struct mb_arena *arena, struct mb_properties *out,
                         struct mb_error *error)
{
    struct mb_properties list = {0};
    for (size_t i = 0; i < given->count; i++) {
        const struct mb_property *one = &given->items[i];
        json_t *inner = strcmp(one->key, PARAMS) == 0 ? json_loads(one->value, 0, NULL) : NULL;
        mb_status status = json_is_object(inner) ? add_all(&list, inner, arena, error)
                                                 : add(&list, one->key, one->value, arena, error);
        json_decref(inner);
        MB_TRY(status);
    }
    *out = list;
    return MB_OK;
}

static bool is_auto(const struct mb_index *index)
{
    const char *type = mb_properties_get(&index->params, "index_type");
    return type == NULL || strcmp(type, "AUTOINDEX") == 0;
}

/* ----------------------------------------------------------------- the index */

static struct mb_replicated_index from_extra(const struct mb_index *index, const struct mb_index_extra *extra)
{
    return (struct mb_replicated_index){.field_id = extra->field_id,
                                        .id = index->id,
                                        .name = index->name,
                                        .create_time = extra->create_time,
                                        .type_params = extra->type_params,
                                        .index_params = extra->index_params,
                                        .user_params = extra->user_index_params,
                                        .is_auto = extra->is_auto_index,
                                        .min_version = extra->min_index_version,
                                        .max_version = extra->max_index_version};
}

static mb_status from_description(const struct mb_collection_backup *source, const struct mb_index *index,
                                  struct mb_arena *arena, struct mb_replicated_index *out,
                                  struct mb_error *error)
{
    const struct mb_field *field = find_field(&source->collection.schema, index->field_name, arena);
    if (field == NULL)
        return mb_fail(error, MB_E_CORRUPT, "index %s: the collection has no field %s", index->name,
                       index->field_name);
    if (is_auto(index))
        return mb_fail(
            error, MB_E_UNSUPPORTED,
            "index %s is of the type that Milvus chooses (AUTOINDEX), and the backup does not tell "
            "what it chose: a secondary needs a backup with extra information about indexes",
            index->name);
    *out = (struct mb_replicated_index){.field_id = field->id,
                                        .id = index->id,
                                        .name = index->name,
                                        .create_time = source->collection.created_timestamp,
                                        .type_params = field->type_params,
                                        .user_params = index->params};
    return flatten(&index->params, arena, &out->index_params, error);
}

mb_status mb_secondary_indexes(const struct mb_collection_backup *source, struct mb_arena *arena,
                               struct mb_secondary_collection *out, struct mb_error *error)
{
    out->indexes = mb_arena_alloc(arena, source->index_count + 1, sizeof *out->indexes);
    if (out->indexes == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < source->index_count; i++) {
        const struct mb_index *index = &source->indexes[i];
        struct mb_index_extra extra;
        if (index->id == 0)
            return mb_fail(error, MB_E_UNSUPPORTED, "the backup does not tell the id of index %s",
                           index->name);
        MB_TRY(mb_index_extra_read(index, arena, &extra, error));
        if (extra.field_id != 0)
            out->indexes[i] = from_extra(index, &extra);
        else
            MB_TRY(from_description(source, index, arena, &out->indexes[i], error));
    }
    out->index_count = source->index_count;
    return MB_OK;
}
