/* status.h - what went wrong, from gRPC's and Milvus' codes to ours, with the key to change. */
#ifndef MB_MILVUS_STATUS_H
#define MB_MILVUS_STATUS_H

#include "base/error.h"
#include "milvus/milvus.h"

/* The server as messages name it. */
struct mb_peer {
    const char *place; /* "localhost:19530" */
    const char *keys;  /* "milvus" */
    enum mb_milvus_tls tls;
    bool has_user;
    bool foreign;           /* no Milvus: its reasons are told as they are, its caller adds what to change */
    struct mb_log *log;     /* what messages leave out of a server's reason goes there */
    struct mb_log *secrets; /* whose secrets no message says, whatever the server repeats */
};

/* grpc_status is not OK; details is the text that came with it. */
mb_status mb_status_from_grpc(const struct mb_peer *peer, int grpc_status, const char *details,
                              struct mb_error *error);

/* What a Milvus answer says about itself: code of newer servers, error_code of all. */
struct mb_server_status {
    int32_t error_code;
    int32_t code;
    bool retriable;
    const char *reason;
};

/* MB_OK when both codes are 0.  MB_E_THROTTLED is a limit: the server has done nothing, and will after a
 * while. */
mb_status mb_status_from_server(const struct mb_server_status *status, const struct mb_peer *peer,
                                struct mb_error *error);

/* A reason that is handed on: as a message can hold it, in arena.  NULL without memory. */
const char *mb_status_reason(const struct mb_peer *peer, const char *reason, struct mb_arena *arena);

#endif
