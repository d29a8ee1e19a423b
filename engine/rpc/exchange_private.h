/* exchange_private.h - what the files of an exchange know of it: exchange.c is what gRPC reports and what is
 * done about it, exchange_send.c what is said to gRPC. */
#ifndef MB_RPC_EXCHANGE_PRIVATE_H
#define MB_RPC_EXCHANGE_PRIVATE_H

#include "rpc/exchange.h"

struct mb_exchange {
    struct mb_exchanges *all;
    struct mb_event arrived, received, told, sent, closed;
    atomic_int holders; /* the work, until `sent`, and gRPC, until `closed` */
    grpc_call *call;
    grpc_call_details details;
    grpc_metadata_array metadata;
    grpc_byte_buffer *request, *reply;
    grpc_slice words;
    grpc_metadata pushback;
    int cancelled;
    atomic_bool bound, gone; /* its task ends with the call; the call has ended */
    const struct mb_rpc_method *method;
    struct mb_watcher watcher;
    bool spoken; /* the metadata before all messages have been sent */
    struct mb_error refusal;
    struct mb_api_call ask;
    uint64_t held;    /* bytes of its body, by the count of all */
    int64_t deadline; /* of its request */
    bool is_awaited;  /* is in the list of those whose requests have not come */
    struct mb_exchange *earlier, *later;
};

void mb_exchange_destroy(struct mb_exchange *exchange);
void mb_exchange_release(struct mb_exchange *exchange); /* by one of its holders */

/* gRPC's locks order what threads do to an exchange before and after.  Tools that cannot look into gRPC see
 * the same by this. */
void mb_exchanges_pass(struct mb_exchanges *all);
bool mb_exchange_batch(struct mb_exchange *exchange, const grpc_op *ops, size_t count,
                       struct mb_event *event);

/* By any thread, once. */
void mb_exchange_end(struct mb_exchange *exchange, const struct mb_rpc_end *how);
void mb_exchange_end_with(struct mb_exchange *exchange, grpc_status_code status, const char *details);

/* Tells a watcher, beside whose end there are no others: an answer that comes before the end. */
bool mb_exchange_tell(struct mb_exchange *exchange, const ProtobufCMessage *message);

#endif
