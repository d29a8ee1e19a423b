#include "config/show.h"

#include "base/arena.h"
#include "base/buf.h"
#include "config/schedule.h"

#include <string.h>

/* What a third party's option means is not known here: better to mask one too many. */
static bool free_option_is_secret(const char *name)
{
    static const char *const words[] = {"secret", "pass", "token", "key",
                                        "cred",   "sas",  "auth",  "connection"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasestr(name, words[i]) != NULL)
            return true;
    return false;
}

static const char *masked(struct mb_settings *settings, const char *text)
{
    char buf[64];
    return mb_settings_keep(settings, mb_arena_strdup(settings->arena, mb_text_mask(text, buf, sizeof buf)));
}

/* The password within "http://user:password@host", which may go without its scheme; NULL when there is none.
 */
static const char *url_password(const char *text, size_t *len)
{
    const char *scheme = strstr(text, "://");
    const char *user = scheme != NULL ? scheme + 3 : text;
    const char *colon = strchr(user, ':');
    const char *at = strrchr(user, '@');

    if (colon == NULL || at == NULL || at < colon)
        return NULL;
    *len = (size_t)(at - colon - 1);
    return colon + 1;
}

static const char *without_password(struct mb_settings *settings, const char *text)
{
    size_t len = 0;
    const char *password = url_password(text, &len);

    if (password == NULL)
        return text;
    return mb_settings_keep(settings, mb_arena_printf(settings->arena, "%.*s****%s", (int)(password - text),
                                                      text, password + len));
}

static const char *list_text(struct mb_settings *settings, const struct mb_strings *list)
{
    struct mb_buf all;

    mb_buf_init(&all, 65536);
    for (size_t i = 0; i < list->count; i++)
        mb_buf_printf(&all, "%s%s", i > 0 ? "," : "", list->items[i]);
    const char *text = mb_settings_keep(settings, mb_arena_strdup(settings->arena, all.data));
    mb_buf_done(&all);
    return text;
}

static struct mb_config_value row(struct mb_settings *settings, const char *parameter, const char *key,
                                  const struct mb_setting *setting, bool secret)
{
    static const char *const sources[] = {[MB_FROM_DEFAULT] = "default",
                                          [MB_FROM_FILE] = "config",
                                          [MB_FROM_ENVIRONMENT] = "env",
                                          [MB_FROM_SET] = "override"};
    const char *text = setting->is_list ? list_text(settings, &setting->list) : setting->text;
    const char *where = setting->source == MB_FROM_FILE ? mb_setting_where(settings, setting) : "";

    return (struct mb_config_value){.parameter = parameter,
                                    .key = key,
                                    .value = secret ? masked(settings, text) : text,
                                    .source = sources[setting->source],
                                    .source_key = setting->key,
                                    .where = mb_settings_keep(settings, where)};
}

static const char *free_parameter(struct mb_settings *settings, const struct mb_free_setting *setting)
{
    return mb_settings_keep(settings,
                            mb_arena_printf(settings->arena, "%s.Storage.Options.%s",
                                            setting->side == 0 ? "Milvus" : "Backup", setting->name));
}

struct mb_config_values *mb_config_values_make(struct mb_settings *settings)
{
    struct mb_config_values *values = mb_arena_alloc(settings->arena, 1, sizeof *values);
    if (values == NULL)
        return NULL;
    values->items = mb_arena_alloc(
        settings->arena, MB_ID_COUNT + settings->free_count + MB_SCHEDULE_ROWS * settings->schedule_count,
        sizeof *values->items);
    if (values->items == NULL)
        return NULL;
    for (size_t id = 0; id < MB_ID_COUNT; id++) {
        const struct mb_config_option *option = &mb_config_options[id];
        if (option->parameter != NULL && (settings->schema == 1 || option->name[1] != NULL))
            values->items[values->count++] =
                row(settings, option->parameter, mb_settings_key(settings, id), &settings->items[id],
                    (option->flags & MB_OPTION_SECRET) != 0);
    }
    for (size_t i = 0; i < settings->free_count; i++) {
        const struct mb_free_setting *setting = &settings->free[i];
        const char *parameter = free_parameter(settings, setting);
        bool secret = free_option_is_secret(setting->name);
        struct mb_config_value *value = &values->items[values->count++];
        *value = row(settings, parameter, setting->setting.key, &setting->setting, secret);
        if (!secret)
            value->value = without_password(settings, value->value);
    }
    mb_schedules_show(settings, values);
    return values;
}

/* Defaults that stand in every manual hide nothing, and masking them would make the log unreadable. */
static bool is_known_to_all(const char *text)
{
    return *text == '\0' || strcmp(text, "Milvus") == 0 || strcmp(text, "minioadmin") == 0;
}

/* NULL when there is nothing to hide. */
static const char *free_secret(struct mb_settings *settings, const struct mb_free_setting *setting)
{
    size_t len = 0;
    const char *text = setting->setting.text;

    if (free_option_is_secret(setting->name))
        return text;
    const char *password = url_password(text, &len);
    if (password == NULL || len == 0)
        return NULL;
    return mb_settings_keep(settings, mb_arena_strndup(settings->arena, password, len));
}

struct mb_strings mb_config_secrets(struct mb_settings *settings)
{
    struct mb_strings secrets = {0};

    secrets.items =
        mb_arena_alloc(settings->arena, MB_ID_COUNT + settings->free_count, sizeof *secrets.items);
    if (secrets.items == NULL) {
        mb_settings_keep(settings, NULL);
        return secrets;
    }
    for (size_t id = 0; id < MB_ID_COUNT; id++) {
        const struct mb_setting *setting = &settings->items[id];
        if ((mb_config_options[id].flags & MB_OPTION_SECRET) != 0 && mb_setting_explicit(setting) &&
            !is_known_to_all(setting->text))
            secrets.items[secrets.count++] = setting->text;
    }
    for (size_t i = 0; i < settings->free_count; i++) {
        const char *text = free_secret(settings, &settings->free[i]);
        if (text != NULL)
            secrets.items[secrets.count++] = text;
    }
    return secrets;
}

size_t mb_config_value_count(const struct mb_config *config)
{
    return config->values->count;
}

struct mb_config_value mb_config_value_at(const struct mb_config *config, size_t i)
{
    return config->values->items[i];
}

bool mb_config_key_at(unsigned schema, size_t i, struct mb_config_key *out)
{
    static const char *const types[] = {
        [MB_KEY_TEXT] = "string", [MB_KEY_INT] = "int", [MB_KEY_BOOL] = "bool", [MB_KEY_LIST] = "list"};

    for (size_t id = 0; id < MB_ID_COUNT; id++) {
        const struct mb_config_option *option = &mb_config_options[id];
        if (option->name[schema - 1] == NULL || i-- > 0)
            continue;
        bool inherits = mb_option_inherits(id, schema);
        *out = (struct mb_config_key){
            .name = option->name[schema - 1],
            .type = types[option->type],
            .def = inherits ? "" : option->def,
            .environment = option->environment[schema - 1],
            .inherits = inherits ? mb_config_options[id - MB_FIELD_COUNT].name[schema - 1] : NULL,
            .help = option->help,
            .secret = (option->flags & MB_OPTION_SECRET) != 0};
        return true;
    }
    return false;
}
