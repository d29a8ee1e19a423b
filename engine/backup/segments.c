#include "backup/create.h"
#include "base/clock.h"
#include "base/hint.h"
#include "catalog/layout.h"

#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------ which segments */

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

bool mb_create_is_being_written(const struct mb_segment *segment)
{
    return segment->state == MB_SEGMENT_GROWING || segment->state == MB_SEGMENT_SEALED;
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
    return mb_binlogs_new(&job->binlogs, job->segments, job->segment_count, error);
}

/* A server that does not flush can be backed up all the same. */
static mb_status name_way_out(const struct mb_create_collection *job, struct mb_error *error)
{
    mb_status status = error->status;
    if (status == MB_E_CANCELLED || status == MB_E_NOT_FOUND || status == MB_E_NO_MEMORY ||
        status == MB_E_UNAVAILABLE || status == MB_E_UNAUTHENTICATED)
        return status;
    char subject[sizeof(error->subject)];
    snprintf(subject, sizeof(subject), "%s.%s", job->db, job->name);
    return mb_error_hint(error, MB_HINT_SKIP_FLUSH, subject);
}

static mb_status flush(struct mb_create_collection *job, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_flushed flushed;
    struct mb_collection_backup *backup = &job->backup;
    if (mb_milvus_flush(job->create->env->milvus, job->db, job->name, job->arena, &flushed, cancel, error) <
        0)
        return name_way_out(job, error);
    backup->physical_timestamp = (uint64_t)flushed.seal_time;
    backup->checkpoints = flushed.checkpoints;
    backup->checkpoint_count = flushed.checkpoint_count;
    for (size_t i = 0; i < flushed.checkpoint_count; i++)
        if (flushed.checkpoints[i].timestamp > backup->backup_timestamp)
            backup->backup_timestamp = flushed.checkpoints[i].timestamp;
    return MB_OK;
}

/* What the server says a segment consists of, where it can say so: orphans in its folder are told apart by
 * that. */
static mb_status ask_expected(struct mb_create_collection *job, struct mb_binlogs **out,
                              struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_milvus *milvus = job->create->env->milvus;
    struct mb_binlogs *expected = NULL;
    MB_TRY(mb_binlogs_new(&expected, job->segments, job->segment_count, error));

    mb_status status = MB_OK;
    for (size_t i = 0; i < job->segment_count && status == MB_OK; i++) {
        struct mb_segment_logs logs;
        struct mb_binlog_entry entry = {.segment_id = job->segments[i].id};
        status = mb_milvus_describe_segment(milvus, job->db, job->backup.collection.id, job->segments[i].id,
                                            job->arena, &logs, cancel, error);
        for (size_t f = 0; status == MB_OK && f < logs.insert_count; f++)
            for (size_t k = 0; status == MB_OK && k < logs.insert_logs[f].log_ids.count; k++) {
                entry.is_delta = false;
                entry.field_id = logs.insert_logs[f].field_id;
                entry.log_id = logs.insert_logs[f].log_ids.items[k];
                status = mb_binlogs_add(expected, &entry, error);
            }
        for (size_t f = 0; status == MB_OK && f < logs.delta_count; f++)
            for (size_t k = 0; status == MB_OK && k < logs.delta_logs[f].log_ids.count; k++) {
                entry.is_delta = true;
                entry.field_id = 0;
                entry.log_id = logs.delta_logs[f].log_ids.items[k];
                status = mb_binlogs_add(expected, &entry, error);
            }
        if (status == MB_OK)
            job->segments[i].virtual_channel = logs.virtual_channel;
    }
    if (status < 0) {
        mb_binlogs_free(expected);
        if (status == MB_E_CANCELLED || status == MB_E_NO_MEMORY)
            return status;
        mb_log(job->create->env->log, MB_LOG_WARN, "binlogs of collection %s.%s are taken from a listing: %s",
               job->db, job->name, error->message);
        return MB_OK;
    }
    mb_binlogs_sort(expected);
    *out = expected;
    return MB_OK;
}

/* ------------------------------------------------------------ their binlogs */

/* What is known beforehand about segments: they consist of these binlogs and no others. */
struct expected {
    struct mb_binlogs *binlogs; /* NULL: nothing */
    bool of_all;                /* or only of the segments that Milvus is writing */
};

static bool is_expected(const struct expected *expected, const struct mb_segment *segment)
{
    return expected->binlogs != NULL && (expected->of_all || mb_create_is_being_written(segment));
}

struct listing_job {
    struct mb_create_collection *collection;
    const struct expected *expected;
    struct mb_buf key; /* in the backup */
};

