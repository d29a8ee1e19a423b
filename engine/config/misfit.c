#include "config/misfit.h"

#include "base/arena.h"
#include "config/key.h"

#include <string.h>

/* How the values of a file fare. */
struct tally {
    size_t known;
    size_t other;                     /* known to the other schema only */
    size_t unknown;                   /* these included */
    const struct mb_yaml_node *first; /* of the unknown */
    bool versioned;
};

static bool in_free_map(unsigned schema, const char *path)
{
    return mb_key_below(path, mb_free_maps[schema - 1][0]) || mb_key_below(path, mb_free_maps[schema - 1][1]);
}

static bool is_known(unsigned schema, const char *path)
{
    unsigned rank;
    return mb_key_find(schema, path, &rank) < MB_ID_COUNT || mb_key_find_old(schema, path) != NULL ||
           in_free_map(schema, path) || mb_key_is_schedule(path);
}

static struct tally count_values(const struct mb_settings *settings, const struct mb_yaml_node *nodes,
                                 size_t count)
{
    unsigned schema = settings->schema;
    struct tally tally = {0};

    for (size_t i = 0; i < count; i++) {
        const struct mb_yaml_node *node = &nodes[i];
        bool section = node->kind == MB_YAML_MAP || mb_key_is_section(schema, node->path);
        if (mb_text_equal_nocase(node->path, "configVersion")) {
            tally.versioned = node->kind != MB_YAML_NULL;
        } else if (is_known(schema, node->path)) {
            tally.known += node->kind != MB_YAML_NULL;
        } else if (!section) {
            tally.unknown++;
            tally.other += is_known(3 - schema, node->path);
        }
        if (tally.first == NULL && !section && tally.unknown == 1)
            tally.first = node;
    }
    return tally;
}

/* ---------------------------------------------------------------- keys in a wrong place */

/* What of a key stands behind its n-th dot, or NULL. */
static const char *behind_dot(const char *path, size_t n)
{
    for (; path != NULL && n > 0; n--) {
        path = strchr(path, '.');
        path = path == NULL ? NULL : path + 1;
    }
    return path;
}

/* The key with its section that the path ends in, "minio.port" of "config.minio.port"; or NULL. */
static const char *known_end(unsigned schema, const char *path)
{
    unsigned rank;
    const char *end;

    for (size_t n = 1; (end = behind_dot(path, n)) != NULL && strchr(end, '.') != NULL; n++)
        if (mb_key_find(schema, end, &rank) < MB_ID_COUNT)
            return end;
    return NULL;
}

static const char *last_name(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL ? dot + 1 : path;
}

/* An empty section before the key that it would be known in: its indentation was lost. */
static const struct mb_yaml_node *beside_section(const struct mb_settings *settings,
                                                 const struct mb_yaml_node *nodes, size_t at)
{
    unsigned rank;

    for (size_t i = at; i-- > 0;) {
        if (nodes[i].kind != MB_YAML_NULL || !mb_key_is_section(settings->schema, nodes[i].path))
            continue;
        const char *path =
            mb_arena_printf(settings->arena, "%s.%s", nodes[i].path, last_name(nodes[at].path));
        if (path != NULL && mb_key_find(settings->schema, path, &rank) < MB_ID_COUNT)
            return &nodes[i];
    }
    return NULL;
}

static const char *indent_it(struct mb_settings *settings, const struct mb_yaml_node *section)
{
    return mb_arena_printf(settings->arena,
                           "it stands beside '%s:' of line %u instead of below it: indent it",
                           last_name(section->path), section->key_line);
}

const char *mb_misfit_reason(struct mb_settings *settings, const struct mb_yaml_node *nodes, size_t count,
                             size_t at)
{
    const struct mb_yaml_node *node = &nodes[at];

    if (node->kind != MB_YAML_MAP) {
        const struct mb_yaml_node *section = beside_section(settings, nodes, at);
        return section == NULL ? NULL
                               : mb_arena_printf(settings->arena, "; %s", indent_it(settings, section));
    }
    for (size_t i = at + 1; i < count && mb_key_below(nodes[i].path, node->path); i++) {
        const char *known =
            is_known(3 - settings->schema, nodes[i].path) ? NULL : known_end(settings->schema, nodes[i].path);
        if (known != NULL)
            return mb_arena_printf(
                settings->arena,
                ", and with it what belongs to '%.*s:', a section of its own: move that to the "
                "left margin",
                (int)strcspn(known, "."), known);
    }
    return NULL;
}

bool mb_misfit_is_store(const struct mb_yaml_node *nodes, size_t count, size_t at)
{
    bool store = mb_text_starts_with(nodes[at].path, "x-") || nodes[at].aliased;

    for (size_t i = at + 1; i < count && !store && mb_key_below(nodes[i].path, nodes[at].path); i++)
        store = nodes[i].aliased;
    return store;
}

/* ---------------------------------------------------------------- whole files */

static const struct mb_yaml_node *find(const struct mb_yaml_node *nodes, size_t count, const char *path)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(nodes[i].path, path) == 0)
            return &nodes[i];
    return NULL;
}

static const char *guess_kubernetes(struct mb_settings *settings, const char *kind)
{
    if (strcmp(kind, "ConfigMap") != 0 && strcmp(kind, "Secret") != 0)
        return mb_arena_printf(settings->arena, "it looks like a Kubernetes object (kind: %s)",
                               mb_quote(settings->arena, kind));
    return mb_arena_printf(
        settings->arena,
        "it looks like a Kubernetes %s; the configuration is the text below 'data:'%s: put that "
        "alone into the file",
        kind, strcmp(kind, "Secret") == 0 ? " or 'stringData:', decoded" : "");
}

