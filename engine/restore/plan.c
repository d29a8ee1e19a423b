#include "restore/plan_private.h"

#include "base/hint.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_DATABASE "default"

/* ------------------------------------------------------------------ renames */

static bool is_name(const char *text, size_t len)
{
    static const char allowed[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
    return len > 0 && strspn(text, allowed) >= len;
}

enum side_kind { SIDE_COLLECTION, SIDE_DATABASE, SIDE_DATABASE_ONLY };

struct side {
    enum side_kind kind;
    const char *db;
    const char *collection;
};

/* "c", "db.c", "db.*" or "db.". */
static bool parse_side(const char *text, size_t len, struct mb_arena *arena, struct side *out)
{
    const char *dot = memchr(text, '.', len);
    size_t db_len = dot ? (size_t)(dot - text) : 0;
    const char *name = dot ? dot + 1 : text;
    size_t name_len = len - (size_t)(name - text);

    *out = (struct side){.kind = SIDE_COLLECTION, .db = DEFAULT_DATABASE};
    if (dot) {
        if (!is_name(text, db_len))
            return false;
        out->db = mb_arena_strndup(arena, text, db_len);
    }
    if (dot && name_len == 0)
        out->kind = SIDE_DATABASE_ONLY;
    else if (dot && name_len == 1 && *name == '*')
        out->kind = SIDE_DATABASE;
    else if (!is_name(name, name_len))
        return false;
    else
        out->collection = mb_arena_strndup(arena, name, name_len);
    return out->db != NULL && (out->kind != SIDE_COLLECTION || out->collection != NULL);
}

static bool same_left(const struct mb_rename *a, const struct mb_rename *b)
{
    if (strcmp(a->db, b->db) != 0 || (a->collection == NULL) != (b->collection == NULL))
        return false;
    return a->collection == NULL || strcmp(a->collection, b->collection) == 0;
}

static mb_status add_rename(struct mb_renames *renames, struct mb_rename rule, struct mb_arena *arena,
                            struct mb_error *error)
{
    for (size_t i = 0; i < renames->count; i++) {
        if (same_left(&renames->items[i], &rule)) {
            renames->items[i] = rule;
            return MB_OK;
        }
    }
    struct mb_rename *items = mb_arena_alloc(arena, renames->count + 1, sizeof *items);
    if (items == NULL)
        return mb_fail_memory(error);
    if (renames->count)
        memcpy(items, renames->items, renames->count * sizeof *items);
    items[renames->count] = rule;
    renames->items = items;
    renames->count++;
    return MB_OK;
}

/* "left:right"; what follows a second colon is ignored, as it always was. */
static mb_status add_item(struct mb_renames *renames, const char *item, size_t len, struct mb_arena *arena,
                          struct mb_error *error)
{
    struct side left, right;
    const char *colon = memchr(item, ':', len);
    if (colon == NULL)
        return mb_fail_hint(
            error, MB_E_CONFIG, MB_HINT_INPUT, "rename",
            "illegal rename parameter: \"%.*s\" (write old:new, db.old:db2.new or db.*:db2.*)", (int)len,
            item);
    const char *second = colon + 1;
    size_t left_len = (size_t)(colon - item), right_len = len - left_len - 1;
    const char *end = memchr(second, ':', right_len);
    if (end)
        right_len = (size_t)(end - second);
    if (!parse_side(item, left_len, arena, &left) || !parse_side(second, right_len, arena, &right) ||
        left.kind != right.kind)
        return mb_fail_hint(
            error, MB_E_CONFIG, MB_HINT_INPUT, "rename",
            "invalid mapper rule: %.*s -> %.*s (write old:new, db.old:db2.new or db.*:db2.*; names are "
            "of letters, digits and _)",
            (int)left_len, item, (int)right_len, second);
    if (left.kind == SIDE_DATABASE_ONLY)
        return MB_OK;
    return add_rename(renames,
                      (struct mb_rename){.db = left.db,
                                         .collection = left.collection,
                                         .to_db = right.db,
                                         .to_collection = right.collection},
                      arena, error);
}

mb_status mb_renames_add(struct mb_renames *renames, struct mb_arena *arena, const char *text,
                         struct mb_error *error)
{
    while (*text) {
        size_t len = strcspn(text, ",");
        MB_TRY(add_item(renames, text, len, arena, error));
        text += text[len] ? len + 1 : len;
    }
    return MB_OK;
}

const struct mb_rename *mb_plan_find_rename(const struct mb_renames *renames, const char *db,
                                            const char *collection)
{
    const struct mb_rename *wide = NULL;
    for (size_t i = 0; renames && i < renames->count; i++) {
        const struct mb_rename *rule = &renames->items[i];
        if (strcmp(rule->db, db) != 0)
            continue;
        if (rule->collection == NULL)
            wide = rule;
        else if (collection && strcmp(rule->collection, collection) == 0)
            return rule;
    }
    return wide;
}

/* ---------------------------------------------------------------- selection */

const char *mb_plan_db(const struct mb_collection_backup *collection)
{
    const char *db = collection->collection.db_name;
    return db && *db ? db : DEFAULT_DATABASE;
}

bool mb_plan_selects(const struct mb_selection *selection, const char *db, const char *collection)
{
    return selection == NULL || mb_selection_has(selection, db, collection);
}

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

static void add_database(struct mb_strings *list, const char *db)
{
    if (strcmp(db, DEFAULT_DATABASE) == 0)
        return;
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], db) == 0)
            return;
    list->items[list->count++] = db;
}

