/* part.c - the parts of an upload: written to where they belong. */
#include "upload.h"

#include "base/random.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void local_part_file(char *out, size_t cap, uint64_t size)
{
    snprintf(out, cap, "data.%" PRIu64, size);
}

static mb_status open_data(const struct local_upload *upload, uint64_t size, int *fd,
                           const struct mb_call *call)
{
    char name[32];
    local_part_file(name, sizeof(name), size);
    int data = openat(upload->dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (data < 0 && errno == ENOENT)
        return local_no_upload(upload->key, upload->id, call->error);
    if (data < 0)
        return local_fail(call->error, errno, upload->store, "open a part of", upload->key);
    *fd = data;
    return MB_OK;
}

mb_status local_part_offset(uint32_t number, uint64_t size, uint64_t *out, struct mb_error *error)
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

void local_part_receipt(char *out, size_t cap, const char *upload_id, uint32_t number, uint64_t size)
{
    snprintf(out, cap, "%u-%" PRIu64 "-%s", number, size, upload_id);
}

/* The receipt keeps the CRC32C of a copied part until the parts are joined. */
static void describe_part(struct mb_part *out, const struct local_upload *upload, uint32_t number,
                          const struct local_range *range)
{
    *out = (struct mb_part){.number = number, .size = range->length};
    local_part_receipt(out->receipt, sizeof(out->receipt), upload->id, number, range->length);
    size_t len = strlen(out->receipt);
    if (range->summed)
        snprintf(out->receipt + len, sizeof(out->receipt) - len, "-%08" PRIx32, range->crc32c);
}

/* When a write fails that the kernel does later, this is where it is told: who opens the file again to
 * complete the upload may hear nothing of it. */
static mb_status close_data(const struct local_upload *upload, int data, uint64_t offset, uint64_t size,
                            mb_status status, struct mb_error *error)
{
    const unsigned now = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    bool sync = status == MB_OK && upload->store->fsync && size > 0;
    int failed = sync && sync_file_range(data, (off_t)offset, (off_t)size, now) != 0 ? errno : 0;
    if (failed == ENOSYS || failed == EINVAL || failed == ESPIPE)
        failed = fsync(data) != 0 ? errno : 0;
    if (close(data) != 0 && failed == 0)
        failed = errno;
    return status != MB_OK || failed == 0
               ? status
               : local_fail(error, failed, upload->store, "write a part of", upload->key);
}

/* Bytes of range->length to the place of part number. */
static mb_status place(const struct local_upload *upload, uint32_t number, struct local_range *range,
                       const struct mb_call *call)
{
    MB_TRY(local_part_offset(number, range->length, &range->dst_offset, call->error));
    MB_TRY(open_data(upload, range->length, &range->dst, call));
    mb_status status = local_fill(range, call);
    return close_data(upload, range->dst, range->dst_offset, range->length, status, call->error);
}

/* Where a part lies depends on its size, so one of unknown size goes through a nameless file first. */
static mb_status place_unsized(const struct local_upload *upload, uint32_t number, struct local_range *range,
                               const struct mb_call *call)
{
    char name[LOCAL_RANDOM_LEN + 1];
    MB_TRY(mb_random_hex(name, LOCAL_RANDOM_LEN, call->error));
    int spool = openat(upload->dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (spool < 0)
        return local_fail(call->error, errno, upload->store, "create a part of", upload->key);
    unlinkat(upload->dir, name, 0);
    range->dst = spool;
    mb_status status = local_fill(range, call);
    if (status == MB_OK) {
        *range = (struct local_range){
            .store = upload->store, .key = upload->key, .src = spool, .length = range->done};
        status = place(upload, number, range, call);
    }
    close(spool);
    return status;
}

mb_status local_mpu_part(struct mb_store *store, const char *key, const char *upload_id, uint32_t number,
                         const struct mb_put_options *opts, const struct mb_source *source,
                         struct mb_part *out, const struct mb_call *call)
{
    struct local_upload upload;
    struct local_range range = {.store = store, .key = key, .source = source};
    (void)opts;
    range.length = source->size < 0 ? 0 : (uint64_t)source->size;
    MB_TRY(local_upload_open(&upload, store, key, upload_id, call));
    mb_status status = (source->size < 0 ? place_unsized : place)(&upload, number, &range, call);
    close(upload.dir);
    if (status == MB_OK)
        describe_part(out, &upload, number, &range);
    return status;
}

static mb_status copy_part(const struct local_upload *upload, uint32_t number, struct mb_store *src,
                           const char *src_key, struct local_range *range, const struct mb_call *call)
{
    struct stat st;
    MB_TRY(local_open_object(src, src_key, &range->src, &st, call->error));
    uint64_t size = (uint64_t)st.st_size;
    if (range->src_offset > size || range->length > size - range->src_offset)
        return mb_fail(call->error, MB_E_INVALID,
                       "%" PRIu64 " bytes from %" PRIu64 " on are not all within '%s'", range->length,
                       range->src_offset, src_key);
    return place(upload, number, range, call);
}

mb_status local_mpu_copy_part(struct mb_store *dst, const char *key, const char *upload_id, uint32_t number,
                              struct mb_store *src, const char *src_key, uint64_t offset, uint64_t length,
                              struct mb_part *out, const struct mb_call *call)
{
    struct local_upload upload;
    struct local_range range = {
        .store = dst, .key = key, .src = -1, .src_offset = offset, .length = length, .summed = true};
    MB_TRY(local_upload_open(&upload, dst, key, upload_id, call));
    mb_status status = copy_part(&upload, number, src, src_key, &range, call);
    mb_file_close(range.src);
    close(upload.dir);
    if (status == MB_OK)
        describe_part(out, &upload, number, &range);
    return status;
}
