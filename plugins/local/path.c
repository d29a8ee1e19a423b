/* path.c - from keys to files below the root. */
#include "local.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *name_fault(const char *name, size_t len)
{
    if (len == 0)
        return "has an empty name in it";
    if (len == 1 && name[0] == '.')
        return "has '.' in it";
    if (len == 2 && memcmp(name, "..", 2) == 0)
        return "has '..' in it";
    if (len >= strlen(LOCAL_HIDDEN) && memcmp(name, LOCAL_HIDDEN, strlen(LOCAL_HIDDEN)) == 0)
        return "has a name in it that begins with '" LOCAL_HIDDEN "', which is kept for unfinished files";
    return NULL;
}

static mb_status refuse(struct mb_error *error, const char *what, const char *key, const char *fault)
{
    return mb_fail(error, MB_E_INVALID, "%s '%s' cannot be a path below the root: it %s", what, key, fault);
}

mb_status local_check_key(const char *key, struct mb_error *error)
{
    const char *name = key;
    if (key[0] == '\0')
        return mb_fail(error, MB_E_INVALID, "the key is empty");
    if (key[0] == '/')
        return refuse(error, "key", key, "begins with a slash");
    if (key[strlen(key) - 1] == '/')
        return refuse(error, "key", key, "ends with a slash, which makes it a directory");
    for (;;) {
        size_t len = strcspn(name, "/");
        const char *fault = name_fault(name, len);
        if (fault != NULL)
            return refuse(error, "key", key, fault);
        if (name[len] == '\0')
            return MB_OK;
        name += len + 1;
    }
}

mb_status local_check_prefix(const char *prefix, struct mb_error *error)
{
    const char *name = prefix;
    if (prefix[0] == '/')
        return refuse(error, "prefix", prefix, "begins with a slash");
    for (;;) {
        size_t len = strcspn(name, "/");
        if (name[len] == '\0')
            return MB_OK;
        const char *fault = name_fault(name, len);
        if (fault != NULL)
            return refuse(error, "prefix", prefix, fault);
        name += len + 1;
    }
}

mb_status local_poll(const struct mb_call *call)
{
    if (call->cancelled != NULL && call->cancelled(call))
        return mb_fail(call->error, MB_E_CANCELLED, "cancelled");
    if (call->deadline_ns != 0 && mb_clock_monotonic() >= call->deadline_ns)
        return mb_fail(call->error, MB_E_TIMEOUT, "the deadline has passed");
    return MB_OK;
}

mb_status local_fail(struct mb_error *error, int sys_errno, const struct mb_store *store, const char *verb,
                     const char *path)
{
    const char *slash = path[0] == '\0' || strcmp(store->root, "/") == 0 ? "" : "/";
    if (sys_errno == ELOOP)
        return mb_fail(error, MB_E_INVALID,
                       "%s '%s%s%s': a symbolic link is on the way, and none is followed", verb, store->root,
                       slash, path);
    return mb_fail_errno(error, sys_errno, "%s '%s%s%s'", verb, store->root, slash, path);
}

mb_status local_open_root(const struct mb_store *store, int *fd, struct mb_error *error)
{
    int root = open(store->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0 && errno == ENOENT)
        return mb_fail(error, MB_E_NO_BUCKET, "the root directory '%s' does not exist", store->root);
    if (root < 0 && errno == ENOTDIR)
        return mb_fail(error, MB_E_CONFIG, "root is '%s', which is not a directory", store->root);
    if (root < 0)
        return local_fail(error, errno, store, "open", "");
    *fd = root;
    return MB_OK;
}

void local_close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

