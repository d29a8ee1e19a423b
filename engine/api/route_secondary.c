/* POST /restore_secondary */
#include "api/place.h"
#include "api/reply.h"
#include "api/restoring.h"
#include "api/routes.h"
#include "api/start.h"

struct body {
    const char *request_id, *name, *source, *target, *path;
    bool async;
};

static const struct mb_api_field fields[] = {
    MB_API_FIELD(STRING, "requestId", struct body, request_id,
                 "Of the request, where it has no header request_id; it is the task's id."),
    MB_API_FIELD_REQUIRED(STRING, "backup_name", struct body, name,
                          "Of the whole source, made with the strategy bulk_flush."),
    MB_API_FIELD_REQUIRED(STRING, "sourceClusterID", struct body, source,
                          "As the replicate configuration calls the cluster that the backup was made of."),
    MB_API_FIELD_REQUIRED(STRING, "targetClusterID", struct body, target,
                          "Likewise the cluster that is restored to."),
    MB_API_FIELD(BOOL, "async", struct body, async, "Answer at once; get_restore tells the rest."),
    MB_API_FIELD(STRING, "path", struct body, path, "Root path of backups, instead of the configured one."),
};
const struct mb_api_schema mb_body_secondary_schema = {
    MB_API_SCHEMA("RestoreSecondaryRequest", struct body, fields)};

static const char *missing(const struct body *body)
{
    return *body->name == '\0'     ? "backup name is required"
           : *body->source == '\0' ? "source cluster id is required"
           : *body->target == '\0' ? "target cluster id is required"
                                   : NULL;
}

static mb_status restore(struct mb_api_call *call, const struct body *body, struct mb_error *error)
{
    const struct mb_restore_secondary_request request = {.struct_size = sizeof request,
                                                         .name = body->name,
                                                         .source_cluster = body->source,
                                                         .target_cluster = body->target};
    const struct mb_job job = {.kind = MB_TASK_RESTORE,
                               .secondary = true,
                               .request = &request,
                               .id = call->caller.request_id,
                               .root_path = mb_api_given(body->path)};
    MB_TRY(mb_restoring_find(call, &job, body->name, error));
    return mb_api_start(call, &job, body->async, body->async ? mb_restoring_accepted : mb_restoring_ended,
                        error);
}

void mb_serve_restore_secondary(struct mb_api_call *call)
{
    struct mb_error error = MB_ERROR_INIT;
    struct body body;
    if (mb_api_read(&mb_body_secondary_schema, call->body, call->body_len, call->arena, &body, &error) < 0) {
        mb_reply_bad_body(call, &error);
        return;
    }
    if (*call->request_id == '\0' && *body.request_id != '\0')
        call->caller.request_id = body.request_id;
    const char *problem = missing(&body);
    call->about = body.name;
    if (problem != NULL)
        mb_reply_null(call, MB_CODE_PARAMETER, problem);
    else if (restore(call, &body, &error) < 0)
        mb_reply_error(call, &error);
}