static bool lies_in_backup(const struct mb_create *create, const struct mb_binlog_entry *entry)
{
    const struct mb_binlog_entry *found = create->present ? mb_binlogs_find(create->present, entry) : NULL;
    return found != NULL && found->size == entry->size;
}

static mb_status count_present(struct mb_create_collection *job, const char *key,
                               const struct mb_binlog_entry *entry, struct mb_error *error)
{
    struct mb_progress *progress = job->create->env->progress;
    struct mb_object_moved object = {.key = key, .size = (uint64_t)entry->size, .etag = "", .tag = job};
    atomic_fetch_add(&progress->objects_total, 1);
    atomic_fetch_add(&progress->objects_done, 1);
    atomic_fetch_add(&progress->bytes_total, object.size);
    atomic_fetch_add(&progress->bytes_done, object.size);
    return mb_create_moved(job->create, &object, error);
}

static mb_status take_entry(struct listing_job *listing, const struct mb_segment *segment,
                            const struct mb_binlog_entry *binlog, const struct mb_entry *entry,
                            struct mb_error *error)
{
    struct mb_create_collection *job = listing->collection;
    struct mb_create *create = job->create;
    struct mb_segment_backup place = {.id = segment->id,
                                      .collection_id = segment->collection_id,
                                      .partition_id = segment->partition_id,
                                      .group_id = segment->partition_id == -1 ? 0 : segment->id};
    mb_status status =
        binlog->is_delta
            ? mb_layout_delta_key(&listing->key, create->dir, &place, binlog->log_id)
            : mb_layout_insert_key(&listing->key, create->dir, &place, binlog->field_id, binlog->log_id);
    if (status < 0)
        return mb_buf_status(&listing->key, error);
    MB_TRY(mb_binlogs_add(job->binlogs, binlog, error));
    if (lies_in_backup(create, binlog))
        return count_present(job, listing->key.data, binlog, error);
    atomic_store(&create->touched, true);
    return mb_copy_add(create->copy, entry->key, listing->key.data, entry->size, entry->etag, job, error);
}

static mb_status list_prefix(struct listing_job *job, const char *prefix, struct mb_cancel *cancel,
                             struct mb_error *error)
{
    const struct mb_backup_env *env = job->collection->create->env;
    struct mb_listing *listing = NULL;
    const struct mb_entry *entry;
    uint64_t orphans = 0;
    mb_status status;
    MB_TRY(mb_listing_open(&listing, env->milvus_store, prefix, NULL, cancel, error));
    while ((status = mb_listing_next(listing, &entry, error)) == MB_OK) {
        struct mb_source_key key = {0};
        const struct mb_segment *segment = NULL;
        if (mb_layout_parse_source_key(env->milvus_root, entry->key, &key))
            segment = mb_binlogs_segment(job->collection->binlogs, key.segment_id);
        struct mb_binlog_entry binlog = mb_create_entry(&key, entry->size);
        if (segment == NULL || (is_expected(job->expected, segment) &&
                                mb_binlogs_find(job->expected->binlogs, &binlog) == NULL)) {
            orphans++;
            continue;
        }
        status = take_entry(job, segment, &binlog, entry, error);
        if (status < 0)
            break;
    }
    mb_listing_close(listing);
    if (orphans > 0)
        mb_log(env->log, MB_LOG_DEBUG, "%s: %llu objects that no live segment owns are left out", prefix,
               (unsigned long long)orphans);
    return status < 0 ? status : MB_OK;
}

static mb_status list_binlogs(struct mb_create_collection *job, const struct expected *expected,
                              struct mb_cancel *cancel, struct mb_error *error)
{
    struct listing_job listing = {.collection = job, .expected = expected};
    const char *root = job->create->env->milvus_root;
    struct mb_buf prefix;
    mb_status status = MB_OK;
    mb_buf_init(&prefix, 4096);
    mb_buf_init(&listing.key, 4096);
    for (int delta = 0; delta <= 1 && status == MB_OK; delta++) {
        status = mb_layout_source_collection_prefix(&prefix, root, delta == 1, job->backup.collection.id);
        if (status < 0)
            status = mb_buf_status(&prefix, error);
        else
            status = list_prefix(&listing, prefix.data, cancel, error);
    }
    mb_buf_done(&listing.key);
    mb_buf_done(&prefix);
    mb_binlogs_sort(job->binlogs);
    return status;
}

/* -------------------------------------------------------- are they all there */

const struct mb_field_binlogs *mb_create_uneven(const struct mb_segment_backup *segment)
{
    for (size_t i = 1; i < segment->insert_count; i++)
        if (segment->insert_logs[i].count != segment->insert_logs[0].count)
            return &segment->insert_logs[i];
    return NULL;
}

