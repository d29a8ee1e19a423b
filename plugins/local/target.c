/* target.c - the directories of a key: made, entered, synced. */
#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* How often a directory may be pruned away by a remove before a put into it gives up. */
enum { MAX_REMAKES = 1000 };

static mb_status in_the_way(const struct local_target *target, struct mb_error *error)
{
    return mb_fail(error, MB_E_UNSUPPORTED,
                   "a key above '%s' is an object: in a file system it cannot be a directory too",
                   target->key);
}

static mb_status pruned_away(const struct local_target *target, struct mb_error *error)
{
    return mb_fail(error, MB_E_UNAVAILABLE, "the directory of '%s' is removed as often as it is made",
                   target->key);
}

/* Opens the directory of the key, making what is missing; -1 and errno otherwise. */
static int make_parents(struct local_target *target)
{
    int dir = openat(target->root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    const char *name = target->key;
    while (dir >= 0 && name != target->name) {
        char part[NAME_MAX + 1];
        size_t len = strcspn(name, "/");
        int made = local_cut_name(part, name, len) ? mkdirat(dir, part, 0777) : -1;
        if (made == 0) {
            size_t above = local_above(target->key, (size_t)(name - target->key));
            if (above < target->made_above)
                target->made_above = above;
        }
        bool go_on = made == 0 || errno == EEXIST;
        int next = go_on ? local_open_below(target->store, dir, part, O_PATH | O_DIRECTORY) : -1;
        int sys_errno = errno;
        close(dir);
        errno = sys_errno;
        dir = next;
        name += len + 1;
    }
    return dir;
}

static int open_above(const struct local_target *target, size_t len, int flags)
{
    return local_open_directory(target->store, target->root, target->key, len, flags);
}

static size_t parent_len(const struct local_target *target)
{
    return local_above(target->key, strlen(target->key));
}

void local_target_clear(const struct local_target *target, const char *name, int flags)
{
    if (target->dir >= 0)
        unlinkat(target->dir, name, flags);
    local_prune(target->store, target->root, target->key);
}

bool local_target_find(struct local_target *target)
{
    mb_file_close(target->dir);
    target->dir = open_above(target, parent_len(target), O_PATH);
    return target->dir >= 0;
}

static bool enter(struct local_target *target)
{
    if (!local_target_find(target) && errno == ENOENT)
        target->dir = make_parents(target);
    return target->dir >= 0;
}

mb_status local_target_open(struct local_target *target, struct mb_store *store, const char *key,
                            struct mb_error *error)
{
    struct local_target opened = {
        .store = store, .key = key, .name = local_last_name(key), .made_above = SIZE_MAX, .dir = -1};
    MB_TRY(local_check_key(key, error));
    MB_TRY(local_open_root(store, &opened.root, error));
    *target = opened;
    return MB_OK;
}

void local_target_close(struct local_target *target)
{
    if (target->store->fsync && target->made_above != SIZE_MAX)
        atomic_store(&target->store->unsynced, true);
    mb_file_close(target->dir);
    mb_file_close(target->root);
}

mb_status local_target_enter(struct local_target *target, struct mb_error *error)
{
    for (unsigned i = 0; i < MAX_REMAKES; i++) {
        if (enter(target))
            return MB_OK;
        if (errno == ENOTDIR)
            return in_the_way(target, error);
        if (errno != ENOENT)
            return local_fail(error, errno, target->store, "make the directory of", target->key);
    }
    return pruned_away(target, error);
}

mb_status local_target_make(struct local_target *target, const char *name, bool directory, int *fd,
                            struct mb_error *error)
{
    for (unsigned i = 0; i < MAX_REMAKES; i++) {
        int made = directory
                       ? mkdirat(target->dir, name, 0777)
                       : openat(target->dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (made >= 0) {
            *fd = made;
            return MB_OK;
        }
        if (errno != ENOENT)
            return local_fail(error, errno, target->store, "create a file for", target->key);
        MB_TRY(local_target_enter(target, error));
    }
    return pruned_away(target, error);
}

/* Who is told so may act on it, so it has to be true after a crash as well: of an object whose maker could
 * not sync the directory, or has not come to it yet, too. */
mb_status local_target_taken(struct local_target *target, struct mb_error *error)
{
    MB_TRY(local_target_sync(target, error));
    return mb_fail(error, MB_E_EXISTS, "there already is an object '%s'", target->key);
}

mb_status local_target_vacant(struct local_target *target, bool if_absent, struct mb_error *error)
{
    struct stat st;
    if (fstatat(target->dir, target->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return MB_OK;
    if (S_ISREG(st.st_mode))
        return if_absent ? local_target_taken(target, error) : MB_OK;
    if (S_ISDIR(st.st_mode))
        return mb_fail(
            error, MB_E_UNSUPPORTED,
            "'%s' is a directory because keys begin with it and a slash: it cannot be an object too",
            target->key);
    return mb_fail(error, MB_E_INVALID, "'%s' is neither a file nor a directory and is not replaced",
                   target->key);
}

/* After mkdir of a/b and a/b/c for a/b/c/f: a/b/c first, which on a journalling file system takes the rest
 * along, then a/b and a. */
mb_status local_target_sync(struct local_target *target, struct mb_error *error)
{
    if (!target->store->fsync)
        return MB_OK;
    size_t until = atomic_load(&target->store->unsynced) ? 0 : target->made_above;
    for (size_t len = parent_len(target);; len = local_above(target->key, len)) {
        int dir = open_above(target, len, O_RDONLY);
        int failed = dir < 0 || fsync(dir) != 0 ? errno : 0;
        mb_file_close(dir);
        /* Some network file systems cannot sync a directory and need not. */
        if (failed != 0 && failed != EINVAL) {
            mb_status status = local_fail(error, failed, target->store, "sync the directory of", target->key);
            error->flags |= MB_ERR_AMBIGUOUS;
            return status;
        }
        if (until == SIZE_MAX || len <= until)
            break;
    }
    target->made_above = SIZE_MAX;
    return MB_OK;
}
