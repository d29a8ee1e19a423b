#include "cli/parse.h"

#include "cli/commands.h"

#include <string.h>

const struct mb_flag mb_global_flags[] = {
    {.name = "config",
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct mb_global_options, config),
     .argument = "FILE",
     .help =
         "The configuration: FILE itself, $MILVUSCONF/FILE or ./configs/FILE (backup.yaml by default); '' "
         "for none."},
    {.name = "set",
     .type = MB_FLAG_CSV,
     .flags = MB_FLAG_WIPED,
     .offset = offsetof(struct mb_global_options, sets),
     .argument = "KEY=VALUE",
     .help = "Sets a key of the configuration, over the environment and the file; several are separated by "
             "commas."},
    {.name = "plugin-dir",
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct mb_global_options, plugin_dir),
     .argument = "FOLDER",
     .help = "Looks for storage drivers here first."},
    {.name = "log-level",
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct mb_global_options, log_level),
     .argument = "LEVEL",
     .choices = "error|warn|info|debug|trace",
     .help = "Least severe level that is logged, over log.level."},
    {.name = "json",
     .type = MB_FLAG_BOOL,
     .offset = offsetof(struct mb_global_options, json),
     .help = "Prints the result as JSON, and nothing else, on standard output."},
    {.name = "quiet",
     .type = MB_FLAG_BOOL,
     .offset = offsetof(struct mb_global_options, quiet),
     .help = "Prints no progress, warnings or summary on standard error; errors are still told."},
    {.name = "help",
     .letter = 'h',
     .type = MB_FLAG_BOOL,
     .offset = offsetof(struct mb_global_options, help),
     .help = "Prints the command's help."},
    {.name = "version",
     .letter = 'v',
     .type = MB_FLAG_BOOL,
     .offset = offsetof(struct mb_global_options, version),
     .help = "Prints the version."},
};

const size_t mb_global_flag_count = sizeof mb_global_flags / sizeof *mb_global_flags;

struct parser {
    struct mb_arena *arena;
    char **argv;
    int argc;
    int at; /* the next argument */
    struct mb_parsed *out;
    const char *group; /* "config", while its second word is awaited */
    struct mb_error *error;
};

static bool same_name(const char *name, const char *text, size_t len)
{
    size_t i = 0;

    for (; i < len && name[i] != '\0'; i++) {
        char a = name[i] == '-' ? '_' : name[i];
        char b = text[i] == '-' ? '_' : text[i];
        if (a != b)
            return false;
    }
    return i == len && name[i] == '\0';
}

/* By name (of len bytes), or by letter when name is NULL; *base is the struct that its value goes into. */
static const struct mb_flag *find_flag(struct parser *p, const char *name, size_t len, char letter,
                                       void **base)
{
    const struct mb_command *command = p->out->command;

    for (size_t i = 0; command != NULL && i < command->flag_count; i++) {
        const struct mb_flag *flag = &command->flags[i];
        *base = p->out->options;
        if (name != NULL ? same_name(flag->name, name, len) : flag->letter == letter)
            return flag;
    }
    for (size_t i = 0; i < mb_global_flag_count; i++) {
        const struct mb_flag *flag = &mb_global_flags[i];
        *base = &p->out->global;
        if (name != NULL ? same_name(flag->name, name, len) : flag->letter == letter)
            return flag;
    }
    return NULL;
}

static mb_status unknown_flag(struct parser *p, const char *name)
{
    const char *names[128];
    size_t count = 0;
    const struct mb_command *command = p->out->command;

    for (size_t i = 0; command != NULL && i < command->flag_count && count < 64; i++)
        if ((command->flags[i].flags & MB_FLAG_HIDDEN) == 0)
            names[count++] = command->flags[i].name;
    for (size_t i = 0; i < mb_global_flag_count; i++)
        names[count++] = mb_global_flags[i].name;
    const char *nearest = mb_text_nearest(name, names, count);
    const char *where = command != NULL ? command->name : "milvus-backup";
    if (nearest != NULL)
        return mb_fail(p->error, MB_E_INVALID, "%s has no flag --%s; did you mean --%s?", where, name,
                       nearest);
    return mb_fail(p->error, MB_E_INVALID, "%s has no flag --%s; `milvus-backup%s%s --help` lists them",
                   where, name, command != NULL ? " " : "", command != NULL ? command->name : "");
}

