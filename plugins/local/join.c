/* join.c - completing an upload: parts become one file, and the file becomes the object. */
#include "upload.h"

#include "base/crc32c.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What completing has to put together. */
struct joint {
    const struct local_upload *upload;
    const struct mb_part *parts;
    size_t count;
    bool in_place; /* all but the last are where they belong, in the file of the first one's size */
    bool summed;   /* the CRC32C of every part is known, so crc32c is that of the object */
    uint32_t crc32c;
    char name[32]; /* of the file that becomes the object */
    struct local_file file;
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
    local_part_receipt(plain, sizeof(plain), joint->upload->id, part->number, part->size);
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
        MB_TRY(local_part_offset(part->number, part->size, &offset, error));
        if (!is_receipt(joint, part))
            return mb_fail(error, MB_E_INVALID, "part %u of '%s' was not uploaded", part->number, key);
        if (part->number != i + 1 || (i + 1 < joint->count && part->size != joint->parts[0].size))
            joint->in_place = false;
        if (__builtin_add_overflow(joint->file.size, part->size, &joint->file.size))
            return mb_fail(error, MB_E_INVALID, "the parts of '%s' are too large together", key);
    }
    if (joint->in_place)
        local_part_file(joint->name, sizeof(joint->name), joint->parts[0].size);
    else
        snprintf(joint->name, sizeof(joint->name), "joined");
    return MB_OK;
}

static mb_status gone(const struct joint *joint, const struct mb_part *part, struct mb_error *error)
{
    return mb_fail(error, MB_E_INVALID, "part %u of '%s' was uploaded, but its bytes are gone", part->number,
                   joint->upload->key);
}

/* Opens the file in which part lies with all before it.  What is not there is not made: zeros would be taken
 * for the object. */
static mb_status open_part(const struct joint *joint, const struct mb_part *part, uint64_t end, int flags,
                           int *fd, struct mb_error *error)
{
    char name[32];
    struct stat st;
    local_part_file(name, sizeof(name), part->size);
    int data = openat(joint->upload->dir, name, flags | O_NOFOLLOW | O_CLOEXEC);
    if (data < 0 && errno == ENOENT)
        return gone(joint, part, error);
    if (data < 0 || fstat(data, &st) != 0) {
        mb_status status =
            local_fail(error, errno, joint->upload->store, "open a part of", joint->upload->key);
        mb_file_close(data);
        return status;
    }
    if ((uint64_t)st.st_size < end) {
        close(data);
        return gone(joint, part, error);
    }
    *fd = data;
    return MB_OK;
}

/* Copies a part from where it was uploaded to where it belongs. */
static mb_status move_part(const struct joint *joint, const struct mb_part *part, uint64_t to,
                           const struct mb_call *call)
{
    struct local_range range = {.store = joint->upload->store,
                                .key = joint->upload->key,
                                .dst = joint->file.fd,
                                .dst_offset = to,
                                .length = part->size};
    MB_TRY(local_part_offset(part->number, part->size, &range.src_offset, call->error));
    MB_TRY(open_part(joint, part, range.src_offset + part->size, O_RDONLY, &range.src, call->error));
    mb_status status = local_fill(&range, call);
    close(range.src);
    return status;
}

static mb_status join_in_place(struct joint *joint, const struct mb_call *call)
{
    const struct mb_part *last = &joint->parts[joint->count - 1];
    uint64_t width = joint->parts[0].size;
    uint64_t before_last = (joint->count - 1) * width;
    bool moves = last->size != width;
    MB_TRY(open_part(joint, joint->parts, moves ? before_last : joint->file.size, O_RDWR, &joint->file.fd,
                     call->error));
    if (moves)
        MB_TRY(move_part(joint, last, before_last, call));
    if (ftruncate(joint->file.fd, (off_t)joint->file.size) != 0)
        return local_fail(call->error, errno, joint->upload->store, "shorten", joint->upload->key);
    return MB_OK;
}

