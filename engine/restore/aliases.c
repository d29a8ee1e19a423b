/* Aliases.  In: collections that are complete, under the names that they keep.  Out: the aliases that they
 * had when they were backed up lead to them, but for those that lead elsewhere or are the names of
 * collections. */
#include "restore/run.h"

#include <string.h>

/* What the name of an alias leads to. */
enum taken { FREE, OURS, ANOTHERS };

static mb_status look(const struct mb_restore_work *work, const char *alias, struct mb_arena *arena,
                      enum taken *out, struct mb_collection *there, struct mb_cancel *cancel,
                      struct mb_error *error)
{
    struct mb_milvus *milvus = work->run->env->milvus;
    bool found = false;
    MB_TRY(mb_milvus_has_collection(milvus, work->target->db, alias, &found, cancel, error));
    *out = FREE;
    if (!found)
        return MB_OK;
    MB_TRY(mb_milvus_describe_collection(milvus, work->target->db, alias, arena, there, cancel, error));
    *out = there->id == work->place_id && strcmp(alias, work->target->name) != 0 ? OURS : ANOTHERS;
    return MB_OK;
}

static mb_status keep(struct mb_restore_work *work, const char *alias, struct mb_arena *arena,
                      struct mb_error *error)
{
    return mb_strings_add(&work->aliases, arena, alias) ? MB_OK : mb_fail_memory(error);
}

static mb_status leave(struct mb_restore_work *work, const char *alias, const char *why,
                       struct mb_arena *arena, struct mb_error *error)
{
    const char *text = why == NULL ? NULL
                                   : mb_arena_printf(arena, "%s.%s does not get its alias %s: %s",
                                                     MB_WORK_NAME(work), alias, why);
    return mb_strings_add(&work->lost_aliases, arena, text) ? MB_OK : mb_fail_memory(error);
}

/* Servers differ in whether they tell a collection's own name when they are asked by an alias. */
static const char *taken_text(const struct mb_collection *there, const char *alias, struct mb_arena *arena)
{
    if (!mb_strings_have(&there->aliases, alias))
        return "a collection has that name";
    if (strcmp(there->name, alias) == 0)
        return "it is one of another collection";
    return mb_arena_printf(arena, "it is one of %s", there->name);
}

/* What the server lets nobody, or not this user, do is told; the data is there. */
static mb_status make(struct mb_restore_work *work, const char *alias, struct mb_arena *arena,
                      struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_collection there;
    struct mb_error later = MB_ERROR_INIT;
    enum taken taken = FREE;
    mb_status status = mb_milvus_create_alias(work->run->env->milvus, work->target->db, alias,
                                              work->target->name, cancel, error);
    if (status == MB_OK)
        return keep(work, alias, arena, error);
    if (status == MB_E_CANCELLED || look(work, alias, arena, &taken, &there, cancel, &later) < 0)
        return status;
    if (taken == FREE && status != MB_E_FORBIDDEN && status != MB_E_UNSUPPORTED)
        return mb_error_context(error, "%s.%s is restored, but not its alias", MB_WORK_NAME(work));
    const char *why =
        taken == ANOTHERS ? taken_text(&there, alias, arena) : mb_arena_strdup(arena, error->message);
    mb_error_clear(error);
    return taken == OURS ? keep(work, alias, arena, error) : leave(work, alias, why, arena, error);
}

static mb_status restore_alias(struct mb_restore_work *work, const char *alias, struct mb_arena *arena,
                               struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_collection there;
    enum taken taken;
    MB_TRY(look(work, alias, arena, &taken, &there, cancel, error));
    switch (taken) {
    case OURS:
        return keep(work, alias, arena, error);
    case ANOTHERS:
        return leave(work, alias, taken_text(&there, alias, arena), arena, error);
    case FREE:
        break;
    }
    return make(work, alias, arena, cancel, error);
}

mb_status mb_restore_aliases(struct mb_restore *run, struct mb_restore_work *works, struct mb_arena *arena,
                             struct mb_cancel *cancel, struct mb_error *error)
{
    for (size_t i = 0; i < run->plan.count; i++) {
        const struct mb_strings *aliases = &works[i].target->source->collection.aliases;
        for (size_t k = 0; works[i].created && k < aliases->count; k++)
            MB_TRY(restore_alias(&works[i], aliases->items[k], arena, cancel, error));
    }
    return MB_OK;
}
