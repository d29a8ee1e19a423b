/* GET /info: one backup for people. */
#include "api/api.h"
#include "api/reply.h"
#include "api/routes.h"

struct index {
    const char *name, *field, *type, *metric;
};

struct collection {
    const char *db, *name;
    int64_t id;
    const char *description;
    int64_t rows, size;
    uint64_t segments, partitions;
    struct mb_api_list indexes;
    struct mb_strings aliases;
    const char *load_state;
    int32_t shards;
};

struct info {
    const char *id, *name, *milvus_version, *format, *source_root;
    int64_t size, rows, made_ms, took_ms;
    uint64_t segments, l0_segments;
    bool has_objects;
    uint64_t objects, objects_bytes, summed;
    struct mb_strings databases;
    struct mb_api_list collections;
};

static const struct mb_api_field index_fields[] = {
    MB_API_FIELD_ALWAYS(STRING, "name", struct index, name, NULL),
    MB_API_FIELD_ALWAYS(STRING, "field", struct index, field, NULL),
    MB_API_FIELD_ALWAYS(STRING, "type", struct index, type, "Empty when not known."),
    MB_API_FIELD_ALWAYS(STRING, "metric", struct index, metric, "Empty when not known."),
};
static const struct mb_api_schema index_schema = {MB_API_SCHEMA("InfoIndex", struct index, index_fields)};

#define ALWAYS_LIST(key, type_, member, schema)                                                         \
    {                                                                                                   \
        .name = (key), .type = MB_API_ARRAY, .flags = MB_API_ALWAYS, .offset = offsetof(type_, member), \
        .of = (schema)                                                                                  \
    }

static const struct mb_api_field collection_fields[] = {
    MB_API_FIELD_ALWAYS(STRING, "db_name", struct collection, db, NULL),
    MB_API_FIELD_ALWAYS(STRING, "collection_name", struct collection, name, NULL),
    MB_API_FIELD_ALWAYS(INT64, "collection_id", struct collection, id, NULL),
    MB_API_FIELD_ALWAYS(STRING, "description", struct collection, description, NULL),
    MB_API_FIELD_ALWAYS(INT64, "rows", struct collection, rows, NULL),
    MB_API_FIELD_ALWAYS(INT64, "size", struct collection, size, "Bytes of data."),
    MB_API_FIELD_ALWAYS(UINT64, "segments", struct collection, segments, NULL),
    MB_API_FIELD_ALWAYS(UINT64, "partitions", struct collection, partitions, "Their number."),
    ALWAYS_LIST("indexes", struct collection, indexes, &index_schema),
    MB_API_FIELD_ALWAYS(STRINGS, "aliases", struct collection, aliases, NULL),
    MB_API_FIELD_ALWAYS(STRING, "load_state", struct collection, load_state, NULL),
    MB_API_FIELD_ALWAYS(INT32, "shards", struct collection, shards, NULL),
};
static const struct mb_api_schema collection_schema = {
    MB_API_SCHEMA("InfoCollection", struct collection, collection_fields)};

static const struct mb_api_field fields[] = {
    MB_API_FIELD_ALWAYS(STRING, "id", struct info, id, NULL),
    MB_API_FIELD_ALWAYS(STRING, "name", struct info, name, NULL),
    MB_API_FIELD_ALWAYS(STRING, "milvus_version", struct info, milvus_version, NULL),
    MB_API_FIELD_ALWAYS(STRING, "format", struct info, format, NULL),
    MB_API_FIELD_ALWAYS(STRING, "source_root", struct info, source_root, "Milvus' root path back then."),
    MB_API_FIELD_ALWAYS(INT64, "size", struct info, size, "Bytes of data."),
    MB_API_FIELD_ALWAYS(INT64, "rows", struct info, rows, NULL),
    MB_API_FIELD_ALWAYS(UINT64, "segments", struct info, segments, NULL),
    MB_API_FIELD_ALWAYS(UINT64, "l0_segments", struct info, l0_segments, "Of these, with deletes alone."),
    MB_API_FIELD_ALWAYS(INT64, "made_at", struct info, made_ms, "Milliseconds since 1970, 0 when not known."),
    MB_API_FIELD_ALWAYS(INT64, "took_ms", struct info, took_ms, "-1 when not known."),
    MB_API_FIELD_ALWAYS(BOOL, "has_objects", struct info, has_objects, "There is a list of all its objects."),
    MB_API_FIELD_ALWAYS(UINT64, "objects", struct info, objects, "In that list."),
    MB_API_FIELD_ALWAYS(UINT64, "objects_bytes", struct info, objects_bytes, "In that list."),
    MB_API_FIELD_ALWAYS(UINT64, "objects_summed", struct info, summed, "Of these, with a checksum."),
    MB_API_FIELD_ALWAYS(STRINGS, "databases", struct info, databases, NULL),
    ALWAYS_LIST("collections", struct info, collections, &collection_schema),
};
const struct mb_api_schema mb_info_schema = {MB_API_SCHEMA("BackupInfo", struct info, fields)};

