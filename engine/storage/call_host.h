/* call_host.h - what a call of a driver carries of the host's, behind host_data.  Private to storage. */
#ifndef MB_STORAGE_CALL_HOST_H
#define MB_STORAGE_CALL_HOST_H

#include "storage/driver.h"

#include "base/cancel.h"

struct mb_call_host {
    const struct mb_cancel *cancel;
    int64_t uncut_until_ns; /* before that no cancellation is told */

    /* For a driver that wraps another.  Several sets of drivers may share a module, so that the call has to
     * say which one is meant; both are NULL for a store over a table in hand. */
    struct mb_drivers *drivers;
    mb_status (*open_driver)(const struct mb_call_host *host, uint32_t thread_model, struct mb_store **out,
                             const struct mb_storage_plugin **table, struct mb_store_info *info,
                             const char *name, const struct mb_kv *config, size_t count,
                             const struct mb_call *call);
    struct mb_log *log; /* where secrets are hidden; or NULL */
};

#endif
