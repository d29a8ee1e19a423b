#include "restore/batches.h"

#include "catalog/layout.h"
#include "milvus/milvus.h"

#include <stdlib.h>
#include <string.h>

/* Up to here a partition is one import on servers that do not import by segment: what is larger is imported
 * segment by segment, so that no import comes near the 15 minutes after which such a server gives one up. */
#define MAX_PARTITION_BYTES (INT64_C(2) << 30)

struct builder {
    const char *dir;
    bool by_segment;
    bool unique_keys;
    struct mb_arena *arena;
    struct mb_import_batches batches;
    struct mb_buf key;
};

/* -------------------------------------------------------------------- batches */

typedef mb_status dir_fn(struct mb_buf *key, const char *dir, const struct mb_segment_backup *segment);

static mb_status make_dir(struct builder *b, dir_fn *fn, const struct mb_segment_backup *segment,
                          const char **out, struct mb_error *error)
{
    fn(&b->key, b->dir, segment);
    MB_TRY(mb_buf_status(&b->key, error));
    *out = mb_arena_strndup(b->arena, b->key.data, b->key.len);
    return *out ? MB_OK : mb_fail_memory(error);
}

/* How many rows of the segment are there for sure after its deletes.  No delta log says how many it holds,
 * but each names a key and a time, which no compression brings below a bit.  Rows may share a key, and then
 * one delete is about all of them, unless the server has given the keys out. */
static int64_t least_rows(const struct mb_segment_backup *segment, bool unique_keys)
{
    int64_t deletes = 0;
    bool any = false;
    for (size_t i = 0; i < segment->delta_count; i++)
        for (size_t k = 0; k < segment->delta_logs[i].count; k++) {
            int64_t size = segment->delta_logs[i].logs[k].size;
            any = true;
            if (size <= 0 || size > INT64_MAX / 8 - deletes)
                return 0;
            deletes += size;
        }
    if (!any)
        return segment->rows;
    return unique_keys && segment->rows > 8 * deletes;
}

static mb_status count_in(struct builder *b, struct mb_import_batch *batch,
                          const struct mb_segment_backup *segment, struct mb_error *error)
{
    struct mb_batch_segment *item = mb_arena_alloc(b->arena, 1, sizeof *item);
    if (item == NULL)
        return mb_fail_memory(error);
    *item = (struct mb_batch_segment){.segment = segment, .next = batch->first};
    batch->first = item;
    batch->rows += segment->rows;
    batch->least_rows += least_rows(segment, b->unique_keys);
    batch->bytes += segment->size;
    batch->segments++;
    batch->has_deletes =
        batch->has_deletes || mb_field_binlogs_any(segment->delta_logs, segment->delta_count);
    return MB_OK;
}

static mb_status add_unit(struct builder *b, enum mb_batch_phase phase, const char *partition,
                          const struct mb_segment_backup *segment, struct mb_import_batch **out,
                          struct mb_error *error)
{
    struct mb_import_batch batch = {.phase = phase,
                                    .number = b->batches.count,
                                    .partition = partition,
                                    .virtual_channel =
                                        segment->virtual_channel ? segment->virtual_channel : "",
                                    .storage_version = segment->storage_version};
    if (phase == MB_BATCH_DATA)
        MB_TRY(make_dir(b, mb_layout_insert_dir, segment, &batch.insert_dir, error));
    MB_TRY(make_dir(b, mb_layout_delta_dir, segment, &batch.delta_dir, error));
    struct mb_import_batch *items =
        mb_arena_append(b->arena, b->batches.items, b->batches.count, sizeof *items);
    if (items == NULL)
        return mb_fail_memory(error);
    b->batches.items = items;
    *out = &items[b->batches.count++];
    **out = batch;
    return MB_OK;
}

/* ----------------------------------------------------------------- segments */

static bool is_empty(const struct mb_segment_backup *s)
{
    return !mb_field_binlogs_any(s->insert_logs, s->insert_count) &&
           !mb_field_binlogs_any(s->delta_logs, s->delta_count);
}

static mb_status check_segment(const struct mb_segment_backup *s, const struct builder *b,
                               struct mb_error *error)
{
    if (is_empty(s) && s->rows > 0 && !s->is_l0)
        return mb_fail(error, MB_E_CORRUPT, "segment %lld has %lld rows, but no insert logs",
                       (long long)s->id, (long long)s->rows);
    if (mb_segment_is_l0(s) && !is_empty(s) && !b->by_segment)
        return mb_fail(error, MB_E_UNSUPPORTED,
                       "segment %lld holds only deletes, which this Milvus cannot import: that needs %s",
                       (long long)s->id, mb_milvus_needs(MB_MILVUS_IMPORT_SEGMENTS));
    return MB_OK;
}

/* --------------------------------------------------------------- partitions */

static bool fits_one_import(const struct mb_partition_backup *partition, const struct builder *b)
{
    int64_t total = 0, version = -1;
    if (b->by_segment)
        return false;
    for (size_t i = 0; i < partition->segment_count; i++) {
        const struct mb_segment_backup *s = &partition->segments[i];
        if (is_empty(s))
            continue;
        if (version >= 0 && s->storage_version != version)
            return false;
        version = s->storage_version;
        if (s->size > MAX_PARTITION_BYTES - total)
            return false;
        total += s->size;
    }
    return true;
}

static mb_status add_whole(struct builder *b, const struct mb_partition_backup *partition,
                           struct mb_error *error)
{
    struct mb_import_batch *batch = NULL;
    for (size_t i = 0; i < partition->segment_count; i++) {
        struct mb_segment_backup above = partition->segments[i];
        if (is_empty(&above))
            continue;
        above.group_id = 0; /* the directory above the groups is the partition's */
        if (batch == NULL)
            MB_TRY(add_unit(b, MB_BATCH_DATA, partition->name, &above, &batch, error));
        MB_TRY(count_in(b, batch, &partition->segments[i], error));
    }
    return MB_OK;
}

