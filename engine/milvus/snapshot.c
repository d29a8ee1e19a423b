/* Snapshots of collections: made, told of, copied to a storage, taken from there, dropped.  And what makes a
 * collection of one differ from it: properties and parameters that are taken away. */
#include "milvus/client.h"
#include "milvus/convert.h"

static const struct mb_method method_create = {
    .name = "CreateSnapshot",
    .doing = "make a snapshot of",
    .answer = &pb__status__descriptor,
    .again = MB_AGAIN_REFUSED,
};
static const struct mb_method method_describe = {
    .name = "DescribeSnapshot",
    .doing = "describe a snapshot of",
    .answer = &pb__describe_snapshot_response__descriptor,
};
static const struct mb_method method_drop = {
    .name = "DropSnapshot",
    .doing = "drop a snapshot of",
    .answer = &pb__status__descriptor,
    .again = MB_AGAIN_ANY,
};
static const struct mb_method method_export = {
    .name = "ExportSnapshot",
    .doing = "export a snapshot of",
    .answer = &pb__export_snapshot_response__descriptor,
    .again = MB_AGAIN_REFUSED, /* a second job would write the same files */
};
static const struct mb_method method_restore = {
    .name = "RestoreExternalSnapshot",
    .doing = "restore a snapshot to",
    .answer = &pb__restore_external_snapshot_response__descriptor,
    .again = MB_AGAIN_REFUSED,
};
static const struct mb_method method_alter = {
    .name = "AlterCollection",
    .doing = "take properties away from collection",
    .answer = &pb__status__descriptor,
};
static const struct mb_method method_alter_field = {
    .name = "AlterCollectionField",
    .doing = "take parameters away from a field of",
    .answer = &pb__status__descriptor,
};
static const struct mb_method method_alter_index = {
    .name = "AlterIndex",
    .doing = "take parameters away from an index of",
    .answer = &pb__status__descriptor,
};

/* ---------------------------------------------------------------- snapshots */

mb_status mb_milvus_create_snapshot(struct mb_milvus *milvus, const char *db, const char *collection,
                                    const char *name, struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__CreateSnapshotRequest request = PB__CREATE_SNAPSHOT_REQUEST__INIT;
    request.name = mb_pb_text(name);
    request.collection_name = mb_pb_text(collection);
    mb_status status = mb_rpc(milvus, &method_create, mb_subject_of(db, collection), &request.base, NULL,
                              NULL, cancel, error);
    return status == MB_OK ? MB_OK : mb_error_context(error, "snapshot %s", name);
}

static mb_status describe_in(struct mb_milvus *milvus, struct mb_subject subject,
                             const Pb__SnapshotRequest *request, struct mb_arena *arena, uint64_t *timestamp,
                             struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__DescribeSnapshotResponse *answer;
    MB_TRY(mb_rpc(milvus, &method_describe, subject, &request->base, arena, &answer, cancel, error));
    if (answer->create_ts <= 0)
        return mb_fail(error, MB_E_PROTOCOL, "snapshot %s: the server tells no moment at which it was made",
                       request->name);
    *timestamp = (uint64_t)answer->create_ts;
    return MB_OK;
}

mb_status mb_milvus_describe_snapshot(struct mb_milvus *milvus, const char *db, const char *collection,
                                      const char *name, uint64_t *timestamp, struct mb_cancel *cancel,
                                      struct mb_error *error)
{
    Pb__SnapshotRequest request = PB__SNAPSHOT_REQUEST__INIT;
    struct mb_arena *arena = mb_arena_new();
    request.name = mb_pb_text(name);
    request.collection_name = mb_pb_text(collection);
    mb_status status =
        arena ? describe_in(milvus, mb_subject_of(db, collection), &request, arena, timestamp, cancel, error)
              : mb_fail_memory(error);
    mb_arena_free(arena);
    return status;
}

mb_status mb_milvus_drop_snapshot(struct mb_milvus *milvus, const char *db, const char *collection,
                                  const char *name, struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__SnapshotRequest request = PB__SNAPSHOT_REQUEST__INIT;
    request.name = mb_pb_text(name);
    request.collection_name = mb_pb_text(collection);
    return mb_rpc(milvus, &method_drop, mb_subject_of(db, collection), &request.base, NULL, NULL, cancel,
                  error);
}

static mb_status export_in(struct mb_milvus *milvus, struct mb_subject subject, const char *name,
                           const struct mb_snapshot_place *place, const char *path, struct mb_arena *arena,
                           int64_t *job, struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__ExportSnapshotRequest request = PB__EXPORT_SNAPSHOT_REQUEST__INIT;
    Pb__ExportSnapshotResponse *answer;
    request.name = mb_pb_text(name);
    request.collection_name = mb_pb_text(subject.name);
    request.target_s3_path = mb_arena_printf(arena, "%s%s", place->uri, path);
    request.external_spec = mb_pb_text(place->spec);
    if (request.target_s3_path == NULL)
        return mb_fail_memory(error);
    if (mb_rpc(milvus, &method_export, subject, &request.base, arena, &answer, cancel, error) < 0)
        return mb_error_context(error, "to %s", request.target_s3_path);
    *job = answer->job_id;
    return MB_OK;
}