static mb_status plan_databases(const struct mb_backup *backup, const struct mb_plan_options *options,
                                struct mb_arena *arena, struct mb_restore_plan *plan, struct mb_error *error)
{
    const struct mb_selection *selection = options->selection, *filter = options->filter;
    plan->databases.items =
        mb_arena_alloc(arena, backup->database_count + plan->count + 1, sizeof *plan->databases.items);
    if (plan->databases.items == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < backup->database_count; i++) {
        const char *db = backup->databases[i].name;
        const struct mb_rename *rule = mb_plan_find_rename(options->renames, db, NULL);
        const char *to = rule ? rule->to_db : db;
        if ((selection == NULL || mb_selection_has(selection, db, "")) &&
            (filter == NULL || mb_selection_has_database(filter, to)))
            add_database(&plan->databases, to);
    }
    for (size_t i = 0; i < plan->count; i++)
        add_database(&plan->databases, plan->targets[i].db);
    return MB_OK;
}

static mb_status check_suffix(const char *suffix, struct mb_error *error)
{
    if (suffix == NULL || *suffix == '\0' || is_name(suffix, strlen(suffix)))
        return MB_OK;
    return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, "suffix",
                        "\"%s\" may hold letters, digits and _ only", suffix);
}

mb_status mb_restore_plan_make(const struct mb_backup *backup, const struct mb_plan_options *options,
                               struct mb_arena *arena, struct mb_restore_plan *out, struct mb_error *error)
{
    struct mb_restore_plan plan = {0};

    MB_TRY(check_suffix(options->suffix, error));
    MB_TRY(mb_plan_check_names(backup, options, error));
    plan.targets = mb_arena_alloc(arena, backup->collection_count + 1, sizeof *plan.targets);
    if (plan.targets == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < backup->collection_count; i++) {
        const struct mb_collection_backup *source = &backup->collections[i];
        struct mb_restore_target *target = &plan.targets[plan.count];
        if (!mb_plan_selects(options->selection, mb_plan_db(source), source->collection.name))
            continue;
        MB_TRY(make_target(source, options, arena, target, error));
        if (mb_plan_selects(options->filter, target->db, target->name))
            plan.count++;
    }
    MB_TRY(check_distinct(&plan, arena, error));
    MB_TRY(plan_databases(backup, options, arena, &plan, error));
    MB_TRY(mb_plan_check(backup, options, arena, &plan, error));
    *out = plan;
    return MB_OK;
}
