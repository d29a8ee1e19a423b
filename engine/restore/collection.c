/* One collection of a restore.  In: its plan, checked, and data that Milvus can reach or that is staged
 * first.  Out: the target filled, counted and, where it replaces another, put in that one's place. */
#include "base/clock.h"
#include "restore/replace.h"
#include "restore/run.h"
#include "restore/schema.h"
#include "restore/snapshot.h"
#include "restore/stage.h"

#include <string.h>

#define FUNCTION_CHECK "disable_func_runtime_check"

/* --------------------------------------------------------------- collection */

/* A server of MB_MILVUS_CHECK_FUNCTIONS calls the models behind functions when a collection is made; that
 * must not keep data from coming back. */
static bool needs_function_check_off(const struct mb_restore_work *work)
{
    return work->run->milvus->can[MB_MILVUS_CHECK_FUNCTIONS] &&
           work->target->source->collection.schema.function_count > 0;
}

static mb_status without_function_check(struct mb_collection *collection, struct mb_arena *arena,
                                        struct mb_error *error)
{
    size_t count = collection->properties.count;
    struct mb_property *items = mb_arena_alloc(arena, count + 1, sizeof *items);
    if (items == NULL)
        return mb_fail_memory(error);
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(collection->properties.items[i].key, FUNCTION_CHECK) != 0)
            items[n++] = collection->properties.items[i];
    items[n++] = (struct mb_property){FUNCTION_CHECK, "true"};
    collection->properties = (struct mb_properties){.items = items, .count = n};
    return MB_OK;
}

static mb_status function_check_on(struct mb_restore_work *work, struct mb_cancel *cancel,
                                   struct mb_error *error)
{
    struct mb_property item = {FUNCTION_CHECK, "false"};
    const struct mb_properties properties = {.items = &item, .count = 1};
    const char *before = mb_properties_get(&work->target->source->collection.properties, FUNCTION_CHECK);

    if (before && strcmp(before, "true") == 0)
        return MB_OK;
    return mb_milvus_alter_collection(work->run->env->milvus, MB_WORK_PLACE(work), &properties, cancel,
                                      error);
}

/* Milvus makes a collection that is there with the same schema once more without a word.  The look at the
 * targets is long ago in a large restore, and another one may have made it. */
static mb_status check_still_absent(struct mb_restore_work *work, struct mb_cancel *cancel,
                                    struct mb_error *error)
{
    bool exists = false;
    MB_TRY(mb_milvus_has_collection(work->run->env->milvus, MB_WORK_PLACE(work), &exists, cancel, error));
    if (!exists)
        return MB_OK;
    return mb_fail(
        error, MB_E_EXISTS,
        "the collection was made by somebody else since this restore began: nothing was put into it");
}

/* What create_collection is to be told, and the fields that are added behind it. */
struct birth {
    struct mb_collection collection;
    struct mb_field *later;
    size_t later_count;
};

static mb_status describe_birth(struct mb_restore_work *work, struct birth *out, struct mb_error *error)
{
    MB_TRY(mb_restore_schema_make(work->target->source, MB_WORK_PLACE(work), work->arena, &out->collection,
                                  &out->later, &out->later_count, error));
    MB_TRY(mb_wish_collection(&work->run->options->wishes, work->target, work->arena, &out->collection,
                              out->later, out->later_count, error));
    return needs_function_check_off(work) ? without_function_check(&out->collection, work->arena, error)
                                          : MB_OK;
}

static mb_status create(struct mb_restore_work *work, const struct birth *birth, struct mb_cancel *cancel,
                        struct mb_error *error)
{
    struct mb_milvus *milvus = work->run->env->milvus;
    MB_TRY(check_still_absent(work, cancel, error));
    MB_TRY(mb_milvus_create_collection(milvus, &birth->collection, cancel, error));
    work->created = true;
    for (size_t i = 0; i < birth->later_count; i++)
        MB_TRY(mb_milvus_add_field(milvus, MB_WORK_PLACE(work), &birth->later[i], cancel, error));
    return needs_function_check_off(work) ? function_check_on(work, cancel, error) : MB_OK;
}

