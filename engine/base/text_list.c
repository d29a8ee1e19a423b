#include "base/text.h"

#include <string.h>

bool mb_strings_add(struct mb_strings *list, struct mb_arena *arena, const char *text)
{
    const char **items =
        text != NULL ? mb_arena_append(arena, list->items, list->count, sizeof *items) : NULL;
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
