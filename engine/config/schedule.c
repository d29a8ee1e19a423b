#include "config/schedule.h"

#include "base/arena.h"
#include "calendar/cron.h"
#include "calendar/pattern.h"
#include "calendar/pause.h"
#include "calendar/span.h"
#include "config/key.h"
#include "config/schedule_key.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MAX_SCHEDULES = 100, MAX_NAME = 64, MAX_BACKUP_NAME = 128, MAX_KEPT = 100000, MAX_RETRIES = 100 };

/* One entry while it is read. */
struct entry {
    struct mb_settings *settings;
    const struct mb_yaml_node *node;
    const struct mb_yaml_node *given[MB_SCHEDULE_KEYS]; /* NULL for what is not set */
    struct mb_config_schedule out;
};

static const char *place(const struct mb_settings *settings, unsigned line, unsigned column)
{
    return mb_arena_printf(settings->arena, "%s:%u:%u", settings->path, line, column);
}

/* About a key, or about the whole entry where that is not set. */
static void MB_PRINTF(3, 4) problem(struct entry *entry, enum mb_schedule_key key, const char *fmt, ...)
{
    const struct mb_yaml_node *node = entry->given[key] != NULL ? entry->given[key] : entry->node;
    const char *of = entry->given[MB_SCHEDULE_NAME] != NULL ? entry->given[MB_SCHEDULE_NAME]->text : "";
    const char *where = place(entry->settings, node->line, node->column);
    va_list args;

    where = *of != '\0' ? mb_arena_printf(entry->settings->arena, "%s: %s of schedule %s", where,
                                          mb_schedule_keys[key].name, mb_quote(entry->settings->arena, of))
                        : mb_arena_printf(entry->settings->arena, "%s: %s of a schedule", where,
                                          mb_schedule_keys[key].name);
    va_start(args, fmt);
    mb_report_vadd(entry->settings->report, MB_CONFIG_PROBLEM, where, fmt, args);
    va_end(args);
}

/* ------------------------------------------------------------ what is given */

static void unknown(struct entry *entry, const struct mb_yaml_node *node, const char *name)
{
    const char *names[MB_SCHEDULE_KEYS];

    for (size_t key = 0; key < MB_SCHEDULE_KEYS; key++)
        names[key] = mb_schedule_keys[key].name;
    const char *nearest = mb_text_nearest(name, names, MB_SCHEDULE_KEYS);
    for (size_t key = 0; key < MB_SCHEDULE_KEYS && nearest == NULL; key++) {
        const char *dot = strchr(names[key], '.');
        if (dot != NULL && mb_text_equal_nocase(dot + 1, name))
            nearest = names[key];
    }
    mb_report_add(entry->settings->report, MB_CONFIG_PROBLEM,
                  place(entry->settings, node->key_line, node->key_column), "a schedule has no key %s%s%s%s",
                  mb_quote(entry->settings->arena, name), nearest != NULL ? "; did you mean " : "",
                  nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
}

static void take(struct entry *entry, const struct mb_yaml_node *node, const char *name)
{
    bool retention = mb_text_equal_nocase(name, "retention");

    if (retention && (node->kind == MB_YAML_MAP || node->kind == MB_YAML_NULL))
        return;
    for (size_t key = 0; key < MB_SCHEDULE_KEYS; key++) {
        if (!mb_text_equal_nocase(mb_schedule_keys[key].name, name))
            continue;
        bool list = node->kind == MB_YAML_LIST;
        entry->given[key] = node->kind == MB_YAML_NULL ? NULL : node;
        if (node->kind == MB_YAML_MAP || (list && mb_schedule_keys[key].type != MB_KEY_LIST)) {
            problem(entry, (enum mb_schedule_key)key, "takes one value");
            entry->given[key] = NULL;
        }
        return;
    }
    unknown(entry, node, name);
}

static const char *text_of(const struct entry *entry, enum mb_schedule_key key, const char *def)
{
    return entry->given[key] != NULL ? entry->given[key]->text : def;
}

static bool is_named(const char *text, const char *others)
{
    for (; isalnum((unsigned char)*text) || (*text != '\0' && strchr(others, *text) != NULL); text++)
        continue;
    return *text == '\0';
}

static void resolve_name(struct entry *entry)
{
    const char *name = text_of(entry, MB_SCHEDULE_NAME, "");

    entry->out.name = name;
    if (entry->given[MB_SCHEDULE_NAME] == NULL)
        problem(entry, MB_SCHEDULE_NAME, "is missing");
    else if (*name == '\0' || strlen(name) > MAX_NAME || !is_named(name, "_-"))
        problem(entry, MB_SCHEDULE_NAME, "takes 1 to %d letters, digits, '_' and '-'", MAX_NAME);
}

static void resolve_cron(struct entry *entry)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_cron cron;

    entry->out.cron = text_of(entry, MB_SCHEDULE_CRON, "");
    if (entry->given[MB_SCHEDULE_CRON] == NULL)
        problem(entry, MB_SCHEDULE_CRON,
                "is missing; it says when, as in \"0 3 * * *\" for three each night");
    else if (mb_cron_parse(entry->out.cron, &cron, &error) != MB_OK)
        problem(entry, MB_SCHEDULE_CRON, "cannot be read: %s", error.message);
}

