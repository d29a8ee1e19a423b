#include "storage/store_private.h"

static const char *const names[MB_OP_COUNT] = {
    [MB_OP_CHECK] = "check",
    [MB_OP_STAT] = "stat",
    [MB_OP_GET] = "get",
    [MB_OP_PUT] = "put",
    [MB_OP_REMOVE] = "remove",
    [MB_OP_LIST] = "list",
    [MB_OP_COPY] = "copy",
    [MB_OP_MPU_BEGIN] = "upload-begin",
    [MB_OP_MPU_PART] = "upload-part",
    [MB_OP_MPU_COPY_PART] = "upload-copy-part",
    [MB_OP_MPU_COMPLETE] = "upload-complete",
    [MB_OP_MPU_ABORT] = "upload-abort",
    [MB_OP_MPU_LIST] = "upload-list",
    [MB_OP_CREATE_BUCKET] = "create-bucket",
    [MB_OP_OPEN] = "open",
};

const char *mb_operation_name(enum mb_operation operation)
{
    return operation < MB_OP_COUNT ? names[operation] : "unknown";
}

void mb_counters_attempt(struct mb_storage *storage, enum mb_operation operation, int64_t ns,
                         mb_status status)
{
    mb_meter_attempt(&storage->counters[operation], ns, status);
    mb_meter_attempt(storage->shared[operation], ns, status);
    if (status == MB_E_THROTTLED || status == MB_E_UNAVAILABLE || status == MB_E_TIMEOUT)
        atomic_fetch_add(&storage->overloads, 1);
}

void mb_counters_retry(struct mb_storage *storage, enum mb_operation operation, mb_status status)
{
    mb_meter_retry(&storage->counters[operation], status);
    mb_meter_retry(storage->shared[operation], status);
}

void mb_counters_bytes(struct mb_storage *storage, enum mb_operation operation, uint64_t bytes)
{
    mb_meter_bytes(&storage->counters[operation], bytes);
    mb_meter_bytes(storage->shared[operation], bytes);
}

void mb_storage_stats(struct mb_storage *storage, struct mb_operation_stats out[MB_OP_COUNT])
{
    for (int i = 0; i < MB_OP_COUNT; i++) {
        const struct mb_meter *meter = &storage->counters[i];
        out[i] = (struct mb_operation_stats){
            .calls = atomic_load(&meter->calls),
            .failures = mb_meter_sum(meter->failed),
            .retries = mb_meter_sum(meter->retried),
            .bytes = atomic_load(&meter->bytes),
            .total_ns = atomic_load(&meter->total_ns),
            .max_ns = atomic_load(&meter->max_ns),
        };
    }
}

uint64_t mb_storage_overloads(const struct mb_storage *storage)
{
    return atomic_load(&storage->overloads);
}
