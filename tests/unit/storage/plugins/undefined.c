/* Cannot be loaded: a symbol is missing. */
#include "milvus_backup/storage_plugin.h"

MB_EXPORT const struct mb_storage_plugin *mb_storage_plugin_entry(void);
const struct mb_storage_plugin *defined_nowhere(void);

const struct mb_storage_plugin *mb_storage_plugin_entry(void)
{
    return defined_nowhere();
}
