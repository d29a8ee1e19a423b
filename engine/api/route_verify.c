/* POST /verify */
#include "api/routes.h"
#include "api/start.h"
#include "api/task_answer.h"

struct body {
    const char *name;
    bool read_data, async, bound;
    int32_t part, parts;
};

static const struct mb_api_field fields[] = {
    MB_API_FIELD_REQUIRED(STRING, "backup_name", struct body, name, NULL),
    MB_API_FIELD(BOOL, "read_data", struct body, read_data,
                 "Read all data and compare checksums; otherwise names and sizes alone."),
    MB_API_FIELD(INT32, "part", struct body, part, "With read_data: which of the parts to read, from 1."),
    MB_API_FIELD(INT32, "parts", struct body, parts, "Into how many parts the data is divided."),
    MB_API_FIELD(BOOL, "async", struct body, async, "Answer at once and go on in the background."),
    MB_API_FIELD(BOOL, "cancel_on_disconnect", struct body, bound,
                 "Without async: cancel the task if the client leaves before it has ended."),
};
const struct mb_api_schema mb_body_verify_schema = {MB_API_SCHEMA("VerifyRequest", struct body, fields)};

static mb_status verify(struct mb_api_call *call, const struct body *body, struct mb_error *error)
{
    call->about = body->name;
    call->bound = body->bound;
    if (body->part < 0 || body->parts < 0)
        return mb_fail(error, MB_E_INVALID, "part and parts are numbers from 1 on");
    const struct mb_verify_request request = {.struct_size = sizeof request,
                                              .name = body->name,
                                              .read_data = body->read_data,
                                              .part = (uint32_t)body->part,
                                              .parts = (uint32_t)body->parts};
    const struct mb_job job = {.kind = MB_TASK_VERIFY, .request = &request};
    MB_TRY(mb_verify_check(&request, error));
    return mb_api_start(call, &job, body->async, body->async ? mb_reply_task_accepted : mb_reply_task_ended,
                        error);
}

void mb_serve_verify(struct mb_api_call *call)
{
    struct mb_error error = MB_ERROR_INIT;
    struct body body;
    if (mb_api_read(&mb_body_verify_schema, call->body, call->body_len, call->arena, &body, &error) < 0)
        mb_reply_bad_body(call, &error);
    else if (verify(call, &body, &error) < 0)
        mb_reply_error(call, &error);
}
