/* Selections, filters and renames that are about nothing: a mistake of whoever wrote them, most of the time.
 */
#include "restore/plan_private.h"

#include "base/hint.h"

#include <string.h>

/* ------------------------------------------------- names in the backup */

static bool in_backup(const struct mb_backup *backup, const struct mb_selection_item *item)
{
    for (size_t i = 0; i < backup->collection_count; i++) {
        const struct mb_collection_backup *c = &backup->collections[i];
        if (strcmp(mb_plan_db(c), item->db) == 0 &&
            (item->collection == NULL || strcmp(c->collection.name, item->collection) == 0))
            return true;
    }
    for (size_t i = 0; item->collection == NULL && i < backup->database_count; i++)
        if (strcmp(backup->databases[i].name, item->db) == 0)
            return true;
    return false;
}

/* A name that was given and is not there is a mistake, not an empty restore. */
static mb_status check_item(const struct mb_backup *backup, const struct mb_selection_item *item,
                            struct mb_error *error)
{
    const char *names[64];
    size_t count = 0;
    if (in_backup(backup, item))
        return MB_OK;
    if (item->collection == NULL)
        return mb_fail(error, MB_E_NOT_FOUND, "backup %s holds nothing of database %s", backup->name,
                       item->db);
    for (size_t k = 0; k < backup->collection_count && count < sizeof names / sizeof names[0]; k++)
        if (strcmp(mb_plan_db(&backup->collections[k]), item->db) == 0)
            names[count++] = backup->collections[k].collection.name;
    const char *near = mb_text_nearest(item->collection, names, count);
    return mb_fail(error, MB_E_NOT_FOUND, "backup %s holds no collection %s.%s%s%s%s", backup->name, item->db,
                   item->collection, near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
}

struct check {
    const struct mb_backup *backup;
    const struct mb_plan_options *options;
    struct mb_arena *arena;
    struct mb_strings *warnings;
    struct mb_error *error;
};

/* Where that is lenient a mistake becomes a warning. */
static mb_status check_named(const struct check *check, const char *db, const char *collection,
                             const char *member)
{
    const struct mb_selection_item item = {.db = db, .collection = collection};
    mb_status status = check_item(check->backup, &item, check->error);
    if (status < 0 && member != NULL)
        mb_error_hint(check->error, MB_HINT_INPUT, member);
    if (status != MB_E_NOT_FOUND || !check->options->lenient)
        return status;
    const char *text = mb_arena_strdup(check->arena, check->error->message);
    mb_error_clear(check->error);
    return mb_strings_add(check->warnings, check->arena, text) ? MB_OK : mb_fail_memory(check->error);
}

/* What a rule misses would be restored under its own name, over what is there. */
mb_status mb_plan_check_names(const struct mb_backup *backup, const struct mb_plan_options *options,
                              struct mb_arena *arena, struct mb_strings *warnings, struct mb_error *error)
{
    const struct check check = {backup, options, arena, warnings, error};
    const struct mb_selection *selection = options->selection;
    const struct mb_renames *renames = options->renames;
    for (size_t i = 0; selection && i < selection->count; i++)
        MB_TRY(check_named(&check, selection->items[i].db, selection->items[i].collection, NULL));
    for (size_t i = 0; renames && i < renames->count; i++)
        MB_TRY(check_named(&check, renames->items[i].db, renames->items[i].collection, "rename"));
    for (size_t i = 0; mb_plan_is_mapped(options) && i < options->mappings->count; i++) {
        const struct mb_mapping *mapping = &options->mappings->items[i];
        MB_TRY(check_named(&check, mapping->source_db, mapping->source, "mappings"));
    }
    return MB_OK;
}

/* ------------------------------------------------- names after renaming */

static bool filter_matches(const struct mb_selection_item *item, const struct mb_restore_plan *plan)
{
    for (size_t i = 0; i < plan->count && !item->database_only; i++)
        if (strcmp(plan->targets[i].db, item->db) == 0 &&
            (item->collection == NULL || strcmp(plan->targets[i].name, item->collection) == 0))
            return true;
    for (size_t i = 0; i < plan->databases.count && item->collection == NULL; i++)
        if (strcmp(plan->databases.items[i], item->db) == 0)
            return true;
    return false;
}

/* What the item would have matched under the names of the backup, as " (sales.a becomes shop.a)"; or "". */
static const char *matched_before(const struct mb_backup *backup, const struct mb_plan_options *options,
                                  const struct mb_selection_item *item, struct mb_arena *arena)
{
    const char *suffix = options->suffix ? options->suffix : "";
    for (size_t i = 0; !mb_plan_is_mapped(options) && i < backup->collection_count; i++) {
        const char *db = mb_plan_db(&backup->collections[i]);
        const char *name = backup->collections[i].collection.name;
        const struct mb_rename *rule = mb_plan_find_rename(options->renames, db, name);
        if (strcmp(db, item->db) != 0 || (item->collection && strcmp(name, item->collection) != 0) ||
            !mb_plan_selects(options->selection, db, name))
            continue;
        bool renamed = rule && rule->to_collection;
        return mb_arena_printf(arena, " (%s.%s would have matched before: it becomes %s.%s%s)", db, name,
                               rule ? rule->to_db : db, renamed ? rule->to_collection : name,
                               renamed ? "" : suffix);
    }
    return "";
}

static const char *filter_text(const struct mb_backup *backup, const struct mb_plan_options *options,
                               const struct mb_selection_item *item, struct mb_arena *arena)
{
    const char *text = mb_selection_item_text(item, arena);
    const char *before = matched_before(backup, options, item, arena);
    if (text == NULL || before == NULL)
        return NULL;
    return mb_arena_printf(
        arena,
        "nothing of backup %s matches the filter %s, which is about names after suffix and "
        "rename%s",
        backup->name, text, before);
}

static mb_status warn(struct mb_restore_plan *plan, struct mb_arena *arena, const char *text,
                      struct mb_error *error)
{
    return mb_strings_add(&plan->warnings, arena, text) ? MB_OK : mb_fail_memory(error);
}

static mb_status check_filter(const struct mb_backup *backup, const struct mb_plan_options *options,
                              struct mb_arena *arena, struct mb_restore_plan *plan, struct mb_error *error)
{
    for (size_t i = 0; options->filter && i < options->filter->count; i++)
        if (!filter_matches(&options->filter->items[i], plan))
            MB_TRY(warn(plan, arena, filter_text(backup, options, &options->filter->items[i], arena), error));
    return MB_OK;
}

/* ------------------------------------------------------ what has no effect */

static bool holds_collection(const struct mb_backup *backup, const char *db)
{
    for (size_t i = 0; i < backup->collection_count; i++)
        if (strcmp(mb_plan_db(&backup->collections[i]), db) == 0)
            return true;
    return false;
}

static mb_status check_selection(const struct mb_backup *backup, const struct mb_plan_options *options,
                                 struct mb_arena *arena, struct mb_restore_plan *plan, struct mb_error *error)
{
    for (size_t i = 0; options->selection && i < options->selection->count; i++) {
        const struct mb_selection_item *item = &options->selection->items[i];
        if (item->collection == NULL && !holds_collection(backup, item->db))
            MB_TRY(warn(plan, arena,
                        mb_arena_printf(arena, "backup %s holds no collections of database %s", backup->name,
                                        item->db),
                        error));
    }
    return MB_OK;
}

/* Does the rule name anything that is selected? */
static bool is_used(const struct mb_rename *rule, const struct mb_backup *backup,
                    const struct mb_plan_options *options)
{
    for (size_t i = 0; i < backup->collection_count; i++) {
        const char *db = mb_plan_db(&backup->collections[i]);
        const char *name = backup->collections[i].collection.name;
        if (strcmp(db, rule->db) == 0 && (rule->collection == NULL || strcmp(name, rule->collection) == 0) &&
            mb_plan_selects(options->selection, db, name))
            return true;
    }
    return rule->collection == NULL && mb_plan_selects(options->selection, rule->db, "");
}

static mb_status check_renames(const struct mb_backup *backup, const struct mb_plan_options *options,
                               struct mb_arena *arena, struct mb_restore_plan *plan, struct mb_error *error)
{
    for (size_t i = 0; options->renames && i < options->renames->count; i++) {
        const struct mb_rename *rule = &options->renames->items[i];
        if (!is_used(rule, backup, options))
            MB_TRY(warn(plan, arena,
                        mb_arena_printf(arena, "the renaming of %s.%s has no effect: it is not selected",
                                        rule->db, rule->collection ? rule->collection : "*"),
                        error));
    }
    for (size_t i = 0; options->renames && i < options->renames->idle.count; i++)
        MB_TRY(
            warn(plan, arena,
                 mb_arena_printf(arena,
                                 "the renaming %s has no effect: a database is renamed with its collections, "
                                 "by db.*:db2.*",
                                 options->renames->idle.items[i]),
                 error));
    return MB_OK;
}

static mb_status check_mappings(const struct mb_plan_options *options, struct mb_arena *arena,
                                struct mb_restore_plan *plan, struct mb_error *error)
{
    for (size_t i = 0; mb_plan_is_mapped(options) && i < options->mappings->count; i++) {
        const struct mb_mapping *mapping = &options->mappings->items[i];
        const char *name = mapping->source != NULL ? mapping->source : "";
        if (!mb_plan_selects(options->selection, mapping->source_db, name))
            MB_TRY(warn(plan, arena,
                        mb_arena_printf(arena, "the mapping of %s.%s has no effect: it is not selected",
                                        mapping->source_db, name),
                        error));
    }
    return MB_OK;
}

mb_status mb_plan_check(const struct mb_backup *backup, const struct mb_plan_options *options,
                        struct mb_arena *arena, struct mb_restore_plan *plan, struct mb_error *error)
{
    size_t before = plan->warnings.count, parts = options->filter ? options->filter->count : 0;
    MB_TRY(check_filter(backup, options, arena, plan, error));
    if (parts > 0 && plan->warnings.count - before == parts && !options->lenient)
        return mb_fail(error, MB_E_NOT_FOUND, "%s%s", plan->warnings.items[before],
                       parts > 1 ? "; nor does anything match its other parts" : "");
    MB_TRY(check_selection(backup, options, arena, plan, error));
    MB_TRY(check_renames(backup, options, arena, plan, error));
    MB_TRY(check_mappings(options, arena, plan, error));
    if (plan->count == 0 && plan->warnings.count == 0 && plan->databases.count == 0)
        return warn(plan, arena,
                    mb_arena_printf(arena, "backup %s holds no collections: none was restored", backup->name),
                    error);
    return MB_OK;
}
