#include "base/crc32c.h"
#include "copy/private.h"

#include <string.h>

#define STAT_INIT                             \
    (struct mb_stat)                          \
    {                                         \
        .struct_size = sizeof(struct mb_stat) \
    }

static mb_status changed(const struct mb_copy *copy, const struct mb_object *object, struct mb_error *error)
{
    return mb_fail(error, MB_E_CORRUPT, "%s %s: the object has changed since it was listed with %llu bytes",
                   copy->dst != NULL ? "copy" : "read", object->src_key, (unsigned long long)object->size);
}

mb_status mb_stream_buffer(struct mb_copy *copy, uint64_t size, struct mb_buffer **out,
                           struct mb_cancel *cancel, struct mb_error *error)
{
    return mb_budget_take(copy->options.budget, (size_t)size, out, &copy->waits, cancel, error);
}

mb_status mb_stream_fetch(struct mb_copy *copy, const struct mb_object *object, uint64_t offset, void *data,
                          size_t len, uint32_t *crc, struct mb_cancel *cancel, struct mb_error *error)
{
    size_t nread = 0;
    struct mb_stat stat = STAT_INIT;
    mb_status status = mb_storage_read_summed(copy->src, object->src_key, offset, data, len, object->etag,
                                              &nread, crc, &stat, cancel, error);
    if (status == MB_E_EXISTS)
        return changed(copy, object, error);
    MB_TRY(status);
    if (nread != len || (stat.size != 0 && stat.size != object->size))
        return changed(copy, object, error);
    return MB_OK;
}

mb_status mb_stream_carried(struct mb_copy *copy, const struct mb_object *object, uint32_t crc32c,
                            struct mb_error *error)
{
    const struct mb_copy_options *options = &copy->options;
    return options->carried != NULL ? options->carried(options->ctx, object->dst_key, crc32c, error) : MB_OK;
}

static mb_status carry_whole(struct mb_copy *copy, const struct mb_object *object, struct mb_buffer *buffer,
                             struct mb_moved *out, struct mb_cancel *cancel, struct mb_error *error)
{
    uint32_t crc = 0;
    if (object->size > 0)
        MB_TRY(mb_stream_fetch(copy, object, 0, buffer->data, (size_t)object->size, &crc, cancel, error));
    MB_TRY(mb_stream_carried(copy, object, crc, error));
    uint8_t bytes[4];
    mb_crc32c_big_endian(crc, bytes);
    struct mb_put_options options = {.struct_size = sizeof(options), .crc32c = bytes};
    MB_TRY(mb_storage_write(copy->dst, object->dst_key, buffer->data, (size_t)object->size, &options,
                            &out->stat, cancel, error));
    out->has_crc32c = true;
    out->crc32c = crc;
    return MB_OK;
}

mb_status mb_stream_whole(struct mb_copy *copy, const struct mb_object *object, struct mb_moved *out,
                          struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_buffer *buffer = NULL;
    MB_TRY(mb_stream_buffer(copy, object->size, &buffer, cancel, error));
    mb_status status = carry_whole(copy, object, buffer, out, cancel, error);
    mb_budget_give(copy->options.budget, buffer);
    return status;
}

static mb_status carry_part(struct mb_copy *copy, struct mb_object *object, uint32_t part,
                            struct mb_buffer *buffer, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_upload_state *upload = object->upload;
    size_t len = (size_t)mb_object_part_length(object, part);
    uint32_t crc = 0;
    MB_TRY(mb_stream_fetch(copy, object, mb_object_part_offset(object, part), buffer->data, len, &crc, cancel,
                           error));
    uint8_t bytes[4];
    mb_crc32c_big_endian(crc, bytes);
    MB_TRY(mb_storage_upload_part(copy->dst, object->dst_key, upload->id, part + 1, buffer->data, len, bytes,
                                  &upload->parts[part], cancel, error));
    upload->crcs[part] = crc;
    return MB_OK;
}

mb_status mb_stream_part(struct mb_copy *copy, struct mb_object *object, uint32_t part,
                         struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_buffer *buffer = NULL;
    size_t len = (size_t)mb_object_part_length(object, part);
    MB_TRY(mb_stream_buffer(copy, len, &buffer, cancel, error));
    mb_status status = carry_part(copy, object, part, buffer, cancel, error);
    mb_budget_give(copy->options.budget, buffer);
    return status;
}

mb_status mb_stream_complete(struct mb_copy *copy, struct mb_object *object, struct mb_moved *out,
                             struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_upload_state *upload = object->upload;
    out->has_crc32c = true;
    out->crc32c = mb_object_crc32c(object);
    MB_TRY(mb_stream_carried(copy, object, out->crc32c, error));
    return mb_storage_upload_complete(copy->dst, object->dst_key, upload->id, upload->parts, upload->count,
                                      &out->stat, cancel, error);
}

mb_status mb_stream_part_size(struct mb_copy *copy, uint64_t size, uint64_t *out, struct mb_error *error)
{
    const struct mb_store_info *info = mb_storage_info(copy->dst);
    struct mb_part_rules rules = {
        .part_bytes = copy->options.part_bytes,
        .min_part_bytes = info->min_part_size,
        .max_part_bytes = info->max_part_size,
        .largest_buffer = copy->options.memory_bytes,
        .max_parts = info->max_parts,
    };
    return mb_part_size(&rules, size, out, error);
}

