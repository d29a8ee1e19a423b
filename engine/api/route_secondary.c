/* POST /restore_secondary, for clusters that replicate: checked and refused. */
#include "api/reply.h"
#include "api/routes.h"

struct body {
    const char *request_id, *name, *source, *target, *path;
    bool async;
};

static const struct mb_api_field fields[] = {
    MB_API_FIELD(STRING, "requestId", struct body, request_id,
                 "Of the request, where it has no header request_id."),
    MB_API_FIELD_REQUIRED(STRING, "backup_name", struct body, name, NULL),
    MB_API_FIELD_REQUIRED(STRING, "sourceClusterID", struct body, source, NULL),
    MB_API_FIELD_REQUIRED(STRING, "targetClusterID", struct body, target, NULL),
    MB_API_FIELD(BOOL, "async", struct body, async, NULL),
    MB_API_FIELD(STRING, "path", struct body, path, NULL),
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
    else
        mb_reply_null(call, MB_CODE_FAIL, "restoring a secondary cluster is not supported yet; use restore");
}
