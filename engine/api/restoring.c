#include "api/restoring.h"

#include "api/api.h"
#include "api/hint.h"
#include "api/place.h"
#include "api/restored.h"
#include "api/start.h"

void mb_restoring_ended(struct mb_api_call *call, const struct mb_record *record)
{
    struct mb_error error = mb_api_record_error(record);
    bool succeeded = record->state == MB_TASK_SUCCEEDED;
    mb_reply_restored(call, succeeded ? MB_CODE_SUCCESS : MB_CODE_FAIL,
                      succeeded ? "success" : mb_api_hint(&error, call->arena), record);
}

void mb_restoring_accepted(struct mb_api_call *call, const struct mb_record *record)
{
    mb_reply_restored(call, MB_CODE_SUCCESS, "restore backup is executing asynchronously", record);
}

mb_status mb_restoring_find(struct mb_api_call *call, const struct mb_job *job, const char *name,
                            struct mb_error *error)
{
    const struct mb_api_place place = {.bucket = job->bucket, .root_path = job->root_path};
    const struct mb_get_request named = {.struct_size = sizeof named, .name = name};
    struct mb_session *session = NULL;
    struct mb_info *info = NULL;
    if (mb_get_check(&named, error) < 0)
        return mb_fail(error, MB_E_INVALID, "backup %s not found", name);
    MB_TRY(mb_api_enter(call, &place, &session, error));
    mb_status status = mb_session_info(session, name, &info, error);
    mb_info_free(info);
    mb_api_leave(call, session);
    if (status == MB_E_NOT_FOUND || status == MB_E_INVALID)
        return mb_fail(error, MB_E_INVALID, "backup %s not found", name);
    return status;
}
