#include "restore/until.h"

#include <inttypes.h>
#include <string.h>

static const struct mb_checkpoint *find_checkpoint(const struct mb_collection_backup *source,
                                                   const char *channel)
{
    for (size_t i = 0; i < source->checkpoint_count; i++)
        if (strcmp(source->checkpoints[i].channel, channel) == 0)
            return &source->checkpoints[i];
    return NULL;
}

static mb_status no_checkpoint(const struct mb_import_batch *batch, struct mb_error *error)
{
    if (*batch->virtual_channel == '\0')
        return mb_fail_hint(error, MB_E_UNSUPPORTED, MB_HINT_INPUT, "until_checkpoints",
                            "the backup does not say which channel segment %" PRId64
                            " was written through: leave it out, or name a point in time",
                            batch->first->segment->id);
    return mb_fail_hint(error, MB_E_UNSUPPORTED, MB_HINT_INPUT, "until_checkpoints",
                        "the backup has no checkpoint of channel %s: leave it out, or name a point in time",
                        batch->virtual_channel);
}

static mb_status end_at_checkpoint(const struct mb_collection_backup *source, struct mb_import_batch *batch,
                                   struct mb_error *error)
{
    const struct mb_checkpoint *checkpoint = find_checkpoint(source, batch->virtual_channel);
    uint64_t timestamp;
    if (checkpoint == NULL)
        return no_checkpoint(batch, error);
    if (mb_milvus_position_timestamp(&checkpoint->position, &timestamp, error) < 0)
        return mb_error_context(error, "checkpoint of channel %s", batch->virtual_channel);
    if (timestamp == 0)
        return no_checkpoint(batch, error);
    if (batch->until == 0 || timestamp < batch->until)
        batch->until = timestamp;
    return MB_OK;
}

mb_status mb_restore_limit(struct mb_restore_work *work, struct mb_error *error)
{
    const struct mb_restore_options *options = work->run->options;
    for (size_t i = 0; i < work->batches.count; i++) {
        struct mb_import_batch *batch = &work->batches.items[i];
        if (options->until_ms > 0)
            batch->until = mb_milvus_timestamp(options->until_ms);
        if (options->until_checkpoints)
            MB_TRY(end_at_checkpoint(work->target->source, batch, error));
        if (batch->until > 0)
            batch->least_rows = 0;
    }
    return MB_OK;
}

bool mb_restore_left_nothing(const struct mb_restore_work *work)
{
    int64_t rows = 0;
    bool limited = false;
    for (size_t i = 0; i < work->batches.count; i++) {
        rows += work->batches.items[i].rows;
        limited = limited || work->batches.items[i].until > 0;
    }
    return limited && rows > 0 && work->line.rows == 0;
}
