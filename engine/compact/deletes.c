/* What there is to fold.  In: the description of a backup.  Out: the delta logs of its L0 segments, each
 * looked at: it begins as the binlogs do that Milvus reads in every segment. */
#include "compact/run.h"

#include <stdlib.h>
#include <string.h>

/* The first bytes of Milvus' own binlogs. */
static const unsigned char magic[] = {0xBC, 0xFA, 0xFF, 0x00};

bool mb_compact_holds_rows(const struct mb_segment_backup *segment)
{
    return !mb_segment_is_l0(segment) && mb_field_binlogs_any(segment->insert_logs, segment->insert_count);
}

static bool is_other_channel(const char *a, const char *b)
{
    return a != NULL && b != NULL && *a != '\0' && *b != '\0' && strcmp(a, b) != 0;
}

bool mb_compact_applies(const struct delete_log *log, const struct mb_segment_backup *segment)
{
    bool reaches = log->l0->partition_id == -1 || log->l0->partition_id == segment->partition_id;
    return reaches && !is_other_channel(log->l0->virtual_channel, segment->virtual_channel);
}

static size_t count_deltas(const struct mb_segment_backup *segment)
{
    return mb_field_binlogs_count(segment->delta_logs, segment->delta_count);
}

static void note_ids(struct deletes *deletes, const struct mb_segment_backup *segment)
{
    for (size_t f = 0; f < segment->delta_count; f++)
        for (size_t k = 0; k < segment->delta_logs[f].count; k++) {
            int64_t id = segment->delta_logs[f].logs[k].id;
            if (id >= deletes->free_id)
                deletes->free_id = id < INT64_MAX ? id + 1 : INT64_MAX;
        }
}

static void add(struct deletes *deletes, const struct mb_segment_backup *l0)
{
    for (size_t f = 0; f < l0->delta_count; f++)
        for (size_t k = 0; k < l0->delta_logs[f].count; k++) {
            const struct mb_binlog *log = &l0->delta_logs[f].logs[k];
            deletes->items[deletes->count++] = (struct delete_log){
                .l0 = l0, .id = log->id, .size = log->size > 0 ? (uint64_t)log->size : MB_ANY_SIZE};
        }
}

static size_t most_deletes(const struct mb_collection_backup *collection)
{
    size_t count = 0;
    for (size_t p = 0; p < collection->partition_count; p++)
        for (size_t i = 0; i < collection->partitions[p].segment_count; i++)
            if (mb_segment_is_l0(&collection->partitions[p].segments[i]))
                count += count_deltas(&collection->partitions[p].segments[i]);
    for (size_t i = 0; i < collection->l0_count; i++)
        count += count_deltas(&collection->l0_segments[i]);
    return count;
}

static int by_id(const void *a, const void *b)
{
    const struct delete_log *const *x = a, *const *y = b;
    return (*x)->id < (*y)->id ? -1 : (*x)->id > (*y)->id;
}

/* One folder may come to hold both. */
static mb_status mark_shared_ids(struct deletes *deletes, struct mb_error *error)
{
    struct delete_log **sorted = calloc(deletes->count + 1, sizeof(struct delete_log *));
    if (sorted == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < deletes->count; i++)
        sorted[i] = &deletes->items[i];
    qsort(sorted, deletes->count, sizeof(struct delete_log *), by_id);
    for (size_t i = 1; i < deletes->count; i++)
        if (sorted[i]->id == sorted[i - 1]->id)
            sorted[i]->shares_id = sorted[i - 1]->shares_id = true;
    free(sorted);
    return MB_OK;
}

static mb_status gather(struct run *run, const struct mb_collection_backup *collection,
                        struct deletes *deletes, struct mb_error *error)
{
    size_t most = most_deletes(collection);
    deletes->free_id = 1;
    deletes->items = mb_arena_alloc(run->arena, most + 1, sizeof(*deletes->items));
    if (deletes->items == NULL)
        return mb_fail_memory(error);
    for (size_t p = 0; p < collection->partition_count; p++)
        for (size_t i = 0; i < collection->partitions[p].segment_count; i++) {
            const struct mb_segment_backup *segment = &collection->partitions[p].segments[i];
            note_ids(deletes, segment);
            if (mb_segment_is_l0(segment))
                add(deletes, segment);
        }
    for (size_t i = 0; i < collection->l0_count; i++) {
        note_ids(deletes, &collection->l0_segments[i]);
        add(deletes, &collection->l0_segments[i]);
    }
    return mark_shared_ids(deletes, error);
}

/* A log of another kind would be found by whoever restores the copy, when the source may be gone. */
static mb_status look_at(struct run *run, struct delete_log *log, struct mb_error *error)
{
    unsigned char head[sizeof(magic)];
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    size_t have = 0;
    mb_layout_delta_key(&run->from_key, run->from_dir, log->l0, log->id);
    MB_TRY(mb_buf_status(&run->from_key, error));
    const char *key = run->from_key.data;
    mb_status status = mb_storage_read(run->from.storage, key, 0, head, sizeof(head), NULL, &have, &stat,
                                       run->cancel, error);
    if (status == MB_E_NOT_FOUND)
        return mb_fail(error, MB_E_CORRUPT, "%s is missing in %s", key,
                       mb_storage_info(run->from.storage)->location);
    MB_TRY(status);
    if (have < sizeof(head) || memcmp(head, magic, sizeof(head)) != 0)
        return mb_fail(error, MB_E_UNSUPPORTED,
                       "%s does not begin like a binlog of milvus: its deletes cannot be given to other "
                       "segments; restore the backup as it is",
                       key);
    if (log->size == MB_ANY_SIZE)
        log->size = stat.size;
    return MB_OK;
}

mb_status mb_compact_find_deletes(struct run *run, struct mb_error *error)
{
    run->deletes = mb_arena_alloc(run->arena, run->backup.collection_count + 1, sizeof(*run->deletes));
    if (run->deletes == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < run->backup.collection_count; i++) {
        struct deletes *deletes = &run->deletes[i];
        *deletes = (struct deletes){0};
        MB_TRY(gather(run, &run->backup.collections[i], deletes, error));
        for (size_t k = 0; k < deletes->count; k++)
            MB_TRY(look_at(run, &deletes->items[k], error));
    }
    return MB_OK;
}
