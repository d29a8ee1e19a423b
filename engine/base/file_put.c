#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_PATH = 4096 };

/* Where the name beside it is the caller's, it is always the same: what a crash left there is written over.
 * Elsewhere it is one that nobody has. */
static int open_beside(const char *path, enum mb_file_place place, char beside[MAX_PATH])
{
    bool own = place == MB_FILE_OWN;
    if (snprintf(beside, MAX_PATH, "%s%s", path, own ? ".new" : ".XXXXXX") >= MAX_PATH) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return own ? open(beside, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)
               : mkostemp(beside, O_CLOEXEC);
}

/* A file that came meanwhile is kept, too, where the file system has links. */
static int move(const char *from, const char *to, enum mb_file_place place)
{
    if (place != MB_FILE_ABSENT)
        return rename(from, to);
    if (link(from, to) == 0)
        return unlink(from);
    if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
        return -1;
    if (access(to, F_OK) != 0)
        return rename(from, to);
    errno = EEXIST;
    return -1;
}

static int sync_folder_of(const char *path)
{
    char folder[MAX_PATH];
    snprintf(folder, sizeof folder, "%s", path);
    return mb_file_sync_folder(dirname(folder));
}

mb_status mb_file_put(const char *path, const void *data, size_t len, enum mb_file_place place, int *fd,
                      struct mb_error *error)
{
    char beside[MAX_PATH];
    int made = open_beside(path, place, beside);
    if (fd != NULL)
        *fd = -1;
    if (made < 0)
        return mb_fail_errno(error, errno, "make a file beside %s", path);
    if (mb_file_write(made, data, len, 0) != 0 || fsync(made) != 0 || move(beside, path, place) != 0) {
        int sys_errno = errno;
        mb_file_close(made);
        unlink(beside);
        return mb_fail_errno(error, sys_errno, "write %s", path);
    }
    if (fd != NULL)
        *fd = made;
    else
        mb_file_close(made);
    return sync_folder_of(path) == 0 ? MB_OK : mb_fail_errno(error, errno, "write the folder of %s", path);
}
