/* identity.h - who calls: address, request id, and what Authorization or a certificate says. */
#ifndef MB_RPC_IDENTITY_H
#define MB_RPC_IDENTITY_H

#include "api/call.h"
#include "service/auth.h"

#include <grpc/grpc.h>

/* The text of a slice as far as it fits, with "" for one that is too long or holds a NUL. */
void mb_identity_slice(grpc_slice slice, char *out, size_t cap);

/* Fills call->caller and call->request_id.  Where auth refuses, the caller has no role. */
mb_status mb_identity_find(grpc_call *grpc, const grpc_metadata_array *metadata, struct mb_auth *auth,
                           struct mb_api_call *call, struct mb_error *error);

#endif
