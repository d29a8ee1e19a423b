/* A part of the first step of `create`, where it is asked for.  In: a collection as Milvus describes it.
 * Out: what Milvus' etcd says of its indexes beside it, and the hidden field of its dynamic values. */
#include "catalog/index_extra.h"
#include "backup/create.h"

#include <string.h>

enum { LOOKS = 3 };

static const struct mb_index_extra *find_extra(const struct mb_index_extra *extras, size_t count, int64_t id)
{
    for (size_t i = 0; i < count; i++)
        if (extras[i].index_id == id)
            return &extras[i];
    return NULL;
}

static bool is_described(const struct mb_collection_backup *backup, int64_t id)
{
    for (size_t i = 0; i < backup->index_count; i++)
        if (backup->indexes[i].id == id)
            return true;
    return false;
}

/* The two have to name the same indexes. */
static mb_status compare(const struct mb_create_collection *job, const struct mb_index_extra *extras,
                         size_t count, struct mb_error *error)
{
    const struct mb_collection_backup *backup = &job->backup;
    for (size_t i = 0; i < count; i++)
        if (!is_described(backup, extras[i].index_id))
            return mb_fail(error, MB_E_PROTOCOL,
                           "milvus' etcd has an index %s (%lld) of collection %s.%s, which milvus does not "
                           "describe",
                           extras[i].name, (long long)extras[i].index_id, job->db, job->name);
    for (size_t i = 0; i < backup->index_count; i++)
        if (find_extra(extras, count, backup->indexes[i].id) == NULL)
            return mb_fail(error, MB_E_NOT_FOUND,
                           "milvus' etcd has nothing of index %s of collection %s.%s below %s/%lld (check "
                           "milvus.etcd.rootPath and milvus.etcd.endpoints)",
                           backup->indexes[i].name, job->db, job->name,
                           mb_etcd_index_place(job->create->env->etcd), (long long)backup->collection.id);
    return MB_OK;
}

static mb_status fill_indexes(struct mb_create_collection *job, const struct mb_index_extra *extras,
                              size_t count, struct mb_error *error)
{
    struct mb_collection_backup *backup = &job->backup;
    for (size_t i = 0; i < backup->index_count; i++) {
        struct mb_index *index = &backup->indexes[i];
        MB_TRY(
            mb_index_extra_to_json(find_extra(extras, count, index->id), job->arena, &index->extra, error));
    }
    return MB_OK;
}

/* Between the two looks an index may have come or gone: then both are taken again. */
static mb_status add_indexes(struct mb_create_collection *job, struct mb_cancel *cancel,
                             struct mb_error *error)
{
    const struct mb_backup_env *env = job->create->env;
    struct mb_collection_backup *backup = &job->backup;
    struct mb_index_extra *extras = NULL;
    size_t count = 0;
    for (unsigned look = 0; look < LOOKS; look++) {
        if (look > 0)
            MB_TRY(mb_milvus_describe_indexes(env->milvus, job->db, job->name, job->arena, &backup->indexes,
                                              &backup->index_count, cancel, error));
        MB_TRY(mb_etcd_indexes(env->etcd, backup->collection.id, job->arena, &extras, &count, cancel, error));
        if (compare(job, extras, count, error) == MB_OK) {
            mb_error_clear(error);
            return fill_indexes(job, extras, count, error);
        }
    }
    return error->status;
}

static mb_status add_dynamic_field(struct mb_create_collection *job, struct mb_cancel *cancel,
                                   struct mb_error *error)
{
    struct mb_schema *schema = &job->backup.collection.schema;
    struct mb_field *fields = mb_arena_alloc(job->arena, schema->field_count + 1, sizeof *fields);
    if (fields == NULL)
        return mb_fail_memory(error);
    mb_status status = mb_etcd_dynamic_field(job->create->env->etcd, job->backup.collection.id, job->arena,
                                             &fields[schema->field_count], cancel, error);
    if (status == MB_E_NOT_FOUND)
        return mb_error_context(error,
                                "collection %s.%s takes dynamic fields (check milvus.etcd.rootPath and "
                                "milvus.etcd.endpoints)",
                                job->db, job->name);
    MB_TRY(status);
    if (schema->field_count > 0)
        memcpy(fields, schema->fields, schema->field_count * sizeof *fields);
    schema->fields = fields;
    schema->field_count++;
    return MB_OK;
}

mb_status mb_create_add_index_extra(struct mb_create_collection *job, struct mb_cancel *cancel,
                                    struct mb_error *error)
{
    if (job->create->env->etcd == NULL)
        return MB_OK;
    MB_TRY(add_indexes(job, cancel, error));
    return job->backup.collection.schema.enable_dynamic_field ? add_dynamic_field(job, cancel, error) : MB_OK;
}
