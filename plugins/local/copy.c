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

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

mb_status local_read(const struct mb_store *store, const char *verb, const char *key, int fd, uint64_t offset,
                     uint64_t left, char *buf, size_t *n, struct mb_error *error)
{
    ssize_t got = mb_file_read(fd, buf, (size_t)min_u64(LOCAL_BUFFER, left), offset);
    if (got < 0)
        return local_fail(error, errno, store, verb, key);
    if (got == 0)
        return mb_fail(error, MB_E_CORRUPT, "%s '%s': the file shrank meanwhile", verb, key);
    *n = (size_t)got;
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

static mb_status write_next(struct local_range *range, const char *data, size_t len,
                            const struct mb_call *call)
{
    if (mb_file_write(range->dst, data, len, range->dst_offset + range->done) != 0)
        return local_fail(call->error, errno, range->store, "write", range->key);
    if (range->summed)
        range->crc32c = mb_crc32c(range->crc32c, data, len);
    range->done += len;
    return mb_call_wanted(call);
}

/* Through memory, for file systems that offer nothing better. */
static mb_status copy_bytes(struct local_range *range, char *buf, const struct mb_call *call)
{
    while (range->done < range->length) {
        size_t n = 0;
        MB_TRY(local_read(range->store, "read for a copy", range->key, range->src,
                          range->src_offset + range->done, range->length - range->done, buf, &n,
                          call->error));
        MB_TRY(write_next(range, buf, n, call));
    }
    return MB_OK;
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
    for (size_t n = 0; length > 0; offset += n, length -= n) {
        MB_TRY(local_read(range->store, "read back", range->key, range->dst, offset, length, buf, &n,
                          call->error));
        range->crc32c = mb_crc32c(range->crc32c, buf, n);
        MB_TRY(mb_call_wanted(call));
    }
    return MB_OK;
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

static mb_status wrong_length(const struct local_range *range, const char *how, struct mb_error *error)
{
    return mb_fail(error, MB_E_CORRUPT, "the source of '%s' gave %s than the %lld bytes that it announced",
                   range->key, how, (long long)range->source->size);
}

static mb_status take_source(struct local_range *range, char *buf, size_t cap, const struct mb_call *call)
{
    const struct mb_source *source = range->source;
    bool sized = source->size >= 0;
    for (;;) {
        size_t n = 0;
        MB_TRY(mb_call_wanted(call));
        if (source->read(source->ctx, buf, cap, &n) != MB_OK || n > cap)
            return mb_fail(call->error, MB_E_CALLBACK, "the source of '%s' failed", range->key);
        if (sized && n > (uint64_t)source->size - range->done)
            return wrong_length(range, "more", call->error);
        if (n == 0)
            break;
        MB_TRY(write_next(range, buf, n, call));
    }
    return sized && range->done < (uint64_t)source->size ? wrong_length(range, "less", call->error) : MB_OK;
}

static mb_status fill(struct local_range *range, char *buf, size_t cap, const struct mb_call *call)
{
    if (range->source != NULL)
        return take_source(range, buf, cap, call);
    MB_TRY(copy_in_kernel(range, buf, call));
    return copy_bytes(range, buf, call);
}

mb_status local_fill(struct local_range *range, const struct mb_call *call)
{
    const struct mb_source *source = range->source;
    range->done = 0;
    range->crc32c = 0;
    if (source == NULL && share_extents(range)) {
        range->summed = false;
        range->done = range->length;
        return MB_OK;
    }
    /* Of a source one byte more than announced, to see the end without another turn. */
    bool little = source != NULL && source->size >= 0 && (uint64_t)source->size < LOCAL_BUFFER;
    size_t cap = little ? (size_t)source->size + 1 : LOCAL_BUFFER;
    char *buf = malloc(cap);
    if (buf == NULL)
        return mb_fail_memory(call->error);
    mb_status status = fill(range, buf, cap, call);
    free(buf);
    return status;
}
