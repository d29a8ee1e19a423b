#include "restore/proof.h"

#include "catalog/layout.h"
#include "restore/named.h"

#include <inttypes.h>
#include <string.h>

/* The binlogs of one kind of one collection.  The listing passes by it and is not kept. */
struct proof {
    struct mb_restore_work *work;
    struct mb_arena *arena; /* of the run */
    struct mb_named_set named;
};

/* ------------------------------------------------------------ what is there */

static struct mb_import_unit *unit_of(const struct proof *proof, const char *key)
{
    const struct mb_import_units *units = &proof->work->units;
    for (size_t i = 0; i < units->count; i++) {
        const char *dir = proof->named.is_delta ? units->items[i].delta_dir : units->items[i].insert_dir;
        if (dir != NULL && mb_text_starts_with(key, dir))
            return &units->items[i];
    }
    return NULL;
}

static mb_status take_stray(struct proof *proof, const char *key, struct mb_error *error)
{
    struct mb_strays *strays = &proof->work->strays;
    struct mb_import_unit *unit = unit_of(proof, key);
    if (unit != NULL)
        unit->strays++;
    if (strays->count++ >= MB_STRAY_NAMES)
        return MB_OK;
    const char *name = mb_arena_strdup(proof->arena, key);
    if (name == NULL)
        return mb_fail_memory(error);
    strays->names[strays->count - 1] = name;
    return MB_OK;
}

/* How many rows these deletes leave is not known. */
static void take_left_out(struct proof *proof, const char *key)
{
    struct mb_import_unit *unit = unit_of(proof, key);
    if (unit != NULL) {
        unit->least_rows = 0;
        unit->has_deletes = true;
    }
}

static mb_status take(struct proof *proof, const struct mb_entry *entry, struct mb_error *error)
{
    enum mb_named_kind kind;
    struct mb_named *named;
    MB_TRY(mb_named_find(&proof->named, entry->key, &kind, &named, error));
    if (kind == MB_NAMED_STRAY)
        return take_stray(proof, entry->key, error);
    if (kind == MB_NAMED_LEFT_OUT) {
        take_left_out(proof, entry->key);
        return MB_OK;
    }
    named->found = true;
    named->other_size = named->log->size > 0 && (uint64_t)named->log->size != entry->size;
    return MB_OK;
}

static mb_status list(struct proof *proof, struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_restore_work *work = proof->work;
    struct mb_listing *listing = NULL;
    const struct mb_entry *entry;
    struct mb_buf *prefix = &proof->named.key;
    mb_layout_collection_prefix(prefix, work->run->dir, proof->named.is_delta,
                                work->target->source->collection.id);
    MB_TRY(mb_buf_status(prefix, error));
    MB_TRY(mb_listing_open(&listing, work->run->env->backup_store, prefix->data, NULL, cancel, error));
    mb_status status;
    while ((status = mb_listing_next(listing, &entry, error)) == MB_OK)
        if ((status = take(proof, entry, error)) < 0)
            break;
    mb_listing_close(listing);
    return status == MB_END ? MB_OK : status;
}

/* Listings may lag behind what was written: what they do not show, or show with another size, is looked for
 * by its key.  The first that stays away decides. */
static mb_status look_again(struct proof *proof, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_storage *store = proof->work->run->env->backup_store;
    int64_t deadline = mb_storage_patience(store);
    for (size_t i = 0; i < proof->named.count; i++) {
        struct mb_named *named = &proof->named.items[i];
        struct mb_error failure = MB_ERROR_INIT;
        if (named->log == NULL || (named->found && !named->other_size))
            continue;
        const char *key = mb_named_key(&proof->named, named);
        if (key == NULL)
            return mb_buf_status(&proof->named.key, error);
        uint64_t size = named->log->size > 0 ? (uint64_t)named->log->size : MB_ANY_SIZE;
        mb_status status = mb_storage_await(store, key, size, deadline, NULL, cancel, &failure);
        if (status == MB_E_NOT_FOUND || status == MB_E_CORRUPT)
            return MB_OK;
        if (status != MB_OK) {
            *error = failure;
            return status;
        }
        named->found = true;
        named->other_size = false;
    }
    return MB_OK;
}

/* ------------------------------------------------------------------ verdict */

static mb_status fail(struct proof *proof, const struct mb_named *first, size_t missing, size_t other,
                      size_t all, struct mb_error *error)
{
    const struct mb_restore *run = proof->work->run;
    const struct mb_collection *collection = &proof->work->target->source->collection;
    const char *kind = proof->named.is_delta ? "delta" : "insert";
    const char *place = mb_storage_info(run->env->backup_store)->location;
    const char *key = mb_named_key(&proof->named, first);
    if (key == NULL)
        return mb_buf_status(&proof->named.key, error);
    if (missing > 0)
        return mb_fail(error, MB_E_CORRUPT,
                       "backup %s is damaged: %zu of %zu %s logs of %s.%s are missing in %s, the first is %s",
                       run->backup.name, missing, all, kind, collection->db_name, collection->name, place,
                       key);
    return mb_fail(error, MB_E_CORRUPT,
                   "backup %s is damaged: %zu of %zu %s logs of %s.%s in %s have not the size that the "
                   "description says, the first is %s (%" PRId64 " bytes by the description)",
                   run->backup.name, other, all, kind, collection->db_name, collection->name, place, key,
                   first->log->size);
}

static mb_status judge(struct proof *proof, struct mb_error *error)
{
    const struct mb_named *first_missing = NULL, *first_other = NULL;
    size_t missing = 0, other = 0, all = 0;
    for (size_t i = 0; i < proof->named.count; i++) {
        const struct mb_named *named = &proof->named.items[i];
        if (named->log == NULL)
            continue;
        all++;
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
    return fail(proof, first_missing ? first_missing : first_other, missing, other, all, error);
}

static mb_status compare(struct proof *proof, struct mb_cancel *cancel, struct mb_error *error)
{
    MB_TRY(list(proof, cancel, error));
    MB_TRY(look_again(proof, cancel, error));
    return judge(proof, error);
}

static mb_status prove_kind(struct mb_restore_work *work, bool is_delta, struct mb_arena *arena,
                            struct mb_cancel *cancel, struct mb_error *error)
{
    struct proof proof = {.work = work, .arena = arena};
    mb_status status =
        mb_named_init(&proof.named, work->run->dir, is_delta, work->units.items, work->units.count, error);
    if (status == MB_OK)
        status = compare(&proof, cancel, error);
    mb_named_done(&proof.named);
    return status;
}

mb_status mb_restore_prove(struct mb_restore_work *work, struct mb_arena *arena, struct mb_cancel *cancel,
                           struct mb_error *error)
{
    if (work->units.count == 0)
        return MB_OK;
    MB_TRY(prove_kind(work, false, arena, cancel, error));
    return prove_kind(work, true, arena, cancel, error);
}
