#include "config/migrate.h"

#include "base/arena.h"
#include "config/collect.h"
#include "config/key.h"
#include "config/migrated_key.h"
#include "config/migrated_text.h"
#include "config/schedule.h"
#include "config/typed.h"

#include <stdlib.h>
#include <string.h>

struct work {
    struct mb_settings *settings;
    const struct mb_config_kept *kept;
    struct mb_migrated *out;
    struct mb_migrated_text text;
    const char *found[MB_ID_COUNT]; /* what schema v2 will find for each option */
};

static void MB_PRINTF(2, 3) warn(struct work *w, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    mb_report_vadd(w->settings->report, MB_CONFIG_WARNING, NULL, fmt, args);
    va_end(args);
}

/* --------------------------------------------------------------- variables */

static const char *variable(size_t id, unsigned schema)
{
    return mb_config_options[id].environment[schema - 1];
}

static void rename_variable(struct work *w, const char *from, const char *to)
{
    for (size_t i = 0; i < w->out->name_count; i++)
        if (strcmp(w->out->names[i].from, from) == 0 && strcmp(w->out->names[i].to, to) == 0)
            return;
    w->out->names[w->out->name_count++] = (struct mb_migrated_name){.from = from, .to = to};
}

/* What the environment said with the old names. */
static void tell_variable(struct work *w, size_t id)
{
    const struct mb_setting *setting = &w->settings->items[id];
    const char *now = variable(id, 2);

    if (now == NULL)
        warn(w, "environment variable %s is not read with schema v2: its value stands in the file as %s",
             setting->key, mb_config_options[id].name[1]);
    else if (strcmp(now, setting->key) != 0)
        rename_variable(w, setting->key, now);
}

/* What it says already with the new ones, of which nobody has taken notice so far. */
static void tell_new_variables(struct work *w)
{
    for (size_t id = 0; id < MB_ID_COUNT; id++) {
        const char *before = variable(id, 1), *now = variable(id, 2);
        if (now != NULL && (before == NULL || strcmp(before, now) != 0) &&
            mb_environment_get(w->kept->environment, now) != NULL)
            warn(w,
                 "environment variable %s is set, which schema v1 does not read: with the new file it "
                 "outranks %s",
                 now, mb_config_options[id].name[1]);
    }
}

/* -------------------------------------------------------------------- keys */

static bool is_utf8(const char *text)
{
    for (size_t rest = strlen(text), len; rest > 0; text += len, rest -= len)
        if ((len = mb_text_character(text, rest)) == 0)
            return false;
    return true;
}

/* Where the value was, if that is worth telling. */
static const char *origin_of(struct work *w, size_t id)
{
    const struct mb_setting *setting = &w->settings->items[id];

    if (setting->source == MB_FROM_ENVIRONMENT)
        return mb_arena_printf(w->out->arena, "environment variable %s", setting->key);
    if (setting->source == MB_FROM_FILE &&
        !mb_text_equal_nocase(setting->key, mb_config_options[id].name[1]) && mb_text_is_plain(setting->key))
        return setting->key;
    return NULL;
}

static void put_line(struct work *w, const char *key, const struct mb_migrated_line *parts)
{
    struct mb_migrated_line line = *parts;
    const char *dot = strrchr(key, '.');

    line.section = mb_settings_keep(
        w->settings, mb_arena_strndup(w->out->arena, key, dot != NULL ? (size_t)(dot - key) : 0));
    line.name = dot != NULL ? dot + 1 : key;
    mb_migrated_text_put(&w->text, &line);
}

static void put(struct work *w, size_t id)
{
    const struct mb_config_option *option = &mb_config_options[id];

    put_line(w, option->name[1],
             &(struct mb_migrated_line){.help = option->help,
                                        .value = mb_migrated_yaml(w->settings, id),
                                        .origin = origin_of(w, id)});
}

static void put_left_to_environment(struct work *w, size_t id)
{
    const char *origin = mb_arena_printf(w->out->arena, "from the environment variable %s", variable(id, 2));
    put_line(w, mb_config_options[id].name[1], &(struct mb_migrated_line){.origin = origin});
}

/* A value that was given for this very option, and that nobody reads any more.  Files as they are shipped
 * carry empty values and the ones of every manual for all kinds of storage. */
static void tell_unused(struct work *w, size_t id)
{
    const struct mb_setting *setting = &w->settings->items[id];
    bool common = *setting->text == '\0' || strcmp(setting->text, "minioadmin") == 0;

    if (id == MB_ID_USER || id == MB_ID_PASSWORD || !mb_setting_explicit(setting) || common ||
        mb_migrated_elsewhere(w->settings, id) || mb_config_options[id].name[0] == NULL)
        return;
    mb_settings_warn(w->settings, id, "is left out: storage and credentials of this kind do not use it");
}

