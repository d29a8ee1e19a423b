#include "config/wrapped.h"

#include "base/text.h"

#include <string.h>

static const char *free_over(const struct mb_settings *settings, unsigned side)
{
    for (size_t i = 0; i < settings->free_count; i++) {
        const struct mb_free_setting *option = &settings->free[i];
        if (option->side == side && mb_text_equal_nocase(option->name, "over"))
            return option->setting.text;
    }
    return NULL;
}

static const struct mb_provider *provider_of(const struct mb_settings *settings, size_t first)
{
    return mb_provider_find(settings->items[first + MB_FIELD_TYPE].text);
}

/* The backup's side takes the option over from Milvus' side as it takes every other. */
const char *mb_wrapped_over(const struct mb_settings *settings, size_t first)
{
    bool is_backup = first == MB_ID_BACKUP_STORAGE;
    const struct mb_provider *provider = provider_of(settings, first);
    if (provider == NULL || provider->family != MB_FAMILY_WRAPPER)
        return NULL;
    const char *over = free_over(settings, is_backup);
    if (over == NULL && is_backup && provider_of(settings, MB_ID_MILVUS_STORAGE) == provider)
        over = free_over(settings, 0);
    return over != NULL ? over : "";
}

static const char *last_name(const char *over)
{
    const char *slash = strrchr(over, '/');
    return slash != NULL ? slash + 1 : over;
}

const struct mb_provider *mb_wrapped_provider(const struct mb_settings *settings, size_t first)
{
    const char *over = mb_wrapped_over(settings, first);
    return over != NULL ? mb_provider_find(last_name(over)) : provider_of(settings, first);
}

const char *mb_wrapped_drivers(struct mb_arena *arena, const char *over)
{
    const char *last = last_name(over);
    const struct mb_provider *provider = mb_provider_find(last);
    return mb_arena_printf(arena, "%.*s%s", (int)(last - over), over,
                           provider != NULL ? provider->driver : last);
}
