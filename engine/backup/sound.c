/* Could what Milvus tells be restored?  A server that contradicts itself (after a repair of its metadata by
 * hand, say) would get a backup that no restore takes. */
#include "backup/create.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mb_status refuse(struct mb_error *error, const char *format, ...) MB_PRINTF(2, 3);

static mb_status refuse(struct mb_error *error, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return mb_fail(error, MB_E_PROTOCOL,
                   "milvus contradicts itself, and no backup of that could be restored: %s", text);
}

/* What the readers of a backup say to it. */
static mb_status judge(struct mb_collection_backup *collections, size_t count, struct mb_error *error)
{
    struct mb_error own = MB_ERROR_INIT;
    mb_status status = mb_catalog_judge(collections, count, &own);
    if (status == MB_E_CORRUPT)
        return refuse(error, "%s", own.message);
    if (status != MB_OK)
        *error = own;
    return status;
}

static bool is_repeated(const struct mb_field *fields, size_t count, size_t at)
{
    for (size_t i = 0; i < at && at < count; i++)
        if (fields[i].id == fields[at].id || strcmp(fields[i].name, fields[at].name) == 0)
            return true;
    return false;
}

static mb_status check_fields(const struct mb_create_collection *job, struct mb_error *error)
{
    const struct mb_schema *schema = &job->backup.collection.schema;
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct mb_field *field = &schema->fields[i];
        const char *wrong = is_repeated(schema->fields, schema->field_count, i) ? "is there twice"
                            : !mb_milvus_is_value(&field->default_value)
                                ? "has a default value that cannot be read"
                                : NULL;
        if (wrong != NULL)
            return refuse(error, "field %s (%lld) of %s.%s %s", field->name, (long long)field->id, job->db,
                          job->name, wrong);
    }
    return MB_OK;
}

/* A reader takes a missing id for that of what the thing stands in. */
static mb_status check_ids(const struct mb_create_collection *job, struct mb_error *error)
{
    if (job->backup.collection.id <= 0)
        return refuse(error, "collection %s.%s has no id", job->db, job->name);
    for (size_t i = 0; i < job->backup.partition_count; i++)
        if (job->backup.partitions[i].id <= 0)
            return refuse(error, "partition %s of %s.%s has no id", job->backup.partitions[i].name, job->db,
                          job->name);
    return MB_OK;
}

static int by_name(const void *a, const void *b)
{
    const struct mb_collection_backup *x = a, *y = b;
    int order = strcmp(x->collection.db_name, y->collection.db_name);
    return order != 0 ? order : strcmp(x->collection.name, y->collection.name);
}

static mb_status check_all(struct mb_collection_backup *all, size_t count, struct mb_error *error)
{
    MB_TRY(judge(all, count, error));
    qsort(all, count, sizeof(*all), by_name);
    for (size_t i = 1; i < count; i++)
        if (by_name(&all[i - 1], &all[i]) == 0)
            return refuse(error, "two collections are called %s.%s", all[i].collection.db_name,
                          all[i].collection.name);
    return MB_OK;
}

mb_status mb_create_check_described(const struct mb_create *create, struct mb_error *error)
{
    size_t count = create->collection_count;
    for (size_t i = 0; i < count; i++) {
        MB_TRY(check_ids(&create->collections[i], error));
        MB_TRY(check_fields(&create->collections[i], error));
    }
    struct mb_collection_backup *all = calloc(count + 1, sizeof(*all));
    if (all == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < count; i++)
        all[i] = create->collections[i].backup;
    mb_status status = check_all(all, count, error);
    free(all);
    return status;
}

mb_status mb_create_check_listed(const struct mb_create_collection *job, struct mb_error *error)
{
    const struct mb_collection *collection = &job->backup.collection;
    MB_TRY(check_ids(job, error)); /* its partitions were asked for once more */
    for (size_t i = 0; i < job->segment_count; i++) {
        const struct mb_segment *segment = &job->segments[i];
        if (segment->id <= 0)
            return refuse(error, "%s.%s has a segment without an id", job->db, job->name);
        if (segment->collection_id != collection->id)
            return refuse(
                error,
                "segment %lld is listed for %s.%s, which is collection %lld, but is of collection %lld",
                (long long)segment->id, job->db, job->name, (long long)collection->id,
                (long long)segment->collection_id);
    }
    return MB_OK;
}

mb_status mb_create_check_segments(struct mb_create_collection *job, struct mb_error *error)
{
    return judge(&job->backup, 1, error);
}
