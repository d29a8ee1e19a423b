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

bool mb_strings_have(const struct mb_strings *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], text) == 0)
            return true;
    return false;
}
