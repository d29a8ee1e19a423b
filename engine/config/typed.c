#include "config/typed.h"

#include "base/arena.h"
#include "base/buf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *mb_settings_text(const struct mb_settings *settings, size_t id)
{
    return settings->items[id].text;
}

static const char *quoted(struct mb_settings *settings, size_t id)
{
    bool secret = (mb_config_options[id].flags & MB_OPTION_SECRET) != 0;
    return secret ? "the value" : mb_quote(settings->arena, settings->items[id].text);
}

/* Kubernetes gives every pod NAME_PORT=tcp://address:port for each service NAME of its namespace, and a
 * service called milvus or minio makes these look like ours. */
static bool is_service_link(const struct mb_setting *setting)
{
    return setting->source == MB_FROM_ENVIRONMENT &&
           (mb_text_starts_with(setting->text, "tcp://") || mb_text_starts_with(setting->text, "udp://") ||
            mb_text_starts_with(setting->text, "sctp://"));
}

/* "5.0" and "1e3" are whole numbers too; strtod's other spellings (hex, inf) are none. */
static bool to_whole(const char *text, int64_t *out)
{
    char *end;

    if (mb_text_to_int64(text, out))
        return text[0] != '0' || text[1] == '\0'; /* 0100 is 64 to other readers of YAML */
    if (*text == '\0' || text[strspn(text, "0123456789.eE+-")] != '\0')
        return false;
    double number = strtod(text, &end);
    if (*end != '\0' || !isfinite(number) || floor(number) != number || fabs(number) > 9e15)
        return false;
    *out = (int64_t)number;
    return true;
}

int64_t mb_settings_int(struct mb_settings *settings, size_t id)
{
    const struct mb_config_option *option = &mb_config_options[id];
    const struct mb_setting *setting = &settings->items[id];
    int64_t value;

    if (is_service_link(setting))
        mb_settings_problem(
            settings, id,
            "%s is what Kubernetes puts there for a service of that name; unset the variable "
            "(enableServiceLinks: false in the pod), set it to a number, or pass %s %s=NUMBER",
            quoted(settings, id), settings->words.overrides, mb_settings_key(settings, id));
    else if (!to_whole(setting->text, &value))
        mb_settings_problem(settings, id, "%s is not a whole number", quoted(settings, id));
    else if (value < option->min || value > option->max)
        mb_settings_problem(settings, id, "%s is not between %lld and %lld", quoted(settings, id),
                            (long long)option->min, (long long)option->max);
    else
        return value;
    return option->min;
}

bool mb_settings_bool(struct mb_settings *settings, size_t id)
{
    const struct mb_setting *setting = &settings->items[id];
    bool plain_number = setting->plain && (*setting->text == '0' || *setting->text == '1');
    bool value;

    if (!plain_number && mb_text_to_bool(setting->text, &value))
        return value;
    mb_settings_problem(settings, id, "%s is neither true nor false", quoted(settings, id));
    return false;
}

size_t mb_settings_choice(struct mb_settings *settings, size_t id, const char *const *names, size_t count)
{
    struct mb_buf all;

    for (size_t i = 0; i < count; i++)
        if (mb_text_equal_nocase(settings->items[id].text, names[i]))
            return i;
    mb_buf_init(&all, 256);
    for (size_t i = 0; i < count; i++)
        mb_buf_printf(&all, "%s%s", i == 0 ? "" : i + 1 == count ? " or " : ", ", names[i]);
    mb_settings_problem(settings, id, "%s is not one of %s", quoted(settings, id), all.data);
    mb_buf_done(&all);
    return 0;
}

struct mb_strings mb_settings_list(struct mb_settings *settings, size_t id)
{
    const struct mb_setting *setting = &settings->items[id];
    struct mb_strings none = {0}, list = {0};
    size_t commas = 0;

    if (setting->is_list)
        return setting->list;
    for (const char *c = setting->text; *c != '\0'; c++)
        commas += *c == ',';
    list.items = mb_arena_alloc(settings->arena, commas + 1, sizeof *list.items);
    if (list.items == NULL)
        return none;
    for (const char *rest = setting->text; *rest != '\0';) {
        size_t len = strcspn(rest, ","), skip = strspn(rest, " ");
        size_t end = len;
        while (end > skip && rest[end - 1] == ' ')
            end--;
        if (end > skip)
            list.items[list.count++] =
                mb_settings_keep(settings, mb_arena_strndup(settings->arena, rest + skip, end - skip));
        rest += len + (rest[len] == ',');
    }
    return list;
}

const char *mb_settings_host(struct mb_settings *settings, size_t id)
{
    const char *text = mb_settings_text(settings, id);
    const char *colon = strchr(text, ':');
    size_t len = strlen(text);

    if (*text == '\0')
        mb_settings_problem(settings, id, "must not be empty");
    else if (strstr(text, "://") != NULL)
        mb_settings_problem(settings, id, "%s must be a host name or address without '://'",
                            quoted(settings, id));
    else if (strpbrk(text, " /@?#") != NULL)
        mb_settings_problem(settings, id, "%s must be a host name or address and nothing else",
                            quoted(settings, id));
    else if (*text == '[' && text[len - 1] == ']' && len > 2)
        return mb_settings_keep(settings, mb_arena_strndup(settings->arena, text + 1, len - 2));
    else if (*text == '[' || (colon != NULL && strchr(colon + 1, ':') == NULL))
        mb_settings_problem(settings, id, "%s must not carry a port; it has a key of its own",
                            quoted(settings, id));
    else
        return text;
    return "localhost";
}

const char *mb_settings_url(struct mb_settings *settings, size_t id)
{
    const char *text = mb_settings_text(settings, id);
    size_t len = strlen(text);
    const char *host = mb_text_starts_with(text, "http://")    ? text + 7
                       : mb_text_starts_with(text, "https://") ? text + 8
                                                               : NULL;

    if (*text == '\0')
        return "";
    if (host == NULL || *host == '\0' || strchr("/:?#", *host) != NULL || strchr(text, ' ') != NULL) {
        mb_settings_problem(settings, id, "%s is not a URL such as http://host:port", quoted(settings, id));
        return "";
    }
    if (strchr(host, '@') != NULL) {
        mb_settings_problem(settings, id, "the URL must not carry a user name or password");
        return "";
    }
    while (len > 0 && text[len - 1] == '/')
        len--;
    return mb_settings_keep(settings, mb_arena_strndup(settings->arena, text, len));
}
