#include "api/rename.h"

#include "base/hint.h"

#include <string.h>

/* Each pair as the library takes it, and judges it.  What would be more than one rule there is none here. */
mb_status mb_api_renames(const struct mb_api_list *renames, struct mb_arena *arena,
                         struct mb_restore_request *out, struct mb_error *error)
{
    const struct mb_kv *pairs = renames->items;
    const char **items = mb_arena_alloc(arena, renames->count + 1, sizeof *items);
    if (items == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < renames->count; i++) {
        if (strpbrk(pairs[i].key, ":,") != NULL || strpbrk(pairs[i].value, ":,") != NULL)
            return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, "rename", "invalid mapper rule: %s -> %s",
                                pairs[i].key, pairs[i].value);
        items[i] = mb_arena_printf(arena, "%s:%s", pairs[i].key, pairs[i].value);
        if (items[i] == NULL)
            return mb_fail_memory(error);
    }
    out->rename = items;
    out->rename_count = renames->count;
    return MB_OK;
}
