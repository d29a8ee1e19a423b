/* channel_private.h - what a connection consists of, for the files that make calls on it. */
#ifndef MB_MILVUS_CHANNEL_PRIVATE_H
#define MB_MILVUS_CHANNEL_PRIVATE_H

#include "milvus/channel.h"

#include <grpc/grpc.h>

struct mb_channel {
    grpc_channel *grpc;
    const struct mb_peer *peer;
};

#endif