/* Milvus drops no collection that has aliases. */
static mb_status drop_aliases(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_milvus *milvus = work->run->env->milvus;
    struct mb_collection old;
    MB_TRY(mb_milvus_describe_collection(milvus, MB_WORK_NAME(work), work->arena, &old, cancel, error));
    for (size_t i = 0; i < old.aliases.count; i++)
        MB_TRY(mb_milvus_drop_alias(milvus, work->target->db, old.aliases.items[i], old.name, cancel, error));
    return MB_OK;
}

/* The last step before the import of which there is no way back: all that can fail without it has been tried
 * by then. */
static mb_status drop_old(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error)
{
    MB_TRY(mb_stage_all(work, cancel, error));
    MB_TRY(drop_aliases(work, cancel, error));
    mb_log(work->run->env->log, MB_LOG_INFO, "dropping collection %s.%s", MB_WORK_NAME(work));
    MB_TRY(mb_milvus_drop_collection(work->run->env->milvus, MB_WORK_NAME(work), cancel, error));
    work->exists = false;
    return MB_OK;
}

/* The collection as it is to be: dropped, made or left alone by the options, and with fields that fit the
 * data. */
static mb_status prepare_collection(struct mb_restore_work *work, struct mb_cancel *cancel,
                                    struct mb_error *error)
{
    struct mb_milvus *milvus = work->run->env->milvus;
    const struct mb_restore_options *options = work->run->options;
    struct mb_collection there;
    struct birth birth;

    MB_TRY(describe_birth(work, &birth, error));
    if (work->exists && options->drop_exist_collection && !work->replaces)
        MB_TRY(drop_old(work, cancel, error));
    if (!work->exists || work->replaces)
        MB_TRY(create(work, &birth, cancel, error));
    MB_TRY(mb_milvus_describe_collection(milvus, MB_WORK_PLACE(work), work->arena, &there, cancel, error));
    work->place_id = there.id;
    return mb_restore_schema_check(work->target->source, &there, error);
}

/* ------------------------------------------------------------------ indexes */

static mb_status drop_indexes(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_milvus *milvus = work->run->env->milvus;
    struct mb_index *indexes;
    size_t count;

    MB_TRY(mb_milvus_describe_indexes(milvus, MB_WORK_PLACE(work), work->arena, &indexes, &count, cancel,
                                      error));
    for (size_t i = 0; i < count; i++)
        MB_TRY(mb_milvus_drop_index(milvus, MB_WORK_PLACE(work), indexes[i].name, cancel, error));
    return MB_OK;
}

static mb_status create_indexes(struct mb_restore_work *work, bool vectors, struct mb_cancel *cancel,
                                struct mb_error *error)
{
    const struct mb_collection_backup *source = work->target->source;
    for (size_t i = 0; i < source->index_count; i++) {
        struct mb_index index;
        if (mb_restore_index_is_vector(source, &source->indexes[i]) != vectors)
            continue;
        MB_TRY(mb_restore_index_make(source, &source->indexes[i], work->run->options->use_auto_index,
                                     work->arena, &index, error));
        MB_TRY(mb_wish_index(&work->run->options->wishes, work->arena, &index, error));
        MB_TRY(mb_milvus_create_index(work->run->env->milvus, MB_WORK_PLACE(work), &index, cancel, error));
    }
    return MB_OK;
}

static mb_status prepare_indexes(struct mb_restore_work *work, struct mb_cancel *cancel,
                                 struct mb_error *error)
{
    const struct mb_restore_options *options = work->run->options;
    if (options->drop_exist_index && work->exists && !work->replaces) {
        MB_TRY(mb_stage_all(work, cancel, error));
        MB_TRY(drop_indexes(work, cancel, error));
    }
    if (!mb_restore_makes_indexes(work))
        return MB_OK;
    MB_TRY(create_indexes(work, true, cancel, error));
    return create_indexes(work, false, cancel, error);
}

/* --------------------------------------------------------------- partitions */

static bool is_there(const char *name, const struct mb_partition *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, name) == 0)
            return true;
    return false;
}

