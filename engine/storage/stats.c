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
    struct mb_counters *counters = &storage->counters[operation];
    uint64_t took = ns > 0 ? (uint64_t)ns : 0;
    atomic_fetch_add(&counters->calls, 1);
    atomic_fetch_add(&counters->total_ns, took);
    uint_fast64_t longest = atomic_load(&counters->max_ns);
    while (longest < took && !atomic_compare_exchange_weak(&counters->max_ns, &longest, took))
        ;
    if (status < 0)
        atomic_fetch_add(&counters->failures, 1);
    if (status == MB_E_THROTTLED || status == MB_E_UNAVAILABLE || status == MB_E_TIMEOUT)
        atomic_fetch_add(&storage->overloads, 1);
}

void mb_storage_stats(struct mb_storage *storage, struct mb_operation_stats out[MB_OP_COUNT])
{
    for (int i = 0; i < MB_OP_COUNT; i++) {
        struct mb_counters *counters = &storage->counters[i];
        out[i] = (struct mb_operation_stats){
            .calls = atomic_load(&counters->calls),
            .failures = atomic_load(&counters->failures),
            .retries = atomic_load(&counters->retries),
            .bytes = atomic_load(&counters->bytes),
            .total_ns = atomic_load(&counters->total_ns),
            .max_ns = atomic_load(&counters->max_ns),
        };
    }
}

uint64_t mb_storage_overloads(const struct mb_storage *storage)
{
    return atomic_load(&storage->overloads);
}
