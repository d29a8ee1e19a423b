#include "backup/binlogs.h"
#include "catalog/layout.h"

#include <stdlib.h>
#include <string.h>

struct mb_binlogs {
    const struct mb_segment **segments; /* by id */
    size_t segment_count;
    struct mb_binlog_entry *entries;
    size_t count;
    size_t cap;
};

static int compare_ids(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_segments(const void *a, const void *b)
{
    const struct mb_segment *const *x = a;
    const struct mb_segment *const *y = b;
    return compare_ids((*x)->id, (*y)->id);
}

static int compare_entries(const void *a, const void *b)
{
    const struct mb_binlog_entry *x = a;
    const struct mb_binlog_entry *y = b;
    int order = compare_ids(x->segment_id, y->segment_id);
    if (order == 0)
        order = (int)x->is_delta - (int)y->is_delta;
    if (order == 0)
        order = compare_ids(x->field_id, y->field_id);
    if (order == 0)
        order = compare_ids(x->log_id, y->log_id);
    return order;
}

mb_status mb_binlogs_new(struct mb_binlogs **out, const struct mb_segment *segments, size_t count,
                         struct mb_error *error)
{
    struct mb_binlogs *binlogs = calloc(1, sizeof(*binlogs));
    const struct mb_segment **sorted = calloc(count + 1, sizeof(const struct mb_segment *));
    if (binlogs == NULL || sorted == NULL) {
        free(binlogs);
        free(sorted);
        return mb_fail_memory(error);
    }
    for (size_t i = 0; i < count; i++)
        sorted[i] = &segments[i];
    qsort(sorted, count, sizeof(const struct mb_segment *), compare_segments);
    binlogs->segments = sorted;
    binlogs->segment_count = count;
    *out = binlogs;
    return MB_OK;
}

void mb_binlogs_free(struct mb_binlogs *binlogs)
{
    if (binlogs == NULL)
        return;
    free(binlogs->segments);
    free(binlogs->entries);
    free(binlogs);
}

const struct mb_segment *mb_binlogs_segment(const struct mb_binlogs *binlogs, int64_t segment_id)
{
    struct mb_segment wanted = {.id = segment_id};
    const struct mb_segment *key = &wanted;
    const struct mb_segment **found = bsearch(&key, binlogs->segments, binlogs->segment_count,
                                              sizeof(const struct mb_segment *), compare_segments);
    return found ? *found : NULL;
}

mb_status mb_binlogs_add(struct mb_binlogs *binlogs, const struct mb_binlog_entry *entry,
                         struct mb_error *error)
{
    if (binlogs->count == binlogs->cap) {
        size_t cap = binlogs->cap ? binlogs->cap * 2 : 256;
        struct mb_binlog_entry *entries = reallocarray(binlogs->entries, cap, sizeof(*entries));
        if (entries == NULL)
            return mb_fail_memory(error);
        binlogs->entries = entries;
        binlogs->cap = cap;
    }
    binlogs->entries[binlogs->count++] = *entry;
    return MB_OK;
}

/* A binlog that a listing brought twice is one binlog. */
void mb_binlogs_sort(struct mb_binlogs *binlogs)
{
    size_t kept = 0;
    if (binlogs->count > 0)
        qsort(binlogs->entries, binlogs->count, sizeof(*binlogs->entries), compare_entries);
    for (size_t i = 0; i < binlogs->count; i++)
        if (kept == 0 || compare_entries(&binlogs->entries[i], &binlogs->entries[kept - 1]) != 0)
            binlogs->entries[kept++] = binlogs->entries[i];
    binlogs->count = kept;
}

size_t mb_binlogs_count(const struct mb_binlogs *binlogs)
{
    return binlogs->count;
}

const struct mb_binlog_entry *mb_binlogs_find(const struct mb_binlogs *binlogs,
                                              const struct mb_binlog_entry *key)
{
    if (binlogs->count == 0)
        return NULL;
    return bsearch(key, binlogs->entries, binlogs->count, sizeof(*binlogs->entries), compare_entries);
}

bool mb_binlogs_equal(const struct mb_binlogs *a, const struct mb_binlogs *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (compare_entries(&a->entries[i], &b->entries[i]) != 0 || a->entries[i].size != b->entries[i].size)
            return false;
    return true;
}

/* The first entry that does not come before the segment's logs of that kind. */
static size_t lower_bound(const struct mb_binlogs *binlogs, int64_t segment_id, bool is_delta)
{
    struct mb_binlog_entry key = {
        .segment_id = segment_id, .is_delta = is_delta, .field_id = INT64_MIN, .log_id = INT64_MIN};
    size_t low = 0;
    size_t high = binlogs->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_entries(&binlogs->entries[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t count_fields(const struct mb_binlog_entry *entries, size_t count)
{
    size_t fields = 0;
    for (size_t i = 0; i < count; i++)
        fields += i == 0 || entries[i].field_id != entries[i - 1].field_id;
    return fields;
}

/* Splits a sorted run of entries into one group a field. */
static mb_status group_by_field(const struct mb_binlog_entry *entries, size_t count, struct mb_arena *arena,
                                struct mb_field_binlogs **out, size_t *out_count, struct mb_error *error)
{
    size_t fields = count_fields(entries, count);
    struct mb_field_binlogs *groups = mb_arena_alloc(arena, fields, sizeof(*groups));
    struct mb_binlog *logs = mb_arena_alloc(arena, count, sizeof(*logs));
    if (groups == NULL || logs == NULL)
        return mb_fail_memory(error);

    size_t group = 0;
    for (size_t i = 0; i < count; i++) {
        logs[i] = (struct mb_binlog){.id = entries[i].log_id, .size = entries[i].size};
        if (i == 0 || entries[i].field_id != entries[i - 1].field_id)
            groups[group++] = (struct mb_field_binlogs){.field_id = entries[i].field_id, .logs = &logs[i]};
        groups[group - 1].count++;
    }
    *out = groups;
    *out_count = fields;
    return MB_OK;
}

mb_status mb_binlogs_fill(const struct mb_binlogs *binlogs, struct mb_segment_backup *out,
                          struct mb_arena *arena, struct mb_error *error)
{
    size_t insert = lower_bound(binlogs, out->id, false);
    size_t delta = lower_bound(binlogs, out->id, true);
    size_t end = out->id == INT64_MAX ? binlogs->count : lower_bound(binlogs, out->id + 1, false);

    if (delta > insert)
        MB_TRY(group_by_field(&binlogs->entries[insert], delta - insert, arena, &out->insert_logs,
                              &out->insert_count, error));
    if (end > delta)
        MB_TRY(group_by_field(&binlogs->entries[delta], end - delta, arena, &out->delta_logs,
                              &out->delta_count, error));
    for (size_t i = insert; i < end; i++)
        out->size += binlogs->entries[i].size;
    return MB_OK;
}

const struct mb_field_binlogs *mb_binlogs_uneven(const struct mb_segment_backup *segment)
{
    for (size_t i = 1; i < segment->insert_count; i++)
        if (segment->insert_logs[i].count != segment->insert_logs[0].count)
            return &segment->insert_logs[i];
    return NULL;
}

struct mb_binlog_entry mb_binlogs_entry(const struct mb_source_key *key, uint64_t size)
{
    return (struct mb_binlog_entry){.segment_id = key->segment_id,
                                    .field_id = key->is_delta ? 0 : key->field_id,
                                    .log_id = key->log_id,
                                    .size = (int64_t)size,
                                    .is_delta = key->is_delta};
}
