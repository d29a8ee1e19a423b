#include "storage/driver.h"

#include "storage/driver_file.h"
#include "storage/driver_table.h"
#include "storage/libraries.h"
#include "storage/module.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct loaded {
    struct loaded *next;
    const char *name;
    struct mb_module *module;
    struct mb_storage_plugin plugin;
};

/* The arena and the list grow under the mutex; dirs is settled when the struct is made. */
struct mb_drivers {
    pthread_mutex_t mutex;
    struct mb_arena *arena;
    struct mb_strings dirs;
    struct mb_log *log;
    struct loaded *loaded;
};

static mb_status add_dir(struct mb_drivers *drivers, const char *dir, size_t len, struct mb_error *error)
{
    while (len > 1 && dir[len - 1] == '/')
        len--;
    if (len == 0)
        return MB_OK;
    const char *copy = mb_arena_strndup(drivers->arena, dir, len);
    if (copy == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < drivers->dirs.count; i++) {
        if (strcmp(drivers->dirs.items[i], copy) == 0)
            return MB_OK;
    }
    drivers->dirs.items[drivers->dirs.count++] = copy;
    return MB_OK;
}

static mb_status add_dirs(struct mb_drivers *drivers, const struct mb_drivers_options *options,
                          struct mb_error *error)
{
    const char *const singles[] = {options->plugin_dir, options->build_dir, options->libdir};
    const char *path = options->path != NULL ? options->path : "";
    size_t most = 4;
    for (const char *at = path; *at != '\0'; at++)
        most += *at == ':';
    drivers->dirs.items = mb_arena_alloc(drivers->arena, most, sizeof(drivers->dirs.items[0]));
    if (drivers->dirs.items == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < 3; i++) {
        if (singles[i] != NULL)
            MB_TRY(add_dir(drivers, singles[i], strlen(singles[i]), error));
        for (const char *at = path; i == 0 && *at != '\0';) {
            size_t len = strcspn(at, ":");
            MB_TRY(add_dir(drivers, at, len, error));
            at += len + (at[len] == ':');
        }
    }
    return MB_OK;
}

mb_status mb_drivers_new(struct mb_drivers **out, const struct mb_drivers_options *options,
                         struct mb_error *error)
{
    struct mb_drivers *drivers = calloc(1, sizeof(*drivers));
    if (drivers == NULL)
        return mb_fail_memory(error);
    pthread_mutex_init(&drivers->mutex, NULL);
    drivers->log = options->log;
    drivers->arena = mb_arena_new();
    mb_status status = drivers->arena != NULL ? add_dirs(drivers, options, error) : mb_fail_memory(error);
    if (status != MB_OK) {
        mb_drivers_free(drivers);
        return status;
    }
    *out = drivers;
    return MB_OK;
}

void mb_drivers_free(struct mb_drivers *drivers)
{
    if (drivers == NULL)
        return;
    for (struct loaded *loaded = drivers->loaded; loaded != NULL; loaded = loaded->next)
        mb_module_forget(loaded->module, drivers, drivers->log);
    mb_arena_free(drivers->arena);
    pthread_mutex_destroy(&drivers->mutex);
    free(drivers);
}

/* With the mutex held. */
static mb_status load_file(struct mb_drivers *drivers, const char *name, struct loaded **out,
                           struct mb_error *error)
{
    const char *path = NULL;
    MB_TRY(mb_libraries_init(error));
    MB_TRY(mb_driver_file_find(&drivers->dirs, name, drivers->arena, &path, error));
    MB_TRY(mb_driver_file_check(path, error));

    struct loaded *loaded = mb_arena_alloc(drivers->arena, 1, sizeof(*loaded));
    if (loaded == NULL)
        return mb_fail_memory(error);
    MB_TRY(mb_module_open(&loaded->module, path, error));
    MB_TRY(mb_driver_table_copy(&loaded->plugin, mb_module_table(loaded->module), name, path, error));
    if (mb_module_load(loaded->module, drivers, drivers->log, error) != MB_OK) {
        const char *reason = error->message[0] != '\0' ? error->message : "it gave no reason";
        return mb_fail(error, MB_E_CONFIG, "storage driver %s refused to start: %s", path, reason);
    }
    loaded->name = loaded->plugin.name;
    loaded->next = drivers->loaded;
    drivers->loaded = loaded;
    mb_log(drivers->log, MB_LOG_DEBUG, "loaded storage driver %s %s, ABI %u.%u, from %s", loaded->name,
           loaded->plugin.version, loaded->plugin.abi_major, loaded->plugin.abi_minor, path);
    *out = loaded;
    return MB_OK;
}

mb_status mb_drivers_load(struct mb_drivers *drivers, const char *name, const struct mb_storage_plugin **out,
                          struct mb_error *error)
{
    if (!mb_driver_name_valid(name, strlen(name)))
        return mb_fail(error, MB_E_CONFIG,
                       "\"%s\" cannot be the name of a storage driver: it may hold a-z, 0-9, _ and -", name);
    mb_status status = MB_OK;
    pthread_mutex_lock(&drivers->mutex);
    struct loaded *loaded = drivers->loaded;
    while (loaded != NULL && strcmp(loaded->name, name) != 0)
        loaded = loaded->next;
    if (loaded == NULL)
        status = load_file(drivers, name, &loaded, error);
    if (status == MB_OK)
        *out = &loaded->plugin;
    pthread_mutex_unlock(&drivers->mutex);
    return status;
}

mb_status mb_drivers_list(struct mb_drivers *drivers, struct mb_arena *arena, struct mb_driver_file **out,
                          size_t *count, struct mb_error *error)
{
    return mb_driver_file_list(&drivers->dirs, arena, out, count, error);
}