static struct mb_import_batch *find_dir(struct builder *b, size_t from, const char *insert_dir)
{
    for (size_t i = from; i < b->batches.count; i++)
        if (b->batches.items[i].insert_dir && strcmp(b->batches.items[i].insert_dir, insert_dir) == 0)
            return &b->batches.items[i];
    return NULL;
}

/* The partition's own directory holds those of its groups: what lies in both would be imported twice. */
static mb_status check_groups(const struct mb_partition_backup *partition, struct mb_error *error)
{
    const struct mb_segment_backup *in_group = NULL, *in_none = NULL;
    for (size_t i = 0; i < partition->segment_count; i++) {
        const struct mb_segment_backup *s = &partition->segments[i];
        if (is_empty(s) || mb_segment_is_l0(s))
            continue;
        if (s->group_id == 0)
            in_none = s;
        else
            in_group = s;
    }
    if (in_group == NULL || in_none == NULL)
        return MB_OK;
    return mb_fail(
        error, MB_E_CORRUPT,
        "partition %s has segments with a group_id (%lld) and without one (%lld), which no version wrote",
        partition->name, (long long)in_group->id, (long long)in_none->id);
}

static int by_channel(const void *a, const void *b)
{
    const struct mb_import_batch *x = a, *y = b;
    int order = strcmp(x->virtual_channel, y->virtual_channel);
    if (order == 0)
        order = (x->storage_version > y->storage_version) - (x->storage_version < y->storage_version);
    if (order == 0)
        order = (x->number > y->number) - (x->number < y->number);
    return order;
}

/* Next to each other, those that one job takes; among them they stay as the backup lists them. */
static void gather(struct builder *b, size_t from)
{
    if (b->batches.count > from)
        qsort(&b->batches.items[from], b->batches.count - from, sizeof *b->batches.items, by_channel);
}

/* Segments that share a directory are imported by it once. */
static mb_status add_by_directory(struct builder *b, const struct mb_partition_backup *partition,
                                  struct mb_error *error)
{
    size_t from = b->batches.count;
    MB_TRY(check_groups(partition, error));
    for (size_t i = 0; i < partition->segment_count; i++) {
        const struct mb_segment_backup *s = &partition->segments[i];
        struct mb_import_batch *batch = NULL;
        if (is_empty(s) || mb_segment_is_l0(s))
            continue;
        if (s->group_id != s->id) {
            mb_layout_insert_dir(&b->key, b->dir, s);
            MB_TRY(mb_buf_status(&b->key, error));
            batch = find_dir(b, from, b->key.data);
        }
        if (batch == NULL)
            MB_TRY(add_unit(b, MB_BATCH_DATA, partition->name, s, &batch, error));
        MB_TRY(count_in(b, batch, s, error));
    }
    gather(b, from);
    return MB_OK;
}

static mb_status add_deletes(struct builder *b, enum mb_batch_phase phase, const char *partition,
                             const struct mb_segment_backup *segments, size_t count, struct mb_error *error)
{
    size_t from = b->batches.count;
    for (size_t i = 0; i < count; i++) {
        struct mb_import_batch *batch;
        struct mb_segment_backup segment = segments[i];
        if (is_empty(&segment) || !mb_segment_is_l0(&segment))
            continue;
        segment.is_l0 = true;
        MB_TRY(add_unit(b, phase, partition, &segment, &batch, error));
        MB_TRY(count_in(b, batch, &segments[i], error));
        batch->rows = batch->least_rows = 0; /* what it counts are deletes */
    }
    gather(b, from);
    return MB_OK;
}

static mb_status add_all(struct builder *b, const struct mb_collection_backup *c, struct mb_error *error)
{
    for (size_t p = 0; p < c->partition_count; p++)
        for (size_t i = 0; i < c->partitions[p].segment_count; i++)
            MB_TRY(check_segment(&c->partitions[p].segments[i], b, error));
    for (size_t i = 0; i < c->l0_count; i++)
        MB_TRY(check_segment(&c->l0_segments[i], b, error));

    for (size_t p = 0; p < c->partition_count; p++) {
        const struct mb_partition_backup *partition = &c->partitions[p];
        MB_TRY(fits_one_import(partition, b) ? add_whole(b, partition, error)
                                             : add_by_directory(b, partition, error));
    }
    for (size_t p = 0; p < c->partition_count; p++)
        MB_TRY(add_deletes(b, MB_BATCH_PARTITION_DELETES, c->partitions[p].name, c->partitions[p].segments,
                           c->partitions[p].segment_count, error));
    return add_deletes(b, MB_BATCH_ALL_DELETES, "", c->l0_segments, c->l0_count, error);
}

static bool keys_are_unique(const struct mb_schema *schema)
{
    for (size_t i = 0; i < schema->field_count; i++)
        if (schema->fields[i].is_primary_key)
            return schema->auto_id || schema->fields[i].auto_id;
    return false;
}

mb_status mb_import_batches_make(const struct mb_collection_backup *collection, const char *dir,
                                 bool by_segment, struct mb_arena *arena, struct mb_import_batches *out,
                                 struct mb_error *error)
{
    struct builder b = {.dir = dir,
                        .by_segment = by_segment,
                        .unique_keys = keys_are_unique(&collection->collection.schema),
                        .arena = arena};
    mb_buf_init(&b.key, 64 << 10);
    mb_status status = add_all(&b, collection, error);
    if (status == MB_OK)
        *out = b.batches;
    mb_buf_done(&b.key);
    return status;
}
