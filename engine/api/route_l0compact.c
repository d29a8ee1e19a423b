/* POST /l0compact */
#include "api/routes.h"
#include "api/start.h"
#include "api/task_answer.h"

struct body {
    const char *name, *output;
    bool force, resume, async, bound;
};

static const struct mb_api_field fields[] = {
    MB_API_FIELD_REQUIRED(STRING, "backup_name", struct body, name, "It stays as it is."),
    MB_API_FIELD(STRING, "output", struct body, output,
                 "Name of the new backup; backup_name and _l0compacted when it is left out."),
    MB_API_FIELD(BOOL, "force", struct body, force,
                 "Remove first what lies under the new name, unless somebody is making it."),
    MB_API_FIELD(BOOL, "resume", struct body, resume,
                 "Go on with what an interrupted one left under the new name; not with force."),
    MB_API_FIELD(BOOL, "async", struct body, async, "Answer at once and go on in the background."),
    MB_API_FIELD(BOOL, "cancel_on_disconnect", struct body, bound,
                 "Without async: cancel the task if the client leaves before it has ended."),
};
const struct mb_api_schema mb_body_l0compact_schema = {
    MB_API_SCHEMA("L0CompactRequest", struct body, fields)};

/* The new name is always said, since the service keeps others away from it. */
static const char *output_of(const struct body *body, struct mb_arena *arena)
{
    return *body->output != '\0' ? body->output : mb_arena_printf(arena, "%s_l0compacted", body->name);
}

static mb_status compact(struct mb_api_call *call, const struct body *body, struct mb_error *error)
{
    const struct mb_compact_request request = {.struct_size = sizeof request,
                                               .name = body->name,
                                               .output = output_of(body, call->arena),
                                               .force = body->force,
                                               .resume = body->resume};
    const struct mb_job job = {.kind = MB_TASK_COMPACT, .request = &request};
    call->about = body->name;
    call->bound = body->bound;
    if (request.output == NULL)
        return mb_fail_memory(error);
    MB_TRY(mb_compact_check(&request, error));
    return mb_api_start(call, &job, body->async, body->async ? mb_reply_task_accepted : mb_reply_task_ended,
                        error);
}

void mb_serve_l0compact(struct mb_api_call *call)
{
    struct mb_error error = MB_ERROR_INIT;
    struct body body;
    if (mb_api_read(&mb_body_l0compact_schema, call->body, call->body_len, call->arena, &body, &error) < 0)
        mb_reply_bad_body(call, &error);
    else if (compact(call, &body, &error) < 0)
        mb_reply_error(call, &error);
}
