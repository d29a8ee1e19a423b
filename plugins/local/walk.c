/* walk.c - the files below the root in the order of their keys, one directory a level.
 *
 * Memory is that of the levels on the way to the present file, each with a bounded batch of names. */
#include "walk.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct local_level {
    DIR *dir;
    size_t path_len; /* of walk->path */
    struct local_names names;
    size_t next;
};

static void cut_path(struct local_walk *walk, size_t len)
{
    walk->path.len = len;
    walk->path.data[len] = '\0';
}

static void pop(struct local_walk *walk)
{
    struct local_level *level = &walk->levels[--walk->depth];
    closedir(level->dir);
    local_names_done(&level->names);
}

/* The names of the level that come after the given one. */
static mb_status read_names(struct local_walk *walk, struct local_level *level, const char *after,
                            const struct mb_call *call)
{
    const char *prefix = level->path_len < strlen(walk->prefix) ? walk->prefix + level->path_len : "";
    struct local_names_query query = {
        .after = after, .prefix = prefix, .hidden = walk->hidden, .budget = walk->budget};
    level->next = 0;
    return local_names_read(&level->names, level->dir, &query, call);
}

/* Goes into the directory that fd is and walk->path names; fd is taken over. */
static mb_status push(struct local_walk *walk, int fd, const struct mb_call *call)
{
    if (walk->depth == walk->cap) {
        size_t cap = walk->cap == 0 ? 8 : walk->cap * 2;
        struct local_level *levels = reallocarray(walk->levels, cap, sizeof(*levels));
        if (levels == NULL) {
            close(fd);
            return mb_fail_memory(call->error);
        }
        walk->levels = levels;
        walk->cap = cap;
    }
    DIR *dir = fdopendir(fd);
    if (dir == NULL) {
        close(fd);
        return mb_fail_memory(call->error);
    }
    struct local_level *level = &walk->levels[walk->depth++];
    *level = (struct local_level){.dir = dir, .path_len = walk->path.len};
    local_names_init(&level->names);
    bool on_the_way =
        walk->path.len < strlen(walk->after) && mb_text_starts_with(walk->after, walk->path.data);
    return read_names(walk, level, on_the_way ? walk->after + walk->path.len : "", call);
}

/* The directory that every key with the prefix lies in. */
static mb_status push_first(struct local_walk *walk, const struct mb_call *call)
{
    int root = -1;
    const char *slash = strrchr(walk->prefix, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - walk->prefix) + 1;
    MB_TRY(local_open_root(walk->store, &root, call->error));
    mb_buf_append(&walk->path, walk->prefix, len > 0 ? len - 1 : 0);
    mb_status status = mb_buf_status(&walk->path, call->error);
    int fd =
        status != MB_OK ? -1 : local_open_below(walk->store, root, walk->path.data, O_RDONLY | O_DIRECTORY);
    int sys_errno = errno;
    close(root);
    if (status != MB_OK)
        return status;
    if (fd < 0 && (sys_errno == ENOENT || sys_errno == ENOTDIR || sys_errno == ENAMETOOLONG))
        return MB_OK;
    if (fd < 0)
        return local_fail(call->error, sys_errno, walk->store, "list", walk->path.data);
    if (len > 0)
        mb_buf_putc(&walk->path, '/');
    return push(walk, fd, call);
}

mb_status local_walk_open(struct local_walk *walk, struct mb_store *store, const char *prefix,
                          const char *after, bool hidden, const struct mb_call *call)
{
    MB_TRY(mb_call_wanted(call));
    MB_TRY(local_check_prefix(prefix, call->error));
    *walk = (struct local_walk){.store = store, .hidden = hidden, .budget = LOCAL_WALK_BUDGET};
    mb_buf_init(&walk->path, SIZE_MAX / 2);
    mb_buf_init(&walk->skipped, SIZE_MAX / 2);
    walk->prefix = strdup(prefix);
    walk->after = strdup(after);
    mb_status status =
        walk->prefix == NULL || walk->after == NULL ? mb_fail_memory(call->error) : push_first(walk, call);
    if (status != MB_OK)
        local_walk_close(walk);
    return status;
}

