/* store.h - what the files of the shim share.  Private to it. */
#ifndef MB_SHIM_STORE_H
#define MB_SHIM_STORE_H

#include "shim/shim.h"

struct mb_store {
    const struct shim_hooks *hooks;
    void *state;
    const struct mb_storage_plugin *table; /* the wrapped driver's */
    struct mb_store *inner;
};

/* Around the call of the wrapped driver's slot: begin fills the event and asks the hook before, end tells the
 * hook after. */
mb_status shim_begin(struct mb_store *store, struct shim_event *event, enum shim_operation operation,
                     const char *key, const struct mb_call *call);
mb_status shim_end(struct mb_store *store, struct shim_event *event, mb_status status);

/* Bytes on their way, which the hook pass is asked about. */
struct shim_flow {
    struct mb_store *store;
    struct shim_event *event;
    const struct mb_sink *sink;
    const struct mb_source *source;
    struct mb_error refusal; /* its status is MB_OK unless pass refused */
};

struct mb_sink shim_flow_sink(struct shim_flow *flow, const struct mb_sink *sink);
struct mb_source shim_flow_source(struct shim_flow *flow, const struct mb_source *source);

/* status, or what pass said, whatever the driver made of that. */
mb_status shim_flow_end(const struct shim_flow *flow, mb_status status);

mb_status shim_unsupported(const struct mb_store *store, const struct mb_call *call,
                           enum shim_operation operation);

#endif
