#include "restore/proof.h"

#include "catalog/layout.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_KEY ((size_t)64 << 10)

/* One binlog that the description names. */
struct named {
    const struct mb_segment_backup *segment;
    const struct mb_binlog *log;
    int64_t field_id; /* 0 for a delta log */
    bool found;
    bool other_size;
};

/* The binlogs of one kind of one collection.  The listing passes by it and is not kept. */
struct proof {
    struct mb_restore_work *work;
    bool is_delta;
    struct named *items; /* by segment, field and log once they are sorted */
    size_t count;
    bool not_named; /* there are others of this kind */
    struct mb_buf key;
};

/* ------------------------------------------------------------ what is named */

static int compare_ids(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int order = compare_ids(x->segment->id, y->segment->id);
    if (order == 0)
        order = compare_ids(x->field_id, y->field_id);
    return order ? order : compare_ids(x->log->id, y->log->id);
}

/* Adds the binlogs of a segment behind the others, or only counts them while there is no array. */
static void add_segment(struct proof *proof, const struct mb_segment_backup *segment)
{
    const struct mb_field_binlogs *fields = proof->is_delta ? segment->delta_logs : segment->insert_logs;
    size_t count = proof->is_delta ? segment->delta_count : segment->insert_count;
    for (size_t f = 0; f < count; f++)
        for (size_t k = 0; k < fields[f].count; k++, proof->count++)
            if (proof->items)
                proof->items[proof->count] =
                    (struct named){.segment = segment,
                                   .log = &fields[f].logs[k],
                                   .field_id = proof->is_delta ? 0 : fields[f].field_id};
}

static void add_collection(struct proof *proof)
{
    const struct mb_collection_backup *c = proof->work->target->source;
    proof->count = 0;
    for (size_t p = 0; p < c->partition_count; p++)
        for (size_t i = 0; i < c->partitions[p].segment_count; i++)
            add_segment(proof, &c->partitions[p].segments[i]);
    for (size_t i = 0; i < c->l0_count; i++)
        add_segment(proof, &c->l0_segments[i]);
}

static mb_status gather(struct proof *proof, struct mb_error *error)
{
    add_collection(proof);
    proof->items = calloc(proof->count + 1, sizeof *proof->items);
    if (proof->items == NULL)
        return mb_fail_memory(error);
    add_collection(proof);
    qsort(proof->items, proof->count, sizeof *proof->items, compare);
    return MB_OK;
}

static mb_status make_key(struct proof *proof, const struct named *named)
{
    const char *dir = proof->work->run->dir;
    return proof->is_delta
               ? mb_layout_delta_key(&proof->key, dir, named->segment, named->log->id)
               : mb_layout_insert_key(&proof->key, dir, named->segment, named->field_id, named->log->id);
}

/* ------------------------------------------------------------ what is there */

/* The first item that does not come before the wanted one. */
static size_t lower_bound(const struct proof *proof, const struct named *wanted)
{
    size_t low = 0, high = proof->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&proof->items[middle], wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The ids alone do not say whether the object lies in the right partition and group: its key does. */
static mb_status take(struct proof *proof, const struct mb_entry *entry, struct mb_error *error)
{
    struct mb_source_key ids;
    bool known = false;
    if (!mb_layout_parse_backup_key(proof->work->run->dir, entry->key, &ids))
        return MB_OK;
    const struct mb_segment_backup segment = {.id = ids.segment_id};
    const struct mb_binlog log = {.id = ids.log_id};
    const struct named wanted = {.segment = &segment, .log = &log, .field_id = ids.field_id};

    for (size_t i = lower_bound(proof, &wanted); i < proof->count && compare(&proof->items[i], &wanted) == 0;
         i++) {
        struct named *named = &proof->items[i];
        if (make_key(proof, named) < 0)
            return mb_buf_status(&proof->key, error);
        if (strcmp(proof->key.data, entry->key) != 0)
            continue;
        known = named->found = true;
        named->other_size = named->log->size > 0 && (uint64_t)named->log->size != entry->size;
    }
    proof->not_named = proof->not_named || !known;
    return MB_OK;
}

static mb_status list(struct proof *proof, struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_restore_work *work = proof->work;
    struct mb_listing *listing = NULL;
    const struct mb_entry *entry;
    mb_layout_collection_prefix(&proof->key, work->run->dir, proof->is_delta,
                                work->target->source->collection.id);
    MB_TRY(mb_buf_status(&proof->key, error));
    MB_TRY(mb_listing_open(&listing, work->run->env->backup_store, proof->key.data, NULL, cancel, error));
    mb_status status;
    while ((status = mb_listing_next(listing, &entry, error)) == MB_OK)
        if ((status = take(proof, entry, error)) < 0)
            break;
    mb_listing_close(listing);
    return status == MB_END ? MB_OK : status;
}

/* ------------------------------------------------------------------ verdict */

static mb_status fail(struct proof *proof, const struct named *first, size_t missing, size_t other,
                      struct mb_error *error)
{
    const struct mb_restore *run = proof->work->run;
    const struct mb_collection *collection = &proof->work->target->source->collection;
    const char *kind = proof->is_delta ? "delta" : "insert";
    const char *place = mb_storage_info(run->env->backup_store)->location;
    if (make_key(proof, first) < 0)
        return mb_buf_status(&proof->key, error);
    if (missing > 0)
        return mb_fail(error, MB_E_CORRUPT,
                       "backup %s is damaged: %zu of %zu %s logs of %s.%s are missing in %s, the first is %s",
                       run->backup.name, missing, proof->count, kind, collection->db_name, collection->name,
                       place, proof->key.data);
    return mb_fail(error, MB_E_CORRUPT,
                   "backup %s is damaged: %zu of %zu %s logs of %s.%s in %s have not the size that the "
                   "description says, the first is %s (%" PRId64 " bytes by the description)",
                   run->backup.name, other, proof->count, kind, collection->db_name, collection->name, place,
                   proof->key.data, first->log->size);
}

static mb_status judge(struct proof *proof, struct mb_error *error)
{
    const struct named *first_missing = NULL, *first_other = NULL;
    size_t missing = 0, other = 0;
    for (size_t i = 0; i < proof->count; i++) {
        const struct named *named = &proof->items[i];
        if (!named->found) {
            first_missing = first_missing ? first_missing : named;
            missing++;
        } else if (named->other_size) {
            first_other = first_other ? first_other : named;
            other++;
        }
    }
    if (missing + other == 0)
        return MB_OK;
    return fail(proof, first_missing ? first_missing : first_other, missing, other, error);
}

static mb_status prove_kind(struct mb_restore_work *work, bool is_delta, bool *not_named,
                            struct mb_cancel *cancel, struct mb_error *error)
{
    struct proof proof = {.work = work, .is_delta = is_delta};
    mb_buf_init(&proof.key, MAX_KEY);
    mb_status status = gather(&proof, error);
    if (status == MB_OK)
        status = list(&proof, cancel, error);
    if (status == MB_OK)
        status = judge(&proof, error);
    *not_named = proof.not_named;
    mb_buf_done(&proof.key);
    free(proof.items);
    return status;
}

mb_status mb_restore_prove(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error)
{
    bool more = false;
    if (work->units.count == 0)
        return MB_OK;
    MB_TRY(prove_kind(work, false, &more, cancel, error));
    MB_TRY(prove_kind(work, true, &more, cancel, error));
    for (size_t i = 0; more && i < work->units.count; i++)
        work->units.items[i].least_rows = 0;
    return MB_OK;
}
