/* channel.h - one gRPC connection and a unary call on it: bytes there, bytes back.  Thread-safe. */
#ifndef MB_MILVUS_CHANNEL_H
#define MB_MILVUS_CHANNEL_H

#include "base/buf.h"
#include "base/cancel.h"
#include "milvus/status.h"

struct mb_channel;

struct mb_channel_options {
    const char *address;
    uint16_t port;
    enum mb_milvus_tls tls;
    const char *ca_cert_path;
    const char *server_name;
    const char *mtls_cert_path;
    const char *mtls_key_path;
    bool grpc_speaks;           /* gRPC may print to stderr what it has to say */
    const struct mb_peer *peer; /* for messages; outlives the channel */
};

/* Does not touch the network yet; reads the certificates. */
mb_status mb_channel_open(struct mb_channel **out, const struct mb_channel_options *options,
                          struct mb_error *error);
void mb_channel_close(struct mb_channel *channel); /* no call is running */

struct mb_metadata {
    const char *key; /* lower case */
    const char *value;
};

struct mb_channel_call {
    const char *path; /* "/package.Service/Method" */
    const struct mb_metadata *headers;
    size_t header_count;
    const void *request;
    size_t request_len;
    int64_t timeout_ns;
    int64_t patience_ns; /* how long the answer is still awaited after cancellation */
};

/* One attempt.  response is appended to.  A gRPC status other than OK is an error as mb_status_from_grpc
 * makes it. */
mb_status mb_channel_unary(struct mb_channel *channel, const struct mb_channel_call *call,
                           struct mb_buf *response, struct mb_cancel *cancel, struct mb_error *error);

#endif
