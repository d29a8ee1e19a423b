#include "backup/known_binlogs.h"
#include "base/clock.h"

static const int64_t fresh_ns = 2 * MB_NS_PER_S;

/* After a flush everything that was written before it is in segments that are written out (flushing or
 * flushed); what grows or was sealed since is not part of the backup.  Without a flush such a segment counts
 * as far as Milvus has written it out. */
static bool is_live(const struct mb_segment *segment, enum mb_backup_strategy strategy)
{
    switch (segment->state) {
    case MB_SEGMENT_NOT_EXIST:
    case MB_SEGMENT_DROPPED:
    case MB_SEGMENT_IMPORTING:
        return false;
    case MB_SEGMENT_GROWING:
    case MB_SEGMENT_SEALED:
        return strategy == MB_STRATEGY_SKIP_FLUSH;
    default:
        return true;
    }
}

static bool in_partition(const struct mb_collection_backup *backup, int64_t partition_id)
{
    for (size_t i = 0; i < backup->partition_count; i++)
        if (backup->partitions[i].id == partition_id)
            return true;
    return partition_id == -1;
}

/* Milvus goes on listing the segments of a dropped partition until it collects them. */
static void leave_out_dropped(struct mb_create_collection *job)
{
    size_t kept = 0;
    for (size_t i = 0; i < job->segment_count; i++)
        if (in_partition(&job->backup, job->segments[i].partition_id))
            job->segments[kept++] = job->segments[i];
    if (kept < job->segment_count)
        mb_log(job->create->env->log, MB_LOG_INFO,
               "%zu segments of dropped partitions of collection %s.%s are left out",
               job->segment_count - kept, job->db, job->name);
    job->segment_count = kept;
}

/* The partitions are asked for once more behind the segments, so that each live segment's partition is known.
 */
static mb_status find_segments(struct mb_create_collection *job, struct mb_cancel *cancel,
                               struct mb_error *error)
{
    size_t count;
    MB_TRY(mb_milvus_list_segments(job->create->env->milvus, job->db, job->name, job->arena, &job->segments,
                                   &count, cancel, error));
    for (size_t i = 0; i < count; i++)
        if (is_live(&job->segments[i], job->create->options->strategy))
            job->segments[job->segment_count++] = job->segments[i];
    MB_TRY(mb_create_describe_partitions(job, cancel, error));
    leave_out_dropped(job);
    MB_TRY(mb_create_check_listed(job, error));
    return mb_binlogs_new(&job->binlogs, job->segments, job->segment_count, error);
}

/* The segments are asked for right behind a flush: one that had to wait for its turn is flushed once more, so
 * that of each collection there is what it held when its time came. */
mb_status mb_create_flush_if_due(struct mb_create_collection *job, struct mb_cancel *cancel,
                                 struct mb_error *error)
{
    if (job->create->options->strategy == MB_STRATEGY_SKIP_FLUSH || job->create->flushed)
        return MB_OK;
    if (job->flushed_ns != 0 && mb_clock_monotonic() - job->flushed_ns < fresh_ns)
        return MB_OK;
    mb_progress_row_does(job->row, "flush");
    MB_TRY(mb_create_flush(job, cancel, error));
    job->flushed_ns = mb_clock_monotonic();
    return MB_OK;
}

static mb_status list_and_describe(struct mb_create_collection *job, const struct mb_known_binlogs *known,
                                   struct mb_cancel *cancel, struct mb_error *error)
{
    MB_TRY(mb_create_list_binlogs(job, known, cancel, error));
    MB_TRY(mb_create_describe_segments(job, known, error));
    MB_TRY(mb_create_check_segments(job, error));
    mb_create_listed(job);
    return MB_OK;
}

/* In its turn. */
static mb_status hand_over(struct mb_create_collection *job, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_known_binlogs known;

    MB_TRY(mb_create_flush_if_due(job, cancel, error));
    mb_progress_row_does(job->row, "copy");
    MB_TRY(find_segments(job, cancel, error));
    MB_TRY(mb_create_check_storage(job, cancel, error));
    MB_TRY(mb_known_binlogs_find(job, &known, cancel, error));
    mb_status status = list_and_describe(job, &known, cancel, error);
    mb_binlogs_free(known.binlogs);
    return status;
}

mb_status mb_create_segments(void *ctx, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_create_collection *job = ctx;
    struct mb_create_turns *turns = &job->create->turns;

    job->started_ns = mb_clock_monotonic();
    MB_TRY(mb_create_flush_if_due(job, cancel, error));
    MB_TRY(mb_create_turn_take(turns, cancel, error));
    mb_status status = hand_over(job, cancel, error);
    mb_create_turn_give(turns);
    return status;
}
