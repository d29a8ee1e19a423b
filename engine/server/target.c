#include "server/target.h"

#include "base/text.h"
#include "http/url.h"

#include <string.h>

static mb_status fail_target(struct mb_error *error)
{
    return mb_fail(error, MB_E_INVALID, "the request's target is malformed");
}

/* "http://host:8080/path" -> "/path" */
static char *without_host(char *raw)
{
    char *rest = raw;
    if (mb_text_starts_with(raw, "http://"))
        rest = raw + strlen("http://");
    else if (mb_text_starts_with(raw, "https://"))
        rest = raw + strlen("https://");
    return rest == raw ? raw : strchr(rest, '/');
}

/* In place; false for a pair that does not count. */
static bool read_pair(char *text, struct mb_kv *out)
{
    char *value = strchr(text, '=');
    if (*text == '\0' || strchr(text, ';') != NULL)
        return false;
    if (value != NULL)
        *value++ = '\0';
    *out = (struct mb_kv){.key = text, .value = value != NULL ? value : ""};
    return mb_url_decode(text, true) && (value == NULL || mb_url_decode(value, true));
}

static mb_status read_query(struct mb_arena *arena, const char *raw, struct mb_target *out,
                            struct mb_error *error)
{
    char *text = mb_arena_strdup(arena, raw);
    size_t most = 1;
    for (const char *p = raw; *p != '\0'; p++)
        most += *p == '&';
    struct mb_kv *pairs = mb_arena_alloc(arena, most, sizeof *pairs);
    if (text == NULL || pairs == NULL)
        return mb_fail_memory(error);
    out->query = pairs;
    for (char *next; text != NULL; text = next) {
        next = strchr(text, '&');
        if (next != NULL)
            *next++ = '\0';
        if (read_pair(text, &pairs[out->query_count]))
            out->query_count++;
    }
    return MB_OK;
}

mb_status mb_target_parse(struct mb_arena *arena, const char *raw, struct mb_target *out,
                          struct mb_error *error)
{
    char *copy = mb_arena_strdup(arena, raw);
    if (copy == NULL)
        return mb_fail_memory(error);
    char *path = without_host(copy);
    if (path == NULL || *path != '/' || strchr(path, ' ') != NULL)
        return fail_target(error);
    char *query = strchr(path, '?');
    if (query != NULL)
        *query++ = '\0';
    *out = (struct mb_target){.path = path, .raw_query = query != NULL ? query : ""};
    if (!mb_url_decode(path, false))
        return fail_target(error);
    return read_query(arena, out->raw_query, out, error);
}