/* One name further; a symbolic link is ELOOP, whatever flags make of it. */
static int open_name(int dir, const char *name, int flags)
{
    int fd = openat(dir, name, flags | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    if (fd < 0 && errno == ENOTDIR) {
        bool link = fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
        errno = link ? ELOOP : ENOTDIR;
    }
    return fd;
}

static int open_by_steps(int root, const char *path, int flags)
{
    int dir = root;
    for (;;) {
        char name[NAME_MAX + 1];
        size_t len = strcspn(path, "/");
        if (len > NAME_MAX) {
            errno = ENAMETOOLONG;
            break;
        }
        memcpy(name, path, len);
        name[len] = '\0';
        bool last = path[len] == '\0';
        int next = open_name(dir, name, last ? flags : O_PATH | O_DIRECTORY);
        int saved = errno;
        if (dir != root)
            close(dir);
        errno = saved;
        if (next < 0 || last)
            return next;
        dir = next;
        path += len + 1;
    }
    if (dir != root)
        close(dir);
    errno = ENAMETOOLONG;
    return -1;
}

int local_open_below(struct mb_store *store, int root, const char *path, int flags)
{
    if (path[0] == '\0')
        return openat(root, ".", flags | O_CLOEXEC);
    if (!atomic_load_explicit(&store->no_openat2, memory_order_relaxed)) {
        struct open_how how = {.flags = (unsigned)(flags | O_CLOEXEC),
                               .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
        int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
        /* Older container runtimes answer EPERM for a call that they do not know. */
        if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
            return fd;
        atomic_store_explicit(&store->no_openat2, true, memory_order_relaxed);
    }
    return open_by_steps(root, path, flags);
}

static mb_status not_found(const struct mb_store *store, const char *key, struct mb_error *error)
{
    return mb_fail(error, MB_E_NOT_FOUND, "there is no object '%s' below '%s'", key, store->root);
}

mb_status local_open_object(struct mb_store *store, const char *key, int *fd, struct stat *st,
                            struct mb_error *error)
{
    int root = -1;
    MB_TRY(local_check_key(key, error));
    MB_TRY(local_open_root(store, &root, error));
    /* Not to hang where a pipe lies in the place of an object. */
    int object = local_open_below(store, root, key, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    int sys_errno = errno;
    close(root);
    if (object < 0 && (sys_errno == ENOENT || sys_errno == ENOTDIR || sys_errno == ENXIO))
        return not_found(store, key, error);
    if (object < 0)
        return local_fail(error, sys_errno, store, "open", key);
    if (fstat(object, st) != 0) {
        sys_errno = errno;
        close(object);
        return local_fail(error, sys_errno, store, "look at", key);
    }
    if (!S_ISREG(st->st_mode)) {
        close(object);
        return not_found(store, key, error);
    }
    *fd = object;
    return MB_OK;
}

void local_prune(struct mb_store *store, int root, const char *key)
{
    char path[PATH_MAX];
    size_t len = strlen(key);
    if (len >= sizeof(path))
        return;
    memcpy(path, key, len + 1);
    for (;;) {
        char *slash = strrchr(path, '/');
        if (slash == NULL)
            return;
        *slash = '\0';
        const char *name = strrchr(path, '/');
        size_t above = name == NULL ? 0 : (size_t)(name - path);
        char parent[PATH_MAX];
        memcpy(parent, path, above);
        parent[above] = '\0';
        int dir = local_open_below(store, root, parent, O_PATH | O_DIRECTORY);
        if (dir < 0 && errno != ENOENT)
            return;
        int removed = dir < 0 ? 0 : unlinkat(dir, name == NULL ? path : name + 1, AT_REMOVEDIR);
        bool stop = removed != 0 && errno != ENOENT;
        local_close_fd(dir);
        if (stop)
            return;
    }
}

/* A file that replaces another has another inode, one that was written to another time or size. */
void local_etag(const struct stat *st, char *buf, size_t cap)
{
    snprintf(buf, cap, "%" PRIx64 "-%" PRIx64 "-%" PRIx64 ".%09ld", (uint64_t)st->st_ino,
             (uint64_t)st->st_size, (uint64_t)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
}

void local_describe(const struct stat *st, struct mb_stat *out)
{
    if (out == NULL)
        return;
    out->flags = 0;
    out->size = (uint64_t)st->st_size;
    out->mtime_ns = st->st_mtim.tv_sec * MB_NS_PER_S + st->st_mtim.tv_nsec;
    local_etag(st, out->etag, sizeof(out->etag));
    out->crc32c = 0;
}
