#include "cli/new_file.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_PATH = 4096 };

static mb_status fail_exists(const char *path, struct mb_error *error)
{
    return mb_fail(error, MB_E_EXISTS, "output file %s already exists, use --force to overwrite", path);
}

/* What to write: path itself, or what a link in its place leads to. */
static mb_status find_target(const char *path, bool replace, char target[MAX_PATH], struct mb_error *error)
{
    char real[MAX_PATH];
    struct stat st;

    if (lstat(path, &st) == 0 && !replace)
        return fail_exists(path, error);
    bool leads = realpath(path, real) != NULL;
    if (leads && stat(real, &st) == 0 && !S_ISREG(st.st_mode))
        return mb_fail(error, MB_E_INVALID, "output file %s is no regular file", path);
    if (snprintf(target, MAX_PATH, "%s", leads ? real : path) >= MAX_PATH)
        return mb_fail(error, MB_E_INVALID, "the name of the output file is longer than %d bytes", MAX_PATH);
    return MB_OK;
}

mb_status mb_new_file_write(const char *path, bool replace, const char *text, struct mb_error *error)
{
    char target[MAX_PATH];
    MB_TRY(find_target(path, replace, target, error));
    mb_status status =
        mb_file_put(target, text, strlen(text), replace ? MB_FILE_REPLACE : MB_FILE_ABSENT, NULL, error);
    return status == MB_E_EXISTS ? fail_exists(path, error) : status;
}
