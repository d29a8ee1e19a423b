/* etcd_range.h - the keys of an etcd by their beginning.  Private to the room. */
#ifndef MB_MILVUS_ETCD_RANGE_H
#define MB_MILVUS_ETCD_RANGE_H

#include "base/meter.h"
#include "etcd.pb-c.h"
#include "milvus/etcd.h"

#include <stdatomic.h>

struct mb_etcd_endpoint;

struct mb_etcd {
    struct mb_arena *arena; /* not used after open */
    struct mb_etcd_endpoint *endpoints;
    size_t endpoint_count;
    atomic_size_t current; /* the one that answered last */
    struct mb_meter *meter;
    const char *index_place, *field_place;
};

/* The endpoints of the configuration; nothing is asked of them yet. */
mb_status mb_etcd_add_endpoints(struct mb_etcd *etcd, const struct mb_etcd_options *options,
                                struct mb_error *error);
void mb_etcd_drop_endpoints(struct mb_etcd *etcd);

/* One call per key that begins so, in their order.  The entry, and what is put into scratch, are valid during
 * the call. */
struct mb_etcd_visit {
    mb_status (*entry)(void *ctx, const Pb__EtcdKeyValue *entry, struct mb_arena *scratch,
                       struct mb_error *error);
    void *ctx;
};

/* By pages, so that one page is in memory.  attempts: how often all endpoints are asked when none answers. */
mb_status mb_etcd_range(struct mb_etcd *etcd, const char *prefix, unsigned attempts,
                        const struct mb_etcd_visit *visit, struct mb_cancel *cancel, struct mb_error *error);

#endif
