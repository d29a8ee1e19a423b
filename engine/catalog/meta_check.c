/* Does a description contradict itself?  Binlogs are found by ids and imported into partitions by name: one
 * wrong id, and rows would come back twice, elsewhere or not at all. */
#include "catalog/meta_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check {
    struct mb_meta_draft *draft;
    const struct mb_collection_backup *collection; /* that is looked at */
    struct mb_error *error;
};

static mb_status refuse(const struct check *check, enum mb_meta_file level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static mb_status refuse(const struct check *check, enum mb_meta_file level, const char *format, ...)
{
    char text[768];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return mb_meta_refuse(check->draft, level, text, check->error);
}

#define NAME_OF(check) (check)->collection->collection.db_name, (check)->collection->collection.name

/* ------------------------------------------------------- what stands in what */

/* What stands in a collection or partition need not say in which; but it may say no other. */
static bool takes_id(int64_t *id, int64_t of)
{
    if (*id == 0)
        *id = of;
    return *id == of;
}

static mb_status check_segment(const struct check *check, struct mb_segment_backup *segment,
                               int64_t partition_id)
{
    if (!takes_id(&segment->collection_id, check->collection->collection.id))
        return refuse(check, MB_META_SEGMENT,
                      "segment %" PRId64 " stands in %s.%s, which is collection %" PRId64
                      ", but is of collection %" PRId64,
                      segment->id, NAME_OF(check), check->collection->collection.id, segment->collection_id);
    if (!takes_id(&segment->partition_id, partition_id))
        return refuse(check, MB_META_SEGMENT,
                      "segment %" PRId64 " of %s.%s stands in partition %" PRId64
                      ", but is of partition %" PRId64,
                      segment->id, NAME_OF(check), partition_id, segment->partition_id);
    return MB_OK;
}

static mb_status check_partition(const struct check *check, struct mb_partition_backup *partition)
{
    if (!takes_id(&partition->collection_id, check->collection->collection.id))
        return refuse(check, MB_META_PARTITION,
                      "partition %" PRId64 " stands in %s.%s, which is collection %" PRId64
                      ", but is of collection %" PRId64,
                      partition->id, NAME_OF(check), check->collection->collection.id,
                      partition->collection_id);
    if (*partition->name == '\0')
        return refuse(check, MB_META_PARTITION, "partition %" PRId64 " of %s.%s has no partition_name",
                      partition->id, NAME_OF(check));
    for (size_t i = 0; i < partition->segment_count; i++)
        MB_TRY(check_segment(check, &partition->segments[i], partition->id));
    return MB_OK;
}

/* ------------------------------------------------------- what is there twice */

static int compare_ids(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Sorts; the first id that is there twice, or 0. */
static int64_t find_twice(int64_t *ids, size_t count)
{
    qsort(ids, count, sizeof(*ids), compare_ids);
    for (size_t i = 1; i < count; i++)
        if (ids[i] == ids[i - 1] && ids[i] != 0)
            return ids[i];
    return 0;
}

static size_t count_segments(const struct mb_collection_backup *collection)
{
    size_t count = collection->l0_count;
    for (size_t i = 0; i < collection->partition_count; i++)
        count += collection->partitions[i].segment_count;
    return count;
}

/* A segment that lies in the folder of another one would be imported with it, and once more by itself. */
static mb_status check_groups(const struct check *check, const int64_t *ids, size_t count)
{
    for (size_t i = 0; i < check->collection->partition_count; i++) {
        const struct mb_partition_backup *partition = &check->collection->partitions[i];
        for (size_t k = 0; k < partition->segment_count; k++) {
            const struct mb_segment_backup *segment = &partition->segments[k];
            int64_t group = segment->group_id;
            if (group != 0 && group != segment->id &&
                bsearch(&group, ids, count, sizeof(*ids), compare_ids) != NULL)
                return refuse(check, MB_META_SEGMENT,
                              "segment %" PRId64 " of %s.%s has the group_id %" PRId64
                              ", which is the folder of another segment",
                              segment->id, NAME_OF(check), group);
        }
    }
    return MB_OK;
}

static mb_status check_segment_ids(const struct check *check, int64_t *ids)
{
    const struct mb_collection_backup *collection = check->collection;
    size_t count = 0;
    for (size_t i = 0; i < collection->l0_count; i++)
        ids[count++] = collection->l0_segments[i].id;
    for (size_t i = 0; i < collection->partition_count; i++)
        for (size_t k = 0; k < collection->partitions[i].segment_count; k++)
            ids[count++] = collection->partitions[i].segments[k].id;
    int64_t twice = find_twice(ids, count);
    if (twice != 0)
        return refuse(check, MB_META_SEGMENT, "segment %" PRId64 " of %s.%s is there twice", twice,
                      NAME_OF(check));
    return check_groups(check, ids, count);
}

static int compare_names(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

static mb_status check_partition_names(const struct check *check)
{
    const struct mb_collection_backup *collection = check->collection;
    const char **names = calloc(collection->partition_count + 1, sizeof(*names));
    mb_status status = names == NULL ? mb_fail_memory(check->error) : MB_OK;
    for (size_t i = 0; names != NULL && i < collection->partition_count; i++)
        names[i] = collection->partitions[i].name;
    if (names != NULL)
        qsort(names, collection->partition_count, sizeof(*names), compare_names);
    for (size_t i = 1; status == MB_OK && i < collection->partition_count; i++)
        if (strcmp(names[i], names[i - 1]) == 0)
            status = refuse(check, MB_META_PARTITION, "two partitions of %s.%s have the name %s",
                            NAME_OF(check), names[i]);
    free(names);
    return status;
}

static mb_status check_ids(const struct check *check, int64_t *ids)
{
    const struct mb_collection_backup *collection = check->collection;
    for (size_t i = 0; i < collection->partition_count; i++)
        ids[i] = collection->partitions[i].id;
    int64_t twice = find_twice(ids, collection->partition_count);
    if (twice != 0)
        return refuse(check, MB_META_PARTITION, "partition %" PRId64 " of %s.%s is there twice", twice,
                      NAME_OF(check));
    MB_TRY(check_partition_names(check));
    return check_segment_ids(check, ids);
}

/* ------------------------------------------------------- what is missing */

static bool is_of_binlogs(const struct check *check)
{
    const char *format = check->draft->backup.format;
    return format == NULL || *format == '\0' || strcmp(format, "binlog") == 0;
}

/* Level files are apart: where one of them lost its list, the others still say that there was something. */
static mb_status check_sizes(const struct check *check)
{
    const struct mb_collection_backup *collection = check->collection;
    if (!check->draft->by_levels || !is_of_binlogs(check))
        return MB_OK;
    if (collection->size > 0 && collection->partition_count == 0)
        return refuse(check, MB_META_PARTITION,
                      "it names no partitions of %s.%s, which has %" PRId64 " bytes by collection_meta.json",
                      NAME_OF(check), collection->size);
    for (size_t i = 0; i < collection->partition_count; i++) {
        const struct mb_partition_backup *partition = &collection->partitions[i];
        if (partition->size > 0 && partition->segment_count == 0)
            return refuse(check, MB_META_SEGMENT,
                          "it names no segments of partition %s of %s.%s, which has %" PRId64
                          " bytes by partition_meta.json",
                          partition->name, NAME_OF(check), partition->size);
    }
    return MB_OK;
}

/* ------------------------------------------------------- all of it */

static mb_status check_collection(struct check *check, struct mb_collection_backup *collection)
{
    check->collection = collection;
    if (*collection->collection.name == '\0')
        return refuse(check, MB_META_COLLECTION, "collection %" PRId64 " has no collection_name",
                      collection->collection.id);
    for (size_t i = 0; i < collection->partition_count; i++)
        MB_TRY(check_partition(check, &collection->partitions[i]));
    for (size_t i = 0; i < collection->l0_count; i++)
        MB_TRY(check_segment(check, &collection->l0_segments[i], -1));
    MB_TRY(check_sizes(check));
    int64_t *ids = calloc(count_segments(collection) + collection->partition_count + 1, sizeof(*ids));
    if (ids == NULL)
        return mb_fail_memory(check->error);
    mb_status status = check_ids(check, ids);
    free(ids);
    return status;
}

/* Two of one id cannot be told apart by it. */
static mb_status refuse_twice(const struct check *check, int64_t id)
{
    const struct mb_backup *backup = &check->draft->backup;
    const struct mb_collection *of[2] = {NULL, NULL};
    for (size_t i = 0; i < backup->collection_count; i++)
        if (backup->collections[i].collection.id == id)
            of[of[0] != NULL] = &backup->collections[i].collection;
    return refuse(check, MB_META_COLLECTION, "collection %" PRId64 " is there twice (%s.%s and %s.%s)", id,
                  of[0]->db_name, of[0]->name, of[1]->db_name, of[1]->name);
}

static mb_status check_collections(struct check *check)
{
    const struct mb_backup *backup = &check->draft->backup;
    int64_t *ids = calloc(backup->collection_count + 1, sizeof(*ids));
    if (ids == NULL)
        return mb_fail_memory(check->error);
    for (size_t i = 0; i < backup->collection_count; i++)
        ids[i] = backup->collections[i].collection.id;
    int64_t twice = find_twice(ids, backup->collection_count);
    free(ids);
    if (twice != 0)
        return refuse_twice(check, twice);
    if (check->draft->by_levels && is_of_binlogs(check) && backup->collection_count == 0 && backup->size > 0)
        return refuse(check, MB_META_COLLECTION,
                      "it names no collections, but the backup has %" PRId64 " bytes by backup_meta.json",
                      backup->size);
    for (size_t i = 0; i < backup->collection_count; i++)
        MB_TRY(check_collection(check, &backup->collections[i]));
    return MB_OK;
}

mb_status mb_meta_check(struct mb_meta_draft *draft, struct mb_error *error)
{
    struct check check = {.draft = draft, .error = error};
    return check_collections(&check);
}

mb_status mb_meta_refuse(struct mb_meta_draft *draft, enum mb_meta_file level, const char *text,
                         struct mb_error *error)
{
    if (draft->spoken)
        return mb_fail(error, MB_E_CORRUPT, "%s", text);
    draft->bad = mb_layout_meta_name(draft->by_levels ? level : MB_META_FULL);
    return mb_fail(error, MB_E_CORRUPT, "%s: %s", draft->bad, text);
}
