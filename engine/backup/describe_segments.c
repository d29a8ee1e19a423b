/* From the binlogs that were listed to the description of segments, and whether they are all there. */
#include "backup/known_binlogs.h"

static mb_status check_fields(const struct mb_create_collection *job, const struct mb_segment_backup *segment,
                              struct mb_error *error)
{
    const struct mb_field_binlogs *first = segment->insert_logs;
    const struct mb_field_binlogs *other = mb_binlogs_uneven(segment);
    if (other == NULL)
        return MB_OK;
    return mb_fail(
        error, MB_E_CORRUPT,
        "segment %lld of collection %s.%s has %zu binlogs of field %lld but %zu of field %lld: left "
        "over from a write that broke off; flush or compact the collection and back up again",
        (long long)segment->id, job->db, job->name, first->count, (long long)first->field_id, other->count,
        (long long)other->field_id);
}

static mb_status check_expected(const struct mb_create_collection *job, const struct mb_binlogs *known,
                                const struct mb_segment *segment, struct mb_arena *arena,
                                struct mb_error *error)
{
    struct mb_segment_backup wanted = {.id = segment->id};
    struct mb_binlog_entry entry = {.segment_id = segment->id};
    MB_TRY(mb_binlogs_fill(known, &wanted, arena, error));
    for (int delta = 0; delta <= 1; delta++) {
        const struct mb_field_binlogs *fields = delta ? wanted.delta_logs : wanted.insert_logs;
        size_t count = delta ? wanted.delta_count : wanted.insert_count;
        entry.is_delta = delta == 1;
        for (size_t f = 0; f < count; f++)
            for (size_t k = 0; k < fields[f].count; k++) {
                entry.field_id = fields[f].field_id;
                entry.log_id = fields[f].logs[k].id;
                if (mb_binlogs_find(job->binlogs, &entry) == NULL)
                    return mb_fail(
                        error, MB_E_NOT_FOUND,
                        "binlog %lld of segment %lld of collection %s.%s, which milvus names, is not in its "
                        "storage",
                        (long long)entry.log_id, (long long)segment->id, job->db, job->name);
            }
    }
    return MB_OK;
}

static mb_status make_segment(struct mb_create_collection *job, const struct mb_known_binlogs *known,
                              const struct mb_segment *segment, struct mb_segment_backup *out,
                              struct mb_error *error)
{
    *out = (struct mb_segment_backup){.id = segment->id,
                                      .collection_id = segment->collection_id,
                                      .partition_id = segment->partition_id,
                                      .rows = segment->rows,
                                      .storage_version = segment->storage_version,
                                      .is_l0 = segment->level == 1,
                                      .group_id = segment->partition_id == -1 ? 0 : segment->id,
                                      .virtual_channel =
                                          segment->virtual_channel ? segment->virtual_channel : ""};
    MB_TRY(mb_binlogs_fill(job->binlogs, out, job->arena, error));
    if (mb_known_binlogs_cover(known, segment))
        return check_expected(job, known->binlogs, segment, job->arena, error);
    size_t logs = out->is_l0 ? out->delta_count : out->insert_count;
    if (logs == 0 && segment->rows > 0)
        return mb_fail(error, MB_E_NOT_FOUND,
                       "segment %lld of collection %s.%s has %lld %s in milvus but no %s in %s",
                       (long long)segment->id, job->db, job->name, (long long)segment->rows,
                       out->is_l0 ? "deletes" : "rows", out->is_l0 ? "delta logs" : "binlogs",
                       mb_storage_info(job->create->env->milvus_store)->location);
    return check_fields(job, out, error);
}

/* A segment without deletes is described by one element without logs: so does the Go program, and readers of
 * its files may count on it. */
static mb_status show_no_deletes(const struct mb_create_collection *job, struct mb_segment_backup *segment,
                                 struct mb_error *error)
{
    if (segment->delta_count > 0)
        return MB_OK;
    segment->delta_logs = mb_arena_alloc(job->arena, 1, sizeof(*segment->delta_logs));
    if (segment->delta_logs == NULL)
        return mb_fail_memory(error);
    segment->delta_count = 1;
    return MB_OK;
}

static size_t count_in_partition(const struct mb_create_collection *job, int64_t partition_id)
{
    size_t count = 0;
    for (size_t i = 0; i < job->segment_count; i++)
        count += job->segments[i].partition_id == partition_id;
    return count;
}

/* Puts the segments of one partition (-1: deletes over all) into an array; those without any object are left
 * out. */
static mb_status make_segments(struct mb_create_collection *job, const struct mb_known_binlogs *known,
                               int64_t partition_id, struct mb_segment_backup **out, size_t *out_count,
                               int64_t *size, struct mb_error *error)
{
    struct mb_segment_backup *segments =
        mb_arena_alloc(job->arena, count_in_partition(job, partition_id) + 1, sizeof(*segments));
    size_t count = 0;
    if (segments == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < job->segment_count; i++) {
        if (job->segments[i].partition_id != partition_id)
            continue;
        MB_TRY(make_segment(job, known, &job->segments[i], &segments[count], error));
        if (segments[count].insert_count + segments[count].delta_count == 0)
            continue;
        *size += segments[count].size;
        MB_TRY(show_no_deletes(job, &segments[count], error));
        count++;
    }
    *out = segments;
    *out_count = count;
    return MB_OK;
}

mb_status mb_create_describe_segments(struct mb_create_collection *job, const struct mb_known_binlogs *known,
                                      struct mb_error *error)
{
    struct mb_collection_backup *backup = &job->backup;
    for (size_t i = 0; i < backup->partition_count; i++) {
        struct mb_partition_backup *partition = &backup->partitions[i];
        MB_TRY(make_segments(job, known, partition->id, &partition->segments, &partition->segment_count,
                             &partition->size, error));
        backup->size += partition->size;
    }
    return make_segments(job, known, -1, &backup->l0_segments, &backup->l0_count, &backup->size, error);
}
