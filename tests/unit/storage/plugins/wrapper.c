/* The memory driver, whose stores another driver opens: its own slots work on them because that is the same
 * driver underneath. */
#include "memory.h"

#include <stdio.h>
#include <string.h>

MB_EXPORT const struct mb_storage_plugin *mb_storage_plugin_entry(void);

static const struct mb_host *host;

/* Opening a store is too early here. */
static mb_status wrapper_load(const struct mb_host *given, struct mb_error *error)
{
    struct mb_call call = {.struct_size = sizeof(call), .error = error};
    struct mb_store *store = NULL;
    const struct mb_storage_plugin *table = NULL;
    struct mb_store_info info = {.struct_size = sizeof(info)};
    host = given;
    if (!MB_HAS(host, struct mb_host, open_driver) ||
        host->open_driver(host->open_ctx, &store, &table, &info, "memory", NULL, 0, &call) != MB_E_INVALID)
        return error->status = MB_E_INTERNAL;
    error->message[0] = '\0';
    return MB_OK;
}

/* "over: wrapper" goes in a circle. */
static mb_status wrapper_open(struct mb_store **out, struct mb_store_info *info, const struct mb_kv *config,
                              size_t count, const struct mb_call *call)
{
    const struct mb_storage_plugin *table = NULL;
    const char *over = config[0].value;
    size_t own = strcmp(over, "wrapper") != 0;
    mb_status status =
        host->open_driver(host->open_ctx, out, &table, info, over, config + own, count - own, call);
    if (status == MB_OK)
        snprintf(info->location, sizeof(info->location), "wrapped %s", table->name);
    return status;
}

static const struct mb_option options[] = {
    {.name = "*", .type = MB_OPT_STRING, .help = "For the other driver."},
    {.name = "over", .type = MB_OPT_STRING, .flags = MB_OPT_REQUIRED, .help = "The other driver."},
};

const struct mb_storage_plugin *mb_storage_plugin_entry(void)
{
    static struct mb_storage_plugin table;
    table = memory_plugin;
    table.name = "wrapper";
    table.load = wrapper_load;
    table.open = wrapper_open;
    table.options = options;
    table.option_count = 2;
    return &table;
}
