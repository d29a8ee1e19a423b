#include "base/text.h"

#include <string.h>

/* The list has room for the power of two that its count has reached. */
static const char **make_room(const struct mb_strings *list, struct mb_arena *arena)
{
    size_t count = list->count;
    if ((count & (count - 1)) != 0)
        return (const char **)(uintptr_t)list->items;
    const char **items = mb_arena_alloc(arena, count > 0 ? 2 * count : 1, sizeof *items);
    if (items != NULL && count > 0)
        memcpy(items, list->items, count * sizeof *items);
    return items;
}

bool mb_strings_add(struct mb_strings *list, struct mb_arena *arena, const char *text)
{
    const char **items = text != NULL ? make_room(list, arena) : NULL;
    if (items == NULL)
        return false;
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
