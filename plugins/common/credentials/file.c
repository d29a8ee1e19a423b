#include "common/credentials/file.h"

#include "base/buf.h"
#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

mb_status mb_credential_file_read(const char *path, struct mb_buf *out, struct mb_error *error)
{
    char block[4096];
    size_t got;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return mb_fail(error, MB_E_CONFIG, "%s: %s", path, strerror(errno));
    setvbuf(file, NULL, _IONBF, 0); /* no copy of a secret is left in a buffer of the library */
    while ((got = fread(block, 1, sizeof(block), file)) > 0)
        mb_buf_append(out, block, got);
    bool failed = ferror(file) != 0;
    fclose(file);
    explicit_bzero(block, sizeof(block));
    return failed ? mb_fail(error, MB_E_CONFIG, "%s cannot be read", path) : mb_buf_check(out, path, error);
}
