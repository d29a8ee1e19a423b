#include "base/file.h"

#include <dirent.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void mb_file_close(int fd)
{
    int sys_errno = errno;
    if (fd >= 0)
        close(fd);
    errno = sys_errno;
}

int mb_file_write(int fd, const void *data, size_t len, uint64_t offset)
{
    const char *at = data;
    while (len > 0) {
        ssize_t n = pwrite(fd, at, len, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0) /* no file system should, and no loop may depend on it */
            errno = EIO;
        if (n <= 0)
            return -1;
        at += n;
        len -= (size_t)n;
        offset += (uint64_t)n;
    }
    return 0;
}

ssize_t mb_file_read(int fd, void *data, size_t len, uint64_t offset)
{
    size_t done = 0;
    while (done < len) {
        ssize_t n = pread(fd, (char *)data + done, len - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

mb_status mb_file_text(const char *path, struct mb_buf *out, struct mb_error *error)
{
    char block[4096];
    size_t len;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return mb_fail_errno(error, errno, "cannot read %s", path);
    while ((len = fread(block, 1, sizeof block, file)) > 0 && mb_buf_append(out, block, len) == MB_OK)
        continue;
    mb_status status = mb_buf_check(out, path, error);
    if (ferror(file))
        status = mb_fail_errno(error, errno, "cannot read %s", path);
    fclose(file);
    explicit_bzero(block, sizeof block); /* it may be a key */
    return status;
}

bool mb_file_first_line(const char *path, char *out, size_t cap)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, out, cap - 1);
    mb_file_close(fd);
    if (len <= 0)
        return false;
    out[len] = '\0';
    out[strcspn(out, "\n")] = '\0';
    return true;
}

bool mb_file_boot(char *out, size_t cap)
{
    bool told = mb_file_first_line("/proc/sys/kernel/random/boot_id", out, cap);
    if (!told)
        out[0] = '\0';
    return told;
}

/* One attempt: true when the directory is gone. */
static bool remove_once(int parent, const char *name)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (dir == NULL) {
        mb_file_close(fd);
        return false;
    }
    const struct dirent *entry;
    while ((entry = readdir(dir)) != NULL)
        unlinkat(fd, entry->d_name, 0);
    closedir(dir);
    return unlinkat(parent, name, AT_REMOVEDIR) == 0;
}

int mb_file_remove_folder(int parent, const char *name)
{
    for (int i = 0; i < 16; i++) {
        if (remove_once(parent, name) || (i > 0 && errno == ENOENT))
            return 0;
        if (errno != ENOTEMPTY && errno != EEXIST)
            return -1;
    }
    return -1;
}

int mb_file_sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool failed = fd < 0 ? errno != EACCES : fsync(fd) != 0 && errno != EINVAL;
    mb_file_close(fd);
    return failed ? -1 : 0;
}
