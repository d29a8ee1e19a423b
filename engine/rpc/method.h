/* method.h - the methods: what each takes and gives, and the route that serves it. */
#ifndef MB_RPC_METHOD_H
#define MB_RPC_METHOD_H

#include "api/call.h"

#include <grpc/status.h>
#include <protobuf-c/protobuf-c.h>

/* How a call ends, as gRPC has it. */
struct mb_rpc_end {
    grpc_status_code status;
    const char *details;     /* in words; "" */
    ProtobufCMessage *reply; /* NULL unless status is GRPC_STATUS_OK */
    unsigned retry_after;    /* seconds; 0 */
};

struct mb_rpc_method {
    const char *name; /* "/package.Service/Method" */
    const ProtobufCMessageDescriptor *request, *reply;
    const char *method, *path; /* of the route; the request is its body with POST, else its query */
    bool has_query;            /* although it is POST */
    bool is_text;              /* the route answers with text */
    bool watches;              /* is answered again and again, see watch.h */
    /* Instead of a route, and for everybody. */
    struct mb_rpc_end (*answer)(const ProtobufCMessage *request, bool retired, struct mb_arena *arena);
};

/* NULL for none. */
const struct mb_rpc_method *mb_rpc_method_find(const char *name);

/* Is the service there that a request for health names? */
bool mb_rpc_serves(const ProtobufCMessage *request);

/* Fills what the call asks for from the request.  Everything lies in the call's arena. */
mb_status mb_rpc_method_ask(const struct mb_rpc_method *method, const ProtobufCMessage *request,
                            struct mb_api_call *call, struct mb_error *error);

/* How the call ends with this answer of the API, which is not needed afterwards: all lies in the arena. */
struct mb_rpc_end mb_rpc_method_end(const struct mb_rpc_method *method, struct mb_api_call *call);

/* ... with a failure of the door's own. */
struct mb_rpc_end mb_rpc_failed(struct mb_api_call *call, const struct mb_error *error);

#endif
