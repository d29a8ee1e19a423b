/* place.c - how a file becomes an object: written beside its place under a hidden name, synced, renamed. */
#include "local.h"

#include "base/random.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

void local_hidden_name(char out[NAME_MAX + 1], const char *id, const char *name)
{
    int len = snprintf(out, NAME_MAX + 1, LOCAL_HIDDEN "%s.", id);
    size_t rest = (size_t)(NAME_MAX - len);
    size_t name_len = strnlen(name, rest);
    memcpy(out + len, name, name_len);
    out[(size_t)len + name_len] = '\0';
}

/* Both tell of the bytes once only: after an error the kernel takes its pages for written, and the next sync
 * succeeds without them.  What is closed is a copy of the descriptor, which brings out what a network file
 * system kept back while the lock stays; it is made first, so that no other failure looks like this one. */
static mb_status settle(const struct local_target *target, struct local_file *file, struct mb_error *error)
{
    int copy = fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0)
        return local_fail(error, errno, target->store, "close", target->key);
    int failed = target->store->fsync && fsync(file->fd) != 0 ? errno : 0;
    if (close(copy) != 0 && failed == 0)
        failed = errno;
    file->lost = failed != 0;
    return failed == 0 ? MB_OK : local_fail(error, failed, target->store, "sync", target->key);
}

/* Last, so that the etag holds where a server sets the times. */
static mb_status check_size(const struct local_target *target, struct local_file *file,
                            struct mb_error *error)
{
    if (fstat(file->fd, &file->st) != 0)
        return local_fail(error, errno, target->store, "look at", target->key);
    if ((uint64_t)file->st.st_size != file->size)
        return mb_fail(error, MB_E_CORRUPT,
                       "the new file for '%s' has %lld bytes instead of the %llu that were written",
                       target->key, (long long)file->st.st_size, (unsigned long long)file->size);
    return MB_OK;
}

bool local_is_placed(const struct local_target *target, const struct stat *file)
{
    struct stat st;
    return fstatat(target->dir, target->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
           st.st_dev == file->st_dev && st.st_ino == file->st_ino && st.st_size == file->st_size;
}

static int rename_new(int from_dir, const char *from, int to_dir, const char *to)
{
    if (renameat2(from_dir, from, to_dir, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    /* Not every file system knows the flag, and link has the same promise.  The second name may stay: it is
     * one that is cleaned up. */
    if (linkat(from_dir, from, to_dir, to, 0) != 0)
        return -1;
    unlinkat(from_dir, from, 0);
    return 0;
}

/* A network file system may lose the answer, and tell of the second attempt that the name is gone or taken:
 * what lies at the key decides. */
static mb_status rename_file(struct local_target *target, const struct local_file *file, bool if_absent,
                             struct mb_error *error)
{
    int failed = if_absent ? rename_new(file->dir, file->name, target->dir, target->name)
                           : renameat(file->dir, file->name, target->dir, target->name);
    int sys_errno = errno;
    if (failed == 0 || local_is_placed(target, &file->st))
        return MB_OK;
    if (sys_errno == EEXIST && if_absent)
        return local_target_taken(target, error);
    return local_fail(error, sys_errno, target->store, "rename a finished file to", target->key);
}

mb_status local_place(struct local_target *target, struct local_file *file, bool if_absent,
                      struct mb_error *error)
{
    MB_TRY(settle(target, file, error));
    MB_TRY(check_size(target, file, error));
    MB_TRY(rename_file(target, file, if_absent, error));
    return local_target_sync(target, error);
}

/* Held until the file has its name or the process ends: who cleans up sees that somebody writes. */
static mb_status lock(const struct local_target *target, int fd, struct mb_error *error)
{
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return mb_fail(error, MB_E_UNAVAILABLE, "the new file for '%s' was taken for a leftover",
                       target->key);
    return MB_OK;
}

static mb_status write_file(struct local_target *target, struct local_file *file, bool new_only,
                            struct local_range *range, const struct mb_call *call)
{
    MB_TRY(local_target_enter(target, call->error));
    MB_TRY(local_target_vacant(target, new_only, call->error));
    MB_TRY(local_target_make(target, file->name, false, &file->fd, call->error));
    file->dir = target->dir;
    MB_TRY(lock(target, file->fd, call->error));
    range->dst = file->fd;
    MB_TRY(local_fill(range, call));
    file->size = range->done;
    return local_place(target, file, new_only, call->error);
}

mb_status local_write(struct local_range *range, bool new_only, struct mb_stat *out,
                      const struct mb_call *call)
{
    struct local_target target;
    char random[17];
    char name[NAME_MAX + 1];
    struct local_file file = {.fd = -1, .name = name};
    MB_TRY(mb_call_wanted(call));
    MB_TRY(mb_random_hex(random, sizeof(random) - 1, call->error));
    MB_TRY(local_target_open(&target, range->store, range->key, call->error));
    local_hidden_name(name, random, target.name);

    mb_status status = write_file(&target, &file, new_only, range, call);
    if (status == MB_OK)
        local_describe(&file.st, range->summed ? &range->crc32c : NULL, out);
    else
        local_target_clear(&target, name, 0);
    mb_file_close(file.fd);
    local_target_close(&target);
    return status;
}
