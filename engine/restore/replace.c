#include "restore/replace.h"

#include "base/crc32c.h"
#include "base/hint.h"
#include "restore/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NEW_WORD "_mb_restoring_"
#define OLD_WORD "_mb_replaced_"

/* -------------------------------------------------------------------- names */

static const char *name_beside(const char *target, const char *word, struct mb_arena *arena)
{
    uint32_t sum = mb_crc32c(0, target, strlen(target));
    int most = (int)(MB_MAX_COLLECTION_NAME - strlen(word) - 8);
    return mb_arena_printf(arena, "%.*s%s%08" PRIx32, most, target, word, sum);
}

const char *mb_replace_new_name(const char *target, struct mb_arena *arena)
{
    return name_beside(target, NEW_WORD, arena);
}

const char *mb_replace_old_name(const char *target, struct mb_arena *arena)
{
    return name_beside(target, OLD_WORD, arena);
}

/* --------------------------------------------------------------- what is there */

/* There, and not merely an alias of that name? */
static mb_status find(struct mb_restore_work *work, const char *name, struct mb_arena *arena, bool *found,
                      struct mb_collection *out, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_milvus *milvus = work->run->env->milvus;
    MB_TRY(mb_milvus_has_collection(milvus, work->target->db, name, found, cancel, error));
    if (!*found)
        return MB_OK;
    return mb_milvus_describe_collection(milvus, work->target->db, name, arena, out, cancel, error);
}

static bool has_id(struct mb_restore_work *work, const char *name, int64_t id)
{
    struct mb_error ignored = MB_ERROR_INIT;
    struct mb_collection there;
    bool found = false;
    struct mb_arena *arena = mb_arena_new();
    bool same = arena != NULL && find(work, name, arena, &found, &there, NULL, &ignored) == MB_OK && found &&
                there.id == id;
    mb_arena_free(arena);
    return same;
}

/* An answer that was lost, or a second attempt after one, looks like a failure: the id says where it is. */
static mb_status rename_by_id(struct mb_restore_work *work, const char *from, const char *to, int64_t id,
                              struct mb_error *error)
{
    mb_status status =
        mb_milvus_rename_collection(work->run->env->milvus, work->target->db, from, to, NULL, error);
    if (status == MB_OK || !has_id(work, to, id))
        return status;
    mb_error_clear(error);
    return MB_OK;
}

/* ---------------------------------------------------------------- what is left */

static mb_status drop(struct mb_restore_work *work, const char *name, struct mb_error *error)
{
    mb_log(work->run->env->log, MB_LOG_INFO, "dropping collection %s.%s", work->target->db, name);
    return mb_milvus_drop_collection(work->run->env->milvus, work->target->db, name, NULL, error);
}

/* Aliases follow a collection to its other name, and go with it when it is dropped. */
static mb_status drop_replaced(struct mb_restore_work *work, const struct mb_collection *old,
                               struct mb_error *error)
{
    for (size_t i = 0; i < old->aliases.count; i++)
        MB_TRY(mb_milvus_alter_alias(work->run->env->milvus, work->target->db, old->aliases.items[i],
                                     work->target->name, NULL, error));
    return drop(work, old->name, error);
}

static mb_status put_back(struct mb_restore_work *work, const struct mb_collection *old,
                          struct mb_error *error)
{
    MB_TRY(rename_by_id(work, old->name, work->target->name, old->id, error));
    mb_log(work->run->env->log, MB_LOG_WARN,
           "%s.%s has its name again: a restore that was killed had renamed it to %s", MB_WORK_NAME(work),
           old->name);
    return MB_OK;
}

/* What is in the target's place is the new one unless the mark on the old one names another. */
static mb_status end_swap(struct mb_restore_work *work, const struct mb_collection *old,
                          const struct mb_collection *now, struct mb_error *error)
{
    int64_t id;
    const char *mark = mb_properties_get(&old->properties, MB_REPLACED_BY);
    if (mark != NULL && mb_text_to_int64(mark, &id) && id != now->id)
        return mb_fail(
            error, MB_E_EXISTS,
            "%s.%s holds what %s was before a restore was killed, and %s was made anew by somebody "
            "else since: drop or rename one of them",
            work->target->db, old->name, work->target->name, work->target->name);
    return drop_replaced(work, old, error);
}

