#include "task/installed.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char here;

const char *mb_installed_drivers(char buf[PATH_MAX])
{
    Dl_info info;
    const char *file = dladdr(&here, &info) != 0 && info.dli_fname != NULL ? info.dli_fname : "";
    const char *slash = strrchr(file, '/');
    if (slash == NULL)
        return MB_DRIVER_DIR;
    int len = snprintf(buf, PATH_MAX, "%.*s/milvus-backup/drivers", (int)(slash - file), file);
    return len < PATH_MAX && access(buf, R_OK) == 0 ? buf : MB_DRIVER_DIR;
}
