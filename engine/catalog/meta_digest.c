#include "catalog/meta_digest.h"

static mb_status hash_text(void *ctx, const void *data, size_t len)
{
    uint64_t *hash = ctx;
    for (const uint8_t *at = data; at < (const uint8_t *)data + len; at++)
        *hash = (*hash ^ *at) * UINT64_C(1099511628211);
    return MB_OK;
}

mb_status mb_meta_digest(const struct mb_json_field *fields, const void *base, uint64_t *out,
                         struct mb_error *error)
{
    static const struct mb_backup frame = {.id = "", .source_root = ""};
    const struct mb_meta_view view = {.backup = &frame};
    uint64_t hash = UINT64_C(14695981039346656037);
    const struct mb_sink sink = {.struct_size = sizeof(sink), .write = hash_text, .ctx = &hash};
    struct mb_json_writer writer;
    mb_json_init(&writer, &sink);
    writer.ctx = &view;
    mb_json_write_object(&writer, NULL, fields, base);
    mb_status status = mb_json_finish(&writer, error);
    mb_json_done(&writer);
    *out = hash;
    return status;
}

mb_status mb_meta_digest_segment(const struct mb_segment_backup *segment, uint64_t *out,
                                 struct mb_error *error)
{
    struct mb_segment_backup alone = *segment;
    alone.collection_id = alone.partition_id = 0;
    return mb_meta_digest(mb_meta_segment_fields, &alone, out, error);
}
