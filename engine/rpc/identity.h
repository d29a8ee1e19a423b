/* identity.h - who calls: address, request id, and what Authorization or a certificate says. */
#ifndef MB_RPC_IDENTITY_H
#define MB_RPC_IDENTITY_H

#include "api/call.h"
#include "rpc/gate.h"
#include "service/auth.h"

#include <grpc/grpc.h>

/* The text of a slice as far as it fits, with "" for one that is too long or holds a NUL. */
void mb_identity_slice(grpc_slice slice, char *out, size_t cap);

/* Does it do as a request id: up to 200 bytes of UTF-8 without control characters, and not ""? */
bool mb_identity_is_request_id(const char *text);

struct mb_identity_source {
    grpc_call *grpc;
    const grpc_metadata_array *metadata;
    struct mb_gate *gate;
    struct mb_auth *auth; /* or NULL: everybody may everything */
};

/* Fills call->caller and call->request_id.  Where auth refuses, and for a call that did not come through the
 * gate, the caller has no role. */
mb_status mb_identity_find(const struct mb_identity_source *source, struct mb_api_call *call,
                           struct mb_error *error);

#endif
