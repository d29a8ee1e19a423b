#include "cli/commands.h"
#include "cli/context.h"

static json_t *option_json(const struct mb_driver_option_row *option)
{
    return json_pack("{s:s, s:s, s:s?, s:s?, s:s?, s:b, s:b, s:s}", "name", option->name, "type",
                     option->type, "default", option->def, "choices", option->choices, "when", option->when,
                     "required", option->required, "secret", option->secret, "help", option->help);
}

static json_t *options_json(const struct mb_driver_list *list, size_t i, size_t count)
{
    json_t *options = json_array();
    for (size_t j = 0; j < count; j++) {
        struct mb_driver_option_row option = {.struct_size = sizeof option};
        if (mb_driver_list_option(list, i, j, &option, NULL) == MB_OK)
            json_array_append_new(options, option_json(&option));
    }
    return options;
}

static json_t *capabilities_json(const struct mb_driver_entry *driver)
{
    json_t *able = json_array();
    for (size_t i = 0; i < driver->capability_count; i++)
        json_array_append_new(able, json_string(driver->capabilities[i]));
    return able;
}

static json_t *driver_json(const struct mb_driver_list *list, size_t i, const struct mb_driver_entry *driver)
{
    char abi[32];
    if (*driver->problem != '\0')
        return json_pack("{s:s, s:s, s:s}", "name", driver->name, "path", driver->path, "problem",
                         driver->problem);
    snprintf(abi, sizeof abi, "%u.%u", (unsigned)driver->abi_major, (unsigned)driver->abi_minor);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "name", driver->name, "version",
                     driver->version, "abi", abi, "description", driver->description, "thread_model",
                     driver->thread_model, "path", driver->path, "capabilities", capabilities_json(driver),
                     "options", options_json(list, i, driver->option_count));
}

static mb_status add_row(struct mb_table *table, const struct mb_driver_entry *driver, struct mb_error *error)
{
    bool loaded = *driver->problem == '\0';
    const char *abi = !loaded ? "-"
                              : mb_arena_printf(table->arena, "%u.%u", (unsigned)driver->abi_major,
                                                (unsigned)driver->abi_minor);
    if (abi == NULL)
        return mb_fail_memory(error);
    mb_table_add(table,
                 (const char *[]){driver->name, loaded && *driver->version != '\0' ? driver->version : "-",
                                  abi, loaded ? driver->thread_model : "-",
                                  loaded ? driver->description : driver->problem});
    return MB_OK;
}

static mb_status print_all(struct mb_context *context, const struct mb_driver_list *list,
                           struct mb_error *error)
{
    static const char *const headings[] = {"NAME", "VERSION", "ABI", "THREADS", "DESCRIPTION"};
    struct mb_table table;

    mb_table_init(&table, context->arena, headings, NULL, 5);
    for (size_t i = 0; i < mb_driver_list_count(list); i++) {
        struct mb_driver_entry driver = {.struct_size = sizeof driver};
        MB_TRY(mb_driver_list_at(list, i, &driver, error));
        MB_TRY(add_row(&table, &driver, error));
    }
    return mb_table_print(&table, mb_context_out(context), error);
}

static mb_status all_json(struct mb_context *context, const struct mb_driver_list *list,
                          struct mb_error *error)
{
    json_t *all = json_array();
    for (size_t i = 0; i < mb_driver_list_count(list); i++) {
        struct mb_driver_entry driver = {.struct_size = sizeof driver};
        if (mb_driver_list_at(list, i, &driver, NULL) == MB_OK)
            json_array_append_new(all, driver_json(list, i, &driver));
    }
    return mb_context_json(context, all, error);
}

/* "required, secret, with auth.type=static" */
static const char *note_of(struct mb_arena *arena, const struct mb_driver_option_row *o)
{
    bool marked = o->required || o->secret;
    return mb_arena_printf(arena, "%s%s%s%s%s", o->required ? "required" : "",
                           o->required && o->secret ? ", " : "", o->secret ? "secret" : "",
                           o->when == NULL ? ""
                           : marked        ? ", with "
                                           : "with ",
                           o->when != NULL ? o->when : "");
}

static mb_status print_options(struct mb_context *context, const struct mb_driver_list *list, size_t count,
                               FILE *out, struct mb_error *error)
{
    static const char *const headings[] = {"OPTION", "TYPE", "DEFAULT", "NOTE", "HELP"};
    struct mb_table table;

    mb_table_init(&table, context->arena, headings, NULL, 5);
    for (size_t j = 0; j < count; j++) {
        struct mb_driver_option_row o = {.struct_size = sizeof o};
        MB_TRY(mb_driver_list_option(list, 0, j, &o, error));
        const char *note = note_of(context->arena, &o);
        if (note == NULL)
            return mb_fail_memory(error);
        mb_table_add(&table, (const char *[]){o.name, o.choices != NULL ? o.choices : o.type,
                                              o.def != NULL ? o.def : "", note, o.help});
    }
    return mb_table_print(&table, out, error);
}

static mb_status print_one(struct mb_context *context, const struct mb_driver_list *list,
                           const struct mb_driver_entry *driver, struct mb_error *error)
{
    FILE *out = mb_context_out(context);

    fprintf(out, "%s: %s\n", driver->name, driver->description);
    fprintf(out, "version %s, ABI %u.%u, threads: %s\n",
            *driver->version != '\0' ? driver->version : "unknown", (unsigned)driver->abi_major,
            (unsigned)driver->abi_minor, driver->thread_model);
    fprintf(out, "file %s\ncapabilities:", driver->path);
    for (size_t i = 0; i < driver->capability_count; i++)
        fprintf(out, " %s", driver->capabilities[i]);
    fputs("\n\n", out);
    return print_options(context, list, driver->option_count, out, error);
}

static mb_status one(struct mb_context *context, const struct mb_driver_list *list, struct mb_error *error)
{
    struct mb_driver_entry driver = {.struct_size = sizeof driver};
    MB_TRY(mb_driver_list_at(list, 0, &driver, error));
    if (context->global.json)
        return mb_context_json(context, driver_json(list, 0, &driver), error);
    return print_one(context, list, &driver, error);
}

static mb_status run(struct mb_context *context, const void *options, struct mb_error *error)
{
    const char *name = context->arguments.count > 0 ? context->arguments.items[0] : NULL;
    struct mb_driver_list *list;

    (void)options;
    MB_TRY(mb_session_drivers(context->session, name, &list, error));
    mb_status status = name != NULL           ? one(context, list, error)
                       : context->global.json ? all_json(context, list, error)
                                              : print_all(context, list, error);
    mb_driver_list_free(list);
    return status;
}

const struct mb_command mb_command_drivers = {
    .name = "drivers",
    .summary = "Lists the storage drivers that are installed, or one driver's options",
    .description = "Options that have no key of their own in the configuration are given to a driver under "
                   "`options:` and `backupOptions:` beside the other keys of the storage.",
    .arguments = "[NAME]",
    .max_arguments = 1,
    .example = "milvus-backup drivers\nmilvus-backup drivers local --json",
    .needs = MB_NEEDS_DRIVERS,
    .run = run,
};
