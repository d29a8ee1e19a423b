/* Built against a later header: its table and its options are longer than this host knows. */
#include "memory.h"

MB_EXPORT const struct mb_storage_plugin *mb_storage_plugin_entry(void);

static mb_status future(struct mb_store *store)
{
    (void)store;
    return MB_OK;
}

static const struct mb_option options[] = {
    {.name = "first", .type = MB_OPT_INT, .def = "1", .help = "The first.", .since = "1.1"},
    {.name = "second", .type = MB_OPT_STRING, .def = "two", .help = "The second.", .since = "1.1"},
};

const struct mb_storage_plugin *mb_storage_plugin_entry(void)
{
    static struct mb_storage_plugin table;
    table = memory_plugin;
    table.name = "newer";
    table.future = future;
    table.options = options;
    table.option_count = 2;
    table.option_size = sizeof(options[0]);
    return &table;
}
