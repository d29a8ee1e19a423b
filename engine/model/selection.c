#include "model/selection.h"

#include "base/hint.h"

#include <jansson.h>
#include <string.h>

#define DEFAULT_DATABASE "default"

static mb_status add_item(struct mb_selection *selection, struct mb_arena *arena,
                          struct mb_selection_item item, struct mb_error *error)
{
    if (item.db == NULL)
        return mb_fail_memory(error);
    struct mb_selection_item *items =
        mb_arena_append(arena, selection->items, selection->count, sizeof(*items));
    if (items == NULL)
        return mb_fail_memory(error);
    items[selection->count++] = item;
    selection->items = items;
    return MB_OK;
}

/* What the program's locale takes for a blank is no matter. */
static bool is_blank(char c)
{
    return c != '\0' && strchr(" \t\r\n\v\f", c) != NULL;
}

/* Calls add for every piece between commas; an empty piece is handed on, so that it is refused by name. */
static mb_status for_each_piece(const char *csv,
                                mb_status (*add)(void *ctx, const char *piece, size_t len,
                                                 struct mb_error *error),
                                void *ctx, struct mb_error *error)
{
    for (const char *piece = csv;; piece++) {
        size_t len = strcspn(piece, ",");
        MB_TRY(add(ctx, piece, len, error));
        piece += len;
        if (*piece == '\0')
            return MB_OK;
    }
}

struct piece_target {
    struct mb_selection *selection;
    struct mb_arena *arena;
    const char *member; /* of the request */
};

static mb_status add_filter_piece(void *ctx, const char *piece, size_t len, struct mb_error *error)
{
    struct piece_target *target = ctx;
    struct mb_selection_item item = {0};
    const char *dot = memchr(piece, '.', len);
    size_t db_len = dot ? (size_t)(dot - piece) : 0;
    const char *name = dot ? dot + 1 : piece;
    size_t name_len = len - (size_t)(name - piece);

    item.db = dot ? mb_arena_strndup(target->arena, piece, db_len) : DEFAULT_DATABASE;
    if (dot && !mb_text_is_name(piece, db_len))
        goto invalid;
    if (dot && name_len == 0) {
        item.database_only = true;
    } else if (!(dot && name_len == 1 && name[0] == '*')) {
        if (!mb_text_is_name(name, name_len))
            goto invalid;
        item.collection = mb_arena_strndup(target->arena, name, name_len);
        if (item.collection == NULL)
            return mb_fail_memory(error);
    }
    return add_item(target->selection, target->arena, item, error);

invalid:
    return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, target->member,
                        "invalid filter rule: %.*s (write coll, db.coll, db.* or db., with commas between)",
                        (int)len, piece);
}

mb_status mb_selection_add_filter(struct mb_selection *selection, struct mb_arena *arena, const char *text,
                                  struct mb_error *error)
{
    struct piece_target target = {.selection = selection, .arena = arena, .member = "filter"};
    if (*text == '\0')
        return MB_OK;
    return for_each_piece(text, add_filter_piece, &target, error);
}

static const char *trim(const char *text, size_t *len)
{
    while (*len > 0 && is_blank(*text)) {
        text++;
        (*len)--;
    }
    while (*len > 0 && is_blank(text[*len - 1]))
        (*len)--;
    return text;
}

static mb_status add_name_piece(void *ctx, const char *piece, size_t len, struct mb_error *error)
{
    struct piece_target *target = ctx;
    struct mb_selection_item item = {0};
    piece = trim(piece, &len);
    const char *dot = memchr(piece, '.', len);
    size_t db_len = dot ? (size_t)(dot - piece) : 0;
    const char *name = dot ? dot + 1 : piece;
    size_t name_len = len - (size_t)(name - piece);

    if ((dot && db_len == 0) || name_len == 0 || memchr(name, '.', name_len) != NULL)
        return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, target->member,
                            "\"%.*s\" is not a collection (write coll or db.coll, with commas between)",
                            (int)len, piece);
    item.db = dot ? mb_arena_strndup(target->arena, piece, db_len) : DEFAULT_DATABASE;
    item.collection = mb_arena_strndup(target->arena, name, name_len);
    if (item.collection == NULL)
        return mb_fail_memory(error);
    return add_item(target->selection, target->arena, item, error);
}

