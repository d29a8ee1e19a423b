/* DELETE /delete */
#include "api/hint.h"
#include "api/reply.h"
#include "api/routes.h"
#include "api/start.h"

static void answer_error(struct mb_api_call *call, const struct mb_error *error)
{
    if (error->status == MB_E_NOT_FOUND)
        mb_reply_nothing(call, MB_CODE_NOT_FOUND, "not found");
    else
        mb_reply_nothing_error(call, MB_CODE_FAIL, error);
}

static void answer_ended(struct mb_api_call *call, const struct mb_record *record)
{
    struct mb_error error = mb_api_record_error(record);
    if (record->state == MB_TASK_SUCCEEDED)
        mb_reply_nothing(call, MB_CODE_SUCCESS, "success");
    else
        answer_error(call, &error);
}

static void answer_accepted(struct mb_api_call *call, const struct mb_record *record)
{
    (void)record;
    mb_reply_nothing(call, MB_CODE_SUCCESS, "delete backup is executing asynchronously");
}

void mb_serve_delete(struct mb_api_call *call)
{
    const struct mb_delete_request request = {.struct_size = sizeof request,
                                              .name = mb_api_query(call, "backup_name"),
                                              .force = mb_api_flag(call, "force")};
    const struct mb_job job = {.kind = MB_TASK_DELETE, .request = &request};
    struct mb_error error = MB_ERROR_INIT;
    bool async = mb_api_flag(call, "async");
    call->about = request.name;
    if (*request.name == '\0')
        mb_reply_nothing(call, MB_CODE_PARAMETER, "backup name is required");
    else if (mb_delete_check(&request, &error) < 0)
        mb_reply_nothing(call, MB_CODE_NOT_FOUND, "not found");
    else if (mb_api_start(call, &job, async, async ? answer_accepted : answer_ended, &error) < 0)
        answer_error(call, &error);
}