static void resolve_zone(struct entry *entry)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_zone *zone = NULL;

    entry->out.timezone = text_of(entry, MB_SCHEDULE_TIMEZONE, "UTC");
    if (mb_zone_open(&zone, entry->out.timezone, &error) != MB_OK)
        problem(entry, MB_SCHEDULE_TIMEZONE, "cannot be used: %s", error.message);
    mb_zone_close(zone);
}

/* "nightly-1" backs up to "nightly_1_20261128_030000". */
static const char *default_pattern(struct entry *entry)
{
    char *pattern = mb_arena_printf(entry->settings->arena, "%s%s_%%Y%%m%%d_%%H%%M%%S",
                                    isdigit((unsigned char)*entry->out.name) ? "_" : "", entry->out.name);

    for (char *c = pattern; c != NULL && *c != '\0'; c++)
        *c = *c == '-' ? '_' : *c;
    return mb_settings_keep(entry->settings, pattern);
}

static void resolve_backup_name(struct entry *entry)
{
    struct mb_error error = MB_ERROR_INIT;
    const char *given = text_of(entry, MB_SCHEDULE_BACKUP_NAME, NULL);

    entry->out.backup_name = given != NULL ? given : default_pattern(entry);
    if (given == NULL)
        return;
    if (mb_pattern_check(given, &error) != MB_OK)
        problem(entry, MB_SCHEDULE_BACKUP_NAME, "cannot be used: %s", error.message);
    else if (!is_named(given, "_%") || isdigit((unsigned char)*given) || *given == '%' ||
             strlen(given) > MAX_BACKUP_NAME / 2)
        problem(entry, MB_SCHEDULE_BACKUP_NAME,
                "is %s, which makes no names of backups: these begin with a letter or an underscore and have "
                "letters, digits and underscores, as in nightly_%%Y%%m%%d_%%H%%M%%S",
                mb_quote(entry->settings->arena, given));
}

/* ------------------------------------------------------------- what and how */

/* A text is split at commas. */
static struct mb_strings list_of(struct entry *entry, enum mb_schedule_key key)
{
    const struct mb_yaml_node *node = entry->given[key];
    struct mb_strings list = {0};

    if (node == NULL)
        return list;
    if (node->kind == MB_YAML_LIST)
        return node->list;
    for (const char *text = node->text; *text != '\0';) {
        size_t len = strcspn(text, ",");
        const char *item = text + strspn(text, " ");
        const char *end = text + len;
        while (end > item && end[-1] == ' ')
            end--;
        if (end > item &&
            !mb_strings_add(&list, entry->settings->arena,
                            mb_arena_strndup(entry->settings->arena, item, (size_t)(end - item))))
            mb_settings_keep(entry->settings, NULL);
        text += len + (text[len] == ',');
    }
    return list;
}

