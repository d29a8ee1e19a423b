#include "config/key.h"

#include "base/arena.h"
#include "base/text.h"

#include <string.h>
#include <strings.h>

size_t mb_key_find(unsigned schema, const char *key, unsigned *rank)
{
    for (size_t id = 0; id < MB_ID_COUNT; id++) {
        const struct mb_config_option *option = &mb_config_options[id];
        const char *name = option->name[schema - 1];
        bool alias_first = (option->flags & MB_OPTION_ALIAS_FIRST) != 0;
        *rank = alias_first ? 1 : 0;
        if (name != NULL && mb_text_equal_nocase(name, key))
            return id;
        for (unsigned a = 0; schema == 1 && a < 2 && option->alias[a] != NULL; a++) {
            *rank = alias_first && a == 0 ? 0 : a + 2;
            if (mb_text_equal_nocase(option->alias[a], key))
                return id;
        }
    }
    return MB_ID_COUNT;
}

const struct mb_old_key *mb_key_find_old(unsigned schema, const char *key)
{
    for (size_t i = 0; schema == 1 && i < mb_old_key_count; i++)
        if (mb_text_equal_nocase(mb_old_keys[i].name, key))
            return &mb_old_keys[i];
    return NULL;
}

bool mb_key_below(const char *key, const char *section)
{
    size_t len = strlen(section);
    return key != NULL && strncasecmp(key, section, len) == 0 && key[len] == '.';
}

bool mb_key_is_schedule(const char *key)
{
    return mb_text_equal_nocase(key, MB_SCHEDULES) || mb_key_below(key, MB_SCHEDULES);
}

bool mb_key_is_section(unsigned schema, const char *path)
{
    for (size_t id = 0; id < MB_ID_COUNT; id++) {
        const struct mb_config_option *option = &mb_config_options[id];
        if (mb_key_below(option->name[schema - 1], path))
            return true;
        for (unsigned a = 0; schema == 1 && a < 2; a++)
            if (mb_key_below(option->alias[a], path))
                return true;
    }
    for (size_t i = 0; schema == 1 && i < mb_old_key_count; i++)
        if (mb_key_below(mb_old_keys[i].name, path))
            return true;
    for (unsigned side = 0; side < 2; side++)
        if (mb_text_equal_nocase(mb_free_maps[schema - 1][side], path))
            return true;
    return false;
}

static const char *last_name(const char *key)
{
    const char *dot = strrchr(key, '.');
    return dot != NULL ? dot + 1 : key;
}

bool mb_key_is_name(unsigned schema, const char *name)
{
    for (size_t id = 0; id < MB_ID_COUNT; id++) {
        const char *key = mb_config_options[id].name[schema - 1];
        if (key != NULL && mb_text_equal_nocase(last_name(key), name))
            return true;
    }
    return false;
}

/* The one candidate that is called so in its own section; NULL when there are several. */
static const char *only_with_name(const char *name, const char *const *candidates, size_t count)
{
    const char *found = NULL;

    for (size_t i = 0; i < count; i++) {
        if (!mb_text_equal_nocase(last_name(candidates[i]), name))
            continue;
        if (found != NULL)
            return NULL;
        found = candidates[i];
    }
    return found;
}

const char *mb_key_hint(struct mb_arena *arena, unsigned schema, const char *key)
{
    const char *names[3 * MB_ID_COUNT + 1];
    unsigned other = 3 - schema, rank;
    size_t count = 0;

    size_t id = mb_key_find(other, key, &rank);
    if (id < MB_ID_COUNT && mb_config_options[id].name[schema - 1] != NULL)
        return mb_arena_printf(arena, ": it belongs to schema v%u; in v%u it is called %s", other, schema,
                               mb_config_options[id].name[schema - 1]);
    if (id < MB_ID_COUNT || mb_key_is_section(other, key))
        return mb_arena_printf(arena, ": it belongs to schema v%u, and this is v%u%s", other, schema,
                               schema == 1 ? " (there is no 'configVersion: v2')" : "");
    for (id = 0; id < MB_ID_COUNT; id++) {
        const struct mb_config_option *option = &mb_config_options[id];
        if (option->name[schema - 1] != NULL)
            names[count++] = option->name[schema - 1];
        for (unsigned a = 0; schema == 1 && a < 2 && option->alias[a] != NULL; a++)
            names[count++] = option->alias[a];
    }
    names[count++] = MB_SCHEDULES;
    const char *nearest = mb_text_nearest(key, names, count);
    if (nearest == NULL)
        nearest = only_with_name(last_name(key), names, count);
    return nearest != NULL ? mb_arena_printf(arena, "; did you mean %s?", nearest) : "";
}
