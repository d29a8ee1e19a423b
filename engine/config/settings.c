#include "config/settings.h"

#include "base/arena.h"
#include "config/key.h"
#include "config/misfit.h"

#include <string.h>

enum { MAX_FREE = 200 };

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

/* A line break at the end of a secret in the environment is a mistake that services answer with riddles. */
static void put(struct mb_settings *settings, size_t id, const struct mb_setting *setting)
{
    settings->items[id] = *setting;
    if (has_control(setting->text))
        mb_settings_problem(settings, id, "the value holds a line break or another control character");
    for (size_t i = 0; i < setting->list.count; i++)
        if (has_control(setting->list.items[i]))
            mb_settings_problem(settings, id, "an entry holds a line break or another control character");
}

/* A free option by its full key; false when key is none.  The part after the map's name keeps its spelling.
 */
static bool put_free(struct mb_settings *settings, const char *key, const struct mb_setting *setting)
{
    for (unsigned side = 0; side < 2; side++) {
        const char *map = mb_free_maps[settings->schema - 1][side];
        if (!mb_key_below(key, map))
            continue;
        const char *name = key + strlen(map) + 1;
        size_t i = 0;
        while (i < settings->free_count &&
               (settings->free[i].side != side || !mb_text_equal_nocase(settings->free[i].name, name)))
            i++;
        if (settings->free == NULL)
            settings->free = mb_arena_alloc(settings->arena, MAX_FREE, sizeof *settings->free);
        if (settings->free == NULL || i == MAX_FREE || setting->is_list || has_control(setting->text)) {
            mb_report_add(settings->report, MB_CONFIG_PROBLEM, mb_setting_where(settings, setting),
                          "%s takes one value without line breaks", mb_quote(settings->arena, key));
            return true;
        }
        settings->free[i] = (struct mb_free_setting){.side = side, .name = name, .setting = *setting};
        settings->free_count += i == settings->free_count;
        return true;
    }
    return false;
}

static void unknown(struct mb_settings *settings, const struct mb_yaml_node *nodes, size_t count, size_t at)
{
    const struct mb_yaml_node *node = &nodes[at];
    /* A hostile file full of unknown keys must not cost a search for each. */
    bool search = settings->report->count < 50;
    const char *reason = search ? mb_misfit_reason(settings, nodes, count, at) : NULL;

    if (reason == NULL && mb_misfit_is_store(nodes, count, at))
        return;
    mb_report_add(
        settings->report, reason != NULL ? MB_CONFIG_PROBLEM : MB_CONFIG_WARNING,
        mb_arena_printf(settings->arena, "%s:%u:%u", settings->path, node->key_line, node->key_column),
        "unknown %s %s %s ignored%s", node->kind == MB_YAML_MAP ? "section" : "key",
        mb_quote(settings->arena, node->path), reason != NULL ? "would be" : "is",
        reason != NULL ? reason
        : search       ? mb_key_hint(settings->arena, settings->schema, node->path)
                       : "");
}

/* Two spellings of one option in a file: the one that ranks higher stays. */
static void put_from_file(struct mb_settings *settings, size_t id, const struct mb_setting *setting)
{
    struct mb_setting before = settings->items[id];

    if (before.text != NULL && before.rank < setting->rank) {
        settings->items[id] = *setting;
        if (strcmp(before.text, setting->text) != 0)
            mb_settings_warn(settings, id, "%s is ignored because %s on line %u outranks it", setting->key,
                             before.key, before.line);
        settings->items[id] = before;
        return;
    }
    if (before.text != NULL && strcmp(before.text, setting->text) != 0)
        mb_settings_warn(settings, id, "%s is ignored because %s on line %u outranks it", before.key,
                         setting->key, setting->line);
    put(settings, id, setting);
}

static void apply_node(struct mb_settings *settings, const struct mb_yaml_node *nodes, size_t count,
                       size_t at)
{
    const struct mb_yaml_node *node = &nodes[at];
    struct mb_setting setting = {.text = node->text,
                                 .is_list = node->kind == MB_YAML_LIST,
                                 .list = node->list,
                                 .source = MB_FROM_FILE,
                                 .key = node->path,
                                 .line = node->line,
                                 .column = node->column,
                                 .plain = node->plain};
    const struct mb_old_key *old = mb_key_find_old(settings->schema, node->path);
    size_t id = mb_key_find(settings->schema, node->path, &setting.rank);
    const char *where = mb_setting_where(settings, &setting);

    if (node->kind == MB_YAML_NULL && (id < MB_ID_COUNT || mb_key_is_section(settings->schema, node->path)))
        return;
    if (id < MB_ID_COUNT) {
        if (setting.is_list && mb_config_options[id].type != MB_KEY_LIST)
            mb_report_add(settings->report, MB_CONFIG_PROBLEM, where, "%s takes one value, not a list",
                          node->path);
        else
            put_from_file(settings, id, &setting);
    } else if (old != NULL) {
        if (old->note != NULL)
            mb_report_add(settings->report, MB_CONFIG_NOTE, where, "%s %s", old->name, old->note);
    } else if (mb_key_is_section(settings->schema, node->path)) {
        mb_report_add(settings->report, MB_CONFIG_PROBLEM, where,
                      "%s is a section; its keys belong below it, indented", node->path);
    } else if (!put_free(settings, node->path, &setting)) {
        unknown(settings, nodes, count, at);
    }
}

