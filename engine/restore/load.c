/* Loading.  In: a collection that is filled and has its indexes.  Out: it serves as it did when it was backed
 * up, if that is asked for. */
#include "restore/run.h"

#include <string.h>

bool mb_restore_says_loaded(const char *state)
{
    return state != NULL && (strcmp(state, "Loaded") == 0 || strcmp(state, "Loading") == 0);
}

bool mb_restore_was_loaded(const struct mb_restore_work *work)
{
    return mb_restore_says_loaded(work->target->source->load_state);
}

bool mb_restore_makes_indexes(const struct mb_restore_work *work)
{
    const struct mb_restore_options *options = work->run->options;
    return options->restore_index || work->run->snapshot ||
           (options->load && work->created && mb_restore_was_loaded(work));
}

/* The partitions that were loaded; *all where no other one is told of, as in descriptions of older tools. */
static mb_status loaded_partitions(const struct mb_restore_work *work, struct mb_strings *out, bool *all,
                                   struct mb_error *error)
{
    const struct mb_collection_backup *source = work->target->source;
    struct mb_strings names = {0};
    for (size_t i = 0; i < source->partition_count; i++)
        if (mb_restore_says_loaded(source->partitions[i].load_state) &&
            !mb_strings_add(&names, work->arena, source->partitions[i].name))
            return mb_fail_memory(error);
    *all = names.count == 0 || names.count == source->partition_count;
    *out = names;
    return MB_OK;
}

mb_status mb_restore_load_place(struct mb_restore_work *work, const struct mb_load *load,
                                struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_milvus *milvus = work->run->env->milvus;
    struct mb_load fewer = *load;
    mb_status status = mb_milvus_load(milvus, MB_WORK_PLACE(work), load, cancel, error);
    if (status != MB_OK && status != MB_E_CANCELLED && load->replicas > 1) {
        mb_log(work->run->env->log, MB_LOG_WARN, "%s, with %d replicas: trying one", error->message,
               (int)load->replicas);
        mb_error_clear(error);
        fewer.replicas = 0;
        status = mb_milvus_load(milvus, MB_WORK_PLACE(work), &fewer, cancel, error);
        work->fewer_replicas = status == MB_OK;
    }
    work->loaded = work->loaded || status == MB_OK;
    return status;
}

mb_status mb_restore_load(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_strings partitions;
    bool all = false;
    if (!work->run->options->load || !mb_restore_was_loaded(work))
        return MB_OK;
    mb_progress_row_does(work->row, "load");
    MB_TRY(loaded_partitions(work, &partitions, &all, error));
    const struct mb_load load = {.partitions = all ? NULL : &partitions,
                                 .replicas = work->target->source->replicas};
    MB_TRY(mb_restore_load_place(work, &load, cancel, error));
    work->loaded_whole = all;
    return MB_OK;
}
