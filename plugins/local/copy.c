/* copy.c - bytes into files: from a source, from another file. */
#include "local.h"

#include "base/crc32c.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* The kernel copies so much at once: little while the copy is read back, so that the bytes are still in the
 * processor's caches. */
#define COPY_CHUNK   (UINT64_C(16) << 20)
#define SUMMED_CHUNK (UINT64_C(1) << 20)

int local_write_all(int fd, const char *data, size_t len, uint64_t offset)
{
    while (len > 0) {
        ssize_t n = pwrite(fd, data, len, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0) /* no file system should, and no loop may depend on it */
            errno = EIO;
        if (n <= 0)
            return -1;
        data += n;
        len -= (size_t)n;
        offset += (uint64_t)n;
    }
    return 0;
}

static ssize_t read_some(int fd, char *buf, size_t cap, uint64_t offset)
{
    ssize_t n;
    do
        n = pread(fd, buf, cap, (off_t)offset);
    while (n < 0 && errno == EINTR);
    return n;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

mb_status local_read(struct local_reading *reading, char *buf, const struct mb_call *call)
{
    while (reading->length > 0) {
        ssize_t n =
            read_some(reading->fd, buf, (size_t)min_u64(LOCAL_BUFFER, reading->length), reading->offset);
        if (n < 0)
            return local_fail(call->error, errno, reading->store, reading->verb, reading->key);
        if (n == 0)
            return mb_fail(call->error, MB_E_CORRUPT, "%s'%s' shrank while it was read", reading->whose,
                           reading->key);
        MB_TRY(reading->take(reading->ctx, buf, (size_t)n, call->error));
        reading->offset += (uint64_t)n;
        reading->length -= (uint64_t)n;
        MB_TRY(mb_call_wanted(call));
    }
    return MB_OK;
}

static bool share_extents(const struct local_range *range)
{
    struct file_clone_range clone = {.src_fd = range->src,
                                     .src_offset = range->src_offset,
                                     .src_length = range->length,
                                     .dest_offset = range->dst_offset};
    return range->length > 0 && ioctl(range->dst, FICLONERANGE, &clone) == 0;
}

static mb_status add_to_sum(void *ctx, const char *data, size_t len, struct mb_error *error)
{
    struct local_range *range = ctx;
    (void)error;
    range->crc32c = mb_crc32c(range->crc32c, data, len);
    return MB_OK;
}

static mb_status write_copy(void *ctx, const char *data, size_t len, struct mb_error *error)
{
    struct local_range *range = ctx;
    if (local_write_all(range->dst, data, len, range->dst_offset + range->done) != 0)
        return local_fail(error, errno, range->store, "write", range->key);
    range->done += len;
    return range->summed ? add_to_sum(range, data, len, error) : MB_OK;
}

/* Through memory, for file systems that offer nothing better. */
static mb_status copy_bytes(struct local_range *range, char *buf, const struct mb_call *call)
{
    struct local_reading reading = {.store = range->store,
                                    .key = range->key,
                                    .verb = "read for a copy",
                                    .whose = "the source of ",
                                    .fd = range->src,
                                    .offset = range->src_offset + range->done,
                                    .length = range->length - range->done,
                                    .take = write_copy,
                                    .ctx = range};
    return local_read(&reading, buf, call);
}

/* What was copied a moment ago is in this machine's memory, unless the file system shared extents after all
 * or its server copied: then reading the bytes would be the only way they are moved. */
static bool in_memory(int fd, uint64_t offset)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char there = 0;
    void *map = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, (off_t)(offset - offset % page));
    if (map == MAP_FAILED)
        return false;
    bool told = mincore(map, page, &there) == 0;
    munmap(map, page);
    return told && (there & 1) != 0;
}

static mb_status sum_back(struct local_range *range, uint64_t offset, uint64_t length, char *buf,
                          const struct mb_call *call)
{
    struct local_reading reading = {.store = range->store,
                                    .key = range->key,
                                    .verb = "read back",
                                    .whose = "the copy for ",
                                    .fd = range->dst,
                                    .offset = offset,
                                    .length = length,
                                    .take = add_to_sum,
                                    .ctx = range};
    return local_read(&reading, buf, call);
}

