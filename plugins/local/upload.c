/* upload.c - multipart uploads.
 *
 * An upload is a hidden directory beside the object.  Part n of s bytes lies in its file "data.s" at
 * (n - 1) * s: parts of one size, which is all but the last from every sensible caller, are in place when the
 * last of them arrives, in whatever order, without anybody keeping count.  Completing then copies one part,
 * shortens the file and renames it.  Anything else is pieced together.
 *
 * Parts are not synced one by one.  The identity of the boot is in the upload's id: after a crash of the
 * machine what was not synced may be lost, and no upload of an earlier boot can go on. */
#include "walk.h"

#include "base/clock.h"
#include "base/crc32c.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* An id is random digits; that of an upload goes on with '-', the boot and whether it may overwrite. */
enum { RANDOM_LEN = 16, ID_LEN = RANDOM_LEN + 1 + 8 + 1 };
#define OVERWRITES 'o'
#define NEW_ONLY   'n'

struct upload {
    struct mb_store *store;
    const char *key;
    const char *id;
    int dir;
    char hidden[NAME_MAX + 1];
};

static const char *last_name(const char *key)
{
    const char *slash = strrchr(key, '/');
    return slash == NULL ? key : slash + 1;
}

static bool is_id(const char *id, size_t len)
{
    return (len == RANDOM_LEN || len == ID_LEN) && strspn(id, "0123456789abcdef-no") >= len;
}

static mb_status no_upload(const char *key, const char *upload_id, struct mb_error *error)
{
    return mb_fail(error, MB_E_NOT_FOUND, "there is no upload '%s' of '%s'", upload_id, key);
}

