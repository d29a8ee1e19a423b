#include "rpc/method.h"

#include "base/text.h"
#include "rpc/field.h"
#include "rpc/identity.h"
#include "rpc/message.h"

#include <health.pb-c.h>
#include <jansson.h>
#include <milvus_backup.pb-c.h>
#include <stdlib.h>
#include <string.h>

#define SERVICE "milvus.proto.backup.MilvusBackupService"

#define METHOD(method_name, request_name, reply_name, http_method, route)                   \
    {                                                                                       \
        .name = "/" SERVICE "/" method_name,                                                \
        .request = &milvus__proto__backup__##request_name##__descriptor,                    \
        .reply = &milvus__proto__backup__##reply_name##__descriptor, .method = http_method, \
        .path = "/api/v1/" route                                                            \
    }

/* Of the server as a whole and of its service, which are as well as each other. */
bool mb_rpc_serves(const ProtobufCMessage *request)
{
    const Grpc__Health__V1__HealthCheckRequest *asked = (const void *)request;
    return *asked->service == '\0' || strcmp(asked->service, SERVICE) == 0;
}

static struct mb_rpc_end check_health(const ProtobufCMessage *request, bool retired, struct mb_arena *arena)
{
    Grpc__Health__V1__HealthCheckResponse *reply = mb_arena_alloc(arena, 1, sizeof *reply);
    if (!mb_rpc_serves(request))
        return (struct mb_rpc_end){.status = GRPC_STATUS_NOT_FOUND, .details = "no service is called so"};
    if (reply == NULL)
        return (struct mb_rpc_end){.status = GRPC_STATUS_RESOURCE_EXHAUSTED, .details = "out of memory"};
    grpc__health__v1__health_check_response__init(reply);
    reply->status = retired ? GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING
                            : GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING;
    return (struct mb_rpc_end){.status = GRPC_STATUS_OK, .details = "", .reply = &reply->base};
}

static const struct mb_rpc_method methods[] = {
    METHOD("CreateBackup", create_backup_request, backup_info_response, "POST", "create"),
    METHOD("GetBackup", get_backup_request, backup_info_response, "GET", "get_backup"),
    METHOD("ListBackups", list_backups_request, list_backups_response, "GET", "list"),
    METHOD("DeleteBackup", delete_backup_request, delete_backup_response, "DELETE", "delete"),
    METHOD("RestoreBackup", restore_backup_request, restore_backup_response, "POST", "restore"),
    METHOD("GetRestore", get_restore_state_request, restore_backup_response, "GET", "get_restore"),
    METHOD("ListTasks", list_tasks_request, list_tasks_response, "GET", "tasks"),
    METHOD("GetTask", task_request, task_response, "GET", "task"),
    {.name = "/" SERVICE "/CancelTask",
     .request = &milvus__proto__backup__task_request__descriptor,
     .reply = &milvus__proto__backup__task_response__descriptor,
     .method = "POST",
     .path = "/api/v1/cancel",
     .has_query = true},
    {.name = "/" SERVICE "/Check",
     .request = &milvus__proto__backup__check_request__descriptor,
     .reply = &milvus__proto__backup__check_response__descriptor,
     .method = "GET",
     .path = "/api/v1/check",
     .is_text = true},
    {.name = "/grpc.health.v1.Health/Check",
     .request = &grpc__health__v1__health_check_request__descriptor,
     .reply = &grpc__health__v1__health_check_response__descriptor,
     .answer = check_health},
    {.name = "/grpc.health.v1.Health/Watch",
     .request = &grpc__health__v1__health_check_request__descriptor,
     .reply = &grpc__health__v1__health_check_response__descriptor,
     .watches = true,
     .answer = check_health},
};

const struct mb_rpc_method *mb_rpc_method_find(const char *name)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    return NULL;
}

/* --------------------------------------------------------------- the request */

/* A parameter; "" for a default, NULL without memory.  Those of the requests of routes that have a query are
 * strings, booleans and small numbers. */
static const char *text_of(const ProtobufCMessage *request, const ProtobufCFieldDescriptor *field,
                           struct mb_arena *arena)
{
    const void *at = mb_field_at(request, field);
    if (field->type == PROTOBUF_C_TYPE_STRING)
        return *(const char *const *)at;
    if (*(const int32_t *)at == 0)
        return "";
    return field->type == PROTOBUF_C_TYPE_BOOL ? "true" : mb_arena_printf(arena, "%d", *(const int32_t *)at);
}

static mb_status fill_query(const ProtobufCMessage *request, struct mb_api_call *call, struct mb_error *error)
{
    unsigned count = request->descriptor->n_fields;
    struct mb_kv *pairs = mb_arena_alloc(call->arena, count + 1, sizeof *pairs);
    if (pairs == NULL)
        return mb_fail_memory(error);
    for (unsigned i = 0; i < count; i++) {
        const ProtobufCFieldDescriptor *field = &request->descriptor->fields[i];
        const char *text = text_of(request, field, call->arena);
        if (text == NULL)
            return mb_fail_memory(error);
        if (*text != '\0')
            pairs[call->query_count++] = (struct mb_kv){.key = field->name, .value = text};
    }
    call->query = pairs;
    return MB_OK;
}

