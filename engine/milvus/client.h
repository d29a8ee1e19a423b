/* client.h - what the files of this room share: the client itself and one typed call. */
#ifndef MB_MILVUS_CLIENT_H
#define MB_MILVUS_CLIENT_H

#include "base/arena.h"
#include "milvus.pb-c.h"
#include "milvus/channel.h"
#include "milvus/limit.h"
#include "milvus/milvus.h"
#include "milvus/status.h"

struct mb_milvus {
    struct mb_arena *arena; /* of the strings below; not used after connect */
    struct mb_channel *channel;
    struct mb_limits *limits;
    struct mb_http *rest, *management; /* of the two endpoints; see ask.h */
    struct mb_peer peer;
    struct mb_milvus_info info;
    const char *authorization;        /* base64 of user:password, or NULL */
    const char *bearer;               /* user:password, or NULL */
    char identifier[24];              /* "" before Connect was answered */
    struct mb_milvus_options options; /* its strings live in arena */
};

/* When a call that failed may be made again. */
enum mb_again {
    MB_AGAIN_SAFE,    /* the server was too busy or not to be reached; doing it twice does no harm */
    MB_AGAIN_ANY,     /* also after errors of the server that may pass by themselves */
    MB_AGAIN_REFUSED, /* only when it is certain that nothing happened */
    MB_AGAIN_CONNECT  /* as SAFE, with less patience: nobody may be there at all */
};

struct mb_method {
    const char *name;                         /* "DescribeCollection" */
    const char *doing;                        /* "describe collection", for messages */
    const ProtobufCMessageDescriptor *answer; /* its field "status", when it has one, is judged */
    enum mb_again again;
    enum mb_limited limited;
    unsigned attempts;     /* 0 for what suits most */
    bool status_unchecked; /* but for a limit */
    int64_t patience_ns;   /* see mb_channel_call */
};

/* Whom a call is about. */
struct mb_subject {
    const char *db;   /* goes into the header; NULL sends none */
    const char *name; /* for messages: a collection's; or NULL */
};

struct mb_subject mb_subject_of(const char *db, const char *collection);

/* Makes the call, again and again as the method says.  *answer is in arena; both may be NULL. */
mb_status mb_rpc(struct mb_milvus *milvus, const struct mb_method *method, struct mb_subject subject,
                 const ProtobufCMessage *request, struct mb_arena *arena, void *answer,
                 struct mb_cancel *cancel, struct mb_error *error);

/* A message in arena, its strings too; NULL for bytes that are none of the kind. */
ProtobufCMessage *mb_pb_unpack(const ProtobufCMessageDescriptor *type, const struct mb_buf *bytes,
                               struct mb_arena *arena);

enum { MB_RPC_HEADERS = 3 };

/* Those of every call; db NULL for one that is about no database.  How many. */
size_t mb_rpc_headers(const struct mb_milvus *milvus, const char *db, struct mb_metadata *headers);

const char *mb_db_name(const char *db);

/* Of the calls of that name. */
struct mb_meter *mb_milvus_meter(const struct mb_milvus *milvus, const char *call);

#endif
