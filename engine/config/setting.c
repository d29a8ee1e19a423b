/* What is said about a setting, and where it stands. */
#include "config/settings.h"

#include "base/arena.h"

#include <stdarg.h>

bool mb_setting_explicit(const struct mb_setting *setting)
{
    return setting->source != MB_FROM_DEFAULT && !setting->inherited;
}

const char *mb_setting_where(const struct mb_settings *settings, const struct mb_setting *setting)
{
    switch (setting->source) {
    case MB_FROM_FILE:
        return mb_arena_printf(settings->arena, "%s:%u:%u", settings->path, setting->line, setting->column);
    case MB_FROM_ENVIRONMENT:
        return mb_arena_printf(settings->arena, "environment variable %s", setting->key);
    case MB_FROM_SET:
        return mb_arena_printf(settings->arena, "%s %s", settings->words.overrides, setting->key);
    case MB_FROM_DEFAULT:
        break;
    }
    return NULL;
}

const char *mb_settings_key(const struct mb_settings *settings, size_t id)
{
    const char *name = mb_config_options[id].name[settings->schema - 1];
    size_t side = id >= MB_ID_BACKUP_STORAGE ? MB_ID_BACKUP_STORAGE : MB_ID_MILVUS_STORAGE;

    if (name != NULL)
        return name;
    if (id == side + MB_FIELD_ACCOUNT_NAME)
        return mb_settings_key(settings, side + MB_FIELD_ACCESS_KEY_ID);
    if (id == side + MB_FIELD_ACCOUNT_KEY)
        return mb_settings_key(settings, side + MB_FIELD_SECRET_ACCESS_KEY);
    if (id == side + MB_FIELD_AUTH_TYPE)
        return mb_settings_key(settings, side + MB_FIELD_USE_IAM);
    return mb_config_options[id].name[settings->schema % 2];
}

static void MB_PRINTF(4, 0) notice(struct mb_settings *settings, enum mb_config_notice_kind kind, size_t id,
                                   const char *fmt, va_list args)
{
    const struct mb_setting *setting = &settings->items[id];
    const char *key = mb_settings_key(settings, setting->inherited ? id - MB_FIELD_COUNT : id);
    const char *where = mb_setting_where(settings, setting);

    if (where == NULL)
        where = key;
    else if (setting->source == MB_FROM_FILE || !mb_text_equal_nocase(setting->key, key))
        where = mb_arena_printf(settings->arena, "%s: %s", where, key);
    mb_report_vadd(settings->report, kind, where, fmt, args);
}

void mb_settings_problem(struct mb_settings *settings, size_t id, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    notice(settings, MB_CONFIG_PROBLEM, id, fmt, args);
    va_end(args);
}

void mb_settings_warn(struct mb_settings *settings, size_t id, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    notice(settings, MB_CONFIG_WARNING, id, fmt, args);
    va_end(args);
}

const char *mb_settings_keep(struct mb_settings *settings, const char *text)
{
    if (text == NULL)
        mb_report_add(settings->report, MB_CONFIG_PROBLEM, NULL, "out of memory");
    return text != NULL ? text : "";
}
