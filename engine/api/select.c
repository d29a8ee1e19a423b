#include "api/select.h"

#include "base/buf.h"
#include "base/hint.h"

#include <string.h>

enum { MAX_FILTER = 16 << 20 };

static const struct mb_api_field filter_fields[] = {
    MB_API_FIELD(STRINGS, "colls", struct mb_api_filter, colls,
                 "Its collections, [\"*\"] for all; none is the database's entry alone."),
};

const struct mb_api_schema mb_api_filter_schema = {
    MB_API_SCHEMA("CollectionFilter", struct mb_api_filter, filter_fields)};

const char mb_api_db_collections_shape[] =
    "{\"oneOf\":[{\"type\":\"object\",\"additionalProperties\":{\"type\":[\"array\",\"null\"],"
    "\"items\":{\"type\":\"string\"}}},{\"type\":\"string\"},{\"type\":\"null\"}]}";

static const char *database(const char *name)
{
    return *name != '\0' ? name : "default";
}

/* A comma would be two names to the library. */
static mb_status check_name(const char *name, const char *member, struct mb_error *error)
{
    if (*name != '\0' && strspn(name, " \t\r\n") < strlen(name) && strchr(name, ',') == NULL)
        return MB_OK;
    return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, member, "invalid collection name '%s'", name);
}

static mb_status put_filter(struct mb_buf *buf, const struct mb_api_filter *filter, struct mb_error *error)
{
    const char *db = database(filter->name);
    const struct mb_strings *colls = &filter->colls;
    bool all = colls->count == 1 && strcmp(colls->items[0], "*") == 0;
    if (all || colls->count == 0)
        return mb_buf_printf(buf, "%s%s.%s", buf->len > 0 ? "," : "", db, all ? "*" : "");
    for (size_t i = 0; i < colls->count; i++) {
        MB_TRY(check_name(colls->items[i], "filter", error));
        if (strcmp(colls->items[i], "*") == 0)
            return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, "filter",
                                "\"*\" of database '%s' stands beside other names", db);
        mb_buf_printf(buf, "%s%s.%s", buf->len > 0 ? "," : "", db, colls->items[i]);
    }
    return MB_OK;
}

static mb_status put_filters(struct mb_buf *buf, const struct mb_api_list *filter, struct mb_error *error)
{
    const struct mb_api_filter *items = filter->items;
    for (size_t i = 0; i < filter->count; i++)
        MB_TRY(put_filter(buf, &items[i], error));
    return mb_buf_check(buf, "filter", error);
}

mb_status mb_api_filter_text(const struct mb_api_list *filter, struct mb_arena *arena, const char **out,
                             struct mb_error *error)
{
    struct mb_buf buf = MB_BUF_INIT(MAX_FILTER);
    mb_status status = put_filters(&buf, filter, error);
    *out = filter->count > 0 ? mb_arena_strdup(arena, mb_buf_text(&buf)) : MB_API_NOTHING;
    mb_buf_done(&buf);
    MB_TRY(status);
    return *out != NULL ? MB_OK : mb_fail_memory(error);
}

mb_status mb_api_db_collections(const char *json, struct mb_arena *arena, const char **out,
                                struct mb_error *error)
{
    *out = "";
    if (*json == '\0' || (*json != '{' && *json != '"'))
        return MB_OK;
    if (*json == '{') {
        *out = json;
        return MB_OK;
    }
    *out = mb_scan_text((struct mb_scan){.text = json, .len = strlen(json)}, arena);
    return *out != NULL ? MB_OK : mb_fail_memory(error);
}

/* A database's list as a filter has it: an empty one is all of its collections. */
static mb_status take_database(struct mb_scan key, struct mb_scan value, struct mb_arena *arena,
                               struct mb_api_filter *out, struct mb_error *error)
{
    struct mb_scan no_key, item;
    out->name = mb_scan_text(key, arena);
    if (out->name == NULL)
        return mb_fail_memory(error);
    if (mb_scan_kind(value) != '[' && mb_scan_kind(value) != 'n')
        return mb_fail(error, MB_E_CONFIG, "\"%s\" needs a list of collection names", out->name);
    struct mb_scan_walk walk = mb_scan_enter(mb_scan_kind(value) == '[' ? value : (struct mb_scan){"[]", 2});
    while (mb_scan_next(&walk, &no_key, &item)) {
        const char *name = mb_scan_kind(item) == '"' ? mb_scan_text(item, arena) : "";
        if (name == NULL || *name == '\0')
            return mb_fail(error, MB_E_CONFIG, "\"%s\" lists something that is no collection name",
                           out->name);
        if (!mb_strings_add(&out->colls, arena, name))
            return mb_fail_memory(error);
    }
    if (out->colls.count == 0 && !mb_strings_add(&out->colls, arena, "*"))
        return mb_fail_memory(error);
    return MB_OK;
}

static mb_status take_databases(const char *json, struct mb_arena *arena, struct mb_api_list *out,
                                struct mb_error *error)
{
    struct mb_scan value, key, item;
    if (mb_scan_first(json, strlen(json), &value, error) < 0 || mb_scan_kind(value) != '{')
        return mb_fail(error, MB_E_CONFIG, "is no object of JSON (write {\"db1\":[\"c1\"],\"db2\":[]})");
    struct mb_api_filter *items = mb_arena_alloc(arena, value.len, sizeof *items);
    if (items == NULL)
        return mb_fail_memory(error);
    *out = (struct mb_api_list){.items = items};
    struct mb_scan_walk walk = mb_scan_enter(value);
    for (; mb_scan_next(&walk, &key, &item); out->count++)
        MB_TRY(take_database(key, item, arena, &items[out->count], error));
    return MB_OK;
}

mb_status mb_api_filter_of_json(const char *json, struct mb_arena *arena, const char **out,
                                struct mb_error *error)
{
    struct mb_api_list filter = {.items = NULL};
    if (take_databases(json, arena, &filter, error) < 0)
        return mb_error_hint(error, MB_HINT_INPUT, "db_collections_after_rename");
    return mb_api_filter_text(&filter, arena, out, error);
}

/* {} with any white space in it. */
static bool names_nothing(const char *json)
{
    const char *at = json + strspn(json, " \t\r\n");
    if (*at++ != '{')
        return false;
    at += strspn(at, " \t\r\n");
    return *at == '}';
}

static mb_status select_names(const struct mb_strings *names, struct mb_arena *arena,
                              struct mb_api_selected *out, struct mb_error *error)
{
    const char **items = mb_arena_alloc(arena, names->count + 1, sizeof *items);
    if (items == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < names->count; i++) {
        items[i] = names->items[i] + (names->items[i][0] == '.');
        MB_TRY(check_name(items[i], "collections", error));
    }
    out->collections = items;
    out->collection_count = names->count;
    return MB_OK;
}

mb_status mb_api_select(const struct mb_api_choice *choice, struct mb_arena *arena,
                        struct mb_api_selected *out, struct mb_error *error)
{
    const char *databases = "";
    *out = (struct mb_api_selected){.filter = NULL};
    MB_TRY(mb_api_db_collections(choice->db_collections, arena, &databases, error));
    if (choice->filter != NULL && choice->filter->items != NULL)
        MB_TRY(mb_api_filter_text(choice->filter, arena, &out->filter, error));
    else if (names_nothing(databases))
        out->filter = MB_API_NOTHING;
    else if (*databases == '\0')
        return select_names(choice->names, arena, out, error);
    if (!names_nothing(databases))
        out->database_collections = databases;
    /* They do not count, which the library tells. */
    out->collections = choice->names->items;
    out->collection_count = choice->names->count;
    return MB_OK;
}