mb_status mb_milvus_export_snapshot(struct mb_milvus *milvus, const char *db, const char *collection,
                                    const char *name, const struct mb_snapshot_place *place, const char *path,
                                    int64_t *job, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_arena *arena = mb_arena_new();
    mb_status status =
        arena ? export_in(milvus, mb_subject_of(db, collection), name, place, path, arena, job, cancel, error)
              : mb_fail_memory(error);
    mb_arena_free(arena);
    return status;
}

static mb_status restore_in(struct mb_milvus *milvus, struct mb_subject subject,
                            const struct mb_snapshot_place *place, const char *path, struct mb_arena *arena,
                            int64_t *job, struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__RestoreExternalSnapshotRequest request = PB__RESTORE_EXTERNAL_SNAPSHOT_REQUEST__INIT;
    Pb__RestoreExternalSnapshotResponse *answer;
    request.target_collection_name = mb_pb_text(subject.name);
    request.snapshot_metadata_uri = mb_arena_printf(arena, "%s%s", place->uri, path);
    request.external_spec = mb_pb_text(place->spec);
    if (request.snapshot_metadata_uri == NULL)
        return mb_fail_memory(error);
    if (mb_rpc(milvus, &method_restore, subject, &request.base, arena, &answer, cancel, error) < 0)
        return mb_error_context(error, "from %s", request.snapshot_metadata_uri);
    *job = answer->job_id;
    return MB_OK;
}

mb_status mb_milvus_restore_snapshot(struct mb_milvus *milvus, const char *db, const char *collection,
                                     const struct mb_snapshot_place *place, const char *path, int64_t *job,
                                     struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_arena *arena = mb_arena_new();
    mb_status status =
        arena ? restore_in(milvus, mb_subject_of(db, collection), place, path, arena, job, cancel, error)
              : mb_fail_memory(error);
    mb_arena_free(arena);
    return status;
}

/* ------------------------------------------------- what is taken away again */

/* keys in arena; where the request keeps them and their number. */
struct keys {
    char ***items;
    size_t *count;
    const struct mb_strings *given;
};

static mb_status take_away_in(struct mb_milvus *milvus, const struct mb_method *method,
                              struct mb_subject subject, const ProtobufCMessage *request,
                              const struct keys *keys, struct mb_arena *arena, struct mb_cancel *cancel,
                              struct mb_error *error)
{
    MB_TRY(mb_strings_to_pb(keys->given, arena, keys->items, keys->count, error));
    return mb_rpc(milvus, method, subject, request, NULL, NULL, cancel, error);
}

static mb_status take_away(struct mb_milvus *milvus, const struct mb_method *method,
                           struct mb_subject subject, const ProtobufCMessage *request,
                           const struct keys *keys, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_arena *arena = mb_arena_new();
    mb_status status = arena ? take_away_in(milvus, method, subject, request, keys, arena, cancel, error)
                             : mb_fail_memory(error);
    mb_arena_free(arena);
    return status;
}

mb_status mb_milvus_drop_properties(struct mb_milvus *milvus, const char *db, const char *collection,
                                    const struct mb_strings *keys, struct mb_cancel *cancel,
                                    struct mb_error *error)
{
    Pb__AlterCollectionRequest request = PB__ALTER_COLLECTION_REQUEST__INIT;
    const struct keys into = {&request.delete_keys, &request.n_delete_keys, keys};
    request.collection_name = mb_pb_text(collection);
    return take_away(milvus, &method_alter, mb_subject_of(db, collection), &request.base, &into, cancel,
                     error);
}

mb_status mb_milvus_drop_field_params(struct mb_milvus *milvus, const char *db, const char *collection,
                                      const char *field, const struct mb_strings *keys,
                                      struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__AlterCollectionFieldRequest request = PB__ALTER_COLLECTION_FIELD_REQUEST__INIT;
    const struct keys into = {&request.delete_keys, &request.n_delete_keys, keys};
    request.collection_name = mb_pb_text(collection);
    request.field_name = mb_pb_text(field);
    mb_status status = take_away(milvus, &method_alter_field, mb_subject_of(db, collection), &request.base,
                                 &into, cancel, error);
    return status == MB_OK ? MB_OK : mb_error_context(error, "field %s", field);
}

mb_status mb_milvus_drop_index_params(struct mb_milvus *milvus, const char *db, const char *collection,
                                      const char *index, const struct mb_strings *keys,
                                      struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__AlterIndexRequest request = PB__ALTER_INDEX_REQUEST__INIT;
    const struct keys into = {&request.delete_keys, &request.n_delete_keys, keys};
    request.collection_name = mb_pb_text(collection);
    request.index_name = mb_pb_text(index);
    mb_status status = take_away(milvus, &method_alter_index, mb_subject_of(db, collection), &request.base,
                                 &into, cancel, error);
    return status == MB_OK ? MB_OK : mb_error_context(error, "index %s", index);
}