/* The directory in which the key's uploads lie, or -1 and errno. */
static int open_parent(struct mb_store *store, int root, const char *key)
{
    char path[PATH_MAX];
    const char *name = last_name(key);
    size_t len = name == key ? 0 : (size_t)(name - key) - 1;
    if (len >= sizeof(path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(path, key, len);
    path[len] = '\0';
    return local_open_below(store, root, path, O_PATH | O_DIRECTORY);
}

static mb_status upload_open(struct upload *out, struct mb_store *store, const char *key,
                             const char *upload_id, const struct mb_call *call)
{
    struct upload upload = {.store = store, .key = key, .id = upload_id};
    int root = -1;
    MB_TRY(local_poll(call));
    MB_TRY(local_check_key(key, call->error));
    if (strlen(upload_id) != ID_LEN || !is_id(upload_id, ID_LEN))
        return no_upload(key, upload_id, call->error);
    if (strncmp(upload_id + RANDOM_LEN + 1, store->boot, strlen(store->boot)) != 0)
        return mb_fail(call->error, MB_E_NOT_FOUND,
                       "the upload '%s' of '%s' was begun before this machine was started and cannot go on",
                       upload_id, key);
    local_hidden_name(upload.hidden, upload_id, last_name(key));
    MB_TRY(local_open_root(store, &root, call->error));
    int parent = open_parent(store, root, key);
    upload.dir =
        parent < 0 ? -1 : openat(parent, upload.hidden, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int sys_errno = errno;
    local_close(parent);
    close(root);
    if (upload.dir < 0 && (sys_errno == ENOENT || sys_errno == ENOTDIR))
        return no_upload(key, upload_id, call->error);
    if (upload.dir < 0)
        return local_fail(call->error, sys_errno, store, "open an upload of", key);
    *out = upload;
    return MB_OK;
}

/* Removes the directory of an upload; a part may still be arriving in it. */
static int remove_upload(int parent, const char *hidden)
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
    char random[RANDOM_LEN + 1];
    char id[ID_LEN + 1];
    char hidden[NAME_MAX + 1];
    int ignored = -1;
    bool if_absent = opts != NULL && (opts->flags & MB_PUT_IF_ABSENT) != 0;
    if (cap < sizeof(id))
        return mb_fail(call->error, MB_E_INVALID, "%zu bytes are too few for an upload's id", cap);
    MB_TRY(local_poll(call));
    MB_TRY(local_random(random, call->error));
    snprintf(id, sizeof(id), "%s-%s%c", random, store->boot, if_absent ? NEW_ONLY : OVERWRITES);
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

static mb_status open_data(const struct upload *upload, uint64_t size, int *fd, const struct mb_call *call)
{
    char name[32];
    snprintf(name, sizeof(name), "data.%" PRIu64, size);
    int data = openat(upload->dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (data < 0 && errno == ENOENT)
        return no_upload(upload->key, upload->id, call->error);
    if (data < 0)
        return local_fail(call->error, errno, upload->store, "open a part of", upload->key);
    *fd = data;
    return MB_OK;
}

static mb_status part_offset(uint32_t number, uint64_t size, uint64_t *out, struct mb_error *error)
{
    uint64_t offset = 0;
    if (number == 0)
        return mb_fail(error, MB_E_INVALID, "parts are numbered from 1, not from 0");
    if (__builtin_mul_overflow((uint64_t)number - 1, size, &offset) || offset > (uint64_t)INT64_MAX - size)
        return mb_fail(error, MB_E_INVALID, "part %u of %" PRIu64 " bytes lies beyond the end of any file",
                       number, size);
    *out = offset;
    return MB_OK;
}

static void format_receipt(char *out, size_t cap, const char *upload_id, uint32_t number, uint64_t size)
{
    snprintf(out, cap, "%u-%" PRIu64 "-%s", number, size, upload_id);
}

static void describe_part(struct mb_part *out, const struct upload *upload, uint32_t number, uint64_t size)
{
    *out = (struct mb_part){.number = number, .size = size};
    format_receipt(out->receipt, sizeof(out->receipt), upload->id, number, size);
}

/* The receipt keeps the CRC32C of a copied part until the parts are joined. */
static void describe_sum(struct mb_part *out, const struct local_range *range)
{
    size_t len = strlen(out->receipt);
    if (range->summed)
        snprintf(out->receipt + len, sizeof(out->receipt) - len, "-%08" PRIx32, range->crc32c);
}

/* Bytes of a file to the place of part number. */
static mb_status place_range(const struct upload *upload, uint32_t number, struct local_range *range,
                             const struct mb_call *call)
{
    MB_TRY(part_offset(number, range->length, &range->dst_offset, call->error));
    MB_TRY(open_data(upload, range->length, &range->dst, call));
    mb_status status = local_copy_range(range, call);
    close(range->dst);
    return status;
}

static mb_status place_source(const struct upload *upload, uint32_t number, const struct mb_source *source,
                              const struct mb_call *call)
{
    uint64_t size = (uint64_t)source->size;
    uint64_t offset = 0;
    uint64_t written = 0;
    int data = -1;
    MB_TRY(part_offset(number, size, &offset, call->error));
    MB_TRY(open_data(upload, size, &data, call));
    mb_status status = local_write_source(upload->store, source, data, offset, &written, upload->key, call);
    /* Begun now, the write that completing waits for is done by then. */
    if (status == MB_OK && upload->store->fsync)
        sync_file_range(data, (off_t)offset, (off_t)size, SYNC_FILE_RANGE_WRITE);
    close(data);
    return status;
}

/* Where a part lies depends on its size, so one of unknown size goes through a nameless file first. */
static mb_status place_unsized(const struct upload *upload, uint32_t number, const struct mb_source *source,
                               uint64_t *size, const struct mb_call *call)
{
    char name[RANDOM_LEN + 1];
    MB_TRY(local_random(name, call->error));
    int spool = openat(upload->dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (spool < 0)
        return local_fail(call->error, errno, upload->store, "create a part of", upload->key);
    unlinkat(upload->dir, name, 0);
    mb_status status = local_write_source(upload->store, source, spool, 0, size, upload->key, call);
    if (status == MB_OK) {
        struct local_range range = {
            .store = upload->store, .key = upload->key, .src = spool, .length = *size};
        status = place_range(upload, number, &range, call);
    }
    close(spool);
    return status;
}

mb_status local_mpu_part(struct mb_store *store, const char *key, const char *upload_id, uint32_t number,
                         const struct mb_put_options *opts, const struct mb_source *source,
                         struct mb_part *out, const struct mb_call *call)
{
    struct upload upload;
    uint64_t size = source->size < 0 ? 0 : (uint64_t)source->size;
    (void)opts;
    MB_TRY(upload_open(&upload, store, key, upload_id, call));
    mb_status status = source->size < 0 ? place_unsized(&upload, number, source, &size, call)
                                        : place_source(&upload, number, source, call);
    close(upload.dir);
    if (status == MB_OK)
        describe_part(out, &upload, number, size);
    return status;
}

mb_status local_mpu_copy_part(struct mb_store *dst, const char *key, const char *upload_id, uint32_t number,
                              struct mb_store *src, const char *src_key, uint64_t offset, uint64_t length,
                              struct mb_part *out, const struct mb_call *call)
{
    struct upload upload;
    struct stat st;
    struct local_range range = {
        .store = dst, .key = key, .src = -1, .src_offset = offset, .length = length, .summed = true};
    MB_TRY(upload_open(&upload, dst, key, upload_id, call));
    mb_status status = local_open_object(src, src_key, &range.src, &st, call->error);
    if (status == MB_OK && (offset > (uint64_t)st.st_size || length > (uint64_t)st.st_size - offset))
        status =
            mb_fail(call->error, MB_E_INVALID,
                    "%" PRIu64 " bytes from %" PRIu64 " on are not all within '%s'", length, offset, src_key);
    if (status == MB_OK)
        status = place_range(&upload, number, &range, call);
    local_close(range.src);
    close(upload.dir);
    if (status == MB_OK) {
        describe_part(out, &upload, number, length);
        describe_sum(out, &range);
    }
    return status;
}

/* What completing has to put together. */
struct joint {
    const struct upload *upload;
    const struct mb_part *parts;
    size_t count;
    uint64_t total;
    bool in_place; /* all but the last are where they belong, in the file of the first one's size */
    bool summed;   /* the CRC32C of every part is known, so crc32c is that of the object */
    uint32_t crc32c;
    char name[32]; /* the file that becomes the object */
    int fd;
};

/* Adds the part's CRC32C, which the rest of its receipt holds; false when the rest is none. */
static bool add_sum(struct joint *joint, const struct mb_part *part, const char *rest)
{
    size_t len = strnlen(rest, sizeof(part->receipt) - (size_t)(rest - part->receipt));
    joint->summed = joint->summed && len > 0;
    if (len == 0)
        return true;
    if (len != 9 || rest[0] != '-' || strspn(rest + 1, "0123456789abcdef") != 8)
        return false;
    uint32_t crc32c = (uint32_t)strtoul(rest + 1, NULL, 16);
    joint->crc32c = mb_crc32c_join(joint->crc32c, crc32c, part->size);
    return true;
}

static bool is_receipt(struct joint *joint, const struct mb_part *part)
{
    char plain[sizeof(part->receipt)];
    format_receipt(plain, sizeof(plain), joint->upload->id, part->number, part->size);
    size_t len = strlen(plain);
    return strncmp(plain, part->receipt, len) == 0 && add_sum(joint, part, part->receipt + len);
}

static mb_status check_parts(struct joint *joint, struct mb_error *error)
{
    const char *key = joint->upload->key;
    if (joint->count == 0)
        return mb_fail(error, MB_E_INVALID, "an upload of '%s' cannot be completed without parts", key);
    joint->in_place = true;
    joint->summed = true;
    for (size_t i = 0; i < joint->count; i++) {
        const struct mb_part *part = &joint->parts[i];
        uint64_t offset = 0;
        if (i > 0 && part->number <= part[-1].number)
            return mb_fail(error, MB_E_INVALID, "the parts of '%s' are not in ascending order", key);
        MB_TRY(part_offset(part->number, part->size, &offset, error));
        if (!is_receipt(joint, part))
            return mb_fail(error, MB_E_INVALID, "part %u of '%s' was not uploaded", part->number, key);
        if (part->number != i + 1 || (i + 1 < joint->count && part->size != joint->parts[0].size))
            joint->in_place = false;
        if (__builtin_add_overflow(joint->total, part->size, &joint->total))
            return mb_fail(error, MB_E_INVALID, "the parts of '%s' are too large together", key);
    }
    return MB_OK;
}

/* Copies a part from where it was uploaded to where it belongs. */
static mb_status move_part(const struct joint *joint, const struct mb_part *part, uint64_t to,
                           const struct mb_call *call)
{
    struct local_range range = {.store = joint->upload->store,
                                .key = joint->upload->key,
                                .dst = joint->fd,
                                .dst_offset = to,
                                .length = part->size};
    MB_TRY(part_offset(part->number, part->size, &range.src_offset, call->error));
    MB_TRY(open_data(joint->upload, part->size, &range.src, call));
    mb_status status = local_copy_range(&range, call);
    close(range.src);
    return status;
}

static mb_status join_in_place(struct joint *joint, const struct mb_call *call)
{
    const struct mb_part *last = &joint->parts[joint->count - 1];
    uint64_t width = joint->parts[0].size;
    snprintf(joint->name, sizeof(joint->name), "data.%" PRIu64, width);
    MB_TRY(open_data(joint->upload, width, &joint->fd, call));
    if (last->size != width)
        MB_TRY(move_part(joint, last, (joint->count - 1) * width, call));
    if (ftruncate(joint->fd, (off_t)joint->total) != 0)
        return local_fail(call->error, errno, joint->upload->store, "shorten", joint->upload->key);
    return MB_OK;
}

static mb_status join_by_copy(struct joint *joint, const struct mb_call *call)
{
    uint64_t offset = 0;
    snprintf(joint->name, sizeof(joint->name), "joined");
    joint->fd =
        openat(joint->upload->dir, joint->name, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (joint->fd < 0)
        return local_fail(call->error, errno, joint->upload->store, "create", joint->upload->key);
    for (size_t i = 0; i < joint->count; i++) {
        MB_TRY(move_part(joint, &joint->parts[i], offset, call));
        offset += joint->parts[i].size;
    }
    return MB_OK;
}

mb_status local_mpu_complete(struct mb_store *store, const char *key, const char *upload_id,
                             const struct mb_part *parts, size_t count, struct mb_stat *out,
                             const struct mb_call *call)
{
    struct upload upload;
    struct local_target target;
    struct stat st;
    MB_TRY(upload_open(&upload, store, key, upload_id, call));
    struct joint joint = {.upload = &upload, .parts = parts, .count = count, .fd = -1};
    bool if_absent = upload_id[ID_LEN - 1] == NEW_ONLY;
    bool opened = false;

    mb_status status = check_parts(&joint, call->error);
    if (status == MB_OK)
        status = local_target_open(&target, store, key, call->error);
    if (status != MB_OK)
        goto out;
    opened = true;
    status = local_target_enter(&target, call->error);
    if (status == MB_OK)
        status = local_target_vacant(&target, if_absent, call->error);
    if (status == MB_OK)
        status = joint.in_place ? join_in_place(&joint, call) : join_by_copy(&joint, call);
    if (status == MB_OK)
        status = local_sync(store, joint.fd, key, call->error);
    if (status == MB_OK && fstat(joint.fd, &st) != 0)
        status = local_fail(call->error, errno, store, "look at", key);
    if (status == MB_OK)
        status = local_target_commit(&target, upload.dir, joint.name, if_absent, call->error);
    if (status == MB_OK) {
        remove_upload(target.dir, upload.hidden);
        local_describe(&st, out);
        local_tell_sum(joint.summed, joint.crc32c, out);
    }
out:
    if (opened)
        local_target_close(&target);
    local_close(joint.fd);
    close(upload.dir);
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
        return no_upload(key, upload_id, call->error);
    local_hidden_name(hidden, upload_id, last_name(key));
    MB_TRY(local_open_root(store, &root, call->error));

    int parent = open_parent(store, root, key);
    int failed = parent < 0      ? -1
                 : len == ID_LEN ? remove_upload(parent, hidden)
                                 : unlinkat(parent, hidden, 0);
    mb_status status = MB_OK;
    if (failed != 0 && (errno == ENOENT || errno == ENOTDIR))
        status = no_upload(key, upload_id, call->error);
    else if (failed != 0)
        status = local_fail(call->error, errno, store, "abort an upload of", key);
    if (status == MB_OK)
        local_prune(store, root, key);
    local_close(parent);
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
    local_close(fd);
    return left;
}

/* Reads id and key out of what was found; false when it is nothing of ours. */
static bool parse_hidden(const struct local_found *found, struct mb_buf *key, char id[ID_LEN + 1])
{
    const char *begin = found->name + strlen(LOCAL_HIDDEN);
    size_t len = strcspn(begin, ".");
    size_t expected = S_ISDIR(found->st.st_mode) ? ID_LEN : RANDOM_LEN;
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
    char id[ID_LEN + 1];
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
