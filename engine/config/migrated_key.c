#include "config/migrated_key.h"

#include "base/arena.h"
#include "config/migrated_text.h"
#include "config/typed.h"
#include "config/wrapped.h"

#include <string.h>

static bool is_storage(size_t id)
{
    return id >= MB_ID_MILVUS_STORAGE && id < MB_ID_BACKUP_STORAGE + MB_FIELD_COUNT;
}

static size_t side_of(size_t id)
{
    return id >= MB_ID_BACKUP_STORAGE ? MB_ID_BACKUP_STORAGE : MB_ID_MILVUS_STORAGE;
}

static enum mb_provider_family family_of(struct mb_settings *settings, size_t side)
{
    const struct mb_provider *provider = mb_wrapped_provider(settings, side);
    return provider != NULL ? provider->family : MB_FAMILY_OTHER;
}

static bool type_is(const struct mb_settings *settings, size_t side, const char *type)
{
    return mb_text_equal_nocase(mb_settings_text(settings, side + MB_FIELD_AUTH_TYPE), type);
}

static bool field_applies(struct mb_settings *settings, size_t side, size_t field)
{
    enum mb_provider_family family = family_of(settings, side);
    bool keys = family == MB_FAMILY_KEYS, account = family == MB_FAMILY_ACCOUNT,
         service = family == MB_FAMILY_SERVICE_ACCOUNT;

    if (field == MB_FIELD_ACCOUNT_NAME)
        return account;
    if (field == MB_FIELD_AUTH_TYPE)
        return keys || account || service;
    if (field == MB_FIELD_ACCOUNT_KEY)
        return account && type_is(settings, side, "sharedKey");
    if (field == MB_FIELD_CREDENTIALS_FILE)
        return service && type_is(settings, side, "serviceAccount");
    if (field == MB_FIELD_AUTH_ENDPOINT)
        return keys && type_is(settings, side, "iam");
    if (field >= MB_FIELD_ACCESS_KEY_ID && field <= MB_FIELD_SESSION_TOKEN)
        return keys && type_is(settings, side, "static");
    /* A foreign driver is handed no region, and told so. */
    return family != MB_FAMILY_OTHER || (field != MB_FIELD_REGION && field != MB_FIELD_USE_SSL);
}

bool mb_migrated_applies(struct mb_settings *settings, size_t id)
{
    if (id == MB_ID_USER || id == MB_ID_PASSWORD)
        return mb_settings_bool(settings, MB_ID_AUTHORIZATION);
    if (!is_storage(id))
        return true;
    return field_applies(settings, side_of(id), id - side_of(id));
}

bool mb_migrated_elsewhere(struct mb_settings *settings, size_t id)
{
    size_t side = side_of(id);

    if (!is_storage(id) || family_of(settings, side) != MB_FAMILY_ACCOUNT)
        return false;
    return id == side + MB_FIELD_ACCESS_KEY_ID ||
           (id == side + MB_FIELD_SECRET_ACCESS_KEY && type_is(settings, side, "sharedKey"));
}

/* The one name of the provider, without aliases. */
static const char *provider_name(const char *spelling)
{
    const struct mb_provider *provider = mb_provider_find(spelling);
    return provider != NULL ? provider->name : spelling;
}

const char *mb_migrated_value(struct mb_settings *settings, size_t id)
{
    const struct mb_setting *setting = &settings->items[id];
    struct mb_buf all = MB_BUF_INIT(1 << 20);

    if (is_storage(id) && id - side_of(id) == MB_FIELD_TYPE)
        return provider_name(setting->text);
    if (!setting->is_list)
        return setting->text;
    for (size_t i = 0; i < setting->list.count; i++)
        mb_buf_printf(&all, "%s%s", i > 0 ? "," : "", setting->list.items[i]);
    const char *text = mb_settings_keep(settings, mb_arena_strdup(settings->arena, mb_buf_text(&all)));
    mb_buf_done(&all);
    return text;
}

const char *mb_migrated_yaml(struct mb_settings *settings, size_t id)
{
    const struct mb_setting *setting = &settings->items[id];
    const char *value = mb_migrated_value(settings, id);
    enum mb_option_type type = mb_config_options[id].type;

    if (type == MB_KEY_LIST) {
        const struct mb_strings list = mb_settings_list(settings, id);
        return mb_settings_keep(settings, mb_migrated_list(settings->arena, &list));
    }
    return mb_settings_keep(settings, mb_migrated_bare(settings->arena, value, type, setting->plain));
}
