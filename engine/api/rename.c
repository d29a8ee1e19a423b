#include "api/rename.h"

#include "base/hint.h"

#include <string.h>

enum kind { NONE, WHOLE_DATABASE, FULL_NAME, SHORT_NAME, DATABASE_ENTRY };

static size_t word(const char *text)
{
    return strspn(text, "_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

static enum kind kind_of(const char *text)
{
    size_t first = word(text);
    if (first == 0)
        return NONE;
    if (text[first] == '\0')
        return SHORT_NAME;
    if (text[first] != '.')
        return NONE;
    const char *rest = text + first + 1;
    if (*rest == '\0')
        return DATABASE_ENTRY;
    if (strcmp(rest, "*") == 0)
        return WHOLE_DATABASE;
    return rest[word(rest)] == '\0' ? FULL_NAME : NONE;
}

mb_status mb_api_renames(const struct mb_api_list *renames, struct mb_arena *arena,
                         struct mb_restore_request *out, struct mb_error *error)
{
    const struct mb_kv *pairs = renames->items;
    const char **items = mb_arena_alloc(arena, renames->count + 1, sizeof *items);
    if (items == NULL)
        return mb_fail_memory(error);
    out->rename = items;
    for (size_t i = 0; i < renames->count; i++) {
        enum kind kind = kind_of(pairs[i].key);
        if (kind == NONE || kind != kind_of(pairs[i].value))
            return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, "rename", "invalid mapper rule: %s -> %s",
                                pairs[i].key, pairs[i].value);
        if (kind == DATABASE_ENTRY)
            continue;
        const char *text = mb_arena_printf(arena, "%s:%s", pairs[i].key, pairs[i].value);
        if (text == NULL)
            return mb_fail_memory(error);
        items[out->rename_count++] = text;
    }
    return MB_OK;
}