mb_status mb_selection_add_names(struct mb_selection *selection, struct mb_arena *arena, const char *csv,
                                 struct mb_error *error)
{
    struct piece_target target = {.selection = selection, .arena = arena, .member = "collections"};
    if (*csv == '\0')
        return MB_OK;
    return for_each_piece(csv, add_name_piece, &target, error);
}

static mb_status add_database_piece(void *ctx, const char *piece, size_t len, struct mb_error *error)
{
    struct piece_target *target = ctx;
    piece = trim(piece, &len);
    if (len == 0 || memchr(piece, '.', len) != NULL)
        return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, target->member,
                            "\"%.*s\" is not a database name", (int)len, piece);
    struct mb_selection_item item = {.db = mb_arena_strndup(target->arena, piece, len)};
    return add_item(target->selection, target->arena, item, error);
}

mb_status mb_selection_add_databases(struct mb_selection *selection, struct mb_arena *arena, const char *csv,
                                     struct mb_error *error)
{
    struct piece_target target = {.selection = selection, .arena = arena, .member = "databases"};
    if (*csv == '\0')
        return MB_OK;
    return for_each_piece(csv, add_database_piece, &target, error);
}

static mb_status add_json_database(struct mb_selection *selection, struct mb_arena *arena, const char *db,
                                   json_t *collections, struct mb_error *error)
{
    struct mb_selection_item item = {.db = mb_arena_strdup(arena, *db ? db : DEFAULT_DATABASE)};
    if (json_is_null(collections) || (json_is_array(collections) && json_array_size(collections) == 0))
        return add_item(selection, arena, item, error);
    if (!json_is_array(collections))
        return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, "database_collections",
                            "\"%s\" needs a list of collection names", db);

    size_t i;
    json_t *name;
    json_array_foreach(collections, i, name)
    {
        if (!json_is_string(name) || json_string_length(name) == 0)
            return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, "database_collections",
                                "\"%s\" lists something that is no collection name", db);
        item.collection = mb_arena_strdup(arena, json_string_value(name));
        if (item.collection == NULL)
            return mb_fail_memory(error);
        MB_TRY(add_item(selection, arena, item, error));
    }
    return MB_OK;
}

mb_status mb_selection_add_json(struct mb_selection *selection, struct mb_arena *arena, const char *json,
                                struct mb_error *error)
{
    json_error_t where;
    if (*json == '\0')
        return MB_OK;
    json_t *root = json_loads(json, JSON_REJECT_DUPLICATES, &where);
    if (root == NULL)
        return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, "database_collections",
                            "%s at column %d (write {\"db1\":[\"c1\"],\"db2\":[]})", where.text,
                            where.column);

    mb_status status = MB_OK;
    const char *db;
    json_t *collections;
    if (!json_is_object(root))
        status = mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, "database_collections",
                              "not an object (write {\"db1\":[\"c1\"],\"db2\":[]})");
    else if (json_object_size(root) == 0)
        status = mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, "database_collections",
                              "names no database (leave it out for everything)");
    json_object_foreach(root, db, collections)
    {
        if (status == MB_OK)
            status = add_json_database(selection, arena, db, collections, error);
    }
    json_decref(root);
    return status;
}

const char *mb_selection_item_text(const struct mb_selection_item *item, struct mb_arena *arena)
{
    const char *rest = item->database_only ? "" : item->collection ? item->collection : "*";
    return mb_arena_printf(arena, "%s.%s", item->db, rest);
}

bool mb_selection_has(const struct mb_selection *selection, const char *db, const char *collection)
{
    for (size_t i = 0; i < selection->count; i++) {
        const struct mb_selection_item *item = &selection->items[i];
        if (item->database_only || strcmp(item->db, db) != 0)
            continue;
        if (item->collection == NULL || strcmp(item->collection, collection) == 0)
            return true;
    }
    return selection->count == 0;
}

bool mb_selection_has_database(const struct mb_selection *selection, const char *db)
{
    for (size_t i = 0; i < selection->count; i++)
        if (strcmp(selection->items[i].db, db) == 0)
            return true;
    return selection->count == 0;
}