void local_walk_close(struct local_walk *walk)
{
    while (walk->depth > 0)
        pop(walk);
    free(walk->levels);
    free(walk->prefix);
    free(walk->after);
    mb_buf_done(&walk->path);
    mb_buf_done(&walk->skipped);
}

mb_status local_walk_skip(struct local_walk *walk, const char *key, size_t len, struct mb_error *error)
{
    mb_buf_reset(&walk->skipped);
    mb_buf_append(&walk->skipped, key, len);
    return mb_buf_status(&walk->skipped, error);
}

static bool is_skipped(const struct local_walk *walk)
{
    return walk->skipped.len > 0 && mb_text_starts_with(walk->path.data, walk->skipped.data);
}

/* Puts the next name of the innermost level behind the path and sets *out to it; NULL when the level has
 * none. */
static mb_status next_name(struct local_walk *walk, const char **out, const struct mb_call *call)
{
    struct local_level *level = &walk->levels[walk->depth - 1];
    cut_path(walk, level->path_len);
    if (level->next == level->names.count && level->names.more) {
        char *last = strdup(local_names_get(&level->names, level->names.count - 1));
        if (last == NULL)
            return mb_fail_memory(call->error);
        mb_status status = read_names(walk, level, last, call);
        free(last);
        MB_TRY(status);
    }
    if (level->next == level->names.count || is_skipped(walk)) {
        *out = NULL;
        return MB_OK;
    }
    *out = local_names_get(&level->names, level->next++);
    mb_buf_puts(&walk->path, *out);
    return mb_buf_status(&walk->path, call->error);
}

/* Into a directory; one that has gone meanwhile held nothing. */
static mb_status descend(struct local_walk *walk, const struct mb_call *call)
{
    struct local_level *level = &walk->levels[walk->depth - 1];
    const char *path = walk->path.data;
    char name[NAME_MAX + 1];
    size_t len = walk->path.len - level->path_len - 1;
    memcpy(name, path + level->path_len, len);
    name[len] = '\0';
    int fd = openat(dirfd(level->dir), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
        return MB_OK;
    if (fd < 0)
        return local_fail(call->error, errno, walk->store, "list", path);
    return push(walk, fd, call);
}

/* Does a listing tell of the directory at walk->path only that it is there?  Then one that others keep to
 * themselves, as a disk's lost+found, is no obstacle. */
static bool is_one_entry(const struct local_walk *walk)
{
    return walk->delimiter != NULL && strstr(walk->path.data + strlen(walk->prefix), walk->delimiter) != NULL;
}

mb_status local_walk_next(struct local_walk *walk, struct local_found *out, const struct mb_call *call)
{
    while (walk->depth > 0) {
        const char *name = NULL;
        MB_TRY(mb_call_wanted(call));
        MB_TRY(next_name(walk, &name, call));
        if (name == NULL) {
            pop(walk);
            continue;
        }
        const char *key = walk->path.data;
        struct local_level *level = &walk->levels[walk->depth - 1];
        bool hidden = mb_text_starts_with(name, LOCAL_HIDDEN);
        bool directory = key[walk->path.len - 1] == '/';
        if (is_skipped(walk))
            continue;
        if (directory && !hidden) {
            mb_status status = descend(walk, call);
            if (status == MB_E_FORBIDDEN && is_one_entry(walk)) {
                mb_error_clear(call->error);
                *out = (struct local_found){.key = key};
                return MB_OK;
            }
            MB_TRY(status);
            continue;
        }
        if (directory)
            cut_path(walk, walk->path.len - 1);
        struct local_found found = {.key = key, .dir = dirfd(level->dir), .name = key + level->path_len};
        if (fstatat(found.dir, found.name, &found.st, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno == ENOENT)
                continue;
            return local_fail(call->error, errno, walk->store, "look at", key);
        }
        if (!hidden && !S_ISREG(found.st.st_mode))
            continue;
        *out = found;
        return MB_OK;
    }
    return MB_END;
}
