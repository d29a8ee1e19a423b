/* credentials.h - TLS and the certificates of clients. */
#ifndef MB_RPC_CREDENTIALS_H
#define MB_RPC_CREDENTIALS_H

#include "rpc/rpc.h"

#include <grpc/grpc.h>

/* Without a certificate none: calls are not encrypted.  With a client CA nobody comes in without a
 * certificate that it stands for. */
mb_status mb_rpc_credentials(const struct mb_rpc_options *options, grpc_server_credentials **out,
                             struct mb_error *error);

#endif
