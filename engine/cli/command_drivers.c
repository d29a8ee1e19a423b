#include "cli/commands.h"
#include "cli/context.h"

#include <string.h>

/* An installed driver, or why its file is none. */
struct driver {
    const char *name;
    const char *path;
    const struct mb_storage_plugin *plugin; /* NULL when it cannot be loaded */
    const char *problem;
};

static const char *thread_model(const struct mb_storage_plugin *plugin)
{
    switch (plugin->thread_model) {
    case MB_THREADS_SERIAL:
        return "serial";
    case MB_THREADS_PER_STORE:
        return "per store";
    case MB_THREADS_PARALLEL:
        return "parallel";
    default:
        return "unknown";
    }
}

static const char *option_type(uint32_t type)
{
    static const char *const names[] = {[MB_OPT_STRING] = "string",     [MB_OPT_BOOL] = "bool",
                                        [MB_OPT_INT] = "int",           [MB_OPT_SIZE] = "size",
                                        [MB_OPT_DURATION] = "duration", [MB_OPT_ENUM] = "enum",
                                        [MB_OPT_PATH] = "path",         [MB_OPT_URL] = "url"};
    return type < sizeof names / sizeof *names ? names[type] : "unknown";
}

/* What the driver can do beyond what each must, by the slots it fills. */
static json_t *capabilities(const struct mb_storage_plugin *plugin)
{
    const struct {
        const char *name;
        bool has;
    } all[] = {
        {"create_bucket", plugin->create_bucket != NULL},
        {"remove_many", plugin->remove_many != NULL},
        {"copy", plugin->copy != NULL},
        {"multipart", plugin->mpu_begin != NULL},
        {"multipart_copy", plugin->mpu_copy_part != NULL},
        {"list_uploads", plugin->mpu_list != NULL},
    };
    json_t *list = json_array();

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].has)
            json_array_append_new(list, json_string(all[i].name));
    return list;
}

static json_t *option_json(const struct mb_option *option)
{
    return json_pack("{s:s, s:s, s:s?, s:s?, s:s?, s:b, s:b, s:s}", "name", option->name, "type",
                     option_type(option->type), "default", option->def, "choices", option->choices, "when",
                     option->when, "required", (option->flags & MB_OPT_REQUIRED) != 0, "secret",
                     (option->flags & MB_OPT_SECRET) != 0, "help", option->help != NULL ? option->help : "");
}

static json_t *driver_json(const struct driver *driver)
{
    const struct mb_storage_plugin *plugin = driver->plugin;
    json_t *options = json_array();
    char abi[16];

    if (plugin == NULL) {
        json_decref(options);
        return json_pack("{s:s, s:s, s:s}", "name", driver->name, "path", driver->path, "problem",
                         driver->problem);
    }
    for (uint32_t i = 0; i < plugin->option_count; i++) {
        struct mb_option option;
        mb_driver_option(plugin, i, &option);
        json_array_append_new(options, option_json(&option));
    }
    snprintf(abi, sizeof abi, "%u.%u", (unsigned)plugin->abi_major, (unsigned)plugin->abi_minor);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "name", driver->name, "version",
                     plugin->version != NULL ? plugin->version : "", "abi", abi, "description",
                     plugin->description != NULL ? plugin->description : "", "thread_model",
                     thread_model(plugin), "path", driver->path, "capabilities", capabilities(plugin),
                     "options", options);
}

static struct driver load(struct mb_context *context, const struct mb_driver_file *file)
{
    struct driver driver = {.name = file->name, .path = file->path};
    struct mb_error error = MB_ERROR_INIT;

    if (mb_drivers_load(context->drivers, file->name, &driver.plugin, &error) != MB_OK) {
        const char *copy = mb_arena_strdup(context->arena, error.message);
        driver.plugin = NULL;
        driver.problem = copy != NULL ? copy : "out of memory";
    }
    return driver;
}

static mb_status print_list(struct mb_context *context, const struct mb_driver_file *files, size_t count,
                            struct mb_error *error)
{
    static const char *const headings[] = {"NAME", "VERSION", "ABI", "THREADS", "DESCRIPTION"};
    struct mb_table table;

