#include "base/crc32c.h"
#include "base/temporary.h"
#include "copy/private.h"

/* An object on its way through a file. */
struct stage {
    struct mb_temporary file;
    uint64_t size;
    uint64_t at;
    uint32_t crc;
    struct mb_error error; /* why read failed */
};

static mb_status stage_read(void *ctx, void *data, size_t cap, size_t *nread)
{
    struct stage *stage = ctx;
    uint64_t rest = stage->size - stage->at;
    MB_TRY(mb_temporary_read(&stage->file, stage->at, data, rest < cap ? (size_t)rest : cap, nread,
                             &stage->error));
    stage->at += *nread;
    return MB_OK;
}

static mb_status stage_rewind(void *ctx)
{
    struct stage *stage = ctx;
    stage->at = 0;
    return MB_OK;
}

static mb_status fill(struct mb_copy *copy, const struct mb_object *object, struct stage *stage,
                      struct mb_buffer *buffer, struct mb_cancel *cancel, struct mb_error *error)
{
    while (stage->size < object->size) {
        uint64_t rest = object->size - stage->size;
        size_t len = rest < buffer->cap ? (size_t)rest : buffer->cap;
        uint32_t crc = 0;
        MB_TRY(mb_stream_fetch(copy, object, stage->size, buffer->data, len, &crc, cancel, error));
        MB_TRY(mb_temporary_append(&stage->file, buffer->data, len, error));
        stage->crc = mb_crc32c_join(stage->crc, crc, len);
        stage->size += len;
    }
    return MB_OK;
}

static mb_status fetch_object(struct mb_copy *copy, const struct mb_object *object, struct stage *stage,
                              struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_buffer *buffer = NULL;
    MB_TRY(mb_stream_buffer(copy, copy->options.part_bytes, &buffer, cancel, error));
    mb_status status = fill(copy, object, stage, buffer, cancel, error);
    mb_budget_give(copy->options.budget, buffer);
    return status;
}

static mb_status put_object(struct mb_copy *copy, const struct mb_object *object, struct stage *stage,
                            struct mb_moved *out, struct mb_cancel *cancel, struct mb_error *error)
{
    MB_TRY(mb_stream_carried(copy, object, stage->crc, error));
    uint8_t bytes[4];
    mb_crc32c_big_endian(stage->crc, bytes);
    struct mb_put_options options = {.struct_size = sizeof(options), .crc32c = bytes};
    struct mb_source source = {
        .struct_size = sizeof(source),
        .size = (int64_t)stage->size,
        .read = stage_read,
        .rewind = stage_rewind,
        .ctx = stage,
    };
    mb_status status =
        mb_storage_write_from(copy->dst, object->dst_key, &source, &options, &out->stat, cancel, error);
    if (status < 0 && stage->error.status != MB_OK) {
        *error = stage->error;
        return error->status;
    }
    MB_TRY(status);
    out->has_crc32c = true;
    out->crc32c = stage->crc;
    return MB_OK;
}

mb_status mb_stage(struct mb_copy *copy, const struct mb_object *object, struct mb_moved *out,
                   struct mb_cancel *cancel, struct mb_error *error)
{
    struct stage stage = {.file = MB_TEMPORARY_NONE, .error = MB_ERROR_INIT};
    MB_TRY(mb_temporary_open(&stage.file, copy->options.log, error));
    mb_status status = fetch_object(copy, object, &stage, cancel, error);
    if (status == MB_OK)
        status = put_object(copy, object, &stage, out, cancel, error);
    mb_temporary_close(&stage.file);
    return status;
}