static mb_status add_indexes(const struct mb_info *info, size_t i, size_t count, struct mb_arena *arena,
                             struct mb_api_list *out, struct mb_error *error)
{
    struct index *items = mb_arena_alloc(arena, count + 1, sizeof *items);
    if (items == NULL)
        return mb_fail_memory(error);
    for (size_t k = 0; k < count; k++) {
        struct mb_info_index from = {.struct_size = sizeof from};
        MB_TRY(mb_info_index(info, i, k, &from, error));
        items[k] = (struct index){from.name, from.field, from.type, from.metric};
    }
    *out = (struct mb_api_list){.items = items, .count = count};
    return MB_OK;
}

static mb_status take_collection(const struct mb_info *info, size_t i, struct mb_arena *arena,
                                 struct collection *out, struct mb_error *error)
{
    struct mb_info_collection from = {.struct_size = sizeof from};
    MB_TRY(mb_info_collection(info, i, &from, error));
    *out = (struct collection){.db = from.db,
                               .name = from.name,
                               .id = from.id,
                               .description = from.description,
                               .rows = from.rows,
                               .size = from.size,
                               .segments = from.segments,
                               .partitions = from.partition_count,
                               .load_state = from.load_state,
                               .shards = from.shards};
    for (size_t k = 0; k < from.alias_count; k++)
        if (!mb_strings_add(&out->aliases, arena, from.aliases[k]))
            return mb_fail_memory(error);
    return add_indexes(info, i, from.index_count, arena, &out->indexes, error);
}

static mb_status take_all(const struct mb_info *info, struct mb_arena *arena, struct info *out,
                          struct mb_error *error)
{
    struct mb_info_backup from = {.struct_size = sizeof from};
    MB_TRY(mb_info_backup(info, &from, error));
    *out = (struct info){.id = from.id,
                         .name = from.name,
                         .milvus_version = from.milvus_version,
                         .format = from.format,
                         .source_root = from.source_root,
                         .size = from.size,
                         .rows = from.rows,
                         .segments = from.segments,
                         .l0_segments = from.l0_segments,
                         .made_ms = from.made_ms,
                         .took_ms = from.took_ms,
                         .has_objects = from.has_objects,
                         .objects = from.objects,
                         .objects_bytes = from.objects_bytes,
                         .summed = from.objects_summed};
    for (size_t i = 0; i < from.database_count; i++)
        if (!mb_strings_add(&out->databases, arena, mb_info_database(info, i)))
            return mb_fail_memory(error);
    struct collection *items = mb_arena_alloc(arena, from.collection_count + 1, sizeof *items);
    if (items == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < from.collection_count; i++)
        MB_TRY(take_collection(info, i, arena, &items[i], error));
    out->collections = (struct mb_api_list){.items = items, .count = from.collection_count};
    return MB_OK;
}

/* What *out points to belongs to *info, which the caller frees, also on failure. */
static mb_status read_info(struct mb_api_call *call, struct mb_info **info, struct info *out,
                           struct mb_error *error)
{
    struct mb_session *session = mb_service_session(mb_api_service(call->api));
    MB_TRY(mb_session_info(session, mb_api_query(call, "backup_name"), info, error));
    return take_all(*info, call->arena, out, error);
}

void mb_serve_info(struct mb_api_call *call)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_info *info = NULL;
    struct info answer;
    mb_status status = read_info(call, &info, &answer, &error);
    if (status >= 0)
        mb_reply_data(call, "success", &mb_info_schema, &answer);
    else if (status == MB_E_NOT_FOUND)
        mb_reply_error_as(call, MB_CODE_NOT_FOUND, &error);
    else
        mb_reply_error(call, &error);
    mb_info_free(info);
}
