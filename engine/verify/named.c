#include "verify/named.h"

#include "catalog/layout.h"

#include <stdio.h>
#include <string.h>

#define MAX_KEY ((size_t)4 << 10)

struct telling {
    struct mb_buf key;
    mb_expect_fn *expect;
    void *ctx;
};

/* The layout makes keys of a directory; names in it are what is wanted here. */
static const char dir[] = "b";

static mb_status tell_logs(struct telling *telling, const struct mb_segment_backup *segment,
                           const struct mb_field_binlogs *fields, size_t count, bool is_delta,
                           struct mb_error *error)
{
    for (size_t f = 0; f < count; f++) {
        for (size_t k = 0; k < fields[f].count; k++) {
            const struct mb_binlog *log = &fields[f].logs[k];
            if (is_delta)
                mb_layout_delta_key(&telling->key, dir, segment, log->id);
            else
                mb_layout_insert_key(&telling->key, dir, segment, fields[f].field_id, log->id);
            MB_TRY(mb_buf_status(&telling->key, error));
            uint64_t size = log->size > 0 ? (uint64_t)log->size : MB_ANY_SIZE;
            MB_TRY(telling->expect(telling->ctx, telling->key.data + sizeof(dir), size, error));
        }
    }
    return MB_OK;
}

static mb_status tell_segment(struct telling *telling, const struct mb_segment_backup *segment,
                              struct mb_error *error)
{
    MB_TRY(tell_logs(telling, segment, segment->insert_logs, segment->insert_count, false, error));
    return tell_logs(telling, segment, segment->delta_logs, segment->delta_count, true, error);
}

static size_t folder_length(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash != NULL ? (size_t)(slash + 1 - name) : 0;
}

static mb_status tell_left_out(struct telling *telling, const struct mb_segment_backup *segment,
                               struct mb_error *error)
{
    if (mb_field_binlogs_any(segment->delta_logs, segment->delta_count) ||
        !mb_field_binlogs_any(segment->insert_logs, segment->insert_count))
        return MB_OK;
    MB_TRY(mb_layout_delta_key(&telling->key, dir, segment, 1));
    mb_buf_truncate(&telling->key, folder_length(telling->key.data));
    MB_TRY(mb_buf_status(&telling->key, error));
    return telling->expect(telling->ctx, telling->key.data + sizeof(dir), MB_ANY_SIZE, error);
}

static mb_status tell_segments(struct telling *telling, const struct mb_segment_backup *segments,
                               size_t count, struct mb_error *error)
{
    for (size_t i = 0; i < count; i++)
        MB_TRY(tell_segment(telling, &segments[i], error));
    return MB_OK;
}

static mb_status tell_collection(struct telling *telling, const struct mb_collection_backup *collection,
                                 struct mb_error *error)
{
    for (size_t i = 0; i < collection->partition_count; i++)
        MB_TRY(tell_segments(telling, collection->partitions[i].segments,
                             collection->partitions[i].segment_count, error));
    return tell_segments(telling, collection->l0_segments, collection->l0_count, error);
}

mb_status mb_named_by_segment(const struct mb_segment_backup *segment, mb_expect_fn *expect, void *ctx,
                              struct mb_error *error)
{
    struct telling telling = {.expect = expect, .ctx = ctx};
    mb_buf_init(&telling.key, MAX_KEY);
    mb_status status = tell_segment(&telling, segment, error);
    mb_buf_done(&telling.key);
    return status;
}

mb_status mb_named_by_collection(const struct mb_collection_backup *collection, mb_expect_fn *expect,
                                 void *ctx, struct mb_error *error)
{
    struct telling telling = {.expect = expect, .ctx = ctx};
    mb_buf_init(&telling.key, MAX_KEY);
    mb_status status = tell_collection(&telling, collection, error);
    mb_buf_done(&telling.key);
    return status;
}

mb_status mb_named_left_out(const struct mb_segment_backup *segment, mb_expect_fn *expect, void *ctx,
                            struct mb_error *error)
{
    struct telling telling = {.expect = expect, .ctx = ctx};
    mb_buf_init(&telling.key, MAX_KEY);
    mb_status status = tell_left_out(&telling, segment, error);
    mb_buf_done(&telling.key);
    return status;
}

bool mb_named_is_left_out(const struct mb_expected *folders, const char *name)
{
    struct mb_source_key ids;
    char text[512];
    size_t len = folder_length(name);
    int written = snprintf(text, sizeof(text), "%s/%s", dir, name);
    if (written < 0 || (size_t)written >= sizeof(text) || !mb_layout_parse_backup_key(dir, text, &ids) ||
        !ids.is_delta)
        return false;
    text[sizeof(dir) + len] = '\0';
    return mb_expected_find(folders, text + sizeof(dir), NULL);
}
