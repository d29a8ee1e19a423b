#include "cli/new_file.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* A file that came meanwhile is kept, too, where the file system has links. */
static int move(const char *from, const char *to, bool replace)
{
    if (!replace && link(from, to) == 0)
        return unlink(from);
    if (!replace && errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
        return -1;
    return rename(from, to);
}

static int write_whole(int fd, const char *text)
{
    int failed = mb_file_write(fd, text, strlen(text), 0);
    return failed != 0 ? failed : fsync(fd);
}

mb_status mb_new_file_write(const char *path, bool replace, const char *text, struct mb_error *error)
{
    char target[MAX_PATH], temporary[MAX_PATH + 8];

    MB_TRY(find_target(path, replace, target, error));
    snprintf(temporary, sizeof temporary, "%s.XXXXXX", target);
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return mb_fail_errno(error, errno, "make a file beside %s", path);
    int failed = write_whole(fd, text);
    mb_file_close(fd);
    if (failed != 0 || move(temporary, target, replace) != 0) {
        int sys_errno = errno;
        unlink(temporary);
        return sys_errno == EEXIST ? fail_exists(path, error)
                                   : mb_fail_errno(error, sys_errno, "write %s", path);
    }
    mb_file_sync_folder(dirname(target));
    return MB_OK;
}
