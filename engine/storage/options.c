#include "storage/options.h"

#include "base/buf.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { DEEPEST_CONDITION = 8 };

struct setting {
    struct mb_option option;
    const char *given; /* NULL when not configured */
};

struct resolving {
    const char *driver;
    struct mb_arena *arena;
    struct setting *settings;
    size_t count;
    struct mb_buf problems; /* "; " between */
    struct mb_kv *others;   /* keys that are not in the table, where they may be given; or NULL */
    size_t other_count;
    bool no_memory;
};

MB_PRINTF(2, 3)
static void add_problem(struct resolving *r, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    mb_buf_printf(&r->problems, "%s%s", r->problems.len > 0 ? "; " : "", text);
}

static struct setting *find_setting(struct resolving *r, const char *name, size_t len)
{
    for (size_t i = 0; i < r->count; i++) {
        const char *known = r->settings[i].option.name;
        if (strncmp(known, name, len) == 0 && known[len] == '\0')
            return &r->settings[i];
    }
    return NULL;
}

static void tell_unknown(struct resolving *r, const char *key)
{
    const char **names = mb_arena_alloc(r->arena, r->count, sizeof(*names));
    if (names == NULL) {
        r->no_memory = true;
        return;
    }
    for (size_t i = 0; i < r->count; i++)
        names[i] = r->settings[i].option.name;
    const char *nearest = mb_text_nearest(key, names, r->count);
    if (nearest != NULL)
        add_problem(r, "there is no option \"%.100s\", did you mean \"%s\"?", key, nearest);
    else
        add_problem(r, "there is no option \"%.100s\"", key);
}

/* What it means is for the driver that it is meant for to say. */
static void take_other(struct resolving *r, const char *key, const char *value)
{
    for (size_t i = 0; i < r->other_count; i++) {
        if (strcmp(r->others[i].key, key) == 0) {
            add_problem(r, "option \"%.100s\" is given twice", key);
            return;
        }
    }
    struct mb_kv other = {mb_arena_strdup(r->arena, key), mb_arena_strdup(r->arena, value)};
    if (other.key == NULL || other.value == NULL)
        r->no_memory = true;
    else if (value[0] != '\0')
        r->others[r->other_count++] = other;
}

static void take_given(struct resolving *r, const struct mb_kv *config, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *key = config[i].key != NULL ? config[i].key : "";
        const char *value = config[i].value != NULL ? config[i].value : "";
        struct setting *setting = find_setting(r, key, strlen(key));
        if (setting == NULL && r->others != NULL)
            take_other(r, key, value);
        else if (setting == NULL)
            tell_unknown(r, key);
        else if (setting->given != NULL)
            add_problem(r, "option \"%s\" is given twice", key);
        else if (value[0] != '\0')
            setting->given = value;
    }
}

static bool is_active(struct resolving *r, const struct setting *setting, int depth);

/* The value that conditions look at, so that "1" is "true"; NULL when there is none. */
static const char *effective(struct resolving *r, const struct setting *setting, int depth)
{
    const char *text = setting->given != NULL ? setting->given : setting->option.def;
    const char *problem;
    if (text == NULL || text[0] == '\0' || !is_active(r, setting, depth))
        return NULL;
    return mb_option_value(&setting->option, text, r->arena, &problem);
}

/* `when` is "name=value" or "name=one|another".  A circle of conditions holds nowhere. */
static bool is_active(struct resolving *r, const struct setting *setting, int depth)
{
    const char *when = setting->option.when;
    if (when == NULL || when[0] == '\0')
        return true;
    size_t len = strcspn(when, "=");
    const struct setting *other = find_setting(r, when, len);
    if (when[len] != '=' || other == NULL || depth == 0)
        return false;
    const char *value = effective(r, other, depth - 1);
    for (const char *at = when + len; value != NULL && *at != '\0';) {
        at++;
        size_t n = strcspn(at, "|");
        if (n == strlen(value) && strncasecmp(at, value, n) == 0)
            return true;
        at += n;
    }
    return false;
}

static void resolve_one(struct resolving *r, const struct setting *setting, struct mb_kv *pairs,
                        size_t *count, struct mb_log *log)
{
    const struct mb_option *option = &setting->option;
    if (!is_active(r, setting, DEEPEST_CONDITION))
        return;
    const char *text = setting->given != NULL ? setting->given : option->def;
    bool secret = (option->flags & MB_OPT_SECRET) != 0;
    if (text == NULL || text[0] == '\0') {
        if ((option->flags & MB_OPT_REQUIRED) != 0)
            add_problem(r, "option \"%s\" is required%s%s", option->name,
                        option->when != NULL ? " with " : "", option->when != NULL ? option->when : "");
        return;
    }
    const char *problem = NULL;
    const char *value = mb_option_value(option, text, r->arena, &problem);
    if (secret)
        mb_log_hide(log, text);
    if (problem != NULL && secret)
        add_problem(r, "option \"%s\" %s", option->name, problem);
    else if (problem != NULL)
        add_problem(r, "option \"%s\": \"%.100s\" %s", option->name, text, problem);
    else if (value == NULL)
        r->no_memory = true;
    else
        pairs[(*count)++] = (struct mb_kv){.key = option->name, .value = value};
}

mb_status mb_options_resolve(const struct mb_storage_plugin *plugin, const struct mb_kv *config, size_t count,
                             struct mb_log *log, struct mb_arena *arena, struct mb_kv **out,
                             size_t *out_count, struct mb_error *error)
{
    struct resolving r = {.driver = plugin->name, .arena = arena, .count = plugin->option_count};
    r.settings = mb_arena_alloc(arena, r.count, sizeof(*r.settings));
    struct mb_kv *pairs = mb_arena_alloc(arena, r.count + count, sizeof(*pairs));
    struct mb_kv *others = mb_arena_alloc(arena, count, sizeof(*others));
    if (r.settings == NULL || pairs == NULL || others == NULL)
        return mb_fail_memory(error);
    r.count = 0;
    for (uint32_t i = 0; i < plugin->option_count; i++) {
        mb_driver_option(plugin, i, &r.settings[r.count].option);
        if (strcmp(r.settings[r.count].option.name, "*") == 0)
            r.others = others;
        else
            r.count++;
    }

    mb_status status = MB_OK;
    size_t found = 0;
    mb_buf_init(&r.problems, 64u * 1024);
    take_given(&r, config, count);
    for (size_t i = 0; i < r.count; i++)
        resolve_one(&r, &r.settings[i], pairs, &found, log);
    for (size_t i = 0; i < r.other_count; i++)
        pairs[found++] = r.others[i];
    if (r.no_memory || r.problems.status == MB_E_NO_MEMORY)
        status = mb_fail_memory(error);
    else if (r.problems.len > 0)
        status = mb_fail(error, MB_E_CONFIG, "storage driver \"%s\": %s", r.driver, r.problems.data);
    mb_buf_done(&r.problems);
    if (status != MB_OK)
        return status;
    *out = pairs;
    *out_count = found;
    return MB_OK;
}
