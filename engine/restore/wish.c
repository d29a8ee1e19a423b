#include "restore/wish.h"

#include <string.h>

static mb_status leave_out(const struct mb_strings *keys, struct mb_arena *arena, struct mb_properties *list,
                           struct mb_error *error)
{
    if (keys->count == 0)
        return MB_OK;
    struct mb_property *items = mb_arena_alloc(arena, list->count + 1, sizeof *items);
    if (items == NULL)
        return mb_fail_memory(error);
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        if (!mb_strings_have(keys, list->items[i].key))
            items[count++] = list->items[i];
    *list = (struct mb_properties){.items = items, .count = count};
    return MB_OK;
}

static mb_status wish_fields(const struct mb_restore_skips *skips, struct mb_arena *arena,
                             struct mb_field *fields, size_t count, struct mb_error *error)
{
    for (size_t i = 0; i < count; i++) {
        MB_TRY(leave_out(&skips->field_type_params, arena, &fields[i].type_params, error));
        MB_TRY(leave_out(&skips->field_index_params, arena, &fields[i].index_params, error));
    }
    return MB_OK;
}

/* Those are the backup's own until here. */
static mb_status wish_struct_fields(const struct mb_restore_skips *skips, struct mb_arena *arena,
                                    struct mb_schema *schema, struct mb_error *error)
{
    size_t count = schema->struct_field_count;
    struct mb_struct_field *all = mb_arena_alloc(arena, count + 1, sizeof *all);
    if (all == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < count; i++) {
        all[i] = schema->struct_fields[i];
        struct mb_field *fields = mb_arena_alloc(arena, all[i].field_count + 1, sizeof *fields);
        if (fields == NULL)
            return mb_fail_memory(error);
        if (all[i].field_count > 0)
            memcpy(fields, all[i].fields, all[i].field_count * sizeof *fields);
        all[i].fields = fields;
        MB_TRY(leave_out(&skips->field_type_params, arena, &all[i].type_params, error));
        MB_TRY(wish_fields(skips, arena, fields, all[i].field_count, error));
    }
    schema->struct_fields = all;
    return MB_OK;
}

mb_status mb_wish_collection(const struct mb_restore_wishes *wishes, const struct mb_restore_target *target,
                             struct mb_arena *arena, struct mb_collection *collection, struct mb_field *later,
                             size_t later_count, struct mb_error *error)
{
    const struct mb_restore_skips *skips = &wishes->skips;
    struct mb_schema *schema = &collection->schema;

    if (wishes->max_shards > 0 && collection->shards_num > wishes->max_shards)
        collection->shards_num = wishes->max_shards;
    if (target->shards > 0)
        collection->shards_num = target->shards;
    if (target->description != NULL)
        schema->description = target->description;
    MB_TRY(leave_out(&skips->collection_properties, arena, &collection->properties, error));
    MB_TRY(leave_out(&skips->collection_properties, arena, &schema->properties, error));
    MB_TRY(wish_fields(skips, arena, schema->fields, schema->field_count, error));
    MB_TRY(wish_struct_fields(skips, arena, schema, error));
    return wish_fields(skips, arena, later, later_count, error);
}

mb_status mb_wish_index(const struct mb_restore_wishes *wishes, struct mb_arena *arena,
                        struct mb_index *index, struct mb_error *error)
{
    return leave_out(&wishes->skips.index_params, arena, &index->params, error);
}
