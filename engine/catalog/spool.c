#include "catalog/spool.h"

#include "base/crc32c.h"

#include <stdlib.h>
#include <string.h>

#define MEMORY_BYTES ((size_t)1024 * 1024)
#define PART_BYTES   ((uint64_t)8 * 1024 * 1024) /* the least that transfer.memoryMiB takes */

static mb_status spool_write(void *ctx, const void *data, size_t len)
{
    struct mb_spool *spool = ctx;
    return mb_spool_append(spool, data, len, &spool->error);
}

void mb_spool_init(struct mb_spool *spool, struct mb_log *log)
{
    *spool =
        (struct mb_spool){.sink = {.struct_size = sizeof(struct mb_sink), .write = spool_write, .ctx = spool},
                          .file = MB_TEMPORARY_NONE,
                          .log = log,
                          .error = MB_ERROR_INIT};
    mb_buf_init(&spool->buf, 2 * MEMORY_BYTES);
}

void mb_spool_done(struct mb_spool *spool)
{
    if (spool == NULL)
        return;
    mb_temporary_close(&spool->file);
    mb_buf_done(&spool->buf);
}

mb_status mb_spool_error(const struct mb_spool *spool, struct mb_error *error)
{
    if (spool->error.status != MB_OK)
        *error = spool->error;
    return spool->error.status;
}

/* Moves what is in memory to the file. */
static mb_status spill(struct mb_spool *spool, struct mb_error *error)
{
    if (spool->file.fd < 0)
        MB_TRY(mb_temporary_open(&spool->file, spool->log, error));
    MB_TRY(mb_temporary_append(&spool->file, spool->buf.data, spool->buf.len, error));
    mb_buf_reset(&spool->buf);
    return MB_OK;
}

mb_status mb_spool_append(struct mb_spool *spool, const void *data, size_t len, struct mb_error *error)
{
    const char *bytes = data;
    while (len > 0) {
        size_t n = len < MEMORY_BYTES ? len : MEMORY_BYTES;
        if (mb_buf_append(&spool->buf, bytes, n) != MB_OK)
            return mb_buf_status(&spool->buf, error);
        spool->crc32c = mb_crc32c(spool->crc32c, bytes, n);
        spool->size += n;
        if (spool->buf.len >= MEMORY_BYTES)
            MB_TRY(spill(spool, error));
        bytes += n;
        len -= n;
    }
    return MB_OK;
}

/* The file as the source of a put. */
struct window {
    struct mb_spool *spool;
    uint64_t at;
};

static mb_status window_read(void *ctx, void *buf, size_t cap, size_t *nread)
{
    struct window *window = ctx;
    uint64_t left = window->spool->size - window->at;
    size_t want = left < cap ? (size_t)left : cap;
    MB_TRY(mb_temporary_read(&window->spool->file, window->at, buf, want, nread, &window->spool->error));
    window->at += *nread;
    return MB_OK;
}

static mb_status window_rewind(void *ctx)
{
    struct window *window = ctx;
    window->at = 0;
    return MB_OK;
}

static mb_status put_file(struct mb_spool *spool, struct mb_storage *storage, const char *key,
                          const struct mb_put_options *options, struct mb_cancel *cancel,
                          struct mb_error *error)
{
    struct window window = {.spool = spool};
    struct mb_source source = {.struct_size = sizeof(source),
                               .size = (int64_t)spool->size,
                               .read = window_read,
                               .rewind = window_rewind,
                               .ctx = &window};
    mb_status status = mb_storage_write_from(storage, key, &source, options, NULL, cancel, error);
    return status < 0 && mb_spool_error(spool, error) != MB_OK ? error->status : status;
}

static mb_status read_part(struct mb_spool *spool, uint64_t offset, void *part, size_t len,
                           struct mb_error *error)
{
    size_t have = 0;
    MB_TRY(mb_temporary_read(&spool->file, offset, part, len, &have, error));
    return have == len ? MB_OK
                       : mb_fail(error, MB_E_INTERNAL, "the temporary file in %s has lost its end",
                                 spool->file.folder);
}

mb_status mb_spool_read(struct mb_spool *spool, uint64_t offset, void *data, size_t len,
                        struct mb_error *error)
{
    if (offset > spool->size || len > spool->size - offset)
        return mb_fail(error, MB_E_INTERNAL, "a temporary file is too short");
    if (spool->file.fd < 0) {
        memcpy(data, spool->buf.data + offset, len);
        return MB_OK;
    }
    if (spool->buf.len > 0)
        MB_TRY(spill(spool, error));
    return read_part(spool, offset, data, len, error);
}

static mb_status upload_parts(struct mb_spool *spool, struct mb_storage *storage, const char *key,
                              const char *upload_id, size_t part_bytes, struct mb_part *parts, size_t count,
                              struct mb_cancel *cancel, struct mb_error *error)
{
    mb_status status = MB_OK;
    char *data = malloc(part_bytes);
    if (data == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < count && status == MB_OK; i++) {
        uint64_t offset = (uint64_t)i * part_bytes;
        size_t len = spool->size - offset < part_bytes ? (size_t)(spool->size - offset) : part_bytes;
        uint8_t crc[4];
        status = read_part(spool, offset, data, len, error);
        if (status != MB_OK)
            break;
        mb_crc32c_big_endian(mb_crc32c(0, data, len), crc);
        status = mb_storage_upload_part(storage, key, upload_id, (uint32_t)i + 1, data, len, crc, &parts[i],
                                        cancel, error);
    }
    free(data);
    return status;
}

static mb_status upload_file(struct mb_spool *spool, struct mb_storage *storage, const char *key,
                             struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_store_info *info = mb_storage_info(storage);
    char upload_id[2048];
    uint64_t part_bytes = info->min_part_size > PART_BYTES ? info->min_part_size : PART_BYTES;
    if (info->max_part_size != 0 && part_bytes > info->max_part_size)
        part_bytes = info->max_part_size;
    size_t count = (size_t)((spool->size + part_bytes - 1) / part_bytes);
    struct mb_part *parts = calloc(count, sizeof(*parts));
    if (parts == NULL)
        return mb_fail_memory(error);
    mb_status status = mb_storage_upload_begin(storage, key, upload_id, sizeof(upload_id), cancel, error);
    if (status != MB_OK)
        goto out;
    status = upload_parts(spool, storage, key, upload_id, (size_t)part_bytes, parts, count, cancel, error);
    if (status == MB_OK)
        status = mb_storage_upload_complete(storage, key, upload_id, parts, count, NULL, cancel, error);
    if (status != MB_OK) {
        struct mb_error ignored = MB_ERROR_INIT;
        mb_storage_upload_abort(storage, key, upload_id, &ignored);
    }
out:
    free(parts);
    return status;
}

mb_status mb_spool_upload(struct mb_spool *spool, struct mb_storage *storage, const char *key,
                          const char *content_type, struct mb_cancel *cancel, struct mb_error *error)
{
    uint64_t max_put = mb_storage_info(storage)->max_put_size;
    uint8_t crc[4];
    struct mb_put_options options = {
        .struct_size = sizeof(options), .content_type = content_type, .crc32c = crc};
    mb_crc32c_big_endian(spool->crc32c, crc);
    if (spool->file.fd < 0)
        return mb_storage_write(storage, key, spool->buf.data, spool->buf.len, &options, NULL, cancel, error);
    MB_TRY(spill(spool, error));
    if (max_put != 0 && spool->size > max_put && mb_storage_has_multipart(storage))
        return upload_file(spool, storage, key, cancel, error);
    return put_file(spool, storage, key, &options, cancel, error);
}