bool mb_stream_refused(struct mb_copy *copy, const struct mb_object *object, const struct mb_error *error)
{
    struct mb_error ignored = MB_ERROR_INIT;
    uint64_t part, most = mb_storage_info(copy->dst)->max_put_size;
    bool fits = most == 0 || object->size <= most;
    if (error->status != MB_E_UNSUPPORTED || !fits ||
        mb_stream_part_size(copy, object->size, &part, &ignored) != MB_OK)
        return false;
    if (!atomic_exchange(&copy->upload_refused, true))
        mb_log(copy->options.log, MB_LOG_WARN,
               "%s takes no uploads in parts, so each object goes there in one request: %s",
               mb_storage_info(copy->dst)->location, error->message);
    return true;
}

void mb_stream_count(struct mb_copy *copy, struct mb_object *object, uint64_t bytes)
{
    uint64_t more = mb_queue_count_bytes(&copy->queue, object, bytes);
    if (copy->options.progress != NULL)
        atomic_fetch_add(&copy->options.progress->bytes_done, more);
}

static mb_status read_through(struct mb_copy *copy, struct mb_object *object, struct mb_buffer *buffer,
                              size_t window, uint32_t *crc, struct mb_cancel *cancel, struct mb_error *error)
{
    for (uint64_t at = 0; at < object->size;) {
        size_t len = object->size - at < window ? (size_t)(object->size - at) : window;
        uint32_t more = 0;
        MB_TRY(mb_stream_fetch(copy, object, at, buffer->data, len, &more, cancel, error));
        *crc = mb_crc32c_join(*crc, more, len);
        mb_stream_count(copy, object, len);
        at += len;
    }
    return MB_OK;
}

mb_status mb_stream_read(struct mb_copy *copy, struct mb_object *object, struct mb_moved *out,
                         struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_buffer *buffer = NULL;
    uint64_t window = object->size < copy->whole_max ? object->size : copy->options.part_bytes;
    MB_TRY(mb_stream_buffer(copy, window, &buffer, cancel, error));
    mb_status status = read_through(copy, object, buffer, (size_t)window, &out->crc32c, cancel, error);
    mb_budget_give(copy->options.budget, buffer);
    out->has_crc32c = status == MB_OK;
    return status;
}

/* The source of a put whose object does not fit into a buffer: a window over the object that moves on. */
struct window {
    struct mb_copy *copy;
    const struct mb_object *object;
    struct mb_buffer *buffer;
    uint64_t offset; /* of the next window */
    size_t len;
    size_t used;
    uint32_t crc;
    struct mb_cancel *cancel;
    struct mb_error error; /* why read failed */
};

static mb_status window_read(void *ctx, void *data, size_t cap, size_t *nread)
{
    struct window *window = ctx;
    if (window->used == window->len) {
        uint64_t rest = window->object->size - window->offset;
        size_t len = rest < window->buffer->cap ? (size_t)rest : window->buffer->cap;
        if (len == 0) {
            *nread = 0;
            return MB_OK;
        }
        uint32_t crc = 0;
        MB_TRY(mb_stream_fetch(window->copy, window->object, window->offset, window->buffer->data, len, &crc,
                               window->cancel, &window->error));
        window->crc = mb_crc32c_join(window->crc, crc, len);
        window->offset += len;
        if (window->offset == window->object->size)
            MB_TRY(mb_stream_carried(window->copy, window->object, window->crc, &window->error));
        window->len = len;
        window->used = 0;
    }
    size_t left = window->len - window->used;
    size_t len = left < cap ? left : cap;
    memcpy(data, (const char *)window->buffer->data + window->used, len);
    window->used += len;
    *nread = len;
    return MB_OK;
}

static mb_status window_rewind(void *ctx)
{
    struct window *window = ctx;
    window->offset = 0;
    window->len = 0;
    window->used = 0;
    window->crc = 0;
    return MB_OK;
}

mb_status mb_stream_through(struct mb_copy *copy, const struct mb_object *object, struct mb_moved *out,
                            struct mb_cancel *cancel, struct mb_error *error)
{
    struct window window = {.copy = copy, .object = object, .cancel = cancel, .error = MB_ERROR_INIT};
    uint64_t part = copy->options.part_bytes;
    if (part > copy->options.memory_bytes)
        part = copy->options.memory_bytes;
    MB_TRY(mb_stream_buffer(copy, part, &window.buffer, cancel, error));
    struct mb_source source = {
        .struct_size = sizeof(source),
        .size = (int64_t)object->size,
        .read = window_read,
        .rewind = window_rewind,
        .ctx = &window,
    };
    mb_status status =
        mb_storage_write_from(copy->dst, object->dst_key, &source, NULL, &out->stat, cancel, error);
    mb_budget_give(copy->options.budget, window.buffer);
    if (status < 0 && window.error.status != MB_OK) {
        *error = window.error;
        return error->status;
    }
    MB_TRY(status);
    out->has_crc32c = true;
    out->crc32c = window.crc;
    return MB_OK;
}
