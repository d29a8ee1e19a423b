/* The copying part of a compaction.  In: what the source should hold, and its listing; then the new
 * description.  Out: every object of the new backup in its place, with a record of its size and checksum. */
#include "compact/run.h"

#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------- the bytes */

static const char *source_name(struct run *run, const struct mb_object_moved *object, struct mb_buf *key)
{
    const struct delete_log *log = object->tag;
    if (log == NULL)
        return object->key + strlen(run->to_dir) + 1;
    return mb_layout_delta_key(key, run->from_dir, log->l0, log->id) == MB_OK
               ? key->data + strlen(run->from_dir) + 1
               : NULL;
}

/* The bytes are those of the source: so is a checksum that nobody has counted on the way. */
static mb_status record(struct run *run, const struct mb_object_moved *object, const char *source,
                        struct mb_error *error)
{
    struct mb_object_record record = {.key = object->key + strlen(run->to_dir) + 1,
                                      .size = object->size,
                                      .has_crc32c = object->has_crc32c,
                                      .crc32c = object->crc32c,
                                      .etag = object->etag,
                                      .copied = object->in_service ? MB_COPIED_INSIDE : MB_COPIED_STREAMED};
    bool compared = false;
    if (object->has_crc32c)
        MB_TRY(mb_checksums_compare(run->checksums, source, object->crc32c, &compared, error));
    else
        record.has_crc32c = mb_checksums_find(run->checksums, source, &record.crc32c);
    run->report.verified += compared;
    run->report.objects++;
    run->report.bytes += object->size;
    if (object->tag != NULL) {
        run->report.added++;
        run->report.added_bytes += object->size;
    }
    return mb_objects_add(run->objects, &record, error);
}

/* What it calls damaged the copy discards. */
static mb_status note_moved(void *ctx, const struct mb_object_moved *object, struct mb_error *error)
{
    struct run *run = ctx;
    struct mb_buf key;
    mb_buf_init(&key, 8192);
    const char *source = source_name(run, object, &key);
    mb_status status = source != NULL ? record(run, object, source, error) : mb_buf_status(&key, error);
    mb_buf_done(&key);
    return status;
}

static mb_status open_copy(struct run *run, struct mb_error *error)
{
    struct mb_copy_options options = run->compact->copy;
    options.moved = note_moved;
    options.ctx = run;
    options.progress = run->compact->progress;
    options.log = run->compact->log;
    return mb_copy_open(&run->copy, run->from.storage, run->to.storage, &options, run->cancel, error);
}

static mb_status send(struct run *run, uint64_t size, const char *etag, struct delete_log *tag,
                      struct mb_error *error)
{
    MB_TRY(mb_buf_status(&run->from_key, error));
    MB_TRY(mb_buf_status(&run->to_key, error));
    if (mb_compact_is_present(run, size))
        return mb_compact_keep(run, size, tag != NULL, error);
    atomic_store(&run->touched, true);
    return mb_copy_add(run->copy, run->from_key.data, run->to_key.data, size, etag, tag, error);
}

/* ------------------------------------------------------------- what the source holds */

static bool parse(const char *name, struct mb_source_key *out)
{
    char text[512];
    int len = snprintf(text, sizeof(text), "b/%s", name);
    return len > 0 && (size_t)len < sizeof(text) && mb_layout_parse_backup_key("b", text, out);
}

static bool is_of_l0(const struct run *run, const char *name)
{
    struct mb_source_key key;
    bool is_l0 = false;
    if (parse(name, &key))
        mb_compact_find(run, &key, &is_l0);
    return is_l0;
}

static mb_status copy_plain(struct run *run, const char *name, uint64_t size, const char *etag,
                            struct mb_error *error)
{
    if (!mb_text_starts_with(name, "binlogs/") || is_of_l0(run, name))
        return MB_OK;
    mb_buf_reset(&run->from_key);
    mb_buf_reset(&run->to_key);
    mb_buf_printf(&run->from_key, "%s/%s", run->from_dir, name);
    mb_buf_printf(&run->to_key, "%s/%s", run->to_dir, name);
    return send(run, size, etag, NULL, error);
}

static mb_status copy_listed(void *ctx, const char *name, const struct mb_entry *entry,
                             struct mb_error *error)
{
    return copy_plain(ctx, name, entry->size, entry->etag, error);
}

