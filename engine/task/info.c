/* One backup for people. */
#include "catalog/layout.h"
#include "catalog/objects.h"
#include "task/details.h"
#include "task/query.h"

#include <stdlib.h>

struct mb_info {
    struct mb_arena *arena;
    struct mb_backup backup;
    struct mb_details details;
    bool has_objects;
    uint64_t objects, bytes, summed, summed_bytes, inside, streamed;
};

/* By the list of objects, which backups of other tools lack. */
static mb_status count_objects(struct mb_info *info, const struct mb_catalog *catalog,
                               struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_objects_reader *reader = NULL;
    const struct mb_object_record *record;
    const char *dir = mb_layout_backup_dir(info->arena, catalog->root, info->backup.name);
    const char *key = dir != NULL ? mb_layout_meta_key(info->arena, dir, MB_META_OBJECTS) : NULL;
    if (key == NULL)
        return mb_fail_memory(error);
    mb_status status = mb_objects_open(&reader, catalog->storage, key, cancel, error);
    while (status == MB_OK && (status = mb_objects_next(reader, &record, error)) == MB_OK) {
        info->objects++;
        info->bytes += record->size;
        info->summed += record->has_crc32c;
        info->inside += record->copied == MB_COPIED_INSIDE;
        info->streamed += record->copied == MB_COPIED_STREAMED;
        info->summed_bytes += record->has_crc32c ? record->size : 0;
    }
    mb_objects_close(reader);
    info->has_objects = status == MB_END;
    if (status != MB_E_NOT_FOUND)
        return status < 0 ? status : MB_OK;
    mb_error_clear(error);
    return MB_OK;
}

static mb_status fill_info(struct mb_info *info, struct mb_session *session, const char *name,
                           struct mb_error *error)
{
    struct mb_catalog catalog;
    MB_TRY(mb_query_backup(session, name, info->arena, &catalog, &info->backup, error));
    MB_TRY(mb_details_of(&catalog, &info->backup, &info->details, session->cancel, error));
    return count_objects(info, &catalog, session->cancel, error);
}

static mb_status make_info(struct mb_session *session, const char *name, struct mb_info **out,
                           struct mb_error *error)
{
    struct mb_info *info = calloc(1, sizeof *info);
    if (info == NULL || (info->arena = mb_arena_new()) == NULL) {
        free(info);
        return mb_fail_memory(error);
    }
    mb_status status = fill_info(info, session, name, error);
    if (status != MB_OK) {
        mb_info_free(info);
        return status;
    }
    *out = info;
    return MB_OK;
}

static mb_status info(struct mb_session *session, const char *name, struct mb_info **out,
                      struct mb_error *error)
{
    struct mb_visit visit;
    if (session == NULL || out == NULL)
        return mb_abi_missing(session == NULL ? "session" : "place for the information", error);
    mb_visit_begin(&visit, session);
    mb_status status = make_info(session, name, out, error);
    mb_visit_end(&visit);
    return status;
}

mb_status mb_session_info(struct mb_session *session, const char *name, struct mb_info **out,
                          struct mb_error *error)
{
    MB_ANSWER(error, info(session, name, out, &own));
}

