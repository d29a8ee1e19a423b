/* selection.h - which collections a command is about, as its parts say it.
 *
 * Parsers add to what the selection already holds, so several can be joined.  Errors are MB_E_CONFIG
 * and name the item, with
 * MB_HINT_INPUT about the member of the request: "filter", "collections", "databases",
 * "database_collections". */
#ifndef MB_MODEL_SELECTION_H
#define MB_MODEL_SELECTION_H

#include "base/text.h"

struct mb_selection_item {
    const char *db;
    const char *collection; /* NULL: see database_only */
    bool database_only; /* the database itself, none of its collections; otherwise NULL means all of them */
};

struct mb_selection {
    struct mb_selection_item *items;
    size_t count; /* 0: everything */
};

/* "coll,db.coll,db.*,db." of a filter; every part [0-9A-Za-z_]+. */
mb_status mb_selection_add_filter(struct mb_selection *selection, struct mb_arena *arena, const char *text,
                                  struct mb_error *error);

/* "coll,db.coll". */
mb_status mb_selection_add_names(struct mb_selection *selection, struct mb_arena *arena, const char *csv,
                                 struct mb_error *error);

/* "db1,db2". */
mb_status mb_selection_add_databases(struct mb_selection *selection, struct mb_arena *arena, const char *csv,
                                     struct mb_error *error);

/* {"db1":["c1","c2"],"db2":[]}; an empty or null list is the whole database, "" is the default one. */
mb_status mb_selection_add_json(struct mb_selection *selection, struct mb_arena *arena, const char *json,
                                struct mb_error *error);

/* "db.coll", "db.*" or "db.": as a filter takes it.  NULL without memory. */
const char *mb_selection_item_text(const struct mb_selection_item *item, struct mb_arena *arena);

/* Is this collection selected, by itself or with its database? */
bool mb_selection_has(const struct mb_selection *selection, const char *db, const char *collection);

/* Is anything of the database selected, be it only its own entry? */
bool mb_selection_has_database(const struct mb_selection *selection, const char *db);

#endif
