#include "base/clock.h"
#include "milvus/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERVICE "/milvus.proto.milvus.MilvusService/"

enum { MAX_ATTEMPTS = 10, MAX_CONNECT_ATTEMPTS = 6 };

const char *mb_db_name(const char *db)
{
    return db != NULL && *db != '\0' ? db : "default";
}

struct mb_meter *mb_milvus_meter(const struct mb_milvus *milvus, const char *call)
{
    return mb_meters_get(milvus->options.meters, "milvus", "", call);
}

struct mb_subject mb_subject_of(const char *db, const char *collection)
{
    return (struct mb_subject){.db = mb_db_name(db), .name = collection};
}

/* ----------------------------------------------------------------- messages */

static void *allocate(void *arena, size_t size)
{
    return mb_arena_alloc(arena, 1, size ? size : 1);
}

static void release(void *arena, void *pointer)
{
    (void)arena;
    (void)pointer;
}

ProtobufCMessage *mb_pb_unpack(const ProtobufCMessageDescriptor *type, const struct mb_buf *bytes,
                               struct mb_arena *arena)
{
    ProtobufCAllocator allocator = {.alloc = allocate, .free = release, .allocator_data = arena};
    return protobuf_c_message_unpack(type, &allocator, bytes->len, (const uint8_t *)bytes->data);
}

static mb_status unpack(const struct mb_method *method, const struct mb_buf *bytes, struct mb_arena *arena,
                        ProtobufCMessage **out, struct mb_error *error)
{
    ProtobufCMessage *message = mb_pb_unpack(method->answer, bytes, arena);
    if (message == NULL)
        return mb_fail(error, MB_E_PROTOCOL, "the answer of %zu bytes is not what this program understands",
                       bytes->len);
    *out = message;
    return MB_OK;
}

static const Pb__Status *status_of(const ProtobufCMessage *answer)
{
    if (answer->descriptor == &pb__status__descriptor)
        return (const Pb__Status *)answer;
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(answer->descriptor, "status");
    if (field == NULL)
        return NULL;
    const Pb__Status *status;
    memcpy(&status, (const char *)answer + field->offset, sizeof status);
    return status;
}

static mb_status check_status(const ProtobufCMessage *answer, const struct mb_peer *peer,
                              struct mb_error *error)
{
    const Pb__Status *status = status_of(answer);
    if (status == NULL)
        return MB_OK;
    struct mb_server_status told = {
        .error_code = status->error_code,
        .code = status->code,
        .retriable = status->retriable,
        .reason = *status->reason ? status->reason : status->detail,
    };
    return mb_status_from_server(&told, peer, error);
}

/* ------------------------------------------------------------- one attempt */

struct attempt {
    struct mb_milvus *milvus;
    const struct mb_method *method;
    struct mb_channel_call call;
    struct mb_buf response;
    struct mb_arena *arena;
    ProtobufCMessage *answer;
};

static mb_status make_call(struct attempt *a, struct mb_cancel *cancel, struct mb_error *error)
{
    mb_buf_reset(&a->response);
    MB_TRY(mb_channel_unary(a->milvus->channel, &a->call, &a->response, cancel, error));
    MB_TRY(unpack(a->method, &a->response, a->arena, &a->answer, error));
    mb_status status = check_status(a->answer, &a->milvus->peer, error);
    if (a->method->status_unchecked && status != MB_E_THROTTLED) {
        mb_error_clear(error);
        return MB_OK;
    }
    return status;
}

/* Sets the flag that mb_retry_again goes by. */
static void judge(enum mb_again again, struct mb_error *error)
{
    bool final;

    switch (error->status) {
    case MB_E_CANCELLED:
    case MB_E_NO_MEMORY:
    case MB_E_UNAUTHENTICATED:
    case MB_E_FORBIDDEN:
    case MB_E_NOT_FOUND:
    case MB_E_INVALID:
    case MB_E_UNSUPPORTED:
    case MB_E_CONFIG:
        final = true;
        break;
    default:
        final = false;
        break;
    }
    if (again == MB_AGAIN_ANY && !final)
        error->flags |= MB_ERR_RETRYABLE;
    if (final || (again == MB_AGAIN_REFUSED && (error->flags & MB_ERR_AMBIGUOUS)))
        error->flags &= ~(uint32_t)MB_ERR_RETRYABLE;
}

