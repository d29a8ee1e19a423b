#include "copy/private.h"

/* A part that is copied takes no memory here; it is as large as keeps a service from timing out. */
static const uint64_t copy_part_bytes = UINT64_C(128) << 20;

static bool copies(const struct mb_copy *copy, uint64_t size, enum mb_route *out)
{
    if (!copy->in_service || atomic_load(&copy->copy_refused))
        return false;
    uint64_t limit = mb_storage_info(copy->dst)->max_copy_size;
    bool fits = limit == 0 || size <= limit;
    bool by_parts = mb_storage_has_part_copy(copy->dst) && !atomic_load(&copy->part_copy_refused);
    if (by_parts && (!fits || size > copy->options.multipart_copy_threshold)) {
        *out = MB_ROUTE_PART_COPY;
        return true;
    }
    *out = MB_ROUTE_COPY;
    return fits;
}

mb_status mb_route_choose(struct mb_copy *copy, uint64_t size, enum mb_route *out, struct mb_error *error)
{
    if (copies(copy, size, out))
        return MB_OK;
    if (copy->options.mode == MB_COPY_DIRECT)
        return mb_fail(error, MB_E_UNSUPPORTED,
                       "%s does not copy objects of %llu bytes by itself: set transfer.mode to auto",
                       mb_storage_info(copy->dst)->location, (unsigned long long)size);
    if (size <= copy->whole_max)
        *out = MB_ROUTE_STREAM;
    else if (mb_storage_has_multipart(copy->dst) && !atomic_load(&copy->upload_refused))
        *out = MB_ROUTE_PART_STREAM;
    else
        *out = mb_storage_nests(copy->dst, copy->src) ? MB_ROUTE_STREAM_THROUGH : MB_ROUTE_STAGE;
    return MB_OK;
}

/* Any final answer counts, whatever it says of the reason: when it is the object that is gone or has changed,
 * reading it will say so again.  What may pass, what lies with us and a full disk are none. */
static bool means_refusal(mb_status status)
{
    switch (status) {
    case MB_E_CANCELLED:
    case MB_E_THROTTLED:
    case MB_E_UNAVAILABLE:
    case MB_E_TIMEOUT:
    case MB_E_NO_SPACE:
    case MB_E_NO_MEMORY:
    case MB_E_CALLBACK:
    case MB_E_INTERNAL:
        return false;
    default:
        return status < 0;
    }
}

/* Nothing is streamed by itself when copies find no answer: mostly that is an outage, and a proxy that cuts
 * long copies short shows in nothing else but that reading works. */
static mb_status explain(const struct mb_copy *copy, mb_status status, struct mb_error *error)
{
    if (status == MB_E_UNAVAILABLE || status == MB_E_TIMEOUT)
        return mb_error_context(
            error, "a copy inside %s got no answer: if only copies get none, set transfer.mode to streaming",
            mb_storage_info(copy->dst)->location);
    if (copy->options.mode != MB_COPY_DIRECT || !means_refusal(status))
        return status;
    return mb_error_context(error,
                            "transfer.mode is direct, so nothing is streamed where the service refuses");
}

mb_status mb_direct_copy(struct mb_copy *copy, const struct mb_object *object, struct mb_moved *out,
                         struct mb_cancel *cancel, struct mb_error *error)
{
    out->in_service = true;
    mb_status status = mb_storage_copy(copy->dst, object->dst_key, copy->src, object->src_key, object->size,
                                       &out->stat, cancel, error);
    return explain(copy, status, error);
}

mb_status mb_direct_copy_part(struct mb_copy *copy, struct mb_object *object, uint32_t part,
                              struct mb_cancel *cancel, struct mb_error *error)
{
    mb_status status = mb_storage_upload_copy_part(
        copy->dst, object->dst_key, object->upload->id, part + 1, copy->src, object->src_key,
        mb_object_part_offset(object, part), mb_object_part_length(object, part),
        &object->upload->parts[part], cancel, error);
    return explain(copy, status, error);
}

mb_status mb_direct_complete(struct mb_copy *copy, struct mb_object *object, struct mb_moved *out,
                             struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_upload_state *upload = object->upload;
    out->in_service = true;
    mb_status status = mb_storage_upload_complete(copy->dst, object->dst_key, upload->id, upload->parts,
                                                  upload->count, &out->stat, cancel, error);
    return explain(copy, status, error);
}

mb_status mb_direct_part_size(struct mb_copy *copy, uint64_t size, uint64_t *out, struct mb_error *error)
{
    const struct mb_store_info *info = mb_storage_info(copy->dst);
    uint64_t threshold = copy->options.multipart_copy_threshold;
    struct mb_part_rules rules = {
        .part_bytes = threshold < copy_part_bytes ? threshold : copy_part_bytes,
        .min_part_bytes = info->min_part_size,
        .max_part_bytes = info->max_part_size,
        .max_parts = info->max_parts,
    };
    return mb_part_size(&rules, size, out, error);
}

bool mb_direct_refused(struct mb_copy *copy, atomic_bool *refused, const struct mb_error *error)
{
    if (copy->options.mode != MB_COPY_AUTO || !means_refusal(error->status))
        return false;
    if (atomic_exchange(refused, true))
        return true;
    bool parts = refused == &copy->part_copy_refused;
    if (!parts)
        mb_queue_limit_streams(&copy->queue);
    mb_log(copy->options.log, MB_LOG_WARN,
           "%s does not copy %s from %s by itself, %s streamed from now on: %s",
           mb_storage_info(copy->dst)->location, parts ? "parts of objects" : "objects",
           mb_storage_info(copy->src)->location, parts ? "what is too large for one copy is" : "they are",
           error->message);
    return true;
}