static void resolve_selection(struct entry *entry)
{
    static const enum mb_schedule_key keys[] = {MB_SCHEDULE_FILTER, MB_SCHEDULE_COLLECTIONS,
                                                MB_SCHEDULE_DATABASES};
    const char *first = NULL;

    for (size_t i = 0; i < 3; i++) {
        if (entry->given[keys[i]] == NULL)
            continue;
        if (first != NULL)
            problem(entry, keys[i], "cannot be given beside %s; filter takes all of it: \"coll,db.*\"",
                    first);
        first = mb_schedule_keys[keys[i]].name;
    }
    entry->out.filter = text_of(entry, MB_SCHEDULE_FILTER, "");
    entry->out.collections = list_of(entry, MB_SCHEDULE_COLLECTIONS);
    entry->out.databases = list_of(entry, MB_SCHEDULE_DATABASES);
}

static void resolve_strategy(struct entry *entry)
{
    static const char *const names[] = {[MB_CONFIG_STRATEGY_DEFAULT] = "",
                                        [MB_CONFIG_STRATEGY_META_ONLY] = "meta_only",
                                        [MB_CONFIG_STRATEGY_SKIP_FLUSH] = "skip_flush",
                                        [MB_CONFIG_STRATEGY_SERIAL_FLUSH] = "serial_flush",
                                        [MB_CONFIG_STRATEGY_BULK_FLUSH] = "bulk_flush"};
    const char *text = text_of(entry, MB_SCHEDULE_STRATEGY, "");

    entry->out.strategy_name = text;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (mb_text_equal_nocase(text, names[i])) {
            entry->out.strategy = (enum mb_config_strategy)i;
            entry->out.strategy_name = names[i];
            return;
        }
    problem(entry, MB_SCHEDULE_STRATEGY, "is %s; it takes meta_only, skip_flush, serial_flush or bulk_flush",
            mb_quote(entry->settings->arena, text));
}

static void resolve_format(struct entry *entry)
{
    static const char *const names[] = {[MB_CONFIG_FORMAT_AUTO] = "auto",
                                        [MB_CONFIG_FORMAT_BINLOG] = "binlog",
                                        [MB_CONFIG_FORMAT_SNAPSHOT] = "snapshot"};
    const char *text = text_of(entry, MB_SCHEDULE_FORMAT, "auto");

    entry->out.format_name = text;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (mb_text_equal_nocase(text, names[i])) {
            entry->out.format = (enum mb_config_format)i;
            entry->out.format_name = names[i];
            return;
        }
    problem(entry, MB_SCHEDULE_FORMAT, "is %s; it takes auto, binlog or snapshot",
            mb_quote(entry->settings->arena, text));
}

static void resolve_enabled(struct entry *entry)
{
    const char *text = text_of(entry, MB_SCHEDULE_ENABLED, "true");

    if (!mb_text_to_bool(text, &entry->out.enabled))
        problem(entry, MB_SCHEDULE_ENABLED, "is %s; it takes true or false",
                mb_quote(entry->settings->arena, text));
}

static void resolve_retries(struct entry *entry)
{
    struct mb_error error = MB_ERROR_INIT;
    const char *text = text_of(entry, MB_SCHEDULE_RETRIES, "2");
    int64_t value = 0;

    if (!mb_text_to_int64(text, &value) || value < 0 || value > MAX_RETRIES)
        problem(entry, MB_SCHEDULE_RETRIES, "is %s; it takes a number from 0 (none) to %d",
                mb_quote(entry->settings->arena, text), MAX_RETRIES);
    entry->out.retries = (unsigned)value;
    entry->out.retry_after = text_of(entry, MB_SCHEDULE_RETRY_AFTER, "10min");
    if (mb_pause_parse(entry->out.retry_after, &entry->out.retry_seconds, &error) != MB_OK)
        problem(entry, MB_SCHEDULE_RETRY_AFTER, "is %s; %s",
                mb_quote(entry->settings->arena, entry->out.retry_after), error.message);
}

static unsigned number_of(struct entry *entry, enum mb_schedule_key key)
{
    const char *text = text_of(entry, key, "0");
    int64_t value = 0;

    if (mb_text_to_int64(text, &value) && value >= 0 && value <= MAX_KEPT)
        return (unsigned)value;
    problem(entry, key, "is %s; it takes a number of backups", mb_quote(entry->settings->arena, text));
    return 0;
}

