#include "restore/named.h"

#include "catalog/layout.h"

#include <stdlib.h>
#include <string.h>

#define MAX_KEY ((size_t)64 << 10)

static int compare_ids(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare(const void *a, const void *b)
{
    const struct mb_named *x = a, *y = b;
    int order = compare_ids(x->segment->id, y->segment->id);
    if (order == 0)
        order = compare_ids(x->field_id, y->field_id);
    if (order == 0)
        order = compare_ids(x->log != NULL, y->log != NULL);
    return order || x->log == NULL ? order : compare_ids(x->log->id, y->log->id);
}

static void add(struct mb_named_set *set, const struct mb_segment_backup *segment,
                const struct mb_binlog *log, int64_t field_id)
{
    if (set->items)
        set->items[set->count] = (struct mb_named){.segment = segment, .log = log, .field_id = field_id};
    set->count++;
}

/* Adds the binlogs of a segment behind the others, or only counts them while there is no array. */
static void add_segment(struct mb_named_set *set, const struct mb_segment_backup *segment)
{
    const struct mb_field_binlogs *fields = set->is_delta ? segment->delta_logs : segment->insert_logs;
    size_t count = set->is_delta ? segment->delta_count : segment->insert_count;
    size_t before = set->count;
    for (size_t f = 0; f < count; f++)
        for (size_t k = 0; k < fields[f].count; k++)
            add(set, segment, &fields[f].logs[k], set->is_delta ? 0 : fields[f].field_id);
    if (set->is_delta && set->count == before)
        add(set, segment, NULL, 0);
}

static void add_units(struct mb_named_set *set, const struct mb_import_unit *units, size_t count)
{
    set->count = 0;
    for (size_t i = 0; i < count; i++)
        for (const struct mb_unit_segment *s = units[i].first; s; s = s->next)
            add_segment(set, s->segment);
}

mb_status mb_named_init(struct mb_named_set *set, const char *dir, bool is_delta,
                        const struct mb_import_unit *units, size_t count, struct mb_error *error)
{
    *set = (struct mb_named_set){.dir = dir, .is_delta = is_delta};
    mb_buf_init(&set->key, MAX_KEY);
    add_units(set, units, count);
    set->items = calloc(set->count + 1, sizeof *set->items);
    if (set->items == NULL)
        return mb_fail_memory(error);
    add_units(set, units, count);
    qsort(set->items, set->count, sizeof *set->items, compare);
    return MB_OK;
}

void mb_named_done(struct mb_named_set *set)
{
    mb_buf_done(&set->key);
    free(set->items);
    set->items = NULL;
}

static const char *make_key(struct mb_named_set *set, const struct mb_named *named, int64_t log_id)
{
    mb_status status =
        set->is_delta ? mb_layout_delta_key(&set->key, set->dir, named->segment, log_id)
                      : mb_layout_insert_key(&set->key, set->dir, named->segment, named->field_id, log_id);
    return status < 0 ? NULL : set->key.data;
}

const char *mb_named_key(struct mb_named_set *set, const struct mb_named *named)
{
    return make_key(set, named, named->log->id);
}

/* The first item that does not come before the wanted one. */
static size_t lower_bound(const struct mb_named_set *set, const struct mb_named *wanted)
{
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&set->items[middle], wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The ids alone do not say whether the object lies in the right partition and group: its key does. */
static mb_status find(struct mb_named_set *set, const struct mb_named *wanted, int64_t log_id,
                      const char *key, struct mb_named **out, struct mb_error *error)
{
    for (size_t i = lower_bound(set, wanted); i < set->count && compare(&set->items[i], wanted) == 0; i++) {
        const char *named = make_key(set, &set->items[i], log_id);
        if (named == NULL)
            return mb_buf_status(&set->key, error);
        if (strcmp(named, key) != 0)
            continue;
        *out = &set->items[i];
        return MB_OK;
    }
    return MB_OK;
}

mb_status mb_named_find(struct mb_named_set *set, const char *key, enum mb_named_kind *kind,
                        struct mb_named **item, struct mb_error *error)
{
    struct mb_source_key ids;
    struct mb_named *listed = NULL, *segment_of = NULL;

    *kind = MB_NAMED_STRAY;
    if (!mb_layout_parse_backup_key(set->dir, key, &ids) || ids.is_delta != set->is_delta)
        return MB_OK;
    const struct mb_segment_backup segment = {.id = ids.segment_id};
    const struct mb_binlog log = {.id = ids.log_id};
    struct mb_named wanted = {.segment = &segment, .log = &log, .field_id = ids.field_id};
    MB_TRY(find(set, &wanted, ids.log_id, key, &listed, error));
    wanted.log = NULL;
    if (listed == NULL && set->is_delta)
        MB_TRY(find(set, &wanted, ids.log_id, key, &segment_of, error));
    *kind = listed ? MB_NAMED_LISTED : segment_of ? MB_NAMED_LEFT_OUT : MB_NAMED_STRAY;
    *item = listed;
    return MB_OK;
}
