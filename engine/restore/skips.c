/* What is left out of a collection that Milvus has made by itself: it is taken away again. */
#include "restore/snapshot.h"

#define DESCRIPTION "collection.description"

/* Adds those of the keys that are there. */
static mb_status add_held(struct mb_strings *out, const struct mb_strings *keys,
                          const struct mb_properties *held, struct mb_arena *arena, struct mb_error *error)
{
    for (size_t i = 0; i < keys->count; i++)
        if (mb_properties_get(held, keys->items[i]) != NULL && !mb_strings_have(out, keys->items[i]) &&
            !mb_strings_add(out, arena, keys->items[i]))
            return mb_fail_memory(error);
    return MB_OK;
}

static mb_status change_collection(struct mb_restore_work *work, struct mb_cancel *cancel,
                                   struct mb_error *error)
{
    const struct mb_strings *keys = &work->run->options->wishes.skips.collection_properties;
    const struct mb_collection *source = &work->target->source->collection;
    struct mb_milvus *milvus = work->run->env->milvus;
    struct mb_property description = {DESCRIPTION, work->target->description};
    const struct mb_properties properties = {.items = &description, .count = 1};
    struct mb_strings held = {0};
    MB_TRY(add_held(&held, keys, &source->properties, work->arena, error));
    MB_TRY(add_held(&held, keys, &source->schema.properties, work->arena, error));
    if (held.count > 0)
        MB_TRY(mb_milvus_drop_properties(milvus, MB_WORK_PLACE(work), &held, cancel, error));
    return description.value != NULL
               ? mb_milvus_alter_collection(milvus, MB_WORK_PLACE(work), &properties, cancel, error)
               : MB_OK;
}

static mb_status change_fields(struct mb_restore_work *work, const struct mb_field *fields, size_t count,
                               struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_restore_skips *skips = &work->run->options->wishes.skips;
    for (size_t i = 0; i < count; i++) {
        struct mb_strings held = {0};
        MB_TRY(add_held(&held, &skips->field_type_params, &fields[i].type_params, work->arena, error));
        MB_TRY(add_held(&held, &skips->field_index_params, &fields[i].index_params, work->arena, error));
        if (held.count > 0)
            MB_TRY(mb_milvus_drop_field_params(work->run->env->milvus, MB_WORK_PLACE(work), fields[i].name,
                                               &held, cancel, error));
    }
    return MB_OK;
}

static mb_status change_indexes(struct mb_restore_work *work, struct mb_cancel *cancel,
                                struct mb_error *error)
{
    const struct mb_strings *keys = &work->run->options->wishes.skips.index_params;
    const struct mb_collection_backup *source = work->target->source;
    for (size_t i = 0; i < source->index_count; i++) {
        struct mb_strings held = {0};
        MB_TRY(add_held(&held, keys, &source->indexes[i].params, work->arena, error));
        if (held.count > 0)
            MB_TRY(mb_milvus_drop_index_params(work->run->env->milvus, MB_WORK_PLACE(work),
                                               source->indexes[i].name, &held, cancel, error));
    }
    return MB_OK;
}

mb_status mb_snapshot_change(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_schema *schema = &work->target->source->collection.schema;
    MB_TRY(change_collection(work, cancel, error));
    MB_TRY(change_fields(work, schema->fields, schema->field_count, cancel, error));
    for (size_t i = 0; i < schema->struct_field_count; i++)
        MB_TRY(change_fields(work, schema->struct_fields[i].fields, schema->struct_fields[i].field_count,
                             cancel, error));
    return change_indexes(work, cancel, error);
}
