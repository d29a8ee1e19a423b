#include "model/backup.h"

bool mb_field_binlogs_any(const struct mb_field_binlogs *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fields[i].count > 0)
            return true;
    return false;
}

bool mb_segment_is_l0(const struct mb_segment_backup *segment)
{
    return segment->is_l0 || (!mb_field_binlogs_any(segment->insert_logs, segment->insert_count) &&
                              mb_field_binlogs_any(segment->delta_logs, segment->delta_count));
}