static const char *guess(struct mb_settings *settings, const struct mb_yaml_node *nodes, size_t count,
                         const struct tally *tally)
{
    const struct mb_yaml_node *kind = find(nodes, count, "kind");
    const char *known = NULL;

    if (kind != NULL && find(nodes, count, "apiVersion") != NULL)
        return guess_kubernetes(settings, kind->text);
    if (tally->other > 0)
        return settings->schema == 1
                   ? "its keys are those of schema v2: begin the file with 'configVersion: v2'"
                   : "its keys are those of schema v1: take 'configVersion: v2' out";
    for (size_t i = 0; i < count && known == NULL; i++)
        known = known_end(settings->schema, nodes[i].path);
    if (known != NULL)
        return mb_arena_printf(settings->arena, "'%.*s:' is a section of its own: move it to the left margin",
                               (int)strcspn(known, "."), known);
    const struct mb_yaml_node *section = beside_section(settings, nodes, (size_t)(tally->first - nodes));
    if (section != NULL)
        return indent_it(settings, section);
    if (strchr(tally->first->path, '.') == NULL && mb_key_is_name(settings->schema, tally->first->path))
        return "each needs its section above it, such as 'milvus:' or 'minio:', and to be indented below it";
    const char *hint = mb_key_hint(settings->arena, settings->schema, tally->first->path);
    return mb_text_starts_with(hint, "; ") ? hint + 2 : "see configs/backup.yaml for the keys that are";
}

bool mb_misfit_judge(struct mb_settings *settings, const struct mb_yaml_node *nodes, size_t count)
{
    struct tally tally = count_values(settings, nodes, count);

    if (tally.unknown == 0 || (tally.known > 0 && tally.other <= tally.known))
        return true;
    mb_report_add(settings->report, MB_CONFIG_PROBLEM,
                  mb_arena_printf(settings->arena, "%s:%u:%u", settings->path, tally.first->key_line,
                                  tally.first->key_column),
                  "%s: %s",
                  tally.known == 0 ? "not one key of this file is known, so nothing in it would count"
                                   : "few keys of this file are known, so most of it would count for nothing",
                  mb_settings_keep(settings, guess(settings, nodes, count, &tally)));
    return false;
}

bool mb_misfit_judge_empty(struct mb_settings *settings, const struct mb_yaml_node *nodes, size_t count,
                           bool others)
{
    struct tally tally = count_values(settings, nodes, count);

    if (*settings->path == '\0' || settings->report->problems > 0 || tally.known > 0 || tally.unknown > 0 ||
        tally.versioned)
        return true;
    for (size_t id = 0; id < MB_ID_COUNT; id++)
        others = others || settings->items[id].text != NULL;
    if (others)
        mb_report_add(settings->report, MB_CONFIG_WARNING, settings->path,
                      "the file sets nothing; only the environment and %s count", settings->words.overrides);
    else
        mb_report_add(settings->report, MB_CONFIG_PROBLEM, settings->path,
                      "the file sets nothing; fill it in, or %s to go by the environment, %s and defaults",
                      settings->words.no_file, settings->words.overrides);
    return others;
}

/* ---------------------------------------------------------------- placeholders */

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* "${NAME...}", "$(NAME)" or "{{ ... }}" at text: its length, else 0. */
static size_t placeholder_length(const char *text)
{
    const char *end = NULL;

    if (text[0] == '$' && (text[1] == '{' || text[1] == '(') && is_name(text[2]))
        end = strchr(text, text[1] == '{' ? '}' : ')');
    else if (mb_text_starts_with(text, "{{") && (end = strstr(text, "}}")) != NULL)
        end++;
    return end != NULL ? (size_t)(end - text) + 1 : 0;
}

/* A secret may look like anything, so it must be one placeholder and nothing else. */
static bool is_placeholder(const char *text, bool secret)
{
    if (secret)
        return *text != '\0' && placeholder_length(text) == strlen(text);
    if (strcmp(text, "<no value>") == 0)
        return true;
    for (; *text != '\0'; text++)
        if (placeholder_length(text) > 0)
            return true;
    return false;
}

static bool is_left(const struct mb_setting *setting, bool secret)
{
    bool left = !setting->is_list && is_placeholder(setting->text, secret);

    for (size_t i = 0; i < setting->list.count; i++)
        left = left || is_placeholder(setting->list.items[i], secret);
    return left;
}

#define NOT_FILLED_IN "is a placeholder of a template that was not filled in; put the value there"

void mb_misfit_placeholders(struct mb_settings *settings)
{
    for (size_t id = 0; id < MB_ID_COUNT; id++) {
        struct mb_setting *setting = &settings->items[id];
        bool secret = (mb_config_options[id].flags & MB_OPTION_SECRET) != 0;
        if (setting->text == NULL || setting->source == MB_FROM_SET || !is_left(setting, secret))
            continue;
        mb_settings_problem(settings, id, "%s " NOT_FILLED_IN,
                            secret || setting->is_list ? "the value"
                                                       : mb_quote(settings->arena, setting->text));
        setting->text = NULL;
    }
    for (size_t i = 0; i < settings->free_count; i++) {
        const struct mb_setting *setting = &settings->free[i].setting;
        if (setting->source != MB_FROM_SET && is_left(setting, true))
            mb_report_add(settings->report, MB_CONFIG_PROBLEM, mb_setting_where(settings, setting),
                          "the value of %s " NOT_FILLED_IN, settings->free[i].name);
    }
}
