#include "api/reply.h"

#include "api/hint.h"

static void begin(struct mb_reply *reply, struct mb_api_call *call)
{
    reply->call = call;
    reply->sink = mb_buf_sink(&call->answer.body);
    mb_json_init(&reply->json, &reply->sink);
    mb_json_begin_object(&reply->json, NULL);
    call->answer.status = 200;
    call->answer.content_type = "application/json; charset=utf-8";
}

void mb_reply_begin(struct mb_reply *reply, struct mb_api_call *call, int code, const char *msg)
{
    begin(reply, call);
    if (*call->caller.request_id != '\0')
        mb_json_string(&reply->json, "requestId", call->caller.request_id);
    if (code != MB_CODE_SUCCESS)
        mb_json_int(&reply->json, "code", code);
    if (*msg != '\0')
        mb_json_string(&reply->json, "msg", msg);
    call->outcome =
        code == MB_CODE_SUCCESS ? msg : mb_arena_printf(call->arena, "refused or failed: %s", msg);
}

/* An answer that does not fit into memory is none: half of one would be taken for JSON by nobody. */
void mb_reply_end(struct mb_reply *reply)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_api_call *call = reply->call;
    mb_json_end_object(&reply->json);
    if (mb_json_finish(&reply->json, &error) < 0) {
        mb_buf_reset(&call->answer.body);
        call->answer.status = 500;
        call->answer.content_type = NULL;
    }
    mb_json_done(&reply->json);
    mb_api_done(call);
}

void mb_reply_data(struct mb_api_call *call, const char *msg, const struct mb_api_schema *schema,
                   const void *data)
{
    struct mb_reply reply;
    mb_reply_begin(&reply, call, MB_CODE_SUCCESS, msg);
    mb_json_begin_object(&reply.json, "data");
    mb_api_write(&reply.json, schema, data);
    mb_json_end_object(&reply.json);
    mb_reply_end(&reply);
}

static void answer(struct mb_api_call *call, unsigned status, int code, const char *msg, bool with_null)
{
    struct mb_reply reply;
    mb_reply_begin(&reply, call, code, msg);
    if (with_null)
        mb_json_raw(&reply.json, "data", "null");
    call->answer.status = status;
    mb_reply_end(&reply);
}

void mb_reply_null(struct mb_api_call *call, int code, const char *msg)
{
    answer(call, 200, code, msg, true);
}

void mb_reply_nothing(struct mb_api_call *call, int code, const char *msg)
{
    answer(call, 200, code, msg, false);
}

void mb_reply_refused(struct mb_api_call *call, unsigned status, const char *msg)
{
    answer(call, status, MB_CODE_NO_PERMISSION, msg, true);
}

/* No place in the queue, and a server that stops, are answers that clients of HTTP know what to do about. */
static unsigned http_status(struct mb_api_call *call, const struct mb_error *error)
{
    bool full = error->status == MB_E_THROTTLED, stopping = error->status == MB_E_CANCELLED;
    if (full || stopping)
        call->answer.retry_after = 10;
    return full ? 429 : stopping ? 503 : 200;
}

void mb_reply_error_as(struct mb_api_call *call, int code, const struct mb_error *error)
{
    answer(call, http_status(call, error), code, mb_api_hint(error, call->arena), true);
}

void mb_reply_nothing_error(struct mb_api_call *call, int code, const struct mb_error *error)
{
    answer(call, http_status(call, error), code, mb_api_hint(error, call->arena), false);
}

void mb_reply_error(struct mb_api_call *call, const struct mb_error *error)
{
    bool parameter = error->status == MB_E_INVALID || error->status == MB_E_EXISTS;
    mb_reply_error_as(call, parameter ? MB_CODE_PARAMETER : MB_CODE_FAIL, error);
}

/* why: what the log says, which may be more than the client hears. */
static void refuse(struct mb_api_call *call, unsigned status, const char *text, const char *why)
{
    struct mb_reply reply;
    begin(&reply, call);
    mb_json_string(&reply.json, "error", text);
    call->outcome = mb_arena_printf(call->arena, "refused: %s", why);
    call->answer.status = status;
    mb_reply_end(&reply);
}

void mb_reply_refusal(struct mb_api_call *call, unsigned status, const char *text)
{
    refuse(call, status, text, text);
}

static const char *about_body(struct mb_api_call *call, const struct mb_error *error)
{
    const char *text = mb_arena_printf(call->arena, "invalid request body: %s", error->message);
    return text != NULL ? text : "invalid request body";
}

void mb_reply_bad_body(struct mb_api_call *call, const struct mb_error *error)
{
    mb_reply_refusal(call, 400, about_body(call, error));
}

void mb_reply_bad_create(struct mb_api_call *call, const struct mb_error *error)
{
    refuse(call, 400, "Invalid request body", about_body(call, error));
}
