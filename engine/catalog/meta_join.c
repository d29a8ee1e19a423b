#include "catalog/meta_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Children grouped by whom they belong to, each group in the order of the file. */
struct child {
    int64_t collection_id;
    int64_t partition_id; /* 0 for a partition: it belongs to the collection alone */
    size_t index;
    bool placed; /* its parent is there */
};

static int compare_parents(const void *a, const void *b)
{
    const struct child *x = a, *y = b;
    if (x->collection_id != y->collection_id)
        return x->collection_id < y->collection_id ? -1 : 1;
    if (x->partition_id != y->partition_id)
        return x->partition_id < y->partition_id ? -1 : 1;
    return 0;
}

static int compare_children(const void *a, const void *b)
{
    const struct child *x = a, *y = b;
    int order = compare_parents(a, b);
    return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

/* The children of one parent; *count is their number. */
static struct child *find_children(struct child *children, size_t total, struct child parent, size_t *count)
{
    struct child *first =
        total == 0 ? NULL : bsearch(&parent, children, total, sizeof(*children), compare_parents);
    *count = 0;
    if (first == NULL)
        return NULL;
    while (first > children && compare_parents(first - 1, &parent) == 0)
        first--;
    while (first + *count < children + total && compare_parents(first + *count, &parent) == 0)
        ++*count;
    return first;
}

/* Copies the children of one parent out of items, an array of item_size each. */
static mb_status gather(struct mb_arena *arena, struct child *children, size_t total, struct child parent,
                        const void *items, size_t item_size, void **out, size_t *count,
                        struct mb_error *error)
{
    size_t n = 0;
    struct child *first = find_children(children, total, parent, &n);
    char *copy = n == 0 ? NULL : mb_arena_alloc(arena, n, item_size);
    if (n > 0 && copy == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < n; i++) {
        memcpy(copy + i * item_size, (const char *)items + first[i].index * item_size, item_size);
        first[i].placed = true;
    }
    *out = copy;
    *count = n;
    return MB_OK;
}

struct join {
    struct mb_meta_draft *draft;
    struct child *partitions;
    struct child *segments;
    struct mb_error *error;
};

static mb_status gather_segments(struct join *join, int64_t collection_id, int64_t partition_id,
                                 struct mb_segment_backup **out, size_t *count)
{
    const struct mb_meta_draft *draft = join->draft;
    struct child parent = {.collection_id = collection_id, .partition_id = partition_id};
    void *segments = NULL;
    MB_TRY(gather(draft->arena, join->segments, draft->segment_count, parent, draft->segments,
                  sizeof(*draft->segments), &segments, count, join->error));
    *out = segments;
    return MB_OK;
}

/* Some writers leave those over all partitions in the collection, others put them among the segments. */
static mb_status join_l0(struct join *join, struct mb_collection_backup *collection)
{
    struct mb_segment_backup *segments = NULL;
    size_t count = 0;
    MB_TRY(gather_segments(join, collection->collection.id, -1, &segments, &count));
    if (count <= collection->l0_count)
        return MB_OK;
    collection->l0_segments = segments;
    collection->l0_count = count;
    return MB_OK;
}

static mb_status join_collection(struct join *join, struct mb_collection_backup *collection)
{
    const struct mb_meta_draft *draft = join->draft;
    struct child parent = {.collection_id = collection->collection.id};
    void *partitions = NULL;
    MB_TRY(gather(draft->arena, join->partitions, draft->partition_count, parent, draft->partitions,
                  sizeof(*draft->partitions), &partitions, &collection->partition_count, join->error));
    collection->partitions = partitions;
    for (size_t i = 0; i < collection->partition_count; i++) {
        struct mb_partition_backup *partition = &collection->partitions[i];
        MB_TRY(gather_segments(join, parent.collection_id, partition->id, &partition->segments,
                               &partition->segment_count));
    }
    return join_l0(join, collection);
}

static mb_status join_all(struct join *join)
{
    struct mb_meta_draft *draft = join->draft;
    join->partitions = calloc(draft->partition_count + 1, sizeof(*join->partitions));
    join->segments = calloc(draft->segment_count + 1, sizeof(*join->segments));
    if (join->partitions == NULL || join->segments == NULL)
        return mb_fail_memory(join->error);
    for (size_t i = 0; i < draft->partition_count; i++)
        join->partitions[i] = (struct child){.collection_id = draft->partitions[i].collection_id, .index = i};
    for (size_t i = 0; i < draft->segment_count; i++)
        join->segments[i] = (struct child){.collection_id = draft->segments[i].collection_id,
                                           .partition_id = draft->segments[i].partition_id,
                                           .index = i};
    qsort(join->partitions, draft->partition_count, sizeof(*join->partitions), compare_children);
    qsort(join->segments, draft->segment_count, sizeof(*join->segments), compare_children);
    for (size_t i = 0; i < draft->backup.collection_count; i++)
        MB_TRY(join_collection(join, &draft->backup.collections[i]));
    return MB_OK;
}

/* ------------------------------------------------------- what belongs nowhere */

static bool holds_something(const struct mb_segment_backup *segment)
{
    bool any = segment->rows > 0 || segment->size > 0;
    for (size_t i = 0; i < segment->insert_count; i++)
        any = any || segment->insert_logs[i].count > 0;
    for (size_t i = 0; i < segment->delta_count; i++)
        any = any || segment->delta_logs[i].count > 0;
    return any;
}

static mb_status refuse_segment(const struct join *join, const struct mb_segment_backup *segment)
{
    char text[256];
    snprintf(text, sizeof(text),
             "segment %" PRId64 " is of partition %" PRId64 " of collection %" PRId64
             ", which partition_meta.json does not name",
             segment->id, segment->partition_id, segment->collection_id);
    return mb_meta_refuse(join->draft, MB_META_SEGMENT, text, join->error);
}

static mb_status refuse_partition(const struct join *join, const struct mb_partition_backup *partition)
{
    char text[256];
    snprintf(text, sizeof(text),
             "partition %" PRId64 " is of collection %" PRId64 ", which collection_meta.json does not name",
             partition->id, partition->collection_id);
    return mb_meta_refuse(join->draft, MB_META_PARTITION, text, join->error);
}

static mb_status find_lost(const struct join *join, struct mb_log *log)
{
    const struct mb_meta_draft *draft = join->draft;
    size_t lost = 0;
    for (size_t i = 0; i < draft->partition_count; i++) {
        const struct child *child = &join->partitions[i];
        lost += !child->placed;
        if (!child->placed && draft->partitions[child->index].size > 0)
            return refuse_partition(join, &draft->partitions[child->index]);
    }
    for (size_t i = 0; i < draft->segment_count; i++) {
        const struct child *child = &join->segments[i];
        lost += !child->placed;
        if (!child->placed && holds_something(&draft->segments[child->index]))
            return refuse_segment(join, &draft->segments[child->index]);
    }
    if (lost > 0)
        mb_log(log, MB_LOG_WARN,
               "backup %s: %zu empty partitions and segments of the level files belong to nothing and are "
               "left out",
               draft->backup.name, lost);
    return MB_OK;
}

static mb_status join_levels(struct mb_meta_draft *draft, struct mb_log *log, struct mb_error *error)
{
    struct join join = {.draft = draft, .error = error};
    mb_status status = join_all(&join);
    if (status == MB_OK)
        status = find_lost(&join, log);
    free(join.partitions);
    free(join.segments);
    return status;
}

mb_status mb_meta_finish(struct mb_meta_draft *draft, struct mb_log *log, struct mb_backup *out,
                         struct mb_error *error)
{
    struct mb_backup *backup = &draft->backup;
    if (draft->partition_count > 0 || draft->segment_count > 0)
        MB_TRY(join_levels(draft, log, error));
    if (!draft->names_only)
        MB_TRY(mb_meta_check(draft, error));
    for (size_t i = 0; i < backup->collection_count; i++) {
        struct mb_collection_backup *collection = &backup->collections[i];
        collection->collection.num_partitions = (int64_t)collection->partition_count;
    }
    backup->source_root = draft->source_root == NULL ? "" : draft->source_root;
    *out = *backup;
    return MB_OK;
}
