/* From a listing of Milvus' folders for one collection: binlogs of live segments go to the copy, unless a
 * resumed backup has them. */
#include "backup/known_binlogs.h"
#include "catalog/layout.h"

struct listing_job {
    struct mb_create_collection *collection;
    const struct mb_known_binlogs *known;
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
    uint64_t size = (uint64_t)entry->size;
    atomic_fetch_add(&progress->objects_total, 1);
    atomic_fetch_add(&progress->objects_done, 1);
    atomic_fetch_add(&progress->bytes_total, size);
    atomic_fetch_add(&progress->bytes_done, size);
    mb_progress_row_expect(job->row, size);
    return mb_create_kept(job, key, size, error);
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
    mb_progress_row_expect(job->row, entry->size);
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
        struct mb_binlog_entry binlog = mb_binlogs_entry(&key, entry->size);
        if (segment == NULL || (mb_known_binlogs_cover(job->known, segment) &&
                                mb_binlogs_find(job->known->binlogs, &binlog) == NULL)) {
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

mb_status mb_create_list_binlogs(struct mb_create_collection *job, const struct mb_known_binlogs *known,
                                 struct mb_cancel *cancel, struct mb_error *error)
{
    struct listing_job listing = {.collection = job, .known = known};
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