    mb_table_init(&table, context->arena, headings, NULL, 5);
    for (size_t i = 0; i < count; i++) {
        struct driver driver = load(context, &files[i]);
        const struct mb_storage_plugin *p = driver.plugin;
        const char *abi = p == NULL ? "-"
                                    : mb_arena_printf(context->arena, "%u.%u", (unsigned)p->abi_major,
                                                      (unsigned)p->abi_minor);
        if (abi == NULL)
            return mb_fail_memory(error);
        mb_table_add(&table, (const char *[]){driver.name, p != NULL && p->version != NULL ? p->version : "-",
                                              abi, p != NULL ? thread_model(p) : "-",
                                              p == NULL                ? driver.problem
                                              : p->description != NULL ? p->description
                                                                       : ""});
    }
    return mb_table_print(&table, mb_context_out(context), error);
}

static mb_status list(struct mb_context *context, struct mb_error *error)
{
    struct mb_driver_file *files;
    size_t count;

    MB_TRY(mb_drivers_list(context->drivers, context->arena, &files, &count, error));
    if (!context->global.json)
        return print_list(context, files, count, error);
    json_t *all = json_array();
    for (size_t i = 0; i < count; i++) {
        struct driver driver = load(context, &files[i]);
        json_array_append_new(all, driver_json(&driver));
    }
    return mb_context_json(context, all, error);
}

static mb_status print_options(struct mb_context *context, const struct mb_storage_plugin *plugin, FILE *out,
                               struct mb_error *error)
{
    static const char *const headings[] = {"OPTION", "TYPE", "DEFAULT", "NOTE", "HELP"};
    struct mb_table table;

    mb_table_init(&table, context->arena, headings, NULL, 5);
    for (uint32_t i = 0; i < plugin->option_count; i++) {
        struct mb_option o;
        mb_driver_option(plugin, i, &o);
        bool required = (o.flags & MB_OPT_REQUIRED) != 0, secret = (o.flags & MB_OPT_SECRET) != 0;
        const char *note = mb_arena_printf(context->arena, "%s%s%s%s%s", required ? "required" : "",
                                           required && secret ? ", " : "", secret ? "secret" : "",
                                           o.when != NULL ? (required || secret ? ", with " : "with ") : "",
                                           o.when != NULL ? o.when : "");
        const char *type = o.choices != NULL ? o.choices : option_type(o.type);
        if (note == NULL)
            return mb_fail_memory(error);
        mb_table_add(&table, (const char *[]){o.name, type, o.def != NULL ? o.def : "", note,
                                              o.help != NULL ? o.help : ""});
    }
    return mb_table_print(&table, out, error);
}

static mb_status print_one(struct mb_context *context, const struct driver *driver, struct mb_error *error)
{
    const struct mb_storage_plugin *plugin = driver->plugin;
    FILE *out = mb_context_out(context);
    json_t *able = capabilities(plugin);
    size_t i;
    json_t *item;

    fprintf(out, "%s: %s\n", driver->name, plugin->description != NULL ? plugin->description : "");
    fprintf(out, "version %s, ABI %u.%u, threads: %s\n",
            plugin->version != NULL ? plugin->version : "unknown", (unsigned)plugin->abi_major,
            (unsigned)plugin->abi_minor, thread_model(plugin));
    fprintf(out, "file %s\ncapabilities:", driver->path);
    json_array_foreach(able, i, item) fprintf(out, " %s", json_string_value(item));
    json_decref(able);
    fputs("\n\n", out);
    return print_options(context, plugin, out, error);
}

static mb_status show(struct mb_context *context, const char *spelling, struct mb_error *error)
{
    const char *name = mb_config_driver_of(spelling);
    struct driver driver = {.name = name != NULL ? name : spelling, .path = ""};
    struct mb_driver_file *files;
    size_t count;

    MB_TRY(mb_drivers_load(context->drivers, driver.name, &driver.plugin, error));
    MB_TRY(mb_drivers_list(context->drivers, context->arena, &files, &count, error));
    for (size_t i = 0; i < count; i++)
        if (strcmp(files[i].name, driver.name) == 0)
            driver.path = files[i].path;
    if (context->global.json)
        return mb_context_json(context, driver_json(&driver), error);
    return print_one(context, &driver, error);
}

static mb_status run(struct mb_context *context, const void *options, struct mb_error *error)
{
    (void)options;
    return context->arguments.count > 0 ? show(context, context->arguments.items[0], error)
                                        : list(context, error);
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
