#include "base/temporary.h"

#include "base/file.h"
#include "base/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#define IN_TMPFS 0x01021994
#define IN_RAMFS 0x858458f6

static mb_status fail(struct mb_error *error, const char *verb, const char *folder)
{
    return mb_fail_errno(error, errno, "cannot %s a temporary file in %s (set TMPDIR to another folder)",
                         verb, folder);
}

/* A file without a name in the folder; -1 and errno. */
static int open_in(const char *folder)
{
    char path[4096];
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    int len = snprintf(path, sizeof(path), "%s/milvus-backup-XXXXXX", folder);
    if (len < 0 || (size_t)len >= sizeof(path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

static bool in_memory(int fd)
{
    struct statfs fs;
    return fstatfs(fd, &fs) == 0 && (fs.f_type == IN_TMPFS || fs.f_type == IN_RAMFS);
}

static mb_status keep(struct mb_temporary *out, int fd, const char *folder, struct mb_error *error)
{
    if (fd < 0)
        return fail(error, "make", folder);
    out->fd = fd;
    snprintf(out->folder, sizeof(out->folder), "%s", folder);
    return MB_OK;
}

mb_status mb_temporary_open(struct mb_temporary *out, struct mb_log *log, struct mb_error *error)
{
    const char *given = mb_scope_current()->temporary_folder;
    if (given != NULL && *given != '\0')
        return keep(out, open_in(given), given, error);

    const char *beside = mb_log_folder(log);
    const char *const folders[] = {beside != NULL ? beside : "/var/tmp", "/var/tmp", "/tmp"};
    const size_t count = sizeof(folders) / sizeof(*folders);
    for (size_t i = 0; i < count; i++) {
        int fd = open_in(folders[i]);
        if (fd >= 0 && !in_memory(fd))
            return keep(out, fd, folders[i], error);
        if (fd >= 0)
            close(fd);
    }
    for (size_t i = count; i-- > 0;) {
        int fd = open_in(folders[i]);
        if (fd < 0)
            continue;
        mb_log(log, MB_LOG_WARN,
               "temporary files lie in %s, which is memory: set TMPDIR to a folder on a disk", folders[i]);
        return keep(out, fd, folders[i], error);
    }
    return keep(out, -1, folders[0], error);
}

void mb_temporary_close(struct mb_temporary *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

mb_status mb_temporary_append(const struct mb_temporary *file, const void *data, size_t len,
                              struct mb_error *error)
{
    const char *bytes = data;
    while (len > 0) {
        ssize_t written = write(file->fd, bytes, len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written == 0)
            errno = ENOSPC;
        if (written <= 0)
            return fail(error, "write", file->folder);
        bytes += written;
        len -= (size_t)written;
    }
    return MB_OK;
}

mb_status mb_temporary_read(const struct mb_temporary *file, uint64_t offset, void *data, size_t len,
                            size_t *nread, struct mb_error *error)
{
    ssize_t got = mb_file_read(file->fd, data, len, offset);
    if (got < 0)
        return fail(error, "read", file->folder);
    *nread = (size_t)got;
    return MB_OK;
}
