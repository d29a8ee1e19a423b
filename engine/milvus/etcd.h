/* etcd.h - what Milvus keeps in its etcd and tells through no call of its own.
 *
 * etcd v3 over gRPC, without TLS and without a user.  Thread-safe; calls block as those of milvus.h do.  Any
 * of the endpoints will do: one that does not answer within five seconds is passed over for the next. */
#ifndef MB_MILVUS_ETCD_H
#define MB_MILVUS_ETCD_H

#include "base/arena.h"
#include "base/cancel.h"
#include "base/log.h"
#include "model/collection.h"

struct mb_etcd;
struct mb_meters;

/* Everything is copied but log and meters. */
struct mb_etcd_options {
    const struct mb_strings *endpoints; /* "host:port", also behind "http://"; 2379 where no port is named */
    const char *root;                   /* what Milvus' keys begin with: "by-dev" */
    bool grpc_speaks;                   /* gRPC may print to stderr what it has to say */
    struct mb_log *log;
    struct mb_meters *meters; /* or NULL */
};

/* One of the endpoints has answered.  Errors name milvus.etcd.endpoints. */
mb_status mb_etcd_open(struct mb_etcd **out, const struct mb_etcd_options *options, struct mb_cancel *cancel,
                       struct mb_error *error);
void mb_etcd_close(struct mb_etcd *etcd); /* no call is running; takes NULL */

/* Where the keys of a collection's indexes lie, for messages: "by-dev/meta/field-index". */
const char *mb_etcd_index_place(const struct mb_etcd *etcd);

/* The indexes of a collection, dropped ones left out. */
mb_status mb_etcd_indexes(struct mb_etcd *etcd, int64_t collection_id, struct mb_arena *arena,
                          struct mb_index_extra **out, size_t *count, struct mb_cancel *cancel,
                          struct mb_error *error);

/* The hidden field that holds a collection's dynamic values.  MB_E_NOT_FOUND, with the place of its keys,
 * where there is none. */
mb_status mb_etcd_dynamic_field(struct mb_etcd *etcd, int64_t collection_id, struct mb_arena *arena,
                                struct mb_field *out, struct mb_cancel *cancel, struct mb_error *error);

#endif
