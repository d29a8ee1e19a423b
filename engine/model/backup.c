#include "model/backup.h"

size_t mb_field_binlogs_count(const struct mb_field_binlogs *fields, size_t count)
{
    size_t logs = 0;
    for (size_t i = 0; i < count; i++)
        logs += fields[i].count;
    return logs;
}

bool mb_field_binlogs_any(const struct mb_field_binlogs *fields, size_t count)
{
    return mb_field_binlogs_count(fields, count) > 0;
}

bool mb_segment_is_l0(const struct mb_segment_backup *segment)
{
    return segment->is_l0 || (!mb_field_binlogs_any(segment->insert_logs, segment->insert_count) &&
                              mb_field_binlogs_any(segment->delta_logs, segment->delta_count));
}