static mb_status check_fields(const struct mb_create_collection *job, const struct mb_segment_backup *segment,
                              struct mb_error *error)
{
    const struct mb_field_binlogs *first = segment->insert_logs;
    const struct mb_field_binlogs *other = mb_create_uneven(segment);
    if (other == NULL)
        return MB_OK;
    return mb_fail(
        error, MB_E_CORRUPT,
        "segment %lld of collection %s.%s has %zu binlogs of field %lld but %zu of field %lld: left "
        "over from a write that broke off; flush or compact the collection and back up again",
        (long long)segment->id, job->db, job->name, first->count, (long long)first->field_id, other->count,
        (long long)other->field_id);
}

static mb_status check_expected(const struct mb_create_collection *job, const struct mb_binlogs *expected,
                                const struct mb_segment *segment, struct mb_arena *arena,
                                struct mb_error *error)
{
    struct mb_segment_backup wanted = {.id = segment->id};
    struct mb_binlog_entry entry = {.segment_id = segment->id};
    MB_TRY(mb_binlogs_fill(expected, &wanted, arena, error));
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

static mb_status make_segment(struct mb_create_collection *job, const struct expected *expected,
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
    if (is_expected(expected, segment))
        return check_expected(job, expected->binlogs, segment, job->arena, error);
    if (!out->is_l0 && out->insert_count == 0 && segment->rows > 0)
        return mb_fail(error, MB_E_NOT_FOUND,
                       "segment %lld of collection %s.%s has %lld rows in milvus but no binlogs in %s",
                       (long long)segment->id, job->db, job->name, (long long)segment->rows,
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
static mb_status make_segments(struct mb_create_collection *job, const struct expected *expected,
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
        MB_TRY(make_segment(job, expected, &job->segments[i], &segments[count], error));
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

static mb_status describe_segments(struct mb_create_collection *job, const struct expected *expected,
                                   struct mb_error *error)
{
    struct mb_collection_backup *backup = &job->backup;
    for (size_t i = 0; i < backup->partition_count; i++) {
        struct mb_partition_backup *partition = &backup->partitions[i];
        MB_TRY(make_segments(job, expected, partition->id, &partition->segments, &partition->segment_count,
                             &partition->size, error));
        backup->size += partition->size;
    }
    return make_segments(job, expected, -1, &backup->l0_segments, &backup->l0_count, &backup->size, error);
}

/* ------------------------------------------------------------------- its end */

static void end_if_moved(struct mb_create_collection *job)
{
    int_fast64_t open = 0;
    if (atomic_load(&job->listed) && atomic_load(&job->moved) >= mb_binlogs_count(job->binlogs) &&
        atomic_compare_exchange_strong(&job->ended_ns, &open, mb_clock_monotonic()))
        atomic_fetch_add(&job->create->env->progress->collections_done, 1);
}

mb_status mb_create_moved(void *ctx, const struct mb_object_moved *object, struct mb_error *error)
{
    struct mb_create *create = ctx;
    struct mb_create_collection *job = object->tag;
    struct mb_object_record record = {.key = object->key + strlen(create->dir) + 1,
                                      .size = object->size,
                                      .has_crc32c = object->has_crc32c,
                                      .crc32c = object->crc32c,
                                      .etag = object->etag};
    MB_TRY(mb_objects_add(create->objects, &record, error));
    atomic_fetch_add(&job->moved, 1);
    end_if_moved(job);
    return MB_OK;
}

mb_status mb_create_segments(void *ctx, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_create_collection *job = ctx;
    enum mb_backup_strategy strategy = job->create->options->strategy;
    struct expected expected = {
        .of_all = mb_milvus_info(job->create->env->milvus)->can[MB_MILVUS_DESCRIBE_SEGMENT]};

    job->started_ns = mb_clock_monotonic();
    if (strategy != MB_STRATEGY_SKIP_FLUSH)
        MB_TRY(flush(job, cancel, error));
    MB_TRY(find_segments(job, cancel, error));
    MB_TRY(mb_create_check_storage(job, cancel, error));
    if (expected.of_all)
        MB_TRY(ask_expected(job, &expected.binlogs, cancel, error));
    if (expected.binlogs == NULL) {
        expected.of_all = false;
        MB_TRY(mb_create_await_quiet(job, &expected.binlogs, cancel, error));
    }

    mb_status status = list_binlogs(job, &expected, cancel, error);
    if (status == MB_OK)
        status = describe_segments(job, &expected, error);
    mb_binlogs_free(expected.binlogs);
    if (status == MB_OK) {
        atomic_store(&job->listed, true);
        end_if_moved(job);
    }
    return status;
}
