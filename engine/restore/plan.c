/* What goes where.  In: a backup, a selection and renames.  Out: a target for each chosen collection, no two
 * the same; no server is asked. */
#include "restore/plan_private.h"

#include "base/hint.h"

#include <stdlib.h>
#include <string.h>

static mb_status make_target(const struct mb_collection_backup *source, const struct mb_plan_options *options,
                             struct mb_arena *arena, struct mb_restore_target *out, struct mb_error *error)
{
    const char *name = source->collection.name;
    const struct mb_rename *rule = mb_plan_find_rename(options->renames, mb_plan_db(source), name);
    const char *suffix = options->suffix ? options->suffix : "";

    *out = (struct mb_restore_target){
        .source = source, .db = rule ? rule->to_db : mb_plan_db(source), .name = name};
    if (rule && rule->to_collection)
        out->name = rule->to_collection;
    else
        out->name = mb_arena_printf(arena, "%s%s", name, suffix);
    return out->name ? MB_OK : mb_fail_memory(error);
}

static mb_status add_targets(const struct mb_collection_backup *source, const struct mb_plan_options *options,
                             struct mb_arena *arena, struct mb_restore_plan *plan, struct mb_error *error)
{
    struct mb_restore_target *target = &plan->targets[plan->count];
    if (mb_plan_is_mapped(options)) {
        mb_plan_add_mapped(source, options, plan);
        return MB_OK;
    }
    MB_TRY(make_target(source, options, arena, target, error));
    if (mb_plan_selects(options->filter, target->db, target->name))
        plan->count++;
    return MB_OK;
}

static int by_target(const void *a, const void *b)
{
    const struct mb_restore_target *const *x = a, *const *y = b;
    int order = strcmp((*x)->db, (*y)->db);
    return order ? order : strcmp((*x)->name, (*y)->name);
}

static mb_status check_distinct(const struct mb_restore_plan *plan, struct mb_arena *arena,
                                struct mb_error *error)
{
    const struct mb_restore_target **sorted = mb_arena_alloc(arena, plan->count + 1, sizeof *sorted);
    if (sorted == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < plan->count; i++)
        sorted[i] = &plan->targets[i];
    qsort(sorted, plan->count, sizeof *sorted, by_target);
    for (size_t i = 1; i < plan->count; i++) {
        const struct mb_restore_target *a = sorted[i - 1], *b = sorted[i];
        if (by_target(&sorted[i - 1], &sorted[i]) == 0)
            return mb_fail(error, MB_E_CONFIG, "%s.%s and %s.%s would both become %s.%s: give other renames",
                           mb_plan_db(a->source), a->source->collection.name, mb_plan_db(b->source),
                           b->source->collection.name, a->db, a->name);
    }
    return MB_OK;
}

/* ---------------------------------------------------------------- databases */

static void add_database(struct mb_restore_plan *plan, const char *db, const struct mb_database *from)
{
    struct mb_strings *list = &plan->databases;
    if (strcmp(db, DEFAULT_DATABASE) == 0)
        return;
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], db) == 0)
            return;
    plan->made_from[list->count] = from;
    list->items[list->count++] = db;
}

/* What becomes of a database of the backup; to has room.  Returns how many. */
static size_t map_database(const char *db, const struct mb_plan_options *options, const char **to)
{
    if (mb_plan_is_mapped(options))
        return mb_plan_map_database(db, options, to);
    const struct mb_rename *rule = mb_plan_find_rename(options->renames, db, NULL);
    to[0] = rule ? rule->to_db : db;
    return 1;
}

/* The database of a target's collection, where that becomes the target's: one collection that goes elsewhere
 * takes nothing of its database along. */
static const struct mb_database *find_origin(const struct mb_backup *backup,
                                             const struct mb_restore_target *target,
                                             const struct mb_plan_options *options, const char **to)
{
    const char *db = mb_plan_db(target->source);
    size_t count = map_database(db, options, to);
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < backup->database_count && strcmp(to[k], target->db) == 0; i++)
            if (strcmp(backup->databases[i].name, db) == 0)
                return &backup->databases[i];
    return NULL;
}

static mb_status plan_databases(const struct mb_backup *backup, const struct mb_plan_options *options,
                                struct mb_arena *arena, struct mb_restore_plan *plan, struct mb_error *error)
{
    const struct mb_selection *selection = options->selection, *filter = options->filter;
    size_t mapped = mb_plan_is_mapped(options) ? options->mappings->count : 0;
    const char **to = mb_arena_alloc(arena, mapped + 1, sizeof *to);
    size_t most = backup->database_count + mapped + plan->count + 1;
    plan->databases.items = mb_arena_alloc(arena, most, sizeof *plan->databases.items);
    plan->made_from = mb_arena_alloc(arena, most, sizeof *plan->made_from);
    if (plan->databases.items == NULL || plan->made_from == NULL || to == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < backup->database_count; i++) {
        const char *db = backup->databases[i].name;
        size_t count = mb_plan_selects(selection, db, "") ? map_database(db, options, to) : 0;
        for (size_t k = 0; k < count; k++)
            if (filter == NULL || mb_selection_has_database(filter, to[k]))
                add_database(plan, to[k], &backup->databases[i]);
    }
    for (size_t i = 0; i < plan->count; i++)
        add_database(plan, plan->targets[i].db, find_origin(backup, &plan->targets[i], options, to));
    return MB_OK;
}

static mb_status check_suffix(const char *suffix, struct mb_error *error)
{
    if (suffix == NULL || *suffix == '\0' || mb_text_is_name(suffix, strlen(suffix)))
        return MB_OK;
    return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, "suffix",
                        "\"%s\" may hold letters, digits and _ only", suffix);
}

mb_status mb_restore_plan_make(const struct mb_backup *backup, const struct mb_plan_options *options,
                               struct mb_arena *arena, struct mb_restore_plan *out, struct mb_error *error)
{
    struct mb_restore_plan plan = {0};

    MB_TRY(check_suffix(options->suffix, error));
    MB_TRY(mb_plan_check_names(backup, options, arena, &plan.warnings, error));
    size_t mapped = mb_plan_is_mapped(options) ? options->mappings->count : 0;
    plan.targets = mb_arena_alloc(arena, backup->collection_count + mapped + 1, sizeof *plan.targets);
    if (plan.targets == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < backup->collection_count; i++) {
        const struct mb_collection_backup *source = &backup->collections[i];
        if (mb_plan_selects(options->selection, mb_plan_db(source), source->collection.name))
            MB_TRY(add_targets(source, options, arena, &plan, error));
    }
    MB_TRY(check_distinct(&plan, arena, error));
    MB_TRY(plan_databases(backup, options, arena, &plan, error));
    MB_TRY(mb_plan_check(backup, options, arena, &plan, error));
    *out = plan;
    return MB_OK;
}
