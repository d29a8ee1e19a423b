#include "catalog/index_extra.h"

#include "json/table.h"

static const struct mb_json_field fields[] = {
    MB_JSON_MEMBER(INT64, "field_id", struct mb_index_extra, field_id),
    MB_JSON_MEMBER(UINT64, "create_time", struct mb_index_extra, create_time),
    MB_JSON_PAIRS("type_params", struct mb_index_extra, type_params),
    MB_JSON_PAIRS("index_params", struct mb_index_extra, index_params),
    MB_JSON_PAIRS("user_index_params", struct mb_index_extra, user_index_params),
    MB_JSON_MEMBER(BOOL, "is_auto_index", struct mb_index_extra, is_auto_index),
    MB_JSON_MEMBER(INT32, "min_index_version", struct mb_index_extra, min_index_version),
    MB_JSON_MEMBER(INT32, "max_index_version", struct mb_index_extra, max_index_version),
    {.key = NULL},
};

static mb_status finish(struct mb_json_writer *writer, const struct mb_buf *text, struct mb_arena *arena,
                        const char **out, struct mb_error *error)
{
    MB_TRY(mb_json_finish(writer, error));
    const char *members = mb_arena_strndup(arena, mb_buf_text(text) + 1, text->len - 2); /* no braces */
    if (members == NULL)
        return mb_fail_memory(error);
    *out = members;
    return MB_OK;
}

mb_status mb_index_extra_to_json(const struct mb_index_extra *extra, struct mb_arena *arena, const char **out,
                                 struct mb_error *error)
{
    struct mb_buf buf = MB_BUF_INIT((size_t)1 << 24);
    const struct mb_sink sink = mb_buf_sink(&buf);
    struct mb_json_writer writer;
    mb_json_init(&writer, &sink);
    mb_json_write_object(&writer, NULL, fields, extra);
    mb_status status = finish(&writer, &buf, arena, out, error);
    mb_json_done(&writer);
    mb_buf_done(&buf);
    return status;
}

mb_status mb_index_extra_read(const struct mb_index *index, struct mb_arena *arena,
                              struct mb_index_extra *out, struct mb_error *error)
{
    struct mb_index_extra extra = {0};
    const char *members = index->extra != NULL ? index->extra : "";
    char *text = mb_arena_printf(arena, "{%s}", members);
    struct mb_json_input input = {.arena = arena, .name = index->name, .error = error};
    if (text == NULL)
        return mb_fail_memory(error);
    json_t *value = json_loads(text, 0, NULL);
    if (value == NULL)
        return mb_fail(error, MB_E_CORRUPT, "index %s: what the backup tells more of it is no JSON",
                       index->name);
    mb_json_read_object(&input, fields, "index_infos", value, &extra);
    json_decref(value);
    MB_TRY(input.status);
    *out = extra;
    return MB_OK;
}
