/* Storage drivers that can be found. */
#include "task/query.h"

#include <stdlib.h>
#include <string.h>

struct driver {
    const char *name;
    const char *path;
    const struct mb_storage_plugin *plugin; /* NULL when it cannot be loaded */
    const char *problem;                    /* then why */
    struct mb_strings capabilities;
};

struct mb_driver_list {
    struct mb_arena *arena;
    struct mb_common *common; /* keeps the tables alive */
    struct driver *items;
    size_t count;
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
static mb_status find_capabilities(struct driver *driver, struct mb_arena *arena, struct mb_error *error)
{
    const struct mb_storage_plugin *plugin = driver->plugin;
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
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].has && !mb_strings_add(&driver->capabilities, arena, all[i].name))
            return mb_fail_memory(error);
    return MB_OK;
}

static mb_status load(struct mb_driver_list *list, struct driver *driver, struct mb_error *error)
{
    MB_TRY(mb_drivers_load(list->common->drivers, driver->name, &driver->plugin, error));
    return find_capabilities(driver, list->arena, error);
}

/* One that cannot be loaded is told in the list. */
static mb_status load_file(struct mb_driver_list *list, const struct mb_driver_file *file,
                           struct driver *driver, struct mb_error *error)
{
    *driver = (struct driver){.name = file->name, .path = file->path};
    if (load(list, driver, error) == MB_OK)
        return MB_OK;
    driver->plugin = NULL;
    driver->problem = mb_arena_strdup(list->arena, error->message);
    mb_error_clear(error);
    return driver->problem != NULL ? MB_OK : mb_fail_memory(error);
}

static mb_status find_all(struct mb_driver_list *list, struct mb_error *error)
{
    struct mb_driver_file *files;
    size_t count;
    MB_TRY(mb_drivers_list(list->common->drivers, list->arena, &files, &count, error));
    list->items = mb_arena_alloc(list->arena, count + 1, sizeof *list->items);
    if (list->items == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < count; i++)
        MB_TRY(load_file(list, &files[i], &list->items[i], error));
    list->count = count;
    return MB_OK;
}

static mb_status find_one(struct mb_driver_list *list, const char *spelling, struct mb_error *error)
{
    const char *name = mb_config_driver_of(spelling);
    struct mb_driver_file *files;
    size_t count;
    struct driver *driver = list->items = mb_arena_alloc(list->arena, 1, sizeof *list->items);
    if (driver == NULL)
        return mb_fail_memory(error);
    driver->name = mb_arena_strdup(list->arena, name != NULL ? name : spelling);
    driver->path = "";
    if (driver->name == NULL)
        return mb_fail_memory(error);
    MB_TRY(load(list, driver, error));
    MB_TRY(mb_drivers_list(list->common->drivers, list->arena, &files, &count, error));
    for (size_t i = 0; i < count; i++)
        if (strcmp(files[i].name, driver->name) == 0)
            driver->path = files[i].path;
    list->count = 1;
    return MB_OK;
}

static mb_status make_list(struct mb_session *session, const char *name, struct mb_driver_list **out,
                           struct mb_error *error)
{
    if (session == NULL || out == NULL)
        return mb_abi_missing(session == NULL ? "session" : "place for the list", error);
    struct mb_driver_list *list = calloc(1, sizeof *list);
    if (list == NULL || (list->arena = mb_arena_new()) == NULL) {
        free(list);
        return mb_fail_memory(error);
    }
    list->common = session->common;
    mb_common_hold(list->common);
    mb_status status = name != NULL ? find_one(list, name, error) : find_all(list, error);
    if (status != MB_OK) {
        mb_driver_list_free(list);
        return status;
    }
    *out = list;
    return MB_OK;
}

mb_status mb_session_drivers(struct mb_session *session, const char *name, struct mb_driver_list **out,
                             struct mb_error *error)
{
    MB_ANSWER(error, make_list(session, name, out, &own));
}

void mb_driver_list_free(struct mb_driver_list *list)
{
    if (list == NULL)
        return;
    mb_common_release(list->common);
    mb_arena_free(list->arena);
    free(list);
}

size_t mb_driver_list_count(const struct mb_driver_list *list)
{
    return list != NULL ? list->count : 0;
}

static mb_status find(const struct mb_driver_list *list, size_t i, const struct driver **out,
                      struct mb_error *error)
{
    if (list == NULL)
        return mb_abi_missing("list", error);
    if (i >= list->count)
        return mb_fail(error, MB_E_NOT_FOUND, "the list has no driver %zu", i);
    *out = &list->items[i];
    return MB_OK;
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static mb_status driver_at(const struct mb_driver_list *list, size_t i, struct mb_driver_entry *out,
                           struct mb_error *error)
{
    const struct driver *driver = NULL;
    MB_TRY(find(list, i, &driver, error));
    const struct mb_storage_plugin *plugin = driver->plugin;
    struct mb_driver_entry value = {.name = driver->name,
                                    .path = driver->path,
                                    .problem = or_empty(driver->problem),
                                    .version = plugin != NULL ? or_empty(plugin->version) : "",
                                    .description = plugin != NULL ? or_empty(plugin->description) : "",
                                    .thread_model = plugin != NULL ? thread_model(plugin) : "",
                                    .capabilities = driver->capabilities.items,
                                    .capability_count = driver->capabilities.count};
    if (plugin != NULL) {
        value.abi_major = plugin->abi_major;
        value.abi_minor = plugin->abi_minor;
        value.option_count = plugin->option_count;
    }
    return mb_abi_give(out, MB_UP_TO(struct mb_driver_entry, option_count), &value, sizeof value, error);
}

mb_status mb_driver_list_at(const struct mb_driver_list *list, size_t i, struct mb_driver_entry *out,
                            struct mb_error *error)
{
    MB_ANSWER(error, driver_at(list, i, out, &own));
}

static mb_status option_at(const struct mb_driver_list *list, size_t i, size_t j,
                           struct mb_driver_option_row *out, struct mb_error *error)
{
    const struct driver *driver = NULL;
    struct mb_option option;
    MB_TRY(find(list, i, &driver, error));
    if (driver->plugin == NULL || j >= driver->plugin->option_count)
        return mb_fail(error, MB_E_NOT_FOUND, "the driver has no option %zu", j);
    mb_driver_option(driver->plugin, (uint32_t)j, &option);
    const struct mb_driver_option_row value = {.name = option.name,
                                               .type = option_type(option.type),
                                               .def = option.def,
                                               .choices = option.choices,
                                               .when = option.when,
                                               .help = or_empty(option.help),
                                               .required = (option.flags & MB_OPT_REQUIRED) != 0,
                                               .secret = (option.flags & MB_OPT_SECRET) != 0};
    return mb_abi_give(out, MB_UP_TO(struct mb_driver_option_row, secret), &value, sizeof value, error);
}

mb_status mb_driver_list_option(const struct mb_driver_list *list, size_t i, size_t j,
                                struct mb_driver_option_row *out, struct mb_error *error)
{
    MB_ANSWER(error, option_at(list, i, j, out, &own));
}
