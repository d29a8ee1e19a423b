/* exchange.h - one call, from the moment that gRPC may bring it until both sides have let go of it.
 *
 * gRPC reports through the door's queue, which one thread reads; what may wait is done by workers.  An
 * exchange frees itself when it has ended. */
#ifndef MB_RPC_EXCHANGE_H
#define MB_RPC_EXCHANGE_H

#include "api/api.h"
#include "base/pool.h"
#include "rpc/method.h"
#include "rpc/watch.h"
#include "service/auth.h"

#include <grpc/grpc.h>
#include <pthread.h>
#include <stdatomic.h>

enum { MB_RPC_BODIES = 8 }; /* times the limit of one: how much all bodies together may hold */

struct mb_exchange;
struct mb_gate;

/* What all calls of a door share. */
struct mb_exchanges {
    _Atomic(grpc_server *) server; /* which brings calls */
    grpc_completion_queue *queue;
    struct mb_api *api;
    struct mb_auth *auth;     /* or NULL */
    struct mb_gate *gate;     /* knows from where calls come */
    struct mb_group *workers; /* for what may wait for a storage or for Milvus */
    struct mb_group *quick;   /* for what does not, and is answered although all of them wait */
    uint64_t body_limit;
    atomic_ullong bodies; /* bytes that calls hold */
    int64_t patience_ns;  /* until a request has come as a whole */
    atomic_bool retired;  /* health says NOT_SERVING */
    struct mb_watchers watchers;
    atomic_bool closed; /* no further call is asked for; those whose request has not come are cancelled */
    atomic_uint under_way;
    atomic_uint passed;               /* how often something went to gRPC or came back */
    struct mb_exchange *first, *last; /* whose requests have not come, by age: the queue's thread's */
};

/* What a report of the queue is about: its tag. */
struct mb_event {
    void (*happened)(struct mb_exchange *exchange, bool ok);
    struct mb_exchange *exchange;
};

/* By the queue's thread. */
void mb_event_report(struct mb_exchanges *all, struct mb_event *event, bool ok);

/* Lets gRPC bring the next call. */
mb_status mb_exchange_invite(struct mb_exchanges *all, struct mb_error *error);

/* Cancels those that are slow; returns when to look again, as of mb_clock_monotonic; INT64_MAX for never.  By
 * the queue's thread. */
int64_t mb_exchanges_hurry(struct mb_exchanges *all);

#endif
