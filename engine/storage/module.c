#include "storage/module.h"

#include "storage/wrapping.h"

#include "base/scope.h"
#include "base/version.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mb_module {
    struct mb_module *next;
    void *handle; /* the same for the same file */
    const struct mb_storage_plugin *table;
    char user_agent[64];
    struct mb_host host;
    _Atomic(struct mb_log *) log;         /* of the latest who loaded it; or NULL */
    _Atomic(struct mb_drivers *) drivers; /* the same */
    bool loaded;
    atomic_bool ready; /* load has returned */
    mb_status load_status;
    struct mb_error load_error;
};

/* A mirror of the dynamic linker's own list, which is as global. */
static struct {
    pthread_mutex_t mutex;
    struct mb_module *first;
} modules = {.mutex = PTHREAD_MUTEX_INITIALIZER};

MB_PRINTF(3, 4)
static void log_for_driver(void *ctx, int level, const char *fmt, ...)
{
    struct mb_module *module = ctx;
    struct mb_log *log = mb_scope_current()->log;
    va_list args;
    va_start(args, fmt);
    mb_log_args(log != NULL ? log : atomic_load(&module->log), level, fmt, args);
    va_end(args);
}

static mb_status open_for_driver(void *ctx, struct mb_store **out, const struct mb_storage_plugin **table,
                                 struct mb_store_info *info, const char *name, const struct mb_kv *config,
                                 size_t count, const struct mb_call *call)
{
    struct mb_module *module = ctx;
    const struct mb_scope *scope = mb_scope_current(); /* of the session that opens, one of several */
    const struct mb_wrapping wrapping = {.drivers = scope->drivers != NULL ? scope->drivers
                                                                           : atomic_load(&module->drivers),
                                         .log = scope->log != NULL ? scope->log : atomic_load(&module->log),
                                         .thread_model = module->table->thread_model};
    if (!atomic_load(&module->ready) || wrapping.drivers == NULL)
        return mb_fail(call->error, MB_E_INVALID, "open_driver may be called by open only");
    return mb_wrapping_open(&wrapping, out, table, info, name, config, count, call);
}

static mb_status ask_for_table(void *handle, const char *path, const struct mb_storage_plugin **out,
                               struct mb_error *error)
{
    mb_storage_plugin_entry_fn *entry;
    void *symbol = dlsym(handle, MB_STORAGE_PLUGIN_ENTRY);
    if (symbol == NULL)
        return mb_fail(error, MB_E_CONFIG, "%s is not a storage driver: it does not export %s", path,
                       MB_STORAGE_PLUGIN_ENTRY);
    memcpy(&entry, &symbol, sizeof(entry));
    const struct mb_storage_plugin *table = entry();
    if (table == NULL)
        return mb_fail(error, MB_E_CONFIG, "%s is not a storage driver: %s returned NULL", path,
                       MB_STORAGE_PLUGIN_ENTRY);
    *out = table;
    return MB_OK;
}

/* With the mutex held. */
static struct mb_module *find_module(const void *handle)
{
    struct mb_module *module = modules.first;
    while (module != NULL && module->handle != handle)
        module = module->next;
    return module;
}

static struct mb_module *new_module(void *handle, const struct mb_storage_plugin *table)
{
    struct mb_module *module = calloc(1, sizeof(*module));
    if (module == NULL)
        return NULL;
    module->handle = handle;
    module->table = table;
    snprintf(module->user_agent, sizeof(module->user_agent), "milvus-backup/%s", mb_program_version());
    module->host = (struct mb_host){
        .struct_size = sizeof(module->host),
        .abi_major = MB_STORAGE_ABI_MAJOR,
        .abi_minor = MB_STORAGE_ABI_MINOR,
        .user_agent = module->user_agent,
        .log_ctx = module,
        .log = log_for_driver,
        .open_ctx = module,
        .open_driver = open_for_driver,
    };
    module->load_error = MB_ERROR_INIT;
    return module;
}

mb_status mb_module_open(struct mb_module **out, const char *path, struct mb_error *error)
{
    pthread_mutex_lock(&modules.mutex);
    mb_status status = MB_OK;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (handle == NULL) {
        const char *reason = dlerror();
        status = mb_fail(error, MB_E_CONFIG, "load storage driver %s: %s", path,
                         reason != NULL ? reason : "no reason given");
        goto out;
    }
    struct mb_module *module = find_module(handle);
    if (module == NULL) {
        const struct mb_storage_plugin *table = NULL;
        status = ask_for_table(handle, path, &table, error);
        if (status == MB_OK && (module = new_module(handle, table)) == NULL)
            status = mb_fail_memory(error);
        if (status != MB_OK) {
            dlclose(handle);
            goto out;
        }
        module->next = modules.first;
        modules.first = module;
    } else {
        dlclose(handle);
    }
    *out = module;
out:
    pthread_mutex_unlock(&modules.mutex);
    return status;
}

const struct mb_storage_plugin *mb_module_table(const struct mb_module *module)
{
    return module->table;
}

mb_status mb_module_load(struct mb_module *module, struct mb_drivers *drivers, struct mb_log *log,
                         struct mb_error *error)
{
    pthread_mutex_lock(&modules.mutex);
    atomic_store(&module->log, log);
    atomic_store(&module->drivers, drivers);
    if (!module->loaded) {
        module->loaded = true;
        if (module->table->load != NULL)
            module->load_status = module->table->load(&module->host, &module->load_error);
        module->load_error.message[sizeof(module->load_error.message) - 1] = '\0';
        atomic_store(&module->ready, true);
    }
    mb_status status = module->load_status;
    if (status != MB_OK)
        *error = module->load_error;
    pthread_mutex_unlock(&modules.mutex);
    return status;
}

void mb_module_forget(struct mb_module *module, struct mb_drivers *drivers, struct mb_log *log)
{
    atomic_compare_exchange_strong(&module->drivers, &drivers, NULL);
    atomic_compare_exchange_strong(&module->log, &log, NULL);
}
