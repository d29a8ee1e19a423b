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

/* All names of path, or all but the last. */
static mb_status check_names(const char *what, const char *path, bool last, struct mb_error *error)
{
    if (path[0] == '/')
        return refuse(error, what, path, "begins with a slash");
    for (const char *name = path;;) {
        size_t len = strcspn(name, "/");
        bool ended = name[len] == '\0';
        const char *fault = ended && !last ? NULL : name_fault(name, len);
        if (fault != NULL)
            return refuse(error, what, path, fault);
        if (ended)
            return MB_OK;
        name += len + 1;
    }
}

mb_status local_check_key(const char *key, struct mb_error *error)
{
    if (key[0] == '\0')
        return mb_fail(error, MB_E_INVALID, "the key is empty");
    if (key[0] != '/' && key[strlen(key) - 1] == '/')
        return refuse(error, "key", key, "ends with a slash, which makes it a directory");
    return check_names("key", key, true, error);
}

mb_status local_check_prefix(const char *prefix, struct mb_error *error)
{
    return check_names("prefix", prefix, false, error);
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

const char *local_last_name(const char *key)
{
    const char *slash = strrchr(key, '/');
    return slash == NULL ? key : slash + 1;
}

size_t local_above(const char *key, size_t len)
{
    while (len > 0 && key[len - 1] != '/')
        len--;
    return len > 0 ? len - 1 : 0;
}

static bool cut(char *out, size_t cap, const char *text, size_t len)
{
    if (len >= cap) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(out, text, len);
    out[len] = '\0';
    return true;
}

bool local_cut_name(char out[NAME_MAX + 1], const char *text, size_t len)
{
    return cut(out, NAME_MAX + 1, text, len);
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

/* Takes the directory over. */
static int step(int dir, int root, const char *name, size_t len, int flags)
{
    char one[NAME_MAX + 1];
    int next = local_cut_name(one, name, len) ? open_name(dir, one, flags) : -1;
    int sys_errno = errno;
    if (dir != root)
        close(dir);
    errno = sys_errno;
    return next;
}

static int open_by_steps(int root, const char *path, int flags)
{
    int dir = root;
    for (;;) {
        size_t len = strcspn(path, "/");
        bool last = path[len] == '\0';
        dir = step(dir, root, path, len, last ? flags : O_PATH | O_DIRECTORY);
        if (dir < 0 || last)
            return dir;
        path += len + 1;
    }
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

int local_open_directory(struct mb_store *store, int root, const char *path, size_t len, int flags)
{
    char directory[PATH_MAX];
    return cut(directory, sizeof(directory), path, len)
               ? local_open_below(store, root, directory, flags | O_DIRECTORY)
               : -1;
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
    for (size_t len = local_above(key, strlen(key)); len > 0; len = local_above(key, len)) {
        char name[NAME_MAX + 1];
        size_t above = local_above(key, len);
        size_t begin = above > 0 ? above + 1 : 0;
        int dir = local_open_directory(store, root, key, above, O_PATH);
        bool removed = dir >= 0 && local_cut_name(name, key + begin, len - begin) &&
                       unlinkat(dir, name, AT_REMOVEDIR) == 0;
        bool stop = !removed && errno != ENOENT;
        mb_file_close(dir);
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

int64_t local_mtime(const struct stat *st)
{
    return st->st_mtim.tv_sec * MB_NS_PER_S + st->st_mtim.tv_nsec;
}

void local_describe(const struct stat *st, const uint32_t *crc32c, struct mb_stat *out)
{
    struct mb_stat stat = {.size = (uint64_t)st->st_size, .mtime_ns = local_mtime(st)};
    local_etag(st, stat.etag, sizeof(stat.etag));
    if (crc32c != NULL) {
        stat.flags = MB_STAT_CRC32C;
        stat.crc32c = *crc32c;
    }
    mb_stat_write(out, &stat);
}
