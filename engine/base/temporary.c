#include "base/temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *temporary_folder(void)
{
    const char *folder = getenv("TMPDIR");
    if (folder != NULL && *folder != '\0')
        return folder;
    return access("/var/tmp", W_OK | X_OK) == 0 ? "/var/tmp" : "/tmp";
}

static mb_status fail(struct mb_error *error, const char *verb)
{
    return mb_fail_errno(error, errno, "cannot %s a temporary file in %s (set TMPDIR to another folder)",
                         verb, temporary_folder());
}

mb_status mb_temporary_open(int *fd, struct mb_error *error)
{
    const char *folder = temporary_folder();
    int opened = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (opened < 0) {
        char path[4096];
        int len = snprintf(path, sizeof(path), "%s/milvus-backup-XXXXXX", folder);
        if (len < 0 || (size_t)len >= sizeof(path))
            return mb_fail(error, MB_E_CONFIG, "the path in TMPDIR is too long");
        opened = mkostemp(path, O_CLOEXEC);
        if (opened >= 0)
            unlink(path);
    }
    if (opened < 0)
        return fail(error, "make");
    *fd = opened;
    return MB_OK;
}

mb_status mb_temporary_append(int fd, const void *data, size_t len, struct mb_error *error)
{
    const char *bytes = data;
    while (len > 0) {
        ssize_t written = write(fd, bytes, len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return fail(error, "write");
        bytes += written;
        len -= (size_t)written;
    }
    return MB_OK;
}

mb_status mb_temporary_read(int fd, uint64_t offset, void *data, size_t len, size_t *nread,
                            struct mb_error *error)
{
    size_t done = 0;
    while (done < len) {
        ssize_t got = pread(fd, (char *)data + done, len - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(error, "read");
        if (got == 0)
            break;
        done += (size_t)got;
    }
    *nread = done;
    return MB_OK;
}