static mb_status append(struct mb_arena *arena, struct mb_strings *list, const char *item,
                        struct mb_error *error)
{
    return mb_strings_add(list, arena, item) ? MB_OK : mb_fail_memory(error);
}

mb_status mb_parse_csv(struct mb_arena *arena, const char *text, struct mb_strings *out,
                       struct mb_error *error)
{
    char *item = mb_arena_alloc(arena, strlen(text) + 1, 1);
    size_t len = 0;
    bool quoted = *text == '"';

    if (item == NULL)
        return mb_fail_memory(error);
    for (const char *c = text + quoted;; c++) {
        if (*c == '\0' || (*c == ',' && !quoted)) {
            if (quoted)
                return mb_fail(error, MB_E_INVALID, "a quote is opened and not closed");
            MB_TRY(append(arena, out, mb_arena_strndup(arena, item, len), error));
            if (*c == '\0')
                return MB_OK;
            len = 0;
            quoted = c[1] == '"';
            c += quoted;
        } else if (quoted && c[0] == '"' && c[1] == '"') {
            item[len++] = *++c;
        } else if (quoted && c[0] == '"') {
            quoted = false;
        } else {
            item[len++] = *c;
        }
    }
}

static bool is_choice(const char *choices, const char *value)
{
    size_t len = strlen(value);

    for (const char *at = choices;; at++) {
        size_t n = strcspn(at, "|");
        if (n == len && memcmp(at, value, n) == 0)
            return true;
        at += n;
        if (*at == '\0')
            return false;
    }
}

/* Hides what stands after the '=' of --set from whoever looks at the list of processes. */
static void wipe(char *value)
{
    char *equals = strchr(value, '=');

    for (char *c = equals != NULL ? equals + 1 : value; *c != '\0'; c++)
        *c = '*';
}

static mb_status store(struct parser *p, const struct mb_flag *flag, void *base, char *value)
{
    char *field = (char *)base + flag->offset;

    if (flag->choices != NULL && *value != '\0' && !is_choice(flag->choices, value))
        return mb_fail(p->error, MB_E_INVALID, "--%s is '%s'; it takes one of %s", flag->name, value,
                       flag->choices);
    if (flag->deprecated != NULL) {
        const char *text = mb_arena_printf(p->arena, "--%s is going away: %s", flag->name, flag->deprecated);
        MB_TRY(append(p->arena, &p->out->warnings, text, p->error));
    }
    switch (flag->type) {
    case MB_FLAG_BOOL:
        if (!mb_text_to_bool(value, (bool *)(void *)field))
            return mb_fail(p->error, MB_E_INVALID, "--%s is '%s', which is neither true nor false",
                           flag->name, value);
        break;
    case MB_FLAG_TEXT:
    case MB_FLAG_OPTIONAL_TEXT:
        *(const char **)(void *)field = value;
        break;
    case MB_FLAG_CSV:
        if (mb_parse_csv(p->arena, value, (struct mb_strings *)(void *)field, p->error) != MB_OK)
            return mb_error_context(p->error, "--%s", flag->name);
        break;
    }
    if ((flag->flags & MB_FLAG_WIPED) != 0)
        wipe(value);
    return MB_OK;
}

/* The flag's value is in_place, or else the next argument. */
static mb_status take(struct parser *p, const struct mb_flag *flag, void *base, char *in_place)
{
    static char yes[] = "true";
    static char nothing[] = "";

    if (in_place != NULL)
        return store(p, flag, base, in_place);
    if (flag->type == MB_FLAG_BOOL)
        return store(p, flag, base, yes);
    if (flag->type == MB_FLAG_OPTIONAL_TEXT)
        return store(p, flag, base, nothing);
    if (p->at == p->argc)
        return mb_fail(p->error, MB_E_INVALID, "--%s needs a value: --%s %s", flag->name, flag->name,
                       flag->argument);
    return store(p, flag, base, p->argv[p->at++]);
}

static mb_status parse_long(struct parser *p, char *text)
{
    size_t len = strcspn(text, "=");
    char *value = text[len] == '=' ? text + len + 1 : NULL;
    void *base;
    const struct mb_flag *flag = find_flag(p, text, len, 0, &base);

    if (flag == NULL) {
        const char *name = mb_arena_strndup(p->arena, text, len);
        return name != NULL ? unknown_flag(p, name) : mb_fail_memory(p->error);
    }
    return take(p, flag, base, value);
}

