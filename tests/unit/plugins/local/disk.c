#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

struct disk disk;

void disk_mend(void)
{
    memset(&disk, 0, sizeof(disk));
    disk.sys_errno = EIO;
}

void disk_break(enum disk_call call, unsigned n)
{
    int sys_errno = disk.sys_errno;
    disk_mend();
    disk.sys_errno = sys_errno;
    disk.fail_at[call] = n;
}

static bool fails(enum disk_call call)
{
    return ++disk.calls[call] == disk.fail_at[call];
}

static int fail(void)
{
    errno = disk.sys_errno;
    return -1;
}

static mode_t type_of(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 ? st.st_mode & S_IFMT : 0;
}

#define REPLACE(type, name, ...)     \
    type __real_##name(__VA_ARGS__); \
    type __wrap_##name(__VA_ARGS__); \
    type __wrap_##name(__VA_ARGS__)

REPLACE(ssize_t, pwrite64, int fd, const void *data, size_t len, off_t at)
{
    if (disk.cuts_writes && len > 3)
        len = 3;
    if (!fails(DISK_WRITE))
        return __real_pwrite64(fd, data, len, at);
    return disk.sys_errno == 0 ? 0 : fail();
}

REPLACE(int, ftruncate64, int fd, off_t size)
{
    return fails(DISK_TRUNCATE) ? fail() : __real_ftruncate64(fd, size);
}

/* No test waits for a real disk. */
REPLACE(int, sync_file_range, int fd, off_t at, off_t len, unsigned flags)
{
    (void)fd, (void)at, (void)len;
    return (flags & SYNC_FILE_RANGE_WAIT_AFTER) != 0 && fails(DISK_WAIT) ? fail() : 0;
}

REPLACE(int, fsync, int fd)
{
    return fails(type_of(fd) == S_IFDIR ? DISK_SYNC_DIRECTORY : DISK_SYNC_FILE) ? fail() : 0;
}

/* The descriptor is gone, whatever close says. */
REPLACE(int, close, int fd)
{
    bool written = type_of(fd) == S_IFREG && (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY;
    int closed = __real_close(fd);
    return written && fails(DISK_CLOSE) ? fail() : closed;
}

REPLACE(int, renameat, int from_dir, const char *from, int to_dir, const char *to)
{
    bool broken = fails(DISK_RENAME);
    int renamed = broken && !disk.takes_effect ? 0 : __real_renameat(from_dir, from, to_dir, to);
    return broken ? fail() : renamed;
}

REPLACE(int, renameat2, int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    bool broken = fails(DISK_RENAME);
    int renamed = broken && !disk.takes_effect ? 0 : __real_renameat2(from_dir, from, to_dir, to, flags);
    return broken ? fail() : renamed;
}