static struct mb_retry_policy policy_of(const struct mb_method *method)
{
    bool connecting = method->again == MB_AGAIN_CONNECT;
    unsigned attempts = method->attempts ? method->attempts
                        : connecting     ? MAX_CONNECT_ATTEMPTS
                                         : MAX_ATTEMPTS;
    return (struct mb_retry_policy){
        .attempts = attempts,
        .base_ns = 200 * MB_NS_PER_MS,
        .cap_ns = connecting ? MB_NS_PER_S : 3 * MB_NS_PER_S,
    };
}

static mb_status attempt(void *ctx, struct mb_cancel *cancel, struct mb_error *error)
{
    struct attempt *a = ctx;
    mb_status status = make_call(a, cancel, error);
    if (status == MB_OK)
        return MB_OK;
    judge(a->method->again, error);
    mb_log(a->milvus->options.log, MB_LOG_DEBUG, "%s: %s", a->method->name, error->message);
    return status;
}

/* ----------------------------------------------------------------- the call */

size_t mb_rpc_headers(const struct mb_milvus *milvus, const char *db, struct mb_metadata *headers)
{
    size_t n = 0;
    if (milvus->authorization)
        headers[n++] = (struct mb_metadata){"authorization", milvus->authorization};
    if (milvus->identifier[0])
        headers[n++] = (struct mb_metadata){"identifier", milvus->identifier};
    if (db)
        headers[n++] = (struct mb_metadata){"dbname", db};
    return n;
}

static mb_status add_context(const struct mb_method *method, struct mb_subject subject,
                             struct mb_error *error)
{
    if (subject.db && subject.name)
        return mb_error_context(error, "%s %s.%s", method->doing, subject.db, subject.name);
    if (subject.db || subject.name)
        return mb_error_context(error, "%s %s", method->doing, subject.name ? subject.name : subject.db);
    return mb_error_context(error, "%s", method->doing);
}

mb_status mb_rpc(struct mb_milvus *milvus, const struct mb_method *method, struct mb_subject subject,
                 const ProtobufCMessage *request, struct mb_arena *arena, void *answer,
                 struct mb_cancel *cancel, struct mb_error *error)
{
    char path[96];
    struct mb_metadata headers[MB_RPC_HEADERS];
    struct attempt a = {.milvus = milvus, .method = method, .arena = arena};
    struct mb_arena *own = NULL;
    mb_status status;

    mb_buf_init(&a.response, INT32_MAX);
    size_t len = protobuf_c_message_get_packed_size(request);
    uint8_t *bytes = malloc(len ? len : 1);
    if (arena == NULL)
        a.arena = own = mb_arena_new();
    if (bytes == NULL || a.arena == NULL) {
        status = mb_fail_memory(error);
        goto out;
    }
    protobuf_c_message_pack(request, bytes);
    snprintf(path, sizeof path, SERVICE "%s", method->name);
    a.call = (struct mb_channel_call){
        .path = path,
        .headers = headers,
        .header_count = mb_rpc_headers(milvus, subject.db, headers),
        .request = bytes,
        .request_len = len,
        .timeout_ns = milvus->options.call_timeout_ns,
        .patience_ns = method->patience_ns,
    };
    struct mb_attempts attempts = {
        .limited = method->limited,
        .policy = policy_of(method),
        .within_ns = 2 * milvus->options.call_timeout_ns,
        .attempt = attempt,
        .ctx = &a,
        .meter = mb_milvus_meter(milvus, method->name),
    };
    status = mb_limits_attempts(milvus->limits, &attempts, cancel, error);
    if (status != MB_OK)
        add_context(method, subject, error);
    else if (answer != NULL)
        memcpy(answer, &a.answer, sizeof a.answer);

out:
    mb_buf_done(&a.response);
    mb_arena_free(own);
    free(bytes);
    return status;
}
