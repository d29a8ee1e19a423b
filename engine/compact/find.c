/* From the key of an object to the segment that has it. */
#include "compact/run.h"

#include <stdlib.h>

static int compare(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int by_ids(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int order = compare(x->collection_id, y->collection_id);
    if (order == 0)
        order = compare(x->partition_id, y->partition_id);
    return order != 0 ? order : compare(x->segment_id, y->segment_id);
}

static size_t count_segments(const struct mb_backup *backup)
{
    size_t count = 0;
    for (size_t c = 0; c < backup->collection_count; c++)
        for (size_t p = 0; p < backup->collections[c].partition_count; p++)
            count += backup->collections[c].partitions[p].segment_count;
    return count;
}

mb_status mb_compact_index(struct run *run, struct mb_error *error)
{
    run->places = mb_arena_alloc(run->arena, count_segments(&run->backup) + 1, sizeof(*run->places));
    if (run->places == NULL)
        return mb_fail_memory(error);
    for (size_t c = 0; c < run->backup.collection_count; c++) {
        const struct mb_collection_backup *collection = &run->backup.collections[c];
        for (size_t p = 0; p < collection->partition_count; p++) {
            const struct mb_partition_backup *partition = &collection->partitions[p];
            for (size_t i = 0; i < partition->segment_count; i++)
                run->places[run->place_count++] = (struct place){.collection_id = collection->collection.id,
                                                                 .partition_id = partition->id,
                                                                 .segment_id = partition->segments[i].id,
                                                                 .segment = &partition->segments[i]};
        }
    }
    qsort(run->places, run->place_count, sizeof(*run->places), by_ids);
    return MB_OK;
}

struct mb_segment_backup *mb_compact_find(const struct run *run, const struct mb_source_key *key, bool *is_l0)
{
    const struct place wanted = {.collection_id = key->collection_id,
                                 .partition_id = key->partition_id,
                                 .segment_id = key->segment_id};
    const struct place *found =
        run->place_count > 0 ? bsearch(&wanted, run->places, run->place_count, sizeof(*run->places), by_ids)
                             : NULL;
    if (is_l0 != NULL)
        *is_l0 =
            key->is_delta && (key->partition_id == -1 || (found != NULL && mb_segment_is_l0(found->segment)));
    return found != NULL ? found->segment : NULL;
}
