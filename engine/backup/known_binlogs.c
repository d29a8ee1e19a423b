/* What is known beforehand about a collection's segments, so that what else lies in their folders is told
 * apart: from the server where it can say, else by looking twice at those that it is writing to. */
#include "backup/known_binlogs.h"

static mb_status add_logs(struct mb_binlogs *known, struct mb_binlog_entry *entry,
                          const struct mb_ids *log_ids, struct mb_error *error)
{
    for (size_t i = 0; i < log_ids->count; i++) {
        entry->log_id = log_ids->items[i];
        MB_TRY(mb_binlogs_add(known, entry, error));
    }
    return MB_OK;
}

static mb_status ask_segment(struct mb_create_collection *job, struct mb_segment *segment,
                             struct mb_binlogs *known, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_segment_logs logs;
    struct mb_binlog_entry entry = {.segment_id = segment->id};
    MB_TRY(mb_milvus_describe_segment(job->create->env->milvus, job->db, job->backup.collection.id,
                                      segment->id, job->arena, &logs, cancel, error));
    for (size_t f = 0; f < logs.insert_count; f++) {
        entry.field_id = logs.insert_logs[f].field_id;
        MB_TRY(add_logs(known, &entry, &logs.insert_logs[f].log_ids, error));
    }
    entry.is_delta = true;
    entry.field_id = 0;
    for (size_t f = 0; f < logs.delta_count; f++)
        MB_TRY(add_logs(known, &entry, &logs.delta_logs[f].log_ids, error));
    segment->virtual_channel = logs.virtual_channel;
    return MB_OK;
}

static mb_status ask_segments(struct mb_create_collection *job, struct mb_binlogs *known,
                              struct mb_cancel *cancel, struct mb_error *error)
{
    for (size_t i = 0; i < job->segment_count; i++)
        MB_TRY(ask_segment(job, &job->segments[i], known, cancel, error));
    mb_binlogs_sort(known);
    return MB_OK;
}

/* *out stays NULL when the server does not answer: then a listing has to do. */
static mb_status ask(struct mb_create_collection *job, struct mb_binlogs **out, struct mb_cancel *cancel,
                     struct mb_error *error)
{
    struct mb_binlogs *known = NULL;
    MB_TRY(mb_binlogs_new(&known, job->segments, job->segment_count, error));
    mb_status status = ask_segments(job, known, cancel, error);
    if (status == MB_OK) {
        *out = known;
        return MB_OK;
    }
    mb_binlogs_free(known);
    if (status == MB_E_CANCELLED || status == MB_E_NO_MEMORY)
        return status;
    mb_log(job->create->env->log, MB_LOG_WARN, "binlogs of collection %s.%s are taken from a listing: %s",
           job->db, job->name, error->message);
    return MB_OK;
}

mb_status mb_known_binlogs_find(struct mb_create_collection *job, struct mb_known_binlogs *out,
                                struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_known_binlogs known = {0};
    if (mb_milvus_info(job->create->env->milvus)->can[MB_MILVUS_DESCRIBE_SEGMENT])
        MB_TRY(ask(job, &known.binlogs, cancel, error));
    known.of_all = known.binlogs != NULL;
    if (known.binlogs == NULL)
        MB_TRY(mb_create_await_quiet(job, &known.binlogs, cancel, error));
    *out = known;
    return MB_OK;
}

bool mb_known_binlogs_cover(const struct mb_known_binlogs *known, const struct mb_segment *segment)
{
    return known->binlogs != NULL && (known->of_all || mb_create_is_being_written(segment));
}