void mb_info_free(struct mb_info *info)
{
    if (info == NULL)
        return;
    mb_arena_free(info->arena);
    free(info);
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static uint64_t segments_of(const struct mb_collection_backup *collection)
{
    uint64_t count = collection->l0_count;
    for (size_t i = 0; i < collection->partition_count; i++)
        count += collection->partitions[i].segment_count;
    return count;
}

static uint64_t l0_segments_of(const struct mb_collection_backup *collection)
{
    uint64_t count = collection->l0_count;
    for (size_t i = 0; i < collection->partition_count; i++)
        for (size_t k = 0; k < collection->partitions[i].segment_count; k++)
            count += mb_segment_is_l0(&collection->partitions[i].segments[k]);
    return count;
}

/* The format has none of a backup of snapshots as a whole. */
static int64_t size_of(const struct mb_backup *backup)
{
    int64_t size = backup->size;
    for (size_t i = 0; backup->size == 0 && i < backup->collection_count; i++)
        size += backup->collections[i].size;
    return size;
}

static mb_status backup_of(const struct mb_info *info, struct mb_info_backup *out, struct mb_error *error)
{
    if (info == NULL)
        return mb_abi_missing("information", error);
    const struct mb_backup *backup = &info->backup;
    const char *format = or_empty(backup->format);
    struct mb_info_backup value = {.name = backup->name,
                                   .id = or_empty(backup->id),
                                   .milvus_version = or_empty(backup->milvus_version),
                                   .format = *format != '\0' ? format : "binlog",
                                   .source_root = or_empty(backup->source_root),
                                   .size = size_of(backup),
                                   .rows = info->details.rows,
                                   .made_ms = info->details.made_ms,
                                   .took_ms = info->details.took_ms,
                                   .has_objects = info->has_objects,
                                   .objects = info->objects,
                                   .objects_bytes = info->bytes,
                                   .objects_summed = info->summed,
                                   .objects_summed_bytes = info->summed_bytes,
                                   .objects_inside = info->inside,
                                   .objects_streamed = info->streamed,
                                   .database_count = backup->database_count,
                                   .collection_count = backup->collection_count};
    for (size_t i = 0; i < backup->collection_count; i++) {
        value.segments += segments_of(&backup->collections[i]);
        value.l0_segments += l0_segments_of(&backup->collections[i]);
    }
    return mb_abi_give(out, MB_UP_TO(struct mb_info_backup, collection_count), &value, sizeof value, error);
}

mb_status mb_info_backup(const struct mb_info *info, struct mb_info_backup *out, struct mb_error *error)
{
    MB_ANSWER(error, backup_of(info, out, &own));
}

const char *mb_info_database(const struct mb_info *info, size_t i)
{
    return info != NULL && i < info->backup.database_count ? info->backup.databases[i].name : NULL;
}

static mb_status find(const struct mb_info *info, size_t i, const struct mb_collection_backup **out,
                      struct mb_error *error)
{
    if (info == NULL)
        return mb_abi_missing("information", error);
    if (i >= info->backup.collection_count)
        return mb_fail(error, MB_E_NOT_FOUND, "the backup has no collection %zu", i);
    *out = &info->backup.collections[i];
    return MB_OK;
}

static mb_status collection_of(const struct mb_info *info, size_t i, struct mb_info_collection *out,
                               struct mb_error *error)
{
    const struct mb_collection_backup *backup = NULL;
    MB_TRY(find(info, i, &backup, error));
    const struct mb_collection *collection = &backup->collection;
    const struct mb_info_collection value = {.db = collection->db_name,
                                             .name = collection->name,
                                             .id = collection->id,
                                             .description = or_empty(collection->schema.description),
                                             .rows = mb_details_rows(backup),
                                             .size = backup->size,
                                             .segments = segments_of(backup),
                                             .partition_count = backup->partition_count,
                                             .index_count = backup->index_count,
                                             .aliases = collection->aliases.items,
                                             .alias_count = collection->aliases.count,
                                             .load_state = or_empty(backup->load_state),
                                             .shards = collection->shards_num,
                                             .field_count = collection->schema.field_count};
    return mb_abi_give(out, MB_UP_TO(struct mb_info_collection, field_count), &value, sizeof value, error);
}

mb_status mb_info_collection(const struct mb_info *info, size_t i, struct mb_info_collection *out,
                             struct mb_error *error)
{
    MB_ANSWER(error, collection_of(info, i, out, &own));
}

static mb_status partition_of(const struct mb_info *info, size_t i, size_t j, struct mb_info_partition *out,
                              struct mb_error *error)
{
    const struct mb_collection_backup *backup = NULL;
    MB_TRY(find(info, i, &backup, error));
    if (j >= backup->partition_count)
        return mb_fail(error, MB_E_NOT_FOUND, "the collection has no partition %zu", j);
    const struct mb_partition_backup *partition = &backup->partitions[j];
    struct mb_info_partition value = {.name = or_empty(partition->name),
                                      .rows = mb_details_partition_rows(partition),
                                      .size = partition->size,
                                      .segments = partition->segment_count,
                                      .load_state = or_empty(partition->load_state)};
    return mb_abi_give(out, MB_UP_TO(struct mb_info_partition, load_state), &value, sizeof value, error);
}

mb_status mb_info_partition(const struct mb_info *info, size_t i, size_t j, struct mb_info_partition *out,
                            struct mb_error *error)
{
    MB_ANSWER(error, partition_of(info, i, j, out, &own));
}

static mb_status index_of(const struct mb_info *info, size_t i, size_t j, struct mb_info_index *out,
                          struct mb_error *error)
{
    const struct mb_collection_backup *backup = NULL;
    MB_TRY(find(info, i, &backup, error));
    if (j >= backup->index_count)
        return mb_fail(error, MB_E_NOT_FOUND, "the collection has no index %zu", j);
    const struct mb_index *index = &backup->indexes[j];
    const struct mb_info_index value = {.name = or_empty(index->name),
                                        .field = or_empty(index->field_name),
                                        .type = or_empty(mb_properties_get(&index->params, "index_type")),
                                        .metric = or_empty(mb_properties_get(&index->params, "metric_type"))};
    return mb_abi_give(out, MB_UP_TO(struct mb_info_index, metric), &value, sizeof value, error);
}

mb_status mb_info_index(const struct mb_info *info, size_t i, size_t j, struct mb_info_index *out,
                        struct mb_error *error)
{
    MB_ANSWER(error, index_of(info, i, j, out, &own));
}