static void resolve_retention(struct entry *entry)
{
    struct mb_config_retention *out = &entry->out.retention;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_span span;

    *out = (struct mb_config_retention){.last = number_of(entry, MB_SCHEDULE_KEEP_LAST),
                                        .daily = number_of(entry, MB_SCHEDULE_KEEP_DAILY),
                                        .weekly = number_of(entry, MB_SCHEDULE_KEEP_WEEKLY),
                                        .monthly = number_of(entry, MB_SCHEDULE_KEEP_MONTHLY),
                                        .within = text_of(entry, MB_SCHEDULE_KEEP_WITHIN, "")};
    if (*out->within != '\0' && mb_span_parse(out->within, "keepWithin", &span, &error) != MB_OK)
        problem(entry, MB_SCHEDULE_KEEP_WITHIN, "cannot be read: %s", error.message);
}

/* Beside those before it: what one prunes is no other's. */
static void check_alone(struct entry *entry, const struct mb_config_schedule *others, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (mb_text_equal_nocase(others[i].name, entry->out.name))
            problem(entry, MB_SCHEDULE_NAME, "is that of another one, too");
        else if (strcmp(others[i].backup_name, entry->out.backup_name) == 0)
            problem(entry, MB_SCHEDULE_BACKUP_NAME,
                    "is that of schedule %s, too: retention would not tell their backups apart",
                    others[i].name);
}

/* ------------------------------------------------------------------ entries */

static void resolve_entry(struct entry *entry)
{
    entry->out.where = place(entry->settings, entry->node->line, entry->node->column);
    resolve_name(entry);
    resolve_cron(entry);
    resolve_zone(entry);
    resolve_backup_name(entry);
    resolve_selection(entry);
    resolve_strategy(entry);
    resolve_format(entry);
    resolve_enabled(entry);
    resolve_retries(entry);
    resolve_retention(entry);
}

/* Reads the entry at nodes[at] and what lies below it. */
static void read_entry(struct entry *entry, const struct mb_yaml_node *nodes, size_t count)
{
    size_t len = strlen(entry->node->path);

    for (size_t i = 0; i < count; i++)
        if (mb_key_below(nodes[i].path, entry->node->path))
            take(entry, &nodes[i], nodes[i].path + len + 1);
    resolve_entry(entry);
}

static void refuse_list(struct mb_settings *settings, const struct mb_yaml_node *node)
{
    if (node->kind == MB_YAML_TEXT || node->kind == MB_YAML_MAP || node->list.count > 0)
        mb_report_add(settings->report, MB_CONFIG_PROBLEM, place(settings, node->line, node->column),
                      MB_SCHEDULES " takes a list of sections, each beginning with '- name: ...'");
}

/* Is the node an entry: "schedules.0"? */
static bool is_entry(const struct mb_yaml_node *node)
{
    return mb_key_below(node->path, MB_SCHEDULES) &&
           strchr(node->path + strlen(MB_SCHEDULES) + 1, '.') == NULL;
}

static void add_entry(struct mb_settings *settings, const struct mb_yaml_node *node)
{
    struct entry entry = {.settings = settings, .node = node};

    read_entry(&entry, settings->nodes, settings->node_count);
    check_alone(&entry, settings->schedules, settings->schedule_count);
    if (settings->schedule_count == MAX_SCHEDULES)
        problem(&entry, MB_SCHEDULE_NAME, "is one of more than %d", MAX_SCHEDULES);
    else
        settings->schedules[settings->schedule_count++] = entry.out;
}

void mb_schedules_resolve(struct mb_settings *settings)
{
    bool list = false;

    settings->schedules = mb_arena_alloc(settings->arena, MAX_SCHEDULES, sizeof *settings->schedules);
    if (settings->schedules == NULL) {
        mb_settings_keep(settings, NULL);
        return;
    }
    for (size_t i = 0; i < settings->node_count; i++) {
        const struct mb_yaml_node *node = &settings->nodes[i];
        if (mb_text_equal_nocase(node->path, MB_SCHEDULES)) {
            list = node->kind == MB_YAML_LIST;
            refuse_list(settings, node);
        } else if (list && is_entry(node)) {
            add_entry(settings, node);
        }
    }
}
