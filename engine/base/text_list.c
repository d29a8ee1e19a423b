#include "base/text.h"

#include <string.h>

bool mb_strings_add(struct mb_strings *list, struct mb_arena *arena, const char *text)
{
    const char **items = text ? mb_arena_alloc(arena, list->count + 1, sizeof *items) : NULL;
    if (items == NULL)
        return false;
    if (list->count > 0)
        memcpy(items, list->items, list->count * sizeof *items);
    items[list->count++] = text;
    list->items = items;
    return true;
}
