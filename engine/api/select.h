/* select.h - which collections a body is about, in the words of the library's requests. */
#ifndef MB_API_SELECT_H
#define MB_API_SELECT_H

#include "api/schema.h"

/* {"db": {"colls": [...]}} */
struct mb_api_filter {
    const char *name;
    struct mb_strings colls;
};
extern const struct mb_api_schema mb_api_filter_schema;

/* How members that are no plain values are described. */
extern const char mb_api_db_collections_shape[];

/* What a body has; those that it lacks are empty. */
struct mb_api_choice {
    const struct mb_api_list *filter; /* of struct mb_api_filter */
    const char *db_collections;       /* JSON of any kind */
    const struct mb_strings *names;
};

/* In a request of the library; NULL and 0, or empty, for what was not given. */
struct mb_api_selected {
    const char *filter;
    const char *database_collections;
    const char *const *collections;
    size_t collection_count;
};

/* The first that is given counts: filter, db_collections, names; the others are handed on unread.  One that
 * names nothing selects nothing.  MB_E_CONFIG for what cannot be a name. */
mb_status mb_api_select(const struct mb_api_choice *choice, struct mb_arena *arena,
                        struct mb_api_selected *out, struct mb_error *error);

/* {"db": ["coll"]}, an object or a text that holds one: as text of JSON, "" for what does not count, which is
 * any other kind of value. */
mb_status mb_api_db_collections(const char *json, struct mb_arena *arena, const char **out,
                                struct mb_error *error);

/* "db.coll,db.*,db." of a list of struct mb_api_filter. */
mb_status mb_api_filter_text(const struct mb_api_list *filter, struct mb_arena *arena, const char **out,
                             struct mb_error *error);

/* The same of {"db": ["coll"]}. */
mb_status mb_api_filter_of_json(const char *json, struct mb_arena *arena, const char **out,
                                struct mb_error *error);

/* A filter that nothing matches but a database's entry. */
#define MB_API_NOTHING "default."

#endif
