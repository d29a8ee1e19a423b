/* POST /restore, GET /get_restore */
#include "api/api.h"
#include "api/body_restore.h"
#include "api/place.h"
#include "api/restored.h"
#include "api/restoring.h"
#include "api/routes.h"
#include "api/start.h"

static mb_status restore(struct mb_api_call *call, const struct mb_body_restore *body, struct mb_error *error)
{
    const struct mb_get_request named = {.struct_size = sizeof named, .name = body->name};
    struct mb_restore_request request;
    if (*body->name != '\0' && mb_get_check(&named, error) < 0)
        return mb_fail(error, MB_E_INVALID, "backup %s not found", body->name);
    call->about = body->name;
    call->bound = body->bound;
    MB_TRY(mb_body_restore_request(body, call->arena, &request, error));
    const struct mb_job job = {.kind = MB_TASK_RESTORE,
                               .request = &request,
                               .id =
                                   *body->id != '\0' ? body->id : mb_api_moment_name(call->arena, "restore_"),
                               .bucket = mb_api_given(body->bucket),
                               .root_path = mb_api_given(body->path)};
    MB_TRY(mb_restoring_find(call, &job, request.name, error));
    return mb_api_start(call, &job, body->async, body->async ? mb_restoring_accepted : mb_restoring_ended,
                        error);
}

void mb_serve_restore(struct mb_api_call *call)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_body_restore body;
    if (mb_api_read(&mb_body_restore_schema, call->body, call->body_len, call->arena, &body, &error) < 0) {
        mb_reply_bad_body(call, &error);
        return;
    }
    if (*call->request_id == '\0' && *body.request_id != '\0')
        call->caller.request_id = body.request_id;
    if (restore(call, &body, &error) < 0)
        mb_reply_error(call, &error);
}

void mb_serve_get_restore(struct mb_api_call *call)
{
    const char *id = mb_api_query(call, "id");
    struct mb_error error = MB_ERROR_INIT;
    struct mb_record record;
    if (*id == '\0')
        mb_reply_null(call, MB_CODE_FAIL, "empty restore id");
    else if (mb_service_get(mb_api_service(call->api), id, true, call->arena, &record, &error) < 0 ||
             record.kind != MB_TASK_RESTORE)
        mb_reply_null(call, MB_CODE_FAIL, "task not found");
    else
        mb_reply_restored(call, MB_CODE_SUCCESS, "success", &record);
}