/* range->done stays short of the length where the kernel does not copy. */
static mb_status copy_in_kernel(struct local_range *range, char *buf, const struct mb_call *call)
{
    while (range->done < range->length) {
        off_t from = (off_t)(range->src_offset + range->done);
        off_t to = (off_t)(range->dst_offset + range->done);
        uint64_t at = (uint64_t)to;
        uint64_t chunk = min_u64(range->summed ? SUMMED_CHUNK : COPY_CHUNK, range->length - range->done);
        ssize_t n = copy_file_range(range->src, &from, range->dst, &to, (size_t)chunk, 0);
        if (n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
            return local_fail(call->error, errno, range->store, "write", range->key);
        if (n <= 0)
            return MB_OK;
        if (range->store->fsync)
            sync_file_range(range->dst, (off_t)at, n, SYNC_FILE_RANGE_WRITE);
        range->summed = range->summed && in_memory(range->dst, at);
        if (range->summed)
            MB_TRY(sum_back(range, at, (uint64_t)n, buf, call));
        range->done += (uint64_t)n;
        MB_TRY(mb_call_wanted(call));
    }
    return MB_OK;
}

static mb_status copy_by(struct local_range *range, char *buf, const struct mb_call *call)
{
    MB_TRY(copy_in_kernel(range, buf, call));
    return copy_bytes(range, buf, call);
}

mb_status local_copy_range(struct local_range *range, const struct mb_call *call)
{
    range->done = 0;
    range->crc32c = 0;
    if (share_extents(range)) {
        range->summed = false;
        return MB_OK;
    }
    char *buf = malloc(LOCAL_BUFFER);
    if (buf == NULL)
        return mb_fail_memory(call->error);
    mb_status status = copy_by(range, buf, call);
    free(buf);
    return status;
}

void local_tell_sum(bool known, uint32_t crc32c, struct mb_stat *out)
{
    if (out == NULL || !known)
        return;
    out->flags |= MB_STAT_CRC32C;
    out->crc32c = crc32c;
}

static mb_status wrong_length(const struct mb_source *source, const char *how, const char *key,
                              struct mb_error *error)
{
    return mb_fail(error, MB_E_CORRUPT, "the source of '%s' gave %s than the %lld bytes that it announced",
                   key, how, (long long)source->size);
}

/* Reads one byte more than announced, to see the end without another turn. */
static mb_status write_pieces(struct mb_store *store, const struct mb_source *source, int fd, uint64_t offset,
                              uint64_t *done, const char *key, char *buf, size_t cap,
                              const struct mb_call *call)
{
    bool sized = source->size >= 0;
    for (size_t n = 1; n > 0; *done += n) {
        MB_TRY(mb_call_wanted(call));
        n = 0;
        if (source->read(source->ctx, buf, cap, &n) != MB_OK || n > cap)
            return mb_fail(call->error, MB_E_CALLBACK, "the source of '%s' failed", key);
        if (sized && n > (uint64_t)source->size - *done)
            return wrong_length(source, "more", key, call->error);
        if (local_write_all(fd, buf, n, offset + *done) != 0)
            return local_fail(call->error, errno, store, "write", key);
    }
    if (sized && *done < (uint64_t)source->size)
        return wrong_length(source, "less", key, call->error);
    return MB_OK;
}

mb_status local_write_source(struct mb_store *store, const struct mb_source *source, int fd, uint64_t offset,
                             uint64_t *written, const char *key, const struct mb_call *call)
{
    uint64_t done = 0;
    bool little = source->size >= 0 && (uint64_t)source->size < LOCAL_BUFFER;
    size_t cap = little ? (size_t)source->size + 1 : LOCAL_BUFFER;
    char *buf = malloc(cap);
    if (buf == NULL)
        return mb_fail_memory(call->error);
    mb_status status = write_pieces(store, source, fd, offset, &done, key, buf, cap, call);
    free(buf);
    if (status == MB_OK)
        *written = done;
    return status;
}
