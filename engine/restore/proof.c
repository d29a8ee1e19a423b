#include "restore/proof.h"

#include "catalog/layout.h"
#include "restore/batch_objects.h"
#include "verify/folder.h"

#include <stdio.h>
#include <string.h>

/* The binlogs of one kind of one collection.  The listing passes by it and is not kept. */
struct proof {
    struct mb_restore_work *work;
    struct mb_arena *arena; /* of the run */
    struct mb_folder folder;
    struct mb_batch_objects objects;
    struct mb_cancel *cancel;
};

static struct mb_import_batch *batch_of(const struct proof *proof, const char *key)
{
    const struct mb_import_batches *batches = &proof->work->batches;
    for (size_t i = 0; i < batches->count; i++) {
        const char *dir =
            proof->objects.is_delta ? batches->items[i].delta_dir : batches->items[i].insert_dir;
        if (dir != NULL && mb_text_starts_with(key, dir))
            return &batches->items[i];
    }
    return NULL;
}

/* How many rows these deletes leave is not known. */
static mb_status take_left_out(struct mb_import_batch *batch)
{
    if (batch != NULL) {
        batch->least_rows = 0;
        batch->has_deletes = true;
    }
    return MB_OK;
}

/* Level files cannot name those, so a backup that has lost its full_meta.json has them all the same. */
static bool is_delete_over_all(const struct proof *proof, const char *key)
{
    struct mb_source_key ids;
    return mb_layout_parse_backup_key(proof->work->run->dir, key, &ids) && ids.is_delta &&
           ids.partition_id == -1;
}

static mb_status take_stray(void *ctx, const char *name, const struct mb_entry *entry, struct mb_error *error)
{
    struct proof *proof = ctx;
    struct mb_strays *strays = &proof->work->strays;
    struct mb_import_batch *batch = batch_of(proof, entry->key);
    if (mb_batch_objects_left_out(&proof->objects, name))
        return take_left_out(batch);
    if (batch != NULL)
        batch->strays++;
    strays->deletes += is_delete_over_all(proof, entry->key);
    if (strays->count++ >= MB_STRAY_NAMES)
        return MB_OK;
    const char *key = mb_arena_strdup(proof->arena, entry->key);
    if (key == NULL)
        return mb_fail_memory(error);
    strays->names[strays->count - 1] = key;
    return MB_OK;
}

static mb_status list(struct proof *proof, struct mb_error *error)
{
    const struct mb_folder_visitor visitor = {.stray = take_stray, .ctx = proof};
    struct mb_buf prefix;
    mb_buf_init(&prefix, (size_t)64 << 10);
    mb_layout_collection_prefix(&prefix, proof->work->run->dir, proof->objects.is_delta,
                                proof->work->target->source->collection.id);
    mb_status status = mb_buf_status(&prefix, error);
    if (status == MB_OK)
        status = mb_folder_list(&proof->folder, prefix.data + strlen(proof->folder.prefix),
                                proof->objects.named, &visitor, proof->cancel, error);
    mb_buf_done(&prefix);
    return status;
}

static mb_status judge(struct proof *proof, const struct mb_missing *missing, struct mb_error *error)
{
    const struct mb_collection *collection = &proof->work->target->source->collection;
    const char *what =
        mb_arena_printf(proof->arena, "%s logs of %s.%s", proof->objects.is_delta ? "delta" : "insert",
                        collection->db_name, collection->name);
    if (what == NULL)
        return mb_fail_memory(error);
    return mb_folder_judge(&proof->folder, what, proof->objects.named, missing, error);
}

static mb_status compare(struct proof *proof, struct mb_error *error)
{
    struct mb_missing missing;
    MB_TRY(list(proof, error));
    MB_TRY(mb_folder_look_again(&proof->folder, proof->objects.named, NULL, &missing, proof->cancel, error));
    return judge(proof, &missing, error);
}

static mb_status prove_kind(struct mb_restore_work *work, bool is_delta, struct mb_arena *arena,
                            struct mb_cancel *cancel, struct mb_error *error)
{
    struct proof proof = {.work = work, .arena = arena, .cancel = cancel};
    proof.folder =
        (struct mb_folder){work->run->env->backup_store, mb_arena_printf(arena, "%s/", work->run->dir)};
    if (proof.folder.prefix == NULL)
        return mb_fail_memory(error);
    mb_status status = mb_batch_objects_init(&proof.objects, &work->batches, is_delta, cancel, error);
    if (status == MB_OK)
        status = compare(&proof, error);
    mb_batch_objects_done(&proof.objects);
    return status;
}

mb_status mb_restore_prove(struct mb_restore_work *work, struct mb_arena *arena, struct mb_cancel *cancel,
                           struct mb_error *error)
{
    if (work->batches.count == 0)
        return MB_OK;
    MB_TRY(prove_kind(work, false, arena, cancel, error));
    return prove_kind(work, true, arena, cancel, error);
}
