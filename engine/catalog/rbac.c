#include "catalog/rbac.h"

#include "json/table.h"

#include <string.h>

#define MOST_JSON ((size_t)64 * 1024 * 1024)

/* A list of {"name":...}. */
static void write_names(struct mb_json_writer *writer, const struct mb_json_field *field, const void *base)
{
    const struct mb_strings *names = (const void *)((const char *)base + field->offset);
    if (names->count == 0)
        return;
    mb_json_begin_array(writer, field->key);
    for (size_t i = 0; i < names->count; i++) {
        mb_json_begin_object(writer, NULL);
        if (*names->items[i] != '\0')
            mb_json_string(writer, "name", names->items[i]);
        mb_json_end_object(writer);
    }
    mb_json_end_array(writer);
}

static const char *name_in(struct mb_json_input *input, const char *key, json_t *object)
{
    if (!mb_json_is(input, key, object, JSON_OBJECT))
        return "";
    json_t *name = mb_json_find(object, "name");
    if (name == NULL || !mb_json_is(input, "name", name, JSON_STRING))
        return "";
    return mb_json_copy(input, json_string_value(name), json_string_length(name));
}

static void read_names(struct mb_json_input *input, const struct mb_json_field *field, json_t *value,
                       void *base)
{
    struct mb_strings *names = (void *)((char *)base + field->offset);
    if (!mb_json_is(input, field->key, value, JSON_ARRAY))
        return;
    size_t count = json_array_size(value);
    const char **items = mb_json_alloc(input, count, sizeof *items);
    for (size_t i = 0; items != NULL && i < count; i++)
        items[i] = name_in(input, field->key, json_array_get(value, i));
    *names = (struct mb_strings){.items = items, .count = items == NULL ? 0 : count};
}

/* Names that are objects of their own: those in a grant. */
struct named {
    const char *name;
};

static const struct mb_json_field named_fields[] = {
    MB_JSON_MEMBER(STRING, "name", struct named, name),
    {.key = NULL},
};

#define NAMED(key, type, member) MB_JSON_NESTED(key, type, member, named_fields)

static const struct mb_json_field grantor_fields[] = {
    NAMED("user", struct mb_rbac_grant, grantor),
    NAMED("privilege", struct mb_rbac_grant, privilege),
    {.key = NULL},
};

static const struct mb_json_field grant_fields[] = {
    NAMED("role", struct mb_rbac_grant, role),
    NAMED("object", struct mb_rbac_grant, object),
    MB_JSON_MEMBER(STRING, "object_name", struct mb_rbac_grant, object_name),
    {.key = "grantor", .kind = MB_JSON_OBJECT, .offset = 0, .fields = grantor_fields},
    MB_JSON_MEMBER(STRING, "db_name", struct mb_rbac_grant, db_name),
    {.key = NULL},
};

#define NAMES(name, type, member)                                                                      \
    {                                                                                                  \
        .key = (name), .kind = MB_JSON_CUSTOM, .offset = offsetof(type, member), .write = write_names, \
        .read = read_names                                                                             \
    }

static const struct mb_json_field user_fields[] = {
    MB_JSON_MEMBER(STRING, "user", struct mb_rbac_user, name),
    MB_JSON_MEMBER(STRING, "password", struct mb_rbac_user, password),
    NAMES("roles", struct mb_rbac_user, roles),
    {.key = NULL},
};

static const struct mb_json_field group_fields[] = {
    MB_JSON_MEMBER(STRING, "group_name", struct mb_rbac_group, name),
    NAMES("privileges", struct mb_rbac_group, privileges),
    {.key = NULL},
};

static const struct mb_json_field rbac_fields[] = {
    MB_JSON_LIST("users", struct mb_rbac, users, user_count, user_fields),
    NAMES("roles", struct mb_rbac, roles),
    MB_JSON_LIST("grants", struct mb_rbac, grants, grant_count, grant_fields),
    MB_JSON_LIST("privilege_groups", struct mb_rbac, groups, group_count, group_fields),
    {.key = NULL},
};

static mb_status write_json(const struct mb_rbac *rbac, struct mb_buf *text, struct mb_error *error)
{
    const struct mb_sink sink = mb_buf_sink(text);
    struct mb_json_writer writer;
    mb_json_init(&writer, &sink);
    mb_json_write_object(&writer, NULL, rbac_fields, rbac);
    mb_status status = mb_json_finish(&writer, error);
    mb_json_done(&writer);
    return status;
}

mb_status mb_rbac_to_json(const struct mb_rbac *rbac, struct mb_arena *arena, const char **out,
                          struct mb_error *error)
{
    const char *copy = NULL;
    struct mb_buf text;
    mb_buf_init(&text, MOST_JSON);
    mb_status status = write_json(rbac, &text, error);
    if (status == MB_OK && (copy = mb_arena_strdup(arena, text.data)) == NULL)
        status = mb_fail_memory(error);
    mb_buf_done(&text);
    if (status == MB_OK)
        *out = copy;
    return status;
}

mb_status mb_rbac_from_json(const char *json, const char *backup, struct mb_arena *arena, struct mb_rbac *out,
                            struct mb_error *error)
{
    struct mb_rbac rbac = {0};
    struct mb_json_input input = {.arena = arena, .name = backup, .error = error};
    json_t *value = json_loads(json, JSON_ALLOW_NUL, NULL);
    if (!json_is_object(value)) {
        json_decref(value);
        return mb_fail(error, MB_E_CORRUPT, "backup %s: \"rbac_meta\" is no object", backup);
    }
    mb_json_read_object(&input, rbac_fields, "rbac_meta", value, &rbac);
    json_decref(value);
    MB_TRY(input.status);
    *out = rbac;
    return MB_OK;
}
