/* What the copy and its workers both ask of the two services. */
#include "base/error.h"
#include "copy/private.h"

uint64_t mb_copy_overloads(const struct mb_copy *copy)
{
    uint64_t there = copy->dst != NULL ? mb_storage_overloads(copy->dst) : 0;
    return mb_storage_overloads(copy->src) + there;
}

void mb_copy_abort_upload(struct mb_copy *copy, const struct mb_object *object)
{
    struct mb_error error = MB_ERROR_INIT;
    if (mb_storage_upload_abort(copy->dst, object->dst_key, object->upload->id, &error) < 0)
        mb_log(copy->options.log, MB_LOG_WARN, "an unfinished upload of %s stays in %s: %s", object->dst_key,
               mb_storage_info(copy->dst)->location, error.message);
}
