#include "catalog/agree.h"

#include "catalog/meta_digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the order in which disagreements are told. */
enum kind { BACKUP, COLLECTION, INDEX, PARTITION, SEGMENT };

/* One thing that is described. */
struct row {
    enum kind kind;
    int64_t collection_id, partition_id, id;
    const char *name; /* of an index */
    const struct mb_collection_backup *owner;
    uint64_t digest; /* of all that is said of it */
};

struct rows {
    struct row *items;
    size_t count, cap;
};

static int order_ids(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int order(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int by = (x->kind > y->kind) - (x->kind < y->kind);
    if (by == 0)
        by = order_ids(x->collection_id, y->collection_id);
    if (by == 0)
        by = order_ids(x->partition_id, y->partition_id);
    if (by == 0)
        by = order_ids(x->id, y->id);
    return by != 0 ? by : strcmp(x->name, y->name);
}

/* ------------------------------------------------------------- what is said */

static mb_status add(struct rows *rows, struct row row, struct mb_error *error)
{
    if (rows->count == rows->cap) {
        size_t cap = rows->cap > 0 ? rows->cap * 2 : 256;
        struct row *items = reallocarray(rows->items, cap, sizeof(*items));
        if (items == NULL)
            return mb_fail_memory(error);
        rows->items = items;
        rows->cap = cap;
    }
    row.name = row.name != NULL ? row.name : "";
    rows->items[rows->count++] = row;
    return MB_OK;
}

static mb_status add_thing(struct rows *rows, struct row row, const struct mb_json_field *fields,
                           const void *base, struct mb_error *error)
{
    MB_TRY(mb_meta_digest(fields, base, &row.digest, error));
    return add(rows, row, error);
}

static mb_status add_segments(struct rows *rows, const struct mb_collection_backup *owner,
                              int64_t partition_id, const struct mb_segment_backup *segments, size_t count,
                              struct mb_error *error)
{
    for (size_t i = 0; i < count; i++) {
        struct row row = {.kind = SEGMENT,
                          .collection_id = owner->collection.id,
                          .partition_id = partition_id,
                          .id = segments[i].id,
                          .owner = owner,
                          .digest = segments[i].digest};
        if (row.digest == 0)
            MB_TRY(mb_meta_digest_segment(&segments[i], &row.digest, error));
        MB_TRY(add(rows, row, error));
    }
    return MB_OK;
}

static mb_status add_partitions(struct rows *rows, const struct mb_collection_backup *owner,
                                struct mb_error *error)
{
    for (size_t i = 0; i < owner->partition_count; i++) {
        const struct mb_partition_backup *partition = &owner->partitions[i];
        MB_TRY(add_thing(rows,
                         (struct row){.kind = PARTITION,
                                      .collection_id = owner->collection.id,
                                      .partition_id = partition->id,
                                      .owner = owner},
                         mb_meta_partition_fields, partition, error));
        MB_TRY(
            add_segments(rows, owner, partition->id, partition->segments, partition->segment_count, error));
    }
    return MB_OK;
}

static mb_status add_collection(struct rows *rows, const struct mb_collection_backup *collection,
                                bool with_l0, struct mb_error *error)
{
    struct mb_collection_backup alone = *collection;
    const struct row row = {
        .kind = COLLECTION, .collection_id = collection->collection.id, .owner = collection};
    alone.index_count = 0;
    MB_TRY(add_thing(rows, row, mb_meta_collection_fields, &alone, error));
    for (size_t i = 0; i < collection->index_count; i++) {
        struct row index = row;
        index.kind = INDEX;
        index.id = collection->indexes[i].id;
        index.name = collection->indexes[i].name;
        MB_TRY(add_thing(rows, index, mb_meta_index_fields, &collection->indexes[i], error));
    }
    MB_TRY(add_partitions(rows, collection, error));
    return with_l0 ? add_segments(rows, collection, -1, collection->l0_segments, collection->l0_count, error)
                   : MB_OK;
}

static mb_status add_all(struct rows *rows, const struct mb_backup *backup, bool with_l0,
                         struct mb_error *error)
{
    MB_TRY(add_thing(rows, (struct row){.kind = BACKUP}, mb_meta_backup_summary_fields, backup, error));
    for (size_t i = 0; i < backup->collection_count; i++)
        MB_TRY(add_collection(rows, &backup->collections[i], with_l0, error));
    qsort(rows->items, rows->count, sizeof(*rows->items), order);
    return MB_OK;
}

/* ------------------------------------------------------------- what differs */

static enum mb_meta_file file_of(enum kind kind)
{
    static const enum mb_meta_file files[] = {[BACKUP] = MB_META_BACKUP,
                                              [COLLECTION] = MB_META_COLLECTION,
                                              [INDEX] = MB_META_COLLECTION,
                                              [PARTITION] = MB_META_PARTITION,
                                              [SEGMENT] = MB_META_SEGMENT};
    return files[kind];
}

static void describe(const struct row *row, char *text, size_t cap)
{
    const char *db = row->owner != NULL ? row->owner->collection.db_name : "";
    const char *name = row->owner != NULL ? row->owner->collection.name : "";
    switch (row->kind) {
    case BACKUP:
        snprintf(text, cap, "the backup as a whole");
        break;
    case COLLECTION:
        snprintf(text, cap, "collection %s.%s", db, name);
        break;
    case INDEX:
        snprintf(text, cap, "index %s of %s.%s", row->name, db, name);
        break;
    case PARTITION:
        snprintf(text, cap, "partition %" PRId64 " of %s.%s", row->partition_id, db, name);
        break;
    case SEGMENT:
        snprintf(text, cap, "segment %" PRId64 " of partition %" PRId64 " of %s.%s", row->id,
                 row->partition_id, db, name);
        break;
    }
}

static mb_status compare_rows(const struct rows *full, const struct rows *levels, mb_disagree_fn *visit,
                              void *ctx, struct mb_error *error)
{
    for (size_t i = 0, k = 0; i < full->count || k < levels->count;) {
        char what[512];
        int first = i == full->count     ? 1
                    : k == levels->count ? -1
                                         : order(&full->items[i], &levels->items[k]);
        const struct row *row = first <= 0 ? &full->items[i] : &levels->items[k];
        bool equal = first == 0 && full->items[i].digest == levels->items[k].digest;
        struct mb_disagreement disagreement = {
            .file = file_of(row->kind), .what = what, .in_full = first <= 0, .in_level = first >= 0};
        describe(row, what, sizeof(what));
        if (!equal)
            MB_TRY(visit(ctx, &disagreement, error));
        i += first <= 0;
        k += first >= 0;
    }
    return MB_OK;
}

static bool names_l0(const struct mb_backup *backup)
{
    for (size_t i = 0; i < backup->collection_count; i++)
        if (backup->collections[i].l0_count > 0)
            return true;
    return false;
}

mb_status mb_descriptions_compare(const struct mb_backup *full, const struct mb_backup *levels,
                                  mb_disagree_fn *visit, void *ctx, struct mb_error *error)
{
    struct rows of_full = {0}, of_levels = {0};
    bool with_l0 = names_l0(levels);
    mb_status status = add_all(&of_full, full, with_l0, error);
    if (status == MB_OK)
        status = add_all(&of_levels, levels, with_l0, error);
    if (status == MB_OK)
        status = compare_rows(&of_full, &of_levels, visit, ctx, error);
    free(of_full.items);
    free(of_levels.items);
    return status;
}
