/* The new description.  In: the source's and what its L0 segments delete.  Out: the same backup without these
 * segments, where each segment with rows has the delta logs that may be about them. */
#include "compact/run.h"

static bool has_delta(const struct mb_segment_backup *segment, int64_t id)
{
    for (size_t f = 0; f < segment->delta_count; f++)
        for (size_t k = 0; k < segment->delta_logs[f].count; k++)
            if (segment->delta_logs[f].logs[k].id == id)
                return true;
    return false;
}

/* Ids are Milvus' own, and unique there; an object that took another's name would hide its deletes. */
static mb_status name_log(struct deletes *deletes, const struct delete_log *log,
                          const struct mb_segment_backup *segment, struct mb_binlog *out,
                          struct mb_error *error)
{
    *out = (struct mb_binlog){.id = log->id, .size = (int64_t)log->size};
    if (!log->shares_id && !has_delta(segment, log->id))
        return MB_OK;
    if (deletes->free_id == INT64_MAX)
        return mb_fail(error, MB_E_CORRUPT, "delta log %lld of segment %lld has an id that none can follow",
                       (long long)log->id, (long long)log->l0->id);
    out->id = deletes->free_id++;
    return MB_OK;
}

static mb_status fold_into(struct run *run, struct deletes *deletes, struct mb_segment_backup *segment,
                           struct mb_error *error)
{
    size_t count = 0, n = 0;
    for (size_t i = 0; i < deletes->count; i++)
        count += mb_compact_applies(&deletes->items[i], segment);
    if (count == 0)
        return MB_OK;
    struct mb_binlog *logs = mb_arena_alloc(run->arena, count, sizeof(*logs));
    if (logs == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < deletes->count; i++) {
        if (!mb_compact_applies(&deletes->items[i], segment))
            continue;
        MB_TRY(name_log(deletes, &deletes->items[i], segment, &logs[n], error));
        n++;
    }
    return mb_compact_append(run, segment, logs, count, error);
}

static mb_status fold_partition(struct run *run, struct deletes *deletes,
                                struct mb_partition_backup *partition, struct mb_error *error)
{
    struct mb_segment_backup *kept = mb_arena_alloc(run->arena, partition->segment_count + 1, sizeof(*kept));
    size_t n = 0;
    if (kept == NULL)
        return mb_fail_memory(error);
    partition->size = 0;
    for (size_t i = 0; i < partition->segment_count; i++) {
        if (mb_segment_is_l0(&partition->segments[i])) {
            run->report.folded++;
            continue;
        }
        kept[n] = partition->segments[i];
        if (mb_compact_holds_rows(&kept[n]))
            MB_TRY(fold_into(run, deletes, &kept[n], error));
        partition->size += kept[n++].size;
    }
    partition->segments = kept;
    partition->segment_count = n;
    return MB_OK;
}

static mb_status fold_collection(struct run *run, struct deletes *deletes,
                                 struct mb_collection_backup *collection, struct mb_error *error)
{
    collection->size = 0;
    for (size_t p = 0; p < collection->partition_count; p++) {
        MB_TRY(fold_partition(run, deletes, &collection->partitions[p], error));
        collection->size += collection->partitions[p].size;
    }
    run->report.folded += collection->l0_count;
    collection->l0_segments = NULL;
    collection->l0_count = 0;
    return MB_OK;
}

mb_status mb_compact_fold(struct run *run, struct mb_error *error)
{
    struct mb_backup *backup = &run->backup;
    backup->id = run->id;
    backup->name = run->compact->output;
    backup->size = 0;
    for (size_t i = 0; i < backup->collection_count; i++) {
        MB_TRY(fold_collection(run, &run->deletes[i], &backup->collections[i], error));
        backup->size += backup->collections[i].size;
    }
    return MB_OK;
}
