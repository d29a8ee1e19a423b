/* upload.c - multipart uploads: begun, found, aborted. */
#include "upload.h"

#include "walk.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static bool is_id(const char *id, size_t len)
{
    return (len == LOCAL_RANDOM_LEN || len == LOCAL_ID_LEN) && strspn(id, "0123456789abcdef-no") >= len;
}

mb_status local_no_upload(const char *key, const char *upload_id, struct mb_error *error)
{
    return mb_fail(error, MB_E_NOT_FOUND, "there is no upload '%s' of '%s'", upload_id, key);
}

/* The directory in which the key's uploads lie, or -1 and errno. */
static int open_parent(struct mb_store *store, int root, const char *key)
{
    return local_open_directory(store, root, key, local_above(key, strlen(key)), O_PATH);
}

mb_status local_upload_open(struct local_upload *out, struct mb_store *store, const char *key,
                            const char *upload_id, const struct mb_call *call)
{
    struct local_upload upload = {.store = store, .key = key, .id = upload_id};
    int root = -1;
    MB_TRY(mb_call_wanted(call));
    MB_TRY(local_check_key(key, call->error));
    if (strlen(upload_id) != LOCAL_ID_LEN || !is_id(upload_id, LOCAL_ID_LEN))
        return local_no_upload(key, upload_id, call->error);
    if (strncmp(upload_id + LOCAL_RANDOM_LEN + 1, store->boot, strlen(store->boot)) != 0)
        return mb_fail(call->error, MB_E_NOT_FOUND,
                       "the upload '%s' of '%s' was begun before this machine was started and cannot go on",
                       upload_id, key);
    local_hidden_name(upload.hidden, upload_id, local_last_name(key));
    MB_TRY(local_open_root(store, &root, call->error));
    int parent = open_parent(store, root, key);
    upload.dir =
        parent < 0 ? -1 : openat(parent, upload.hidden, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int sys_errno = errno;
    local_close_fd(parent);
    close(root);
    if (upload.dir < 0 && (sys_errno == ENOENT || sys_errno == ENOTDIR))
        return local_no_upload(key, upload_id, call->error);
    if (upload.dir < 0)
        return local_fail(call->error, sys_errno, store, "open an upload of", key);
    *out = upload;
    return MB_OK;
}

int local_upload_remove(int parent, const char *hidden)
{
    int failed = -1;
    for (int i = 0; i < 16 && failed != 0; i++) {
        int fd = openat(parent, hidden, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
            return i > 0 && errno == ENOENT ? 0 : -1;
        DIR *dir = fdopendir(fd);
        if (dir == NULL) {
            close(fd);
            return -1;
        }
        const struct dirent *entry;
        while ((entry = readdir(dir)) != NULL)
            unlinkat(fd, entry->d_name, 0);
        closedir(dir);
        failed = unlinkat(parent, hidden, AT_REMOVEDIR);
        if (failed != 0 && errno != ENOTEMPTY && errno != EEXIST)
            return -1;
    }
    return failed;
}

mb_status local_mpu_begin(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                          char *upload_id, size_t cap, const struct mb_call *call)
{
    struct local_target target;
    char random[LOCAL_RANDOM_LEN + 1];
    char id[LOCAL_ID_LEN + 1];
    char hidden[NAME_MAX + 1];
    int ignored = -1;
    bool if_absent = mb_put_is_new_only(opts);
    if (cap < sizeof(id))
        return mb_fail(call->error, MB_E_INVALID, "%zu bytes are too few for an upload's id", cap);
    MB_TRY(mb_call_wanted(call));
    MB_TRY(local_random(random, call->error));
    snprintf(id, sizeof(id), "%s-%s%c", random, store->boot, if_absent ? LOCAL_NEW_ONLY : LOCAL_OVERWRITES);
    MB_TRY(local_target_open(&target, store, key, call->error));
    local_hidden_name(hidden, id, target.name);

    mb_status status = local_target_enter(&target, call->error);
    if (status == MB_OK)
        status = local_target_vacant(&target, if_absent, call->error);
    if (status == MB_OK)
        status = local_target_make(&target, hidden, true, &ignored, call->error);
    if (status == MB_OK && target.made_above != SIZE_MAX)
        status = local_target_sync(&target, call->error);
    if (status == MB_OK) {
        memcpy(upload_id, id, sizeof(id));
    } else {
        if (target.dir >= 0)
            unlinkat(target.dir, hidden, AT_REMOVEDIR);
        local_prune(store, target.root, key);
    }
    local_target_close(&target);
    return status;
}

mb_status local_mpu_abort(struct mb_store *store, const char *key, const char *upload_id,
                          const struct mb_call *call)
{
    char hidden[NAME_MAX + 1];
    int root = -1;
    size_t len = strlen(upload_id);
    MB_TRY(local_check_key(key, call->error));
    if (!is_id(upload_id, len))
        return local_no_upload(key, upload_id, call->error);
    local_hidden_name(hidden, upload_id, local_last_name(key));
    MB_TRY(local_open_root(store, &root, call->error));

    int parent = open_parent(store, root, key);
    int failed = parent < 0            ? -1
                 : len == LOCAL_ID_LEN ? local_upload_remove(parent, hidden)
                                       : unlinkat(parent, hidden, 0);
    mb_status status = MB_OK;
    if (failed != 0 && (errno == ENOENT || errno == ENOTDIR))
        status = local_no_upload(key, upload_id, call->error);
    else if (failed != 0)
        status = local_fail(call->error, errno, store, "abort an upload of", key);
    if (status == MB_OK)
        local_prune(store, root, key);
    local_close_fd(parent);
    close(root);
    return status;
}

/* A put that is going on holds a lock on its file; one that was killed does not. */
static bool is_left(const struct local_found *found)
{
    if (S_ISDIR(found->st.st_mode))
        return true;
    int fd = openat(found->dir, found->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool left = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) == 0;
    local_close_fd(fd);
    return left;
}

/* Reads id and key out of what was found; false when it is nothing of ours. */
static bool parse_hidden(const struct local_found *found, struct mb_buf *key, char id[LOCAL_ID_LEN + 1])
{
    const char *begin = found->name + strlen(LOCAL_HIDDEN);
    size_t len = strcspn(begin, ".");
    size_t expected = S_ISDIR(found->st.st_mode) ? LOCAL_ID_LEN : LOCAL_RANDOM_LEN;
    if (begin[len] != '.' || len != expected || !is_id(begin, len))
        return false;
    memcpy(id, begin, len);
    id[len] = '\0';
    mb_buf_reset(key);
    mb_buf_append(key, found->key, (size_t)(found->name - found->key));
    mb_buf_puts(key, begin + len + 1);
    return true;
}

mb_status local_mpu_list(struct mb_store *store, const char *prefix,
                         mb_status (*found)(void *ctx, const struct mb_upload *upload), void *ctx,
                         const struct mb_call *call)
{
    struct local_walk walk;
    struct local_found file;
    struct mb_buf key;
    char id[LOCAL_ID_LEN + 1];
    MB_TRY(local_walk_open(&walk, store, prefix, "", true, call));
    mb_buf_init(&key, SIZE_MAX / 2);
    mb_status status = MB_OK;
    while (status == MB_OK && (status = local_walk_next(&walk, &file, call)) == MB_OK) {
        if (!parse_hidden(&file, &key, id) || strncmp(key.data, prefix, strlen(prefix)) != 0 ||
            !is_left(&file))
            continue;
        struct mb_upload upload = {.struct_size = sizeof(upload),
                                   .key = key.data,
                                   .upload_id = id,
                                   .begun_ns = file.st.st_mtim.tv_sec * MB_NS_PER_S};
        status = mb_buf_status(&key, call->error);
        if (status == MB_OK)
            status = found(ctx, &upload);
    }
    mb_buf_done(&key);
    local_walk_close(&walk);
    return status == MB_END ? MB_OK : status;
}
