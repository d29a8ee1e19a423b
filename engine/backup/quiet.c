/* Segments that are backed up while Milvus writes to them: it writes a batch of rows field by field, and a
 * batch that lacks a field could never be restored. */
#include "backup/create.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "catalog/layout.h"

enum {
    MOST_LOOKS = 40,
    SYSTEM_FIELDS = 2 /* row id and timestamp, which no schema names */
};
static const int64_t between_looks_ns = 250 * MB_NS_PER_MS;

bool mb_create_is_being_written(const struct mb_segment *segment)
{
    return segment->state == MB_SEGMENT_GROWING || segment->state == MB_SEGMENT_SEALED;
}

static mb_status add_listed(struct mb_binlogs *binlogs, const struct mb_backup_env *env, const char *prefix,
                            struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_listing *listing = NULL;
    const struct mb_entry *entry;
    mb_status status;
    MB_TRY(mb_listing_open(&listing, env->milvus_store, prefix, NULL, cancel, error));
    while ((status = mb_listing_next(listing, &entry, error)) == MB_OK) {
        struct mb_source_key key;
        if (!mb_layout_parse_source_key(env->milvus_root, entry->key, &key))
            continue;
        struct mb_binlog_entry binlog = mb_binlogs_entry(&key, entry->size);
        status = mb_binlogs_add(binlogs, &binlog, error);
        if (status < 0)
            break;
    }
    mb_listing_close(listing);
    return status < 0 ? status : MB_OK;
}

static mb_status add_segment(struct mb_binlogs *binlogs, const struct mb_backup_env *env,
                             const struct mb_segment *segment, struct mb_cancel *cancel,
                             struct mb_error *error)
{
    struct mb_buf prefix;
    mb_status status = MB_OK;
    mb_buf_init(&prefix, 4096);
    for (int delta = 0; delta <= 1 && status == MB_OK; delta++) {
        status = (delta ? mb_layout_source_delta_prefix : mb_layout_source_insert_prefix)(
            &prefix, env->milvus_root, segment->collection_id, segment->partition_id, segment->id);
        status =
            status < 0 ? mb_buf_status(&prefix, error) : add_listed(binlogs, env, prefix.data, cancel, error);
    }
    mb_buf_done(&prefix);
    return status;
}

static mb_status look(const struct mb_create_collection *job, struct mb_binlogs **out,
                      struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_binlogs *binlogs = NULL;
    mb_status status = mb_binlogs_new(&binlogs, job->segments, job->segment_count, error);
    for (size_t i = 0; i < job->segment_count && status == MB_OK; i++)
        if (mb_create_is_being_written(&job->segments[i]))
            status = add_segment(binlogs, job->create->env, &job->segments[i], cancel, error);
    if (status < 0) {
        mb_binlogs_free(binlogs);
        return status;
    }
    mb_binlogs_sort(binlogs);
    *out = binlogs;
    return MB_OK;
}

/* Has every field as many binlogs as the others? */
static bool is_whole(const struct mb_create_collection *job, const struct mb_segment_backup *segment)
{
    if (segment->insert_count == 0)
        return true;
    /* Later versions write several fields into one binlog. */
    if (segment->storage_version == 0 &&
        segment->insert_count < job->backup.collection.schema.field_count + SYSTEM_FIELDS)
        return false;
    return mb_binlogs_uneven(segment) == NULL;
}

/* The first segment that lacks something, or NULL. */
static mb_status find_torn(const struct mb_create_collection *job, const struct mb_binlogs *binlogs,
                           const struct mb_segment **out, struct mb_error *error)
{
    *out = NULL;
    for (size_t i = 0; i < job->segment_count && *out == NULL; i++) {
        struct mb_segment_backup segment = {.id = job->segments[i].id,
                                            .storage_version = job->segments[i].storage_version};
        MB_TRY(mb_binlogs_fill(binlogs, &segment, job->arena, error));
        if (!is_whole(job, &segment))
            *out = &job->segments[i];
    }
    return MB_OK;
}

static bool any_being_written(const struct mb_create_collection *job)
{
    for (size_t i = 0; i < job->segment_count; i++)
        if (mb_create_is_being_written(&job->segments[i]))
            return true;
    return false;
}

/* torn is what was torn and did not change any more; or NULL. */
static mb_status fail_not_quiet(const struct mb_create_collection *job, const struct mb_segment *torn,
                                struct mb_error *error)
{
    long long seconds = MOST_LOOKS * between_looks_ns / MB_NS_PER_S;
    if (torn == NULL)
        return mb_fail(
            error, MB_E_TIMEOUT,
            "collection %s.%s is written to without a pause of %lld ms within %lld s; back it up with a "
            "flush, or in a quieter hour",
            job->db, job->name, (long long)(between_looks_ns / MB_NS_PER_MS), seconds);
    return mb_fail(error, MB_E_CORRUPT,
                   "segment %lld of collection %s.%s has more binlogs of some fields than of others, and "
                   "still does %lld s later: "
                   "a write broke off and left them; flush the collection, or back it up with a flush",
                   (long long)torn->id, job->db, job->name, seconds);
}

/* Two looks must agree: a file of a local disk is listed before it has been written to its end. */
mb_status mb_create_await_quiet(struct mb_create_collection *job, struct mb_binlogs **out,
                                struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_binlogs *before = NULL;
    const struct mb_segment *torn = NULL;
    bool is_quiet = false;
    *out = NULL;
    if (!any_being_written(job))
        return MB_OK;
    mb_status status = look(job, &before, cancel, error);
    for (int i = 1; i < MOST_LOOKS && status == MB_OK && *out == NULL; i++) {
        struct mb_binlogs *now = NULL;
        status = mb_cancel_sleep(cancel, between_looks_ns, error);
        if (status == MB_OK)
            status = look(job, &now, cancel, error);
        if (status == MB_OK)
            status = find_torn(job, now, &torn, error);
        is_quiet = status == MB_OK && mb_binlogs_equal(before, now);
        if (is_quiet && torn == NULL)
            *out = now;
        mb_binlogs_free(before);
        before = *out != NULL ? NULL : now;
    }
    mb_binlogs_free(before);
    if (status == MB_OK && *out == NULL)
        return fail_not_quiet(job, is_quiet ? torn : NULL, error);
    return status;
}