static mb_status prepare_partitions(struct mb_restore_work *work, struct mb_cancel *cancel,
                                    struct mb_error *error)
{
    const struct mb_collection_backup *source = work->target->source;
    struct mb_milvus *milvus = work->run->env->milvus;
    struct mb_partition *there;
    size_t count;

    MB_TRY(
        mb_milvus_list_partitions(milvus, MB_WORK_PLACE(work), work->arena, &there, &count, cancel, error));
    for (size_t i = 0; i < source->partition_count; i++) {
        const char *name = source->partitions[i].name;
        if (!is_there(name, there, count))
            MB_TRY(mb_milvus_create_partition(milvus, MB_WORK_PLACE(work), name, cancel, error));
    }
    return MB_OK;
}

/* ---------------------------------------------------------------- the whole */

static void describe_work(struct mb_restore_work *work)
{
    const struct mb_collection_backup *source = work->target->source;
    struct mb_restore_line *line = &work->line;

    *line = (struct mb_restore_line){.source_db = source->collection.db_name,
                                     .source_name = source->collection.name,
                                     .db = work->target->db,
                                     .name = work->target->name,
                                     .bytes = source->size,
                                     .segments = source->l0_count};
    for (size_t i = 0; i < source->partition_count; i++)
        line->segments += source->partitions[i].segment_count;
}

static mb_status take_snapshot(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error)
{
    if (work->exists && !work->replaces)
        MB_TRY(drop_old(work, cancel, error));
    MB_TRY(check_still_absent(work, cancel, error));
    return mb_snapshot_fill(work, cancel, error);
}

static mb_status fill(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error)
{
    if (work->run->snapshot)
        return take_snapshot(work, cancel, error);
    mb_progress_row_does(work->row, "create");
    MB_TRY(prepare_collection(work, cancel, error));
    MB_TRY(prepare_indexes(work, cancel, error));
    MB_TRY(prepare_partitions(work, cancel, error));
    mb_progress_row_does(work->row, "import");
    return work->run->options->meta_only ? MB_OK : mb_restore_import(work, cancel, error);
}

static mb_status fill_and_swap(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error)
{
    MB_TRY(fill(work, cancel, error));
    MB_TRY(mb_restore_load(work, work->run->cancel, error));
    return mb_replace_swap(work, work->run->cancel, error);
}

static mb_status replace(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error)
{
    MB_TRY(mb_replace_begin(work, work->arena, cancel, error));
    mb_status status = fill_and_swap(work, cancel, error);
    if (status != MB_OK)
        mb_replace_abandon(work);
    return status;
}

static mb_status steps(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error)
{
    mb_status status = work->replaces ? replace(work, cancel, error) : fill(work, cancel, error);
    if (!work->run->options->meta_only)
        mb_stage_clean(work);
    if (status != MB_OK)
        return status;
    work->complete = true;
    if (!work->replaces)
        status = mb_restore_load(work, work->run->cancel, error);
    mb_restore_aliases_of(work);
    return status == MB_OK ? MB_OK : mb_error_context(error, "it is restored, but it was to be loaded");
}

mb_status mb_restore_collection(void *ctx, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_restore_work *work = ctx;
    struct mb_restore *run = work->run;
    int64_t start = mb_clock_monotonic();

    describe_work(work);
    work->arena = mb_arena_new();
    if (work->arena == NULL)
        return mb_fail_memory(error);
    mb_status status = steps(work, cancel, error);
    mb_arena_free(work->arena);
    work->arena = NULL;
    work->line.ns = mb_clock_monotonic() - start;
    if (status != MB_OK)
        return mb_error_context(error, "restore %s.%s", MB_WORK_NAME(work));
    work->complete = true;
    if (work->row != NULL)
        atomic_store(&work->row->rows, work->line.rows);
    mb_progress_row_ends(work->row);
    mb_log(run->env->log, MB_LOG_INFO, "restored %s.%s: %lld rows, %llu imports", MB_WORK_NAME(work),
           (long long)work->line.rows, (unsigned long long)work->line.imports);
    if (run->env->progress)
        atomic_fetch_add(&run->env->progress->collections_done, 1);
    return MB_OK;
}
