/* upload.c - multipart uploads: begun, found, aborted. */
#include "upload.h"

#include "walk.h"

#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"

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

static int open_hidden(int parent, const char *hidden)
{
    return openat(parent, hidden, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* An id that could be one of this boot's uploads. */
static mb_status check_id(const struct local_upload *upload, struct mb_error *error)
{
    if (strlen(upload->id) != LOCAL_ID_LEN || !is_id(upload->id, LOCAL_ID_LEN))
        return local_no_upload(upload->key, upload->id, error);
    if (strncmp(upload->id + LOCAL_RANDOM_LEN + 1, upload->store->boot, strlen(upload->store->boot)) != 0)
        return mb_fail(error, MB_E_NOT_FOUND,
                       "the upload '%s' of '%s' was begun before this machine was started and cannot go on",
                       upload->id, upload->key);
    return MB_OK;
}

mb_status local_upload_open(struct local_upload *out, struct mb_store *store, const char *key,
                            const char *upload_id, const struct mb_call *call)
{
    struct local_upload upload = {.store = store, .key = key, .id = upload_id, .dir = -1};
    struct local_target target;
    mb_status status = MB_OK;
    MB_TRY(mb_call_wanted(call));
    MB_TRY(local_check_key(key, call->error));
    MB_TRY(check_id(&upload, call->error));
    MB_TRY(local_target_open(&target, store, key, call->error));
    local_hidden_name(upload.hidden, upload_id, target.name);
    if (local_target_find(&target))
        upload.dir = open_hidden(target.dir, upload.hidden);
    if (upload.dir < 0)
        status = errno == ENOENT || errno == ENOTDIR
                     ? local_no_upload(key, upload_id, call->error)
                     : local_fail(call->error, errno, store, "open an upload of", key);
    local_target_close(&target);
    if (status == MB_OK)
        *out = upload;
    return status;
}

static mb_status make_upload(struct local_target *target, const char *hidden, bool new_only,
                             struct mb_error *error)
{
    int none = -1;
    MB_TRY(local_target_enter(target, error));
    MB_TRY(local_target_vacant(target, new_only, error));
    MB_TRY(local_target_make(target, hidden, true, &none, error));
    return target->made_above != SIZE_MAX ? local_target_sync(target, error) : MB_OK;
}

mb_status local_mpu_begin(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                          char *upload_id, size_t cap, const struct mb_call *call)
{
    struct local_target target;
    char random[LOCAL_RANDOM_LEN + 1];
    char id[LOCAL_ID_LEN + 1];
    char hidden[NAME_MAX + 1];
    bool new_only = mb_put_is_new_only(opts);
    if (cap < sizeof(id))
        return mb_fail(call->error, MB_E_INVALID, "%zu bytes are too few for an upload's id", cap);
    MB_TRY(mb_call_wanted(call));
    MB_TRY(mb_random_hex(random, LOCAL_RANDOM_LEN, call->error));
    snprintf(id, sizeof(id), "%s-%s%c", random, store->boot, new_only ? LOCAL_NEW_ONLY : LOCAL_OVERWRITES);
    MB_TRY(local_target_open(&target, store, key, call->error));
    local_hidden_name(hidden, id, target.name);

    mb_status status = make_upload(&target, hidden, new_only, call->error);
    if (status == MB_OK)
        memcpy(upload_id, id, sizeof(id));
    else
        local_target_clear(&target, hidden, AT_REMOVEDIR);
    local_target_close(&target);
    return status;
}

mb_status local_mpu_abort(struct mb_store *store, const char *key, const char *upload_id,
                          const struct mb_call *call)
{
    char hidden[NAME_MAX + 1];
    struct local_target target;
    mb_status status = MB_OK;
    size_t len = strlen(upload_id);
    MB_TRY(local_check_key(key, call->error));
    if (!is_id(upload_id, len))
        return local_no_upload(key, upload_id, call->error);
    MB_TRY(local_target_open(&target, store, key, call->error));
    local_hidden_name(hidden, upload_id, target.name);
    int failed = !local_target_find(&target) ? -1
                 : len == LOCAL_ID_LEN       ? mb_file_remove_folder(target.dir, hidden)
                                             : unlinkat(target.dir, hidden, 0);
    if (failed != 0 && (errno == ENOENT || errno == ENOTDIR))
        status = local_no_upload(key, upload_id, call->error);
    else if (failed != 0)
        status = local_fail(call->error, errno, store, "abort an upload of", key);
    else
        local_prune(store, target.root, key);
    local_target_close(&target);
    return status;
}

/* A put that is going on holds a lock on its file; one that was killed does not. */
static bool is_left(const struct local_found *found)
{
    if (S_ISDIR(found->st.st_mode))
        return true;
    int fd = openat(found->dir, found->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool left = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) == 0;
    mb_file_close(fd);
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

static mb_status list_left(struct local_walk *walk, struct mb_buf *key, const char *prefix,
                           mb_status (*found)(void *ctx, const struct mb_upload *upload), void *ctx,
                           const struct mb_call *call)
{
    struct local_found file;
    char id[LOCAL_ID_LEN + 1];
    mb_status status;
    while ((status = local_walk_next(walk, &file, call)) == MB_OK) {
        if (!parse_hidden(&file, key, id) || !mb_text_starts_with(key->data, prefix) || !is_left(&file))
            continue;
        MB_TRY(mb_buf_status(key, call->error));
        const struct mb_upload upload = {.struct_size = sizeof(upload),
                                         .key = key->data,
                                         .upload_id = id,
                                         .begun_ns = file.st.st_mtim.tv_sec * MB_NS_PER_S};
        status = found(ctx, &upload);
        if (status != MB_OK)
            break;
    }
    return status == MB_END ? MB_OK : status;
}

mb_status local_mpu_list(struct mb_store *store, const char *prefix,
                         mb_status (*found)(void *ctx, const struct mb_upload *upload), void *ctx,
                         const struct mb_call *call)
{
    struct local_walk walk;
    struct mb_buf key;
    MB_TRY(local_walk_open(&walk, store, prefix, "", true, call));
    mb_buf_init(&key, SIZE_MAX / 2);
    mb_status status = list_left(&walk, &key, prefix, found, ctx, call);
    mb_buf_done(&key);
    local_walk_close(&walk);
    return status;
}