static void migrate_option(struct work *w, size_t id)
{
    const struct mb_config_option *option = &mb_config_options[id];
    const struct mb_setting *setting = &w->settings->items[id];

    if (option->name[1] == NULL)
        return;
    const char *value = mb_migrated_value(w->settings, id);
    w->found[id] = mb_option_inherits(id, 2) ? w->found[id - MB_FIELD_COUNT] : option->def;
    if (!mb_migrated_applies(w->settings, id)) {
        tell_unused(w, id);
        return;
    }
    bool changed = mb_setting_explicit(setting) || strcmp(value, w->found[id]) != 0;
    if (!changed && id != MB_ID_BACKUP_STORAGE + MB_FIELD_ROOT_PATH)
        return;
    bool from_environment = setting->source == MB_FROM_ENVIRONMENT;
    if (from_environment && !is_utf8(value)) {
        mb_settings_warn(w->settings, id, "is left out: it is no UTF-8, which is all that a file can hold");
        return;
    }
    w->found[id] = value;
    if (from_environment)
        tell_variable(w, id);
    if (from_environment && (option->flags & MB_OPTION_SECRET) != 0 && variable(id, 2) != NULL)
        put_left_to_environment(w, id);
    else
        put(w, id);
}

static void migrate_free(struct work *w, unsigned side)
{
    for (size_t i = 0; i < w->settings->free_count; i++) {
        const struct mb_free_setting *option = &w->settings->free[i];
        if (option->side != side)
            continue;
        mb_migrated_text_put(
            &w->text, &(struct mb_migrated_line){
                          .section = mb_free_maps[1][side],
                          .name = option->name,
                          .value = mb_settings_keep(w->settings,
                                                    mb_migrated_quote(w->out->arena, option->setting.text))});
    }
}

/* --------------------------------------------------- what cannot be carried over */

static void tell_credentials(struct work *w)
{
    const struct mb_setting *user = &w->settings->items[MB_ID_USER],
                            *password = &w->settings->items[MB_ID_PASSWORD];

    if (mb_settings_bool(w->settings, MB_ID_AUTHORIZATION) ||
        (*user->text == '\0' && *password->text == '\0'))
        return;
    mb_settings_warn(
        w->settings, MB_ID_AUTHORIZATION,
        "is false, which schema v2 has no key for: milvus.user and milvus.password are left out, "
        "since they would be sent");
    for (size_t id = MB_ID_USER; id <= MB_ID_PASSWORD; id++)
        if (w->settings->items[id].source == MB_FROM_ENVIRONMENT)
            warn(w, "unset the environment variable %s, which schema v2 reads and sends", variable(id, 2));
}

static void tell_old_keys(struct work *w)
{
    for (size_t i = 0; i < w->settings->node_count; i++) {
        const struct mb_yaml_node *node = &w->settings->nodes[i];
        const struct mb_old_key *old = mb_key_find_old(1, node->path);
        if (old != NULL && node->kind != MB_YAML_NULL)
            warn(w, "%s:%u:%u: %s is left out: it %s", w->settings->path, node->key_line, node->key_column,
                 old->name, old->note != NULL ? old->note : "has no effect any more");
    }
}

static void tell_losses(struct work *w)
{
    const struct mb_setting *root = &w->settings->items[MB_ID_BACKUP_STORAGE + MB_FIELD_ROOT_PATH];

    tell_old_keys(w);
    if (!mb_settings_bool(w->settings, MB_ID_HTTP_ENABLED))
        mb_settings_warn(w->settings, MB_ID_HTTP_ENABLED,
                         "is left out: schema v2 has no such key, and the server command runs");
    tell_credentials(w);
    if (root->source == MB_FROM_DEFAULT)
        warn(
            w,
            "minio.backupRootPath is not set and becomes 'backup'; releases 0.5 and later of the Go program "
            "kept backups under minio.rootPath ('%s'), so set backup.storage.rootPath to that to find theirs",
            mb_settings_text(w->settings, MB_ID_MILVUS_STORAGE + MB_FIELD_ROOT_PATH));
    tell_new_variables(w);
}

/* ------------------------------------------------------------------- result */

/* The environment as it has to be for the new file. */
static const char *const *renamed_environment(struct work *w)
{
    size_t count = 0, n = 0;
    while (w->kept->environment[count] != NULL)
        count++;
    const char **all = mb_arena_alloc(w->out->arena, count + w->out->name_count + 1, sizeof *all);
    for (size_t i = 0; all != NULL && i < w->out->name_count; i++) {
        const struct mb_migrated_name *name = &w->out->names[i];
        all[n++] = mb_settings_keep(w->settings,
                                    mb_arena_printf(w->out->arena, "%s=%s", name->to,
                                                    mb_environment_get(w->kept->environment, name->from)));
    }
    for (size_t i = 0; all != NULL && i < count; i++)
        all[n++] = w->kept->environment[i];
    return all;
}

