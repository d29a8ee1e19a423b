#include "milvus/client.h"
#include "milvus/convert.h"

#include <string.h>

static const struct mb_method method_describe = {
    .name = "DescribeIndex",
    .doing = "describe the indexes of",
    .answer = &pb__describe_index_response__descriptor,
};
static const struct mb_method method_create = {
    .name = "CreateIndex",
    .doing = "create an index of",
    .answer = &pb__status__descriptor,
    .limited = MB_LIMITED_INDEX,
};
static const struct mb_method method_drop = {
    .name = "DropIndex",
    .doing = "drop an index of",
    .answer = &pb__status__descriptor,
    .limited = MB_LIMITED_INDEX,
};

/* The server's list stands for a map: of several values for a key the last one counts. */
static void keep_last(struct mb_properties *params)
{
    size_t kept = 0;

    for (size_t i = 0; i < params->count; i++) {
        bool again = false;
        for (size_t k = i + 1; k < params->count; k++)
            again = again || strcmp(params->items[k].key, params->items[i].key) == 0;
        if (!again)
            params->items[kept++] = params->items[i];
    }
    params->count = kept;
}

static mb_status indexes_from_pb(const Pb__DescribeIndexResponse *answer, struct mb_arena *arena,
                                 struct mb_index **out, struct mb_error *error)
{
    struct mb_index *list = mb_arena_alloc(arena, answer->n_index_descriptions + 1, sizeof *list);
    if (list == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < answer->n_index_descriptions; i++) {
        const Pb__IndexDescription *d = answer->index_descriptions[i];
        list[i] = (struct mb_index){.id = d->index_id, .name = d->index_name, .field_name = d->field_name};
        MB_TRY(mb_properties_from_pb(d->params, d->n_params, arena, &list[i].params, error));
        keep_last(&list[i].params);
    }
    *out = list;
    return MB_OK;
}

/* Code 700 of newer servers, 25 of older ones, and words; the collection itself may be missing too. */
static bool says_no_index(const struct mb_error *error)
{
    return strcmp(error->provider_code, "700") == 0 || strcmp(error->provider_code, "25") == 0 ||
           strstr(error->message, "index not found") != NULL ||
           strstr(error->message, "index not exist") != NULL;
}

mb_status mb_milvus_describe_indexes(struct mb_milvus *milvus, const char *db, const char *collection,
                                     struct mb_arena *arena, struct mb_index **out, size_t *count,
                                     struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__CollectionRequest request = PB__COLLECTION_REQUEST__INIT;
    Pb__DescribeIndexResponse *answer;

    request.collection_name = mb_pb_text(collection);
    mb_status status = mb_rpc(milvus, &method_describe, mb_subject_of(db, collection), &request.base, arena,
                              &answer, cancel, error);
    if (status == MB_E_NOT_FOUND && says_no_index(error)) {
        *out = NULL;
        *count = 0;
        return MB_OK;
    }
    if (status != MB_OK)
        return status;
    MB_TRY(indexes_from_pb(answer, arena, out, error));
    *count = answer->n_index_descriptions;
    return MB_OK;
}

static mb_status create_in(struct mb_milvus *milvus, struct mb_subject subject, const struct mb_index *index,
                           struct mb_arena *arena, struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__CreateIndexRequest request = PB__CREATE_INDEX_REQUEST__INIT;

    request.collection_name = mb_pb_text(subject.name);
    request.field_name = mb_pb_text(index->field_name);
    request.index_name = mb_pb_text(index->name);
    MB_TRY(mb_properties_to_pb(&index->params, arena, &request.extra_params, &request.n_extra_params, error));
    mb_status status = mb_rpc(milvus, &method_create, subject, &request.base, arena, NULL, cancel, error);
    return status == MB_OK ? MB_OK : mb_error_context(error, "field %s", index->field_name);
}

mb_status mb_milvus_create_index(struct mb_milvus *milvus, const char *db, const char *collection,
                                 const struct mb_index *index, struct mb_cancel *cancel,
                                 struct mb_error *error)
{
    struct mb_arena *arena = mb_arena_new();
    mb_status status = arena ? create_in(milvus, mb_subject_of(db, collection), index, arena, cancel, error)
                             : mb_fail_memory(error);
    mb_arena_free(arena);
    return status;
}

mb_status mb_milvus_drop_index(struct mb_milvus *milvus, const char *db, const char *collection,
                               const char *index_name, struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__DropIndexRequest request = PB__DROP_INDEX_REQUEST__INIT;

    request.collection_name = mb_pb_text(collection);
    request.index_name = mb_pb_text(index_name);
    mb_status status =
        mb_rpc(milvus, &method_drop, mb_subject_of(db, collection), &request.base, NULL, NULL, cancel, error);
    return status == MB_OK ? MB_OK : mb_error_context(error, "index %s", index_name);
}
