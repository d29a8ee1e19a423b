#include "compact/run.h"

#include <string.h>

mb_status mb_compact_append(struct run *run, struct mb_segment_backup *segment, const struct mb_binlog *logs,
                            size_t count, struct mb_error *error)
{
    size_t n = mb_field_binlogs_count(segment->delta_logs, segment->delta_count);
    struct mb_field_binlogs *list = mb_arena_alloc(run->arena, 1, sizeof(*list));
    struct mb_binlog *all = mb_arena_alloc(run->arena, n + count, sizeof(*all));
    if (list == NULL || all == NULL)
        return mb_fail_memory(error);
    *list = (struct mb_field_binlogs){.logs = all};
    for (size_t f = 0; f < segment->delta_count; f++) {
        const struct mb_field_binlogs *old = &segment->delta_logs[f];
        if (old->count > 0)
            memcpy(&all[list->count], old->logs, old->count * sizeof(*all));
        list->count += old->count;
    }
    memcpy(&all[list->count], logs, count * sizeof(*all));
    list->count += count;
    for (size_t i = 0; i < count; i++)
        segment->size += logs[i].size;
    segment->delta_logs = list;
    segment->delta_count = 1;
    return MB_OK;
}
