#include "common/file.h"

#include "common/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

mb_status mb_file_read(const char *path, struct mb_str *out, struct mb_error *error)
{
    char block[4096];
    size_t got;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return mb_plugin_fail(error, MB_E_CONFIG, "%s: %s", path, strerror(errno));
    setvbuf(file, NULL, _IONBF, 0); /* no copy of a secret is left in a buffer of the library */
    while ((got = fread(block, 1, sizeof(block), file)) > 0)
        mb_str_append(out, block, got);
    bool failed = ferror(file) != 0;
    fclose(file);
    explicit_bzero(block, sizeof(block));
    return failed ? mb_plugin_fail(error, MB_E_CONFIG, "%s cannot be read", path)
                  : mb_str_status(out, path, error);
}
