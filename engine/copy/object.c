#include "copy/object.h"

#include "base/crc32c.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* S3's own limit, for services that name none: it keeps the list of receipts small. */
enum { DEFAULT_MAX_PARTS = 10000 };

static const char *put_text(char **at, const char *text)
{
    const char *start = *at;
    size_t size = strlen(text) + 1;
    memcpy(*at, text, size);
    *at += size;
    return start;
}

struct mb_object *mb_object_new(const char *src_key, const char *dst_key, uint64_t size, const char *etag,
                                void *tag)
{
    bool has_etag = etag != NULL && *etag != '\0';
    size_t text = strlen(src_key) + strlen(dst_key) + (has_etag ? strlen(etag) : 0) + 3;
    struct mb_object *object = calloc(1, sizeof(*object) + text);
    if (object == NULL)
        return NULL;
    char *at = object->text;
    object->src_key = put_text(&at, src_key);
    object->dst_key = put_text(&at, dst_key);
    object->etag = has_etag ? put_text(&at, etag) : NULL;
    object->size = size;
    object->tag = tag;
    return object;
}

void mb_object_free(struct mb_object *object)
{
    if (object == NULL)
        return;
    mb_object_drop_upload(object);
    free(object);
}

static uint64_t divide_up(uint64_t a, uint64_t b)
{
    return a / b + (a % b != 0);
}

mb_status mb_part_size(const struct mb_part_rules *rules, uint64_t object_size, uint64_t *out,
                       struct mb_error *error)
{
    const uint64_t grain = UINT64_C(1) << 20;
    uint64_t part = rules->part_bytes > rules->min_part_bytes ? rules->part_bytes : rules->min_part_bytes;
    uint64_t needed = divide_up(object_size, rules->max_parts != 0 ? rules->max_parts : DEFAULT_MAX_PARTS);
    if (needed > part)
        part = needed > grain ? divide_up(needed, grain) * grain : needed;

    char text[32];
    if (rules->max_part_bytes != 0 && part > rules->max_part_bytes)
        return mb_fail(error, MB_E_UNSUPPORTED, "an object of %s is larger than the destination takes",
                       mb_text_bytes(object_size, text, sizeof(text)));
    if (rules->largest_buffer != 0 && part > rules->largest_buffer)
        return mb_fail(error, MB_E_CONFIG,
                       "an object of %llu bytes goes in parts of %s: raise transfer.memoryMiB",
                       (unsigned long long)object_size, mb_text_bytes(part, text, sizeof(text)));
    *out = part;
    return MB_OK;
}

mb_status mb_object_split(struct mb_object *object, uint64_t part_bytes, bool in_service,
                          struct mb_error *error)
{
    struct mb_upload_state *upload = calloc(1, sizeof(*upload));
    if (upload == NULL)
        return mb_fail_memory(error);
    upload->in_service = in_service;
    upload->part_bytes = part_bytes;
    upload->count = (uint32_t)divide_up(object->size, part_bytes);
    upload->parts = calloc(upload->count, sizeof(*upload->parts));
    upload->crcs = calloc(upload->count, sizeof(*upload->crcs));
    object->upload = upload;
    if (upload->parts != NULL && upload->crcs != NULL)
        return MB_OK;
    mb_object_drop_upload(object);
    return mb_fail_memory(error);
}

void mb_object_drop_upload(struct mb_object *object)
{
    struct mb_upload_state *upload = object->upload;
    if (upload == NULL)
        return;
    free(upload->parts);
    free(upload->crcs);
    free(upload);
    object->upload = NULL;
}

uint64_t mb_object_part_offset(const struct mb_object *object, uint32_t index)
{
    return index * object->upload->part_bytes;
}

uint64_t mb_object_part_length(const struct mb_object *object, uint32_t index)
{
    uint64_t rest = object->size - mb_object_part_offset(object, index);
    return rest < object->upload->part_bytes ? rest : object->upload->part_bytes;
}

uint32_t mb_object_crc32c(const struct mb_object *object)
{
    uint32_t crc = 0;
    for (uint32_t i = 0; i < object->upload->count; i++)
        crc = mb_crc32c_join(crc, object->upload->crcs[i], mb_object_part_length(object, i));
    return crc;
}
