/* Aliases.  In: collections that are complete, under the names that they keep.  Out: the aliases that they
 * had when they were backed up lead to them, but for those that lead elsewhere or are the names of
 * collections. */
#include "restore/run.h"

#include <stdlib.h>
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

/* Into what lasts; text is NULL without memory. */
static mb_status note(struct mb_restore_work *work, struct mb_strings *list, const char *text,
                      struct mb_error *error)
{
    struct mb_restore *run = work->run;
    pthread_mutex_lock(&run->lock);
    const char *copy = text == NULL ? NULL : mb_arena_strdup(run->arena, text);
    bool ok = mb_strings_add(list, run->arena, copy);
    pthread_mutex_unlock(&run->lock);
    return ok ? MB_OK : mb_fail_memory(error);
}

static mb_status keep(struct mb_restore_work *work, const char *alias, struct mb_error *error)
{
    return note(work, &work->aliases, alias, error);
}

static mb_status leave(struct mb_restore_work *work, const char *alias, const char *why,
                       struct mb_arena *arena, struct mb_error *error)
{
    const char *text = why == NULL ? NULL
                                   : mb_arena_printf(arena, "%s.%s does not get its alias %s: %s",
                                                     MB_WORK_NAME(work), alias, why);
    return note(work, &work->lost_aliases, text, error);
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
        return keep(work, alias, error);
    if (status == MB_E_CANCELLED || look(work, alias, arena, &taken, &there, cancel, &later) < 0)
        return status;
    if (taken == FREE && status != MB_E_FORBIDDEN && status != MB_E_UNSUPPORTED)
        return mb_error_context(error, "%s.%s is restored, but not its alias", MB_WORK_NAME(work));
    const char *why =
        taken == ANOTHERS ? taken_text(&there, alias, arena) : mb_arena_strdup(arena, error->message);
    mb_error_clear(error);
    return taken == OURS ? keep(work, alias, error) : leave(work, alias, why, arena, error);
}

static mb_status restore_alias(struct mb_restore_work *work, const char *alias, struct mb_arena *arena,
                               struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_collection there;
    enum taken taken;
    MB_TRY(look(work, alias, arena, &taken, &there, cancel, error));
    switch (taken) {
    case OURS:
        return keep(work, alias, error);
    case ANOTHERS:
        return leave(work, alias, taken_text(&there, alias, arena), arena, error);
    case FREE:
        break;
    }
    return make(work, alias, arena, cancel, error);
}

/* ------------------------------------------------------------- who wants which name */

static int by_name(const void *a, const void *b)
{
    const struct mb_restore_name *x = a, *y = b;
    int order = strcmp(x->db, y->db);
    return order != 0 ? order : strcmp(x->name, y->name);
}

static const struct mb_strings *aliases_of(const struct mb_restore_work *work)
{
    return &work->target->source->collection.aliases;
}

mb_status mb_restore_aliases_begin(struct mb_restore *run, struct mb_restore_work *works,
                                   struct mb_error *error)
{
    size_t count = run->plan.count, n = 0;
    for (size_t i = 0; i < run->plan.count; i++)
        count += aliases_of(&works[i])->count;
    run->names = mb_arena_alloc(run->arena, count + 1, sizeof *run->names);
    if (run->names == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < run->plan.count; i++) {
        const struct mb_strings *aliases = aliases_of(&works[i]);
        works[i].settled = mb_arena_alloc(run->arena, aliases->count + 1, sizeof *works[i].settled);
        if (works[i].settled == NULL)
            return mb_fail_memory(error);
        run->names[n++] = (struct mb_restore_name){MB_WORK_NAME(&works[i])};
        for (size_t k = 0; k < aliases->count; k++)
            run->names[n++] = (struct mb_restore_name){works[i].target->db, aliases->items[k]};
    }
    qsort(run->names, n, sizeof *run->names, by_name);
    run->name_count = n;
    return MB_OK;
}

static bool is_wanted_once(const struct mb_restore *run, const char *db, const char *name)
{
    const struct mb_restore_name key = {db, name}, *end = run->names + run->name_count;
    const struct mb_restore_name *at = bsearch(&key, run->names, run->name_count, sizeof key, by_name);
    return at != NULL && (at == run->names || by_name(at - 1, &key) != 0) &&
           (at + 1 == end || by_name(at + 1, &key) != 0);
}

/* A second run is to make it. */
static bool is_of_failed(const struct mb_restore *run, const struct mb_restore_work *works, const char *db,
                         const char *alias)
{
    for (size_t i = 0; i < run->plan.count; i++)
        if (!works[i].complete && strcmp(works[i].target->db, db) == 0 &&
            strcmp(works[i].target->name, alias) == 0)
            return true;
    return false;
}

/* ------------------------------------------------------------- giving them */

void mb_restore_aliases_of(struct mb_restore_work *work)
{
    const struct mb_strings *aliases = aliases_of(work);
    for (size_t i = 0; work->created && i < aliases->count; i++) {
        struct mb_error later = MB_ERROR_INIT;
        if (is_wanted_once(work->run, work->target->db, aliases->items[i]))
            work->settled[i] =
                restore_alias(work, aliases->items[i], work->arena, work->run->cancel, &later) == MB_OK;
    }
}

static mb_status restore_rest(const struct mb_restore_work *works, struct mb_restore_work *work,
                              struct mb_arena *arena, struct mb_error *error)
{
    const struct mb_strings *aliases = aliases_of(work);
    for (size_t i = 0; work->created && work->complete && i < aliases->count; i++) {
        const char *alias = aliases->items[i];
        if (work->settled[i])
            continue;
        if (is_of_failed(work->run, works, work->target->db, alias))
            MB_TRY(
                leave(work, alias, "a collection that is not restored is to have that name", arena, error));
        else
            MB_TRY(restore_alias(work, alias, arena, work->run->cancel, error));
        work->settled[i] = true;
    }
    return MB_OK;
}

mb_status mb_restore_aliases(struct mb_restore *run, struct mb_restore_work *works, struct mb_error *error)
{
    struct mb_arena *passing = mb_arena_new();
    mb_status status = passing == NULL ? mb_fail_memory(error) : MB_OK;
    for (size_t i = 0; i < run->plan.count && status == MB_OK; i++)
        status = restore_rest(works, &works[i], passing, error);
    mb_arena_free(passing);
    return status;
}
