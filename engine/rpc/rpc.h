/* rpc.h - the door for gRPC: /milvus.proto.backup.MilvusBackupService and the health service.
 *
 * A method is a route of the API: its request becomes the route's JSON body or query, the answer's JSON the
 * reply, both by the descriptors of the messages, whose names are those of the JSON.  How it went stands in
 * the reply's code, as in REST; the status of gRPC is that of the call: who may not call, what cannot be
 * read, what is too much, a server that stops. */
#ifndef MB_RPC_RPC_H
#define MB_RPC_RPC_H

#include "api/api.h"
#include "service/auth.h"

struct mb_rpc;

struct mb_rpc_options {
    int listener;                                   /* of this socket; it stays the caller's */
    unsigned connections;                           /* at once; further ones wait */
    struct mb_session *session;                     /* whose log hears that they do; or NULL */
    const char *tls_cert, *tls_key, *tls_client_ca; /* PEM files; "" or NULL for none */
    uint64_t body_limit;                            /* of a request */
    unsigned request_seconds;                       /* until a request must have come as a whole */
    bool speaks; /* gRPC may print to standard error; otherwise it is silenced for the whole process */
};

/* auth may be NULL: everybody may everything.  The texts of options are needed until the door is closed. */
mb_status mb_rpc_open(struct mb_rpc **out, struct mb_api *api, struct mb_auth *auth,
                      const struct mb_rpc_options *options, struct mb_error *error);

/* From now on health says NOT_SERVING; calls are still answered. */
void mb_rpc_retire(struct mb_rpc *rpc);

/* Takes no call any more, waits for those under way, and ends. */
void mb_rpc_close(struct mb_rpc *rpc);

#endif
