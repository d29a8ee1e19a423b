/* The memory driver under another name and with one thing changed, which PATCH says in C. */
#include "memory.h"

#include <stdio.h>

MB_EXPORT const struct mb_storage_plugin *mb_storage_plugin_entry(void);

/* Refuses to be called a second time. */
static mb_status load_once(const struct mb_host *host, struct mb_error *error)
{
    static int calls;
    if (calls++ > 0) {
        snprintf(error->message, sizeof(error->message), "load was called again");
        return error->status = MB_E_INTERNAL;
    }
    host->log(host->log_ctx, MB_LOG_INFO, "hello from %s to %s", NAME, host->user_agent);
    return MB_OK;
}

__attribute__((unused)) static mb_status load_never(const struct mb_host *host, struct mb_error *error)
{
    (void)host;
    snprintf(error->message, sizeof(error->message), "no licence");
    return error->status = MB_E_FORBIDDEN;
}

const struct mb_storage_plugin *mb_storage_plugin_entry(void)
{
    static struct mb_storage_plugin table;
    table = memory_plugin;
    table.name = NAME;
    table.load = load_once;
    PATCH;
    return &table;
}