static mb_status fill_body(const ProtobufCMessage *request, struct mb_api_call *call, struct mb_error *error)
{
    struct mb_buf text = MB_BUF_INIT(INT32_MAX);
    mb_status status = mb_message_to_json(request, &text, error);
    if (status == MB_OK) {
        call->body = mb_arena_strndup(call->arena, mb_buf_text(&text), text.len);
        call->body_len = text.len;
    }
    mb_buf_done(&text);
    if (status == MB_OK && call->body == NULL)
        return mb_fail_memory(error);
    return status;
}

/* The member of the request, where the metadata have none. */
static void fill_request_id(const ProtobufCMessage *request, struct mb_api_call *call)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(request->descriptor, "requestId");
    const char *id = field != NULL ? *(const char *const *)mb_field_at(request, field) : "";
    if (*call->request_id != '\0' || *id == '\0')
        return;
    if (mb_identity_is_request_id(id))
        call->caller.request_id = id;
    call->request_id = call->caller.request_id;
}

mb_status mb_rpc_method_ask(const struct mb_rpc_method *method, const ProtobufCMessage *request,
                            struct mb_api_call *call, struct mb_error *error)
{
    fill_request_id(request, call);
    if (strcmp(method->method, "POST") == 0 && !method->has_query)
        return fill_body(request, call, error);
    return fill_query(request, call, error);
}

/* ----------------------------------------------------------------- the reply */

static grpc_status_code status_of(unsigned http)
{
    static const struct {
        unsigned http;
        grpc_status_code status;
    } known[] = {
        {400, GRPC_STATUS_INVALID_ARGUMENT},   {401, GRPC_STATUS_UNAUTHENTICATED},
        {403, GRPC_STATUS_PERMISSION_DENIED},  {404, GRPC_STATUS_UNIMPLEMENTED},
        {413, GRPC_STATUS_RESOURCE_EXHAUSTED}, {429, GRPC_STATUS_RESOURCE_EXHAUSTED},
        {503, GRPC_STATUS_UNAVAILABLE},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].http == http)
            return known[i].status;
    return GRPC_STATUS_INTERNAL;
}

/* What an answer that is no success says. */
static const char *words_of(struct mb_api_call *call)
{
    enum { MAX_WORDS = 1000 };
    const char *text = mb_buf_text(&call->answer.body);
    json_t *body = json_loadb(text, call->answer.body.len, 0, NULL);
    const char *words = json_string_value(json_object_get(body, "error"));
    if (words == NULL)
        words = json_string_value(json_object_get(body, "msg"));
    if (words == NULL)
        words = text;
    const char *copy = mb_arena_strndup(
        call->arena, words, strlen(words) > MAX_WORDS ? mb_text_whole(words, MAX_WORDS) : strlen(words));
    json_decref(body);
    return copy != NULL ? copy : "";
}

static struct mb_rpc_end reply_with_text(const struct mb_rpc_method *method, struct mb_api_call *call)
{
    const struct mb_buf *body = &call->answer.body;
    bool is_well = call->answer.status == 200;
    Milvus__Proto__Backup__CheckResponse *reply =
        mb_arena_alloc(call->arena, 1, method->reply->sizeof_message);
    const char *text = is_well ? mb_arena_strndup(call->arena, mb_buf_text(body), body->len) : words_of(call);
    if (reply == NULL || text == NULL)
        return (struct mb_rpc_end){.status = GRPC_STATUS_RESOURCE_EXHAUSTED, .details = "out of memory"};
    milvus__proto__backup__check_response__init(reply);
    reply->code =
        is_well ? MILVUS__PROTO__BACKUP__RESPONSE_CODE__Success : MILVUS__PROTO__BACKUP__RESPONSE_CODE__Fail;
    reply->msg = (char *)(uintptr_t)text;
    return (struct mb_rpc_end){.status = GRPC_STATUS_OK, .details = "", .reply = &reply->base};
}

struct mb_rpc_end mb_rpc_failed(struct mb_api_call *call, const struct mb_error *error)
{
    const char *details = mb_arena_strdup(call->arena, error->message);
    return (struct mb_rpc_end){.status = error->status == MB_E_INVALID     ? GRPC_STATUS_INVALID_ARGUMENT
                                         : error->status == MB_E_NO_MEMORY ? GRPC_STATUS_RESOURCE_EXHAUSTED
                                         : error->status == MB_E_THROTTLED ? GRPC_STATUS_RESOURCE_EXHAUSTED
                                                                           : GRPC_STATUS_INTERNAL,
                               .details = details != NULL ? details : ""};
}

struct mb_rpc_end mb_rpc_method_end(const struct mb_rpc_method *method, struct mb_api_call *call)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_answer *answer = &call->answer;
    struct mb_rpc_end end = {.status = GRPC_STATUS_OK, .details = ""};
    if (method->is_text && (answer->status == 200 || answer->status == 500))
        return reply_with_text(method, call);
    if (answer->status != 200)
        return (struct mb_rpc_end){.status = status_of(answer->status),
                                   .details = words_of(call),
                                   .retry_after = answer->retry_after};
    if (mb_message_from_json(method->reply, mb_buf_text(&answer->body), answer->body.len, call->arena,
                             &end.reply, &error) != MB_OK)
        return mb_rpc_failed(call, &error);
    return end;
}
