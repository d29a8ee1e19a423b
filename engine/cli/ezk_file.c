#include "cli/ezk_file.h"

#include "base/file.h"

#include <jansson.h>

enum { MAX_FILE = 1 << 20 };

static mb_status take(json_t *root, const char *path, struct mb_arena *arena, struct mb_restore_request *out,
                      struct mb_error *error)
{
    const char **from = mb_arena_alloc(arena, json_object_size(root) + 1, sizeof *from);
    const char **to = mb_arena_alloc(arena, json_object_size(root) + 1, sizeof *to);
    size_t count = 0;
    const char *key;
    json_t *value;
    if (from == NULL || to == NULL)
        return mb_fail_memory(error);
    if (!json_is_object(root))
        return mb_fail(error, MB_E_CONFIG, "--ezk_mapping: %s is no JSON object such as {\"db\": \"key\"}",
                       path);
    json_object_foreach(root, key, value)
    {
        if (!json_is_string(value))
            return mb_fail(error, MB_E_CONFIG, "--ezk_mapping: a key in %s is no text", path);
        from[count] = mb_arena_strdup(arena, key);
        to[count] = mb_arena_strdup(arena, json_string_value(value));
        if (from[count] == NULL || to[count] == NULL)
            return mb_fail_memory(error);
        count++;
    }
    out->ezk_from = from;
    out->ezk_to = to;
    out->ezk_count = count;
    return MB_OK;
}

mb_status mb_ezk_file_read(const char *path, struct mb_arena *arena, struct mb_restore_request *out,
                           struct mb_error *error)
{
    struct mb_buf text = MB_BUF_INIT(MAX_FILE);
    if (path == NULL)
        return MB_OK;
    mb_status status = mb_file_text(path, &text, error);
    if (status < 0) {
        mb_buf_done(&text);
        return mb_error_context(error, "--ezk_mapping");
    }
    json_t *root = json_loadb(mb_buf_text(&text), text.len, JSON_REJECT_DUPLICATES, NULL);
    mb_buf_wipe(&text);
    mb_buf_done(&text);
    status = take(root, path, arena, out, error);
    json_decref(root);
    return status;
}