static mb_status copy_found(void *ctx, const char *name, const struct mb_stat *stat, struct mb_error *error)
{
    return copy_plain(ctx, name, stat->size, stat->etag, error);
}

static mb_status leave_behind(struct run *run, const char *name)
{
    struct mb_compact_report *report = &run->report;
    if (report->strays++ == 0)
        snprintf(report->first_stray, sizeof(report->first_stray), "%s", name);
    return MB_OK;
}

/* A delta log that the description of an older tool does not name: the new one does. */
static mb_status take_up(struct run *run, struct mb_segment_backup *segment, int64_t id,
                         const struct mb_entry *entry, const char *name, struct mb_error *error)
{
    const struct mb_binlog log = {.id = id, .size = (int64_t)entry->size};
    MB_TRY(mb_compact_append(run, segment, &log, 1, error));
    return copy_plain(run, name, entry->size, entry->etag, error);
}

static mb_status take_stray(void *ctx, const char *name, const struct mb_entry *entry, struct mb_error *error)
{
    struct run *run = ctx;
    struct mb_source_key key;
    bool is_l0 = false;
    if (!mb_content_owns(&run->content, run->expected, name) || !parse(name, &key) || !key.is_delta)
        return leave_behind(run, name);
    struct mb_segment_backup *segment = mb_compact_find(run, &key, &is_l0);
    if (is_l0)
        return mb_fail(error, MB_E_CORRUPT,
                       "%s holds deletes that no segment of the backup's description has: they would be lost",
                       entry->key);
    if (segment == NULL)
        return leave_behind(run, name);
    return take_up(run, segment, key.log_id, entry, name, error);
}

mb_status mb_compact_move_plain(struct run *run, struct mb_error *error)
{
    const struct mb_folder_visitor visitor = {.seen = copy_listed, .stray = take_stray, .ctx = run};
    const struct mb_looker looker = {.found = copy_found, .ctx = run};
    struct mb_missing missing;
    MB_TRY(open_copy(run, error));
    MB_TRY(mb_folder_list(&run->from, "binlogs/", run->expected, &visitor, run->cancel, error));
    MB_TRY(mb_folder_look_again(&run->from, run->expected, &looker, &missing, run->cancel, error));
    return mb_folder_judge(&run->from, "objects", run->expected, &missing, error);
}

/* ------------------------------------------------------------- what L0 segments hold */

/* Folding has put them behind the segment's own. */
static mb_status move_into(struct run *run, struct deletes *deletes, const struct mb_segment_backup *segment,
                           struct mb_error *error)
{
    size_t count = 0;
    for (size_t i = 0; i < deletes->count; i++)
        count += mb_compact_applies(&deletes->items[i], segment);
    if (count == 0)
        return MB_OK;
    const struct mb_field_binlogs *list = &segment->delta_logs[0];
    const struct mb_binlog *next = &list->logs[list->count - count];
    for (size_t i = 0; i < deletes->count; i++) {
        struct delete_log *log = &deletes->items[i];
        if (!mb_compact_applies(log, segment))
            continue;
        mb_layout_delta_key(&run->from_key, run->from_dir, log->l0, log->id);
        mb_layout_delta_key(&run->to_key, run->to_dir, segment, (next++)->id);
        MB_TRY(send(run, log->size, NULL, log, error));
    }
    return MB_OK;
}

mb_status mb_compact_move_deletes(struct run *run, struct mb_error *error)
{
    for (size_t c = 0; c < run->backup.collection_count; c++) {
        const struct mb_collection_backup *collection = &run->backup.collections[c];
        for (size_t p = 0; p < collection->partition_count; p++)
            for (size_t i = 0; i < collection->partitions[p].segment_count; i++)
                if (mb_compact_holds_rows(&collection->partitions[p].segments[i]))
                    MB_TRY(move_into(run, &run->deletes[c], &collection->partitions[p].segments[i], error));
    }
    atomic_store(&run->compact->progress->listed, true);
    MB_TRY(mb_copy_finish(run->copy, error));
    run->report.objects += run->kept.objects;
    run->report.bytes += run->kept.bytes;
    run->report.added += run->kept.added;
    run->report.added_bytes += run->kept.added_bytes;
    run->report.kept = run->kept.objects;
    mb_copy_describe(run->copy, run->report.how, sizeof(run->report.how));
    return MB_OK;
}