static mb_status mend(struct mb_restore_work *work, struct mb_arena *arena, struct mb_cancel *cancel,
                      struct mb_error *error)
{
    const char *old_name = mb_replace_old_name(work->target->name, arena);
    struct mb_collection old, now;
    bool old_there, now_there;
    if (old_name == NULL)
        return mb_fail_memory(error);
    MB_TRY(find(work, old_name, arena, &old_there, &old, cancel, error));
    if (!old_there)
        return MB_OK;
    MB_TRY(find(work, work->target->name, arena, &now_there, &now, cancel, error));
    return now_there ? end_swap(work, &old, &now, error) : put_back(work, &old, error);
}

mb_status mb_replace_mend(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error)
{
    if (!work->run->milvus->can[MB_MILVUS_RENAME])
        return MB_OK;
    struct mb_arena *arena = mb_arena_new();
    mb_status status = arena ? mend(work, arena, cancel, error) : mb_fail_memory(error);
    mb_arena_free(arena);
    return status == MB_OK
               ? MB_OK
               : mb_error_context(error, "mend what a killed restore left of %s.%s", MB_WORK_NAME(work));
}

mb_status mb_replace_begin(struct mb_restore_work *work, struct mb_arena *arena, struct mb_cancel *cancel,
                           struct mb_error *error)
{
    bool left = false;
    work->place = mb_replace_new_name(work->target->name, arena);
    if (work->place == NULL)
        return mb_fail_memory(error);
    MB_TRY(mb_milvus_has_collection(work->run->env->milvus, MB_WORK_PLACE(work), &left, cancel, error));
    return left ? drop(work, work->place, error) : MB_OK;
}

void mb_replace_abandon(struct mb_restore_work *work)
{
    struct mb_error error = MB_ERROR_INIT;
    if (work->complete || work->place == NULL)
        return;
    mb_status status = drop(work, work->place, &error);
    if (status == MB_OK || status == MB_E_NOT_FOUND)
        return;
    mb_log(work->run->env->log, MB_LOG_WARN,
           "the incomplete %s.%s stays until the next restore to the same target: %s", MB_WORK_PLACE(work),
           error.message);
}

/* ------------------------------------------------------------------- serving */

/* The partitions of the old one that are loaded; *all when none is not. */
static mb_status loaded_partitions(struct mb_restore_work *work, struct mb_strings *out, bool *all,
                                   struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_milvus *milvus = work->run->env->milvus;
    struct mb_partition *list;
    size_t count;
    MB_TRY(mb_milvus_list_partitions(milvus, MB_WORK_NAME(work), work->arena, &list, &count, cancel, error));
    struct mb_strings names = {.items = mb_arena_alloc(work->arena, count + 1, sizeof *names.items)};
    if (names.items == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < count; i++) {
        bool loaded = false;
        MB_TRY(mb_milvus_is_loaded(milvus, MB_WORK_NAME(work), list[i].name, &loaded, cancel, error));
        if (loaded)
            names.items[names.count++] = list[i].name;
    }
    *all = names.count == count;
    *out = names;
    return MB_OK;
}

/* Of these, the ones that the new collection has. */
static mb_status keep_known(struct mb_restore_work *work, struct mb_strings *names, struct mb_cancel *cancel,
                            struct mb_error *error)
{
    struct mb_partition *list;
    size_t count, kept = 0;
    MB_TRY(mb_milvus_list_partitions(work->run->env->milvus, MB_WORK_PLACE(work), work->arena, &list, &count,
                                     cancel, error));
    for (size_t i = 0; i < names->count; i++)
        for (size_t k = 0; k < count; k++)
            if (strcmp(names->items[i], list[k].name) == 0)
                names->items[kept++] = names->items[i];
    names->count = kept;
    return MB_OK;
}

/* 0 where the server does not tell: it then takes what it takes by itself. */
static int32_t old_replicas(struct mb_restore_work *work, struct mb_cancel *cancel)
{
    struct mb_error ignored = MB_ERROR_INIT;
    int32_t count = 0;
    mb_status status = mb_milvus_count_replicas(work->run->env->milvus, MB_WORK_NAME(work), work->old_id,
                                                &count, cancel, &ignored);
    return status == MB_OK && count > 1 ? count : 0;
}