void mb_settings_from_file(struct mb_settings *settings, const struct mb_yaml_node *nodes, size_t count)
{
    const char *refused = NULL; /* the section whose keys are passed over */

    for (size_t i = 0; i < count; i++) {
        const struct mb_yaml_node *node = &nodes[i];
        unsigned rank;
        if (mb_text_equal_nocase(node->path, "configVersion") || mb_key_is_schedule(node->path) ||
            (refused != NULL && mb_key_below(node->path, refused)))
            continue;
        if (node->kind != MB_YAML_MAP) {
            apply_node(settings, nodes, count, i);
            continue;
        }
        bool in_free_map = mb_key_below(node->path, mb_free_maps[settings->schema - 1][0]) ||
                           mb_key_below(node->path, mb_free_maps[settings->schema - 1][1]);
        if (mb_key_is_section(settings->schema, node->path) || in_free_map)
            continue;
        refused = node->path;
        if (mb_key_find(settings->schema, node->path, &rank) < MB_ID_COUNT)
            mb_report_add(
                settings->report, MB_CONFIG_PROBLEM,
                mb_arena_printf(settings->arena, "%s:%u:%u", settings->path, node->line, node->column),
                "%s takes one value, not a section", node->path);
        else
            unknown(settings, nodes, count, i);
    }
}

const char *mb_environment_get(const char *const *environment, const char *name)
{
    size_t len = strlen(name);

    for (; environment != NULL && *environment != NULL; environment++)
        if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
            return *environment + len + 1;
    return NULL;
}

void mb_settings_from_environment(struct mb_settings *settings, const char *const *environment)
{
    for (size_t id = 0; id < MB_ID_COUNT; id++) {
        const struct mb_config_option *option = &mb_config_options[id];
        const char *name = option->environment[settings->schema - 1];
        const char *text = name != NULL ? mb_environment_get(environment, name) : NULL;
        if (text == NULL)
            continue;
        if (*text == '\0' && (option->type == MB_KEY_INT || option->type == MB_KEY_BOOL)) {
            mb_report_add(settings->report, MB_CONFIG_NOTE, NULL,
                          "environment variable %s is empty and counts as not set", name);
            continue;
        }
        put(settings, id, &(struct mb_setting){.text = text, .source = MB_FROM_ENVIRONMENT, .key = name});
    }
}

static size_t find_environment(unsigned schema, const char *name)
{
    for (size_t id = 0; id < MB_ID_COUNT; id++) {
        const char *variable = mb_config_options[id].environment[schema - 1];
        if (variable != NULL && mb_text_equal_nocase(variable, name))
            return id;
    }
    return MB_ID_COUNT;
}

/* May the text behind a comma be the rest of this key's value, and is that a secret? */
static bool is_secret(const struct mb_settings *settings, const char *key)
{
    unsigned rank;
    size_t id = mb_key_find(settings->schema, key, &rank);

    if (id == MB_ID_COUNT)
        id = find_environment(settings->schema, key);
    return id == MB_ID_COUNT || (mb_config_options[id].flags & MB_OPTION_SECRET) != 0;
}

/* The item, unless it may be a piece of a secret. */
static const char *name_item(struct mb_settings *settings, const char *item, const char *before)
{
    const char *quoted = mb_quote(settings->arena, before != NULL ? before : item);

    if (before == NULL || !is_secret(settings, before))
        return mb_quote(settings->arena, item);
    return mb_settings_keep(settings, mb_arena_printf(settings->arena, "what follows %s", quoted));
}

static void apply_set(struct mb_settings *settings, const char *key, const char *value, const char *before)
{
    struct mb_setting setting = {.text = value, .source = MB_FROM_SET, .key = key};
    const struct mb_old_key *old = mb_key_find_old(settings->schema, key);
    unsigned rank;
    size_t id = mb_key_find(settings->schema, key, &rank);

    if (id == MB_ID_COUNT)
        id = find_environment(settings->schema, key);
    if (id < MB_ID_COUNT)
        put(settings, id, &setting);
    else if (old != NULL)
        mb_report_add(settings->report, MB_CONFIG_NOTE, settings->words.overrides, "%s %s", old->name,
                      old->note != NULL ? old->note : "has no effect any more");
    else if (mb_text_equal_nocase(key, "configVersion"))
        mb_report_add(settings->report, MB_CONFIG_PROBLEM, settings->words.overrides,
                      "configVersion is read from the file only");
    else if (mb_key_is_schedule(key))
        mb_report_add(settings->report, MB_CONFIG_PROBLEM, settings->words.overrides,
                      "schedules are read from the file only");
    else if (!put_free(settings, key, &setting))
        mb_report_add(settings->report, MB_CONFIG_PROBLEM, settings->words.overrides, "unknown key: %s%s",
                      name_item(settings, key, before), mb_key_hint(settings->arena, settings->schema, key));
}

static void refuse_item(struct mb_settings *settings, const char *item, const char *before)
{
    mb_report_add(
        settings->report, MB_CONFIG_PROBLEM, settings->words.overrides,
        "%s is not of the form KEY=VALUE; a comma separates items, so a value with a comma needs quotes "
        "around its item: %s '\"KEY=A,B\"'",
        name_item(settings, item, before), settings->words.overrides);
}

void mb_settings_from_sets(struct mb_settings *settings, const char *const *sets, size_t count)
{
    const char *before = NULL;

    for (size_t i = 0; i < count; i++) {
        const char *start = sets[i] + strspn(sets[i], " \t");
        const char *equals = strchr(start, '=');
        if (equals == NULL || equals == start) {
            refuse_item(settings, start, before);
            continue;
        }
        size_t len = (size_t)(equals - start);
        while (len > 0 && (start[len - 1] == ' ' || start[len - 1] == '\t'))
            len--;
        const char *key = mb_arena_strndup(settings->arena, start, len);
        const char *value = mb_arena_strdup(settings->arena, equals + 1);
        if (key == NULL || value == NULL) {
            mb_report_add(settings->report, MB_CONFIG_PROBLEM, settings->words.overrides, "out of memory");
            return;
        }
        apply_set(settings, key, value, before);
        before = key;
    }
}
