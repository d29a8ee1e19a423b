#include "shim/store.h"

#include <string.h>

mb_status shim_mpu_begin(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                         char *upload_id, size_t cap, const struct mb_call *call)
{
    struct shim_event event;
    char id[2048] = "";
    size_t most = cap < sizeof(id) ? cap : sizeof(id);
    if (store->table->mpu_begin == NULL)
        return shim_unsupported(store, call, SHIM_MPU_BEGIN);
    MB_TRY(shim_begin(store, &event, SHIM_MPU_BEGIN, key, call));
    mb_status status = store->table->mpu_begin(store->inner, key, opts, id, most, call);
    MB_TRY(shim_end(store, &event, status));
    memcpy(upload_id, id, most);
    return MB_OK;
}

mb_status shim_mpu_part(struct mb_store *store, const char *key, const char *upload_id, uint32_t number,
                        const struct mb_put_options *opts, const struct mb_source *source,
                        struct mb_part *out, const struct mb_call *call)
{
    struct shim_event event;
    struct mb_part part = {0};
    struct shim_flow flow = {.store = store, .event = &event, .refusal = MB_ERROR_INIT};
    struct mb_source through = shim_flow_source(&flow, source);
    if (store->table->mpu_part == NULL)
        return shim_unsupported(store, call, SHIM_MPU_PART);
    MB_TRY(shim_begin(store, &event, SHIM_MPU_PART, key, call));
    mb_status status =
        store->table->mpu_part(store->inner, key, upload_id, number, opts, &through, &part, call);
    MB_TRY(shim_end(store, &event, shim_flow_end(&flow, status)));
    *out = part;
    return MB_OK;
}

mb_status shim_mpu_copy_part(struct mb_store *dst, const char *key, const char *upload_id, uint32_t number,
                             struct mb_store *src, const char *src_key, uint64_t offset, uint64_t length,
                             struct mb_part *out, const struct mb_call *call)
{
    struct shim_event event;
    struct mb_part part = {0};
    if (dst->table->mpu_copy_part == NULL || dst->table != src->table)
        return shim_unsupported(dst, call, SHIM_MPU_COPY_PART);
    MB_TRY(shim_begin(dst, &event, SHIM_MPU_COPY_PART, key, call));
    mb_status status = dst->table->mpu_copy_part(dst->inner, key, upload_id, number, src->inner, src_key,
                                                 offset, length, &part, call);
    event.bytes = status == MB_OK ? length : 0;
    MB_TRY(shim_end(dst, &event, status));
    *out = part;
    return MB_OK;
}

mb_status shim_mpu_complete(struct mb_store *store, const char *key, const char *upload_id,
                            const struct mb_part *parts, size_t count, struct mb_stat *out,
                            const struct mb_call *call)
{
    struct shim_event event;
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    if (store->table->mpu_complete == NULL)
        return shim_unsupported(store, call, SHIM_MPU_COMPLETE);
    MB_TRY(shim_begin(store, &event, SHIM_MPU_COMPLETE, key, call));
    event.count = count;
    mb_status status = store->table->mpu_complete(store->inner, key, upload_id, parts, count, &stat, call);
    MB_TRY(shim_end(store, &event, status));
    mb_stat_write(out, &stat);
    return MB_OK;
}

mb_status shim_mpu_abort(struct mb_store *store, const char *key, const char *upload_id,
                         const struct mb_call *call)
{
    struct shim_event event;
    if (store->table->mpu_abort == NULL)
        return shim_unsupported(store, call, SHIM_MPU_ABORT);
    MB_TRY(shim_begin(store, &event, SHIM_MPU_ABORT, key, call));
    return shim_end(store, &event, store->table->mpu_abort(store->inner, key, upload_id, call));
}

mb_status shim_mpu_list(struct mb_store *store, const char *prefix,
                        mb_status (*found)(void *ctx, const struct mb_upload *upload), void *ctx,
                        const struct mb_call *call)
{
    struct shim_event event;
    if (store->table->mpu_list == NULL)
        return shim_unsupported(store, call, SHIM_MPU_LIST);
    MB_TRY(shim_begin(store, &event, SHIM_MPU_LIST, prefix, call));
    return shim_end(store, &event, store->table->mpu_list(store->inner, prefix, found, ctx, call));
}
