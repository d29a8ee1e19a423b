/* The names of a plan: what they were, what they become. */
#include "restore/plan_private.h"

#include "base/hint.h"

#include <string.h>

/* ------------------------------------------------------------------ renames */

/* Both sides of a rule are of one kind. */
enum side_kind { SIDE_SHORT, SIDE_FULL, SIDE_DATABASE, SIDE_DATABASE_ONLY };

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

    *out = (struct side){.kind = dot ? SIDE_FULL : SIDE_SHORT, .db = DEFAULT_DATABASE};
    if (dot) {
        if (!mb_text_is_name(text, db_len))
            return false;
        out->db = mb_arena_strndup(arena, text, db_len);
    }
    if (dot && name_len == 0)
        out->kind = SIDE_DATABASE_ONLY;
    else if (dot && name_len == 1 && *name == '*')
        out->kind = SIDE_DATABASE;
    else if (!mb_text_is_name(name, name_len))
        return false;
    else
        out->collection = mb_arena_strndup(arena, name, name_len);
    return out->db != NULL && (out->kind >= SIDE_DATABASE || out->collection != NULL);
}

static mb_status add_rename(struct mb_renames *renames, struct mb_rename rule, struct mb_arena *arena,
                            struct mb_error *error)
{
    struct mb_rename *items = mb_arena_append(arena, renames->items, renames->count, sizeof *items);
    if (items == NULL)
        return mb_fail_memory(error);
    items[renames->count++] = rule;
    renames->items = items;
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
            "both sides are of one shape, old:new, db.old:db2.new, db.*:db2.* or db.:db2., and of letters, "
            "digits and _: invalid mapper rule: %.*s -> %.*s",
            (int)left_len, item, (int)right_len, second);
    if (left.kind == SIDE_DATABASE_ONLY)
        return mb_strings_add(&renames->idle, arena, mb_arena_strndup(arena, item, len))
                   ? MB_OK
                   : mb_fail_memory(error);
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
    for (size_t i = renames ? renames->count : 0; i-- > 0;) {
        const struct mb_rename *rule = &renames->items[i];
        if (strcmp(rule->db, db) != 0)
            continue;
        if (rule->collection == NULL)
            wide = wide ? wide : rule;
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