/* Loads the new file; why that fails becomes warnings. */
static mb_status try_result(struct work *w, const struct mb_config_sources *sources, struct mb_error *error)
{
    struct mb_config_kept kept = {.path = "the new file",
                                  .text = w->out->text,
                                  .len = w->out->len,
                                  .environment = renamed_environment(w),
                                  .folder = w->kept->folder};
    const struct mb_config like = {.kept = &kept};
    const struct mb_config_sources own = {.like = &like, .words = sources->words};
    struct mb_config_report report = {0};
    struct mb_error refusal = MB_ERROR_INIT;
    struct mb_config *config = NULL;

    if (kept.environment == NULL)
        return mb_fail_memory(error);
    mb_status status = mb_config_load(&config, &own, &report, &refusal);
    mb_config_free(config);
    if (status != MB_OK && (w->out->fault = mb_arena_strdup(w->out->arena, refusal.message)) == NULL)
        status = mb_fail_memory(error);
    for (size_t i = 0; i < report.count; i++)
        if (report.items[i].kind == MB_CONFIG_PROBLEM)
            warn(w, "%s", report.items[i].text);
    mb_config_report_done(&report);
    return status == MB_E_NO_MEMORY ? status : MB_OK;
}

static mb_status write_text(struct work *w, struct mb_error *error)
{
    mb_migrated_text_begin(&w->text, w->settings->path);
    for (size_t id = 0; id < MB_ID_COUNT; id++) {
        migrate_option(w, id);
        if (id == MB_ID_BACKUP_STORAGE - 1 || id == MB_ID_BACKUP_COLLECTIONS - 1)
            migrate_free(w, id >= MB_ID_BACKUP_STORAGE);
    }
    mb_schedules_resolve(w->settings);
    mb_migrated_text_schedules(&w->text, w->settings);
    MB_TRY(mb_buf_check(&w->text.out, "the new file", error));
    w->out->len = w->text.out.len;
    w->out->text = mb_buf_steal(&w->text.out);
    return w->out->text != NULL ? MB_OK : mb_fail_memory(error);
}

static mb_status begin(struct work *w, const struct mb_config_sources *sources,
                       struct mb_config_report *report, struct mb_error *error)
{
    struct mb_config_sources own = *sources;
    struct mb_config_kept *kept = mb_arena_alloc(w->out->arena, 1, sizeof *kept);

    w->out->names = mb_arena_alloc(w->out->arena, MB_ID_COUNT, sizeof *w->out->names);
    if (kept == NULL || w->out->names == NULL)
        return mb_fail_memory(error);
    if (*sources->path == '\0')
        return mb_fail(error, MB_E_INVALID, "there is no file to migrate; name one");
    own.set_count = 0;
    MB_TRY(mb_config_keep(w->out->arena, &own, kept, error));
    w->kept = kept;
    w->out->path = kept->path;
    return mb_settings_begin(w->out->arena, report, kept, &sources->words, &w->settings, error);
}

static mb_status migrate(struct work *w, const struct mb_config_sources *sources,
                         struct mb_config_report *report, struct mb_error *error)
{
    MB_TRY(begin(w, sources, report, error));
    bool collected = mb_settings_collect(w->settings, w->kept);
    if (w->settings->schema == 2)
        return mb_fail(error, MB_E_INVALID, "%s is already a v2 config", w->out->path);
    if (collected && report->problems == 0) {
        tell_losses(w);
        MB_TRY(write_text(w, error));
    }
    MB_TRY(mb_report_status(report, error));
    return try_result(w, sources, error);
}

mb_status mb_config_migrate(struct mb_migrated **out, const struct mb_config_sources *sources,
                            struct mb_config_report *report, struct mb_error *error)
{
    MB_TRY(mb_report_init(report, error));
    struct mb_migrated *migrated = calloc(1, sizeof *migrated);
    if (migrated == NULL || (migrated->arena = mb_arena_new()) == NULL) {
        mb_migrated_free(migrated);
        return mb_fail_memory(error);
    }
    struct work w = {.out = migrated};
    mb_status status = migrate(&w, sources, report, error);
    mb_buf_wipe(&w.text.out);
    if (status != MB_OK) {
        mb_migrated_free(migrated);
        return status;
    }
    *out = migrated;
    return MB_OK;
}

void mb_migrated_free(struct mb_migrated *migrated)
{
    if (migrated == NULL)
        return;
    if (migrated->text != NULL)
        explicit_bzero(migrated->text, migrated->len);
    free(migrated->text);
    mb_arena_free(migrated->arena);
    free(migrated);
}
