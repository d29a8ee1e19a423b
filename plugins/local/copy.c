/* copy.c - bytes into files: from a source, from another file. */
#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Between two looks at the caller's wishes. */
#define COPY_CHUNK (UINT64_C(16) << 20)
#define BUFFER     ((size_t)256 << 10)

static int write_all(int fd, const char *data, size_t len, uint64_t offset)
{
    while (len > 0) {
        ssize_t n = pwrite(fd, data, len, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
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

static bool share_extents(int src, uint64_t src_offset, int dst, uint64_t dst_offset, uint64_t length)
{
    struct file_clone_range range = {
        .src_fd = src, .src_offset = src_offset, .src_length = length, .dest_offset = dst_offset};
    return length > 0 && ioctl(dst, FICLONERANGE, &range) == 0;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Through memory, for file systems that offer nothing better. */
static mb_status copy_bytes(struct mb_store *store, int src, uint64_t src_offset, int dst,
                            uint64_t dst_offset, uint64_t length, const char *key, const struct mb_call *call)
{
    mb_status status = MB_OK;
    char *buf = malloc(BUFFER);
    if (buf == NULL)
        return mb_fail_memory(call->error);
    for (uint64_t done = 0; done < length && status == MB_OK;) {
        ssize_t n = read_some(src, buf, (size_t)min_u64(BUFFER, length - done), src_offset + done);
        if (n < 0)
            status = local_fail(call->error, errno, store, "read for a copy", key);
        else if (n == 0)
            status = mb_fail(call->error, MB_E_CORRUPT, "the source of '%s' shrank while it was copied", key);
        else if (write_all(dst, buf, (size_t)n, dst_offset + done) != 0)
            status = local_fail(call->error, errno, store, "write", key);
        else
            status = local_poll(call);
        done += n > 0 ? (uint64_t)n : 0;
    }
    free(buf);
    return status;
}

mb_status local_copy_range(struct mb_store *store, int src, uint64_t src_offset, int dst, uint64_t dst_offset,
                           uint64_t length, const char *key, const struct mb_call *call)
{
    uint64_t done = 0;
    if (share_extents(src, src_offset, dst, dst_offset, length))
        return MB_OK;
    while (done < length) {
        off_t from = (off_t)(src_offset + done);
        off_t to = (off_t)(dst_offset + done);
        ssize_t n = copy_file_range(src, &from, dst, &to, (size_t)min_u64(COPY_CHUNK, length - done), 0);
        if (n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
            return local_fail(call->error, errno, store, "write", key);
        if (n <= 0)
            return copy_bytes(store, src, src_offset + done, dst, dst_offset + done, length - done, key,
                              call);
        if (store->fsync)
            sync_file_range(dst, (off_t)(dst_offset + done), n, SYNC_FILE_RANGE_WRITE);
        done += (uint64_t)n;
        MB_TRY(local_poll(call));
    }
    return MB_OK;
}

static mb_status wrong_length(const struct mb_source *source, const char *how, const char *key,
                              struct mb_error *error)
{
    return mb_fail(error, MB_E_CORRUPT, "the source of '%s' gave %s than the %lld bytes that it announced",
                   key, how, (long long)source->size);
}

mb_status local_write_source(struct mb_store *store, const struct mb_source *source, int fd, uint64_t offset,
                             uint64_t *written, const char *key, const struct mb_call *call)
{
    bool sized = source->size >= 0;
    uint64_t done = 0;
    /* One byte more than announced, to see the end without another turn. */
    size_t cap = sized && (uint64_t)source->size < BUFFER ? (size_t)source->size + 1 : BUFFER;
    mb_status status = MB_OK;
    char *buf = malloc(cap);
    if (buf == NULL)
        return mb_fail_memory(call->error);
    for (;;) {
        size_t n = 0;
        status = local_poll(call);
        if (status != MB_OK)
            break;
        if (source->read(source->ctx, buf, cap, &n) != MB_OK || n > cap) {
            status = mb_fail(call->error, MB_E_CALLBACK, "the source of '%s' failed", key);
            break;
        }
        if (n == 0)
            break;
        if (sized && n > (uint64_t)source->size - done) {
            status = wrong_length(source, "more", key, call->error);
            break;
        }
        if (write_all(fd, buf, n, offset + done) != 0) {
            status = local_fail(call->error, errno, store, "write", key);
            break;
        }
        done += n;
    }
    free(buf);
    if (status == MB_OK && sized && done < (uint64_t)source->size)
        status = wrong_length(source, "less", key, call->error);
    if (status == MB_OK)
        *written = done;
    return status;
}

mb_status local_sync(const struct mb_store *store, int fd, const char *key, struct mb_error *error)
{
    /* Without fsync, closing a copy of the descriptor still brings out what a network file system kept back.
     */
    int copy = store->fsync ? -1 : dup(fd);
    int failed = store->fsync ? fsync(fd) : copy < 0 ? -1 : close(copy);
    if (failed != 0)
        return local_fail(error, errno, store, store->fsync ? "sync" : "write", key);
    return MB_OK;
}