/* Into a file of its own for every attempt. */
static mb_status join_by_copy(struct joint *joint, const struct mb_call *call)
{
    uint64_t offset = 0;
    unlinkat(joint->upload->dir, joint->name, 0);
    joint->file.fd =
        openat(joint->upload->dir, joint->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (joint->file.fd < 0)
        return local_fail(call->error, errno, joint->upload->store, "create", joint->upload->key);
    for (size_t i = 0; i < joint->count; i++) {
        MB_TRY(move_part(joint, &joint->parts[i], offset, call));
        offset += joint->parts[i].size;
    }
    return MB_OK;
}

/* ---------------------------------------------------------------- renamed, not yet synced */

/* The record of which file is about to be renamed: when the rename succeeds and the sync of the directory
 * does not, a later attempt finds here what it has to find at the key, and only syncs again. */
#define RECORD "record"

static int format_record(char out[64], const struct stat *st)
{
    return snprintf(out, 64, "%" PRIx64 " %" PRIx64 " %" PRIx64 "\n", (uint64_t)st->st_dev,
                    (uint64_t)st->st_ino, (uint64_t)st->st_size);
}

static mb_status write_record(const struct joint *joint, struct mb_error *error)
{
    char text[64];
    struct stat st;
    const struct local_upload *upload = joint->upload;
    int fd = openat(upload->dir, RECORD, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    bool ok = fd >= 0 && fstat(joint->file.fd, &st) == 0 &&
              mb_file_write(fd, text, (size_t)format_record(text, &st), 0) == 0;
    int sys_errno = errno;
    if (fd >= 0 && close(fd) != 0 && ok) {
        ok = false;
        sys_errno = errno;
    }
    return ok ? MB_OK : local_fail(error, sys_errno, upload->store, "note the file of", upload->key);
}

/* Is name in dir the recorded file? */
static bool is_recorded(const char *record, int dir, const char *name, struct stat *st)
{
    char text[64];
    if (fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st->st_mode))
        return false;
    format_record(text, st);
    return strcmp(text, record) == 0;
}

/* Has an earlier attempt renamed the file?  Then *renamed is true and joint->file.st its state. */
static mb_status find_renamed(struct joint *joint, const struct local_target *target, bool *renamed,
                              struct mb_error *error)
{
    char record[64] = "";
    struct stat st;
    int fd = openat(joint->upload->dir, RECORD, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, record, sizeof(record) - 1) : 0;
    mb_file_close(fd);
    *renamed = false;
    if (len <= 0 || record[len - 1] != '\n' || is_recorded(record, joint->upload->dir, joint->name, &st))
        return MB_OK;
    if (!is_recorded(record, target->dir, target->name, &joint->file.st))
        return mb_fail(error, MB_E_EXISTS,
                       "'%s' is no longer what this upload made of it: it was replaced or removed",
                       target->key);
    *renamed = true;
    return MB_OK;
}

static mb_status join(struct joint *joint, struct local_target *target, const struct mb_call *call)
{
    bool if_absent = joint->upload->id[LOCAL_ID_LEN - 1] == LOCAL_NEW_ONLY;
    bool renamed = false;
    MB_TRY(check_parts(joint, call->error));
    MB_TRY(local_target_enter(target, call->error));
    MB_TRY(find_renamed(joint, target, &renamed, call->error));
    if (renamed)
        return local_target_sync(target, call->error);
    MB_TRY(local_target_vacant(target, if_absent, call->error));
    MB_TRY(joint->in_place ? join_in_place(joint, call) : join_by_copy(joint, call));
    MB_TRY(write_record(joint, call->error));
    return local_place(target, &joint->file, if_absent, call->error);
}

/* A file that failed to get onto the disk takes its upload with it: nobody may try it again. */
static mb_status give_up(const struct joint *joint, const struct local_target *target, struct mb_error *error)
{
    mb_file_remove_folder(target->dir, joint->upload->hidden);
    if (mb_status_retryable(error->status))
        error->status = MB_E_INTERNAL;
    error->flags = 0;
    return mb_error_context(error, "the upload has to begin anew");
}

mb_status local_mpu_complete(struct mb_store *store, const char *key, const char *upload_id,
                             const struct mb_part *parts, size_t count, struct mb_stat *out,
                             const struct mb_call *call)
{
    struct local_upload upload;
    struct local_target target;
    MB_TRY(local_upload_open(&upload, store, key, upload_id, call));
    struct joint joint = {.upload = &upload, .parts = parts, .count = count};
    joint.file = (struct local_file){.fd = -1, .dir = upload.dir, .name = joint.name};
    mb_status status = local_target_open(&target, store, key, call->error);
    if (status == MB_OK) {
        status = join(&joint, &target, call);
        if (status == MB_OK) {
            mb_file_remove_folder(target.dir, upload.hidden);
            local_describe(&joint.file.st, joint.summed ? &joint.crc32c : NULL, out);
        } else if (joint.file.lost) {
            status = give_up(&joint, &target, call->error);
        }
        local_target_close(&target);
    }
    mb_file_close(joint.file.fd);
    close(upload.dir);
    return status;
}