static mb_status load_like_old(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_strings names;
    bool all = false;
    MB_TRY(loaded_partitions(work, &names, &all, cancel, error));
    if (!all)
        MB_TRY(keep_known(work, &names, cancel, error));
    if (!all && names.count == 0)
        return MB_OK;
    mb_log(work->run->env->log, MB_LOG_INFO, "loading %s.%s before it takes its place", MB_WORK_NAME(work));
    const struct mb_load load = {.partitions = all ? NULL : &names, .replicas = old_replicas(work, cancel)};
    return mb_restore_load_place(work, &load, cancel, error);
}

static bool has_vector_index(const struct mb_restore_work *work)
{
    const struct mb_collection_backup *source = work->target->source;
    for (size_t i = 0; i < source->index_count; i++)
        if (mb_restore_index_is_vector(source, &source->indexes[i]))
            return mb_restore_makes_indexes(work);
    return false;
}

/* What served goes on serving where that is possible. */
static mb_status serve(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error)
{
    bool loaded = false;
    MB_TRY(mb_milvus_is_loaded(work->run->env->milvus, MB_WORK_NAME(work), NULL, &loaded, cancel, error));
    if (!loaded || work->loaded_whole)
        return MB_OK;
    mb_status status = has_vector_index(work) ? load_like_old(work, cancel, error) : MB_E_NOT_FOUND;
    if (status == MB_E_NOT_FOUND) { /* an index is */
        work->unserved = true;
        mb_error_clear(error);
        return MB_OK;
    }
    if (status == MB_OK || status == MB_E_CANCELLED)
        return status;
    mb_restore_hint(work, MB_HINT_DROP_FIRST, error);
    return mb_error_context(
        error, "the collection that is to be replaced is loaded, so the new one was to be loaded, too");
}

/* --------------------------------------------------------------------- swap */

/* Is either of the two another collection than at the beginning? */
static mb_status check_both(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_collection made, old;
    bool made_there, old_there;
    MB_TRY(find(work, work->place, work->arena, &made_there, &made, cancel, error));
    MB_TRY(find(work, work->target->name, work->arena, &old_there, &old, cancel, error));
    if (made_there && made.id == work->place_id && old_there && old.id == work->old_id)
        return MB_OK;
    return mb_fail(error, MB_E_EXISTS,
                   "%s.%s was dropped or made anew by somebody else since this restore began: is another "
                   "restore to the same target under way?",
                   work->target->db, old_there && old.id == work->old_id ? work->place : work->target->name);
}

/* So that the next restore can tell a new one from one that somebody else made.  It would manage without. */
static void mark_old(struct mb_restore_work *work)
{
    struct mb_error ignored = MB_ERROR_INIT;
    char id[24];
    snprintf(id, sizeof id, "%" PRId64, work->place_id);
    struct mb_property item = {MB_REPLACED_BY, id};
    const struct mb_properties properties = {.items = &item, .count = 1};
    if (mb_milvus_alter_collection(work->run->env->milvus, MB_WORK_NAME(work), &properties, NULL, &ignored) <
        0)
        mb_log(work->run->env->log, MB_LOG_WARN, "%s", ignored.message);
}

static mb_status rename_both(struct mb_restore_work *work, const char *old_name, struct mb_error *error)
{
    const char *name = work->target->name;
    struct mb_error second = MB_ERROR_INIT;
    MB_TRY(rename_by_id(work, name, old_name, work->old_id, error));
    mb_status status = rename_by_id(work, work->place, name, work->place_id, error);
    if (status == MB_OK || rename_by_id(work, old_name, name, work->old_id, &second) == MB_OK)
        return status;
    work->stranded = true;
    return mb_error_context(error,
                            "%s.%s is called %s now (the next restore to it gives it its name back; %s)",
                            MB_WORK_NAME(work), old_name, second.message);
}

mb_status mb_replace_swap(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error)
{
    const char *old_name = mb_replace_old_name(work->target->name, work->arena);
    struct mb_collection old;
    bool there;

    if (old_name == NULL)
        return mb_fail_memory(error);
    MB_TRY(serve(work, cancel, error));
    MB_TRY(check_both(work, cancel, error));
    mark_old(work);
    MB_TRY(rename_both(work, old_name, error));
    work->place = work->target->name;
    work->complete = true;
    mb_status status = find(work, old_name, work->arena, &there, &old, NULL, error);
    if (status == MB_OK && there)
        status = drop_replaced(work, &old, error);
    return status == MB_OK
               ? MB_OK
               : mb_error_context(error, "it is restored, but what it was before stays as %s", old_name);
}