/* "-nNAME", "-n=NAME", "-n NAME", "-fa". */
static mb_status parse_letters(struct parser *p, char *text)
{
    for (char *c = text; *c != '\0'; c++) {
        void *base;
        const struct mb_flag *flag = find_flag(p, NULL, 0, *c, &base);
        const char *where = p->out->command != NULL ? p->out->command->name : "milvus-backup";
        if (flag == NULL)
            return mb_fail(p->error, MB_E_INVALID, "%s has no flag -%c", where, *c);
        if (c[1] == '=')
            return take(p, flag, base, c + 2);
        if (flag->type != MB_FLAG_BOOL && flag->type != MB_FLAG_OPTIONAL_TEXT)
            return take(p, flag, base, c[1] != '\0' ? c + 1 : NULL);
        MB_TRY(take(p, flag, base, NULL));
    }
    return MB_OK;
}

static mb_status choose(struct parser *p, const char *name)
{
    const struct mb_command *command = mb_command_find(name);

    if (command == NULL) {
        const char *nearest = mb_command_nearest(name);
        return mb_fail(p->error, MB_E_INVALID, "there is no command '%s'; %s%s%s", name,
                       nearest != NULL ? "did you mean '" : "`milvus-backup --help` lists them",
                       nearest != NULL ? nearest : "", nearest != NULL ? "'?" : "");
    }
    p->out->command = command;
    p->out->options = mb_arena_alloc(p->arena, 1, command->options_size + 1);
    return p->out->options != NULL ? MB_OK : mb_fail_memory(p->error);
}

/* The first word names the command; the next may be the second half of its name; the rest are arguments. */
static mb_status parse_word(struct parser *p, const char *word)
{
    const struct mb_command *command = p->out->command;
    const char *both = p->group != NULL ? mb_arena_printf(p->arena, "%s %s", p->group, word) : NULL;

    if (command == NULL && p->group == NULL && mb_command_is_group(word)) {
        p->group = word;
        return mb_command_find(word) != NULL ? choose(p, word) : MB_OK;
    }
    if (both != NULL && (command == NULL || mb_command_find(both) != NULL)) {
        p->group = NULL;
        return choose(p, both);
    }
    p->group = NULL;
    if (command == NULL)
        return choose(p, word);
    if (p->out->arguments.count == command->max_arguments)
        return mb_fail(p->error, MB_E_INVALID,
                       "%s takes no argument '%s'; `milvus-backup %s --help` shows how", command->name, word,
                       command->name);
    return append(p->arena, &p->out->arguments, word, p->error);
}

static mb_status check_complete(struct parser *p)
{
    const struct mb_command *command = p->out->command;

    if (p->out->global.help || p->out->global.version)
        return MB_OK;
    if (command == NULL && p->group != NULL)
        return mb_fail(p->error, MB_E_INVALID, "%s needs a second word; `milvus-backup --help` lists them",
                       p->group);
    if (command == NULL)
        return mb_fail(p->error, MB_E_INVALID, "no command; `milvus-backup --help` lists them");
    for (size_t i = 0; i < command->flag_count; i++) {
        const struct mb_flag *flag = &command->flags[i];
        const char *value = NULL;
        if (flag->type == MB_FLAG_TEXT)
            value = *(const char **)(void *)((char *)p->out->options + flag->offset);
        if ((flag->flags & MB_FLAG_REQUIRED) != 0 && (value == NULL || *value == '\0'))
            return mb_fail(p->error, MB_E_INVALID, "%s needs --%s %s", command->name, flag->name,
                           flag->argument);
    }
    return MB_OK;
}

mb_status mb_parse(struct mb_arena *arena, int argc, char **argv, struct mb_parsed *out,
                   struct mb_error *error)
{
    struct parser p = {.arena = arena, .argv = argv, .argc = argc, .at = 1, .out = out, .error = error};
    bool only_words = false;

    *out = (struct mb_parsed){.global = {.config = "backup.yaml"}};
    while (p.at < argc) {
        char *text = argv[p.at++];
        if (only_words || text[0] != '-' || text[1] == '\0')
            MB_TRY(parse_word(&p, text));
        else if (strcmp(text, "--") == 0)
            only_words = true;
        else if (text[1] == '-')
            MB_TRY(parse_long(&p, text + 2));
        else
            MB_TRY(parse_letters(&p, text + 1));
    }
    return check_complete(&p);
}
