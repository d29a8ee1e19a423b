/* A shared object that is no driver. */
#include "milvus_backup/storage_plugin.h"

MB_EXPORT int something_else(void);

int something_else(void)
{
    return 0;
}
