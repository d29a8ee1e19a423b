/* POST /create */
#include "api/body_create.h"
#include "api/brief.h"
#include "api/hint.h"
#include "api/place.h"
#include "api/reply.h"
#include "api/routes.h"
#include "api/start.h"
#include "base/hint.h"

#include <string.h>

static void write_brief(struct mb_reply *reply, const struct mb_brief *brief)
{
    mb_json_begin_object(&reply->json, "data");
    mb_api_write(&reply->json, &mb_brief_schema, brief);
    mb_json_end_object(&reply->json);
}

static int code_of(const struct mb_record *record)
{
    if (record->state == MB_TASK_FAILED || record->state == MB_TASK_CANCELLED)
        return record->status == MB_E_EXISTS ? MB_CODE_PARAMETER : MB_CODE_FAIL;
    return MB_CODE_SUCCESS;
}

/* Also reads what the storage has of a backup that is complete; where that fails its task says enough. */
static void answer_ended(struct mb_api_call *call, const struct mb_record *record)
{
    const struct mb_api_place place = {.bucket = record->bucket, .root_path = record->root_path};
    struct mb_error error = MB_ERROR_INIT;
    struct mb_session *session = NULL;
    struct mb_reply reply;
    struct mb_brief brief;
    mb_brief_of_record(record, call->arena, &brief);
    if (record->state == MB_TASK_SUCCEEDED && mb_api_enter(call, &place, &session, &error) == MB_OK) {
        mb_brief_read(call, session, record->backup, &brief, &error);
        mb_api_leave(call, session);
    }
    const char *failed = brief.error != NULL ? brief.error : "cancelled";
    mb_reply_begin(&reply, call, code_of(record), code_of(record) == MB_CODE_SUCCESS ? "success" : failed);
    write_brief(&reply, &brief);
    mb_reply_end(&reply);
}

static void answer_accepted(struct mb_api_call *call, const struct mb_record *record)
{
    struct mb_brief brief;
    mb_brief_of_record(record, call->arena, &brief);
    mb_reply_data(call, "create backup is executing asynchronously", &mb_brief_schema, &brief);
}

/* Where something lies under the name nothing is begun: that is known before there is a task. */
static mb_status find_free(struct mb_session *session, const struct mb_create_request *request,
                           struct mb_error *error)
{
    struct mb_info *info = NULL;
    mb_status status =
        request->resume ? MB_E_NOT_FOUND : mb_session_info(session, request->name, &info, error);
    mb_info_free(info);
    if (status == MB_E_NOT_FOUND)
        return MB_OK;
    if (status >= 0)
        return mb_fail(error, MB_E_EXISTS, "backup already exist with the name: %s", request->name);
    if (status != MB_E_CORRUPT)
        return status;
    mb_error_context(error, "backup already exist with the name: %s", request->name);
    mb_fail_as(error, MB_E_EXISTS);
    return mb_error_hint(error, MB_HINT_RESUME, request->name);
}

static mb_status see_place(struct mb_api_call *call, const struct mb_job *job, struct mb_error *error)
{
    const struct mb_api_place place = {.root_path = job->root_path};
    struct mb_session *session = NULL;
    MB_TRY(mb_api_enter(call, &place, &session, error));
    mb_status status = find_free(session, job->request, error);
    mb_api_leave(call, session);
    return status;
}

/* The request's id becomes the backup's unless it is too long for one. */
static const char *id_of(const struct mb_api_call *call)
{
    enum { LONGEST = 200 };
    return strlen(call->caller.request_id) <= LONGEST ? call->caller.request_id : NULL;
}

static mb_status create(struct mb_api_call *call, const struct mb_body_create *body, struct mb_error *error)
{
    struct mb_create_request request;
    MB_TRY(mb_body_create_request(body, call->arena, &request, error));
    call->about = request.name;
    call->bound = body->bound;
    const struct mb_job job = {.kind = MB_TASK_CREATE,
                               .request = &request,
                               .id = id_of(call),
                               .root_path = mb_api_given(body->root_path),
                               .gc_address = mb_api_given(body->gc_address)};
    if (mb_api_check(call, &job, error) < 0 || see_place(call, &job, error) < 0)
        return mb_api_name_member(error, "root_path", "backup_root_path"); /* elsewhere `path` */
    return mb_api_start(call, &job, body->async, body->async ? answer_accepted : answer_ended, error);
}

void mb_serve_create(struct mb_api_call *call)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_body_create body;
    if (mb_api_read(&mb_body_create_schema, call->body, call->body_len, call->arena, &body, &error) < 0)
        mb_reply_bad_create(call, &error);
    else if (create(call, &body, &error) < 0)
        mb_reply_error(call, &error);
}
