/* wrapping.h - the host's service to drivers that wrap another.  Private to storage. */
#ifndef MB_STORAGE_WRAPPING_H
#define MB_STORAGE_WRAPPING_H

#include "storage/driver.h"

/* open_driver of struct mb_host, for a wrapper of the given thread model. */
struct mb_wrapping {
    struct mb_drivers *drivers;
    struct mb_log *log; /* where the wrapped driver's secrets are hidden; or NULL */
    uint32_t thread_model;
};

mb_status mb_wrapping_open(const struct mb_wrapping *wrapping, struct mb_store **out,
                           const struct mb_storage_plugin **table, struct mb_store_info *info,
                           const char *name, const struct mb_kv *config, size_t count,
                           const struct mb_call *call);

#endif
