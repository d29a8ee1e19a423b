/* POST /transfer, GET /peers */
#include "api/api.h"
#include "api/peer.h"
#include "api/routes.h"
#include "api/start.h"
#include "api/task_answer.h"

#include <string.h>

struct body {
    const char *name, *peer, *direction;
    bool async, take_over, resume, bound;
};

static const struct mb_api_field fields[] = {
    MB_API_FIELD_REQUIRED(STRING, "backup_name", struct body, name, NULL),
    MB_API_FIELD_REQUIRED(STRING, "peer", struct body, peer, "The other side, one of GET /peers."),
    MB_API_FIELD(STRING, "direction", struct body, direction, "to (the peer) or from; to when left out."),
    MB_API_FIELD(BOOL, "async", struct body, async, "Answer at once and go on in the background."),
    MB_API_FIELD(BOOL, "resume", struct body, resume,
                 "Has no effect: an interrupted transfer always goes on."),
    MB_API_FIELD(BOOL, "take_over", struct body, take_over,
                 "Go on also where another seems to be at work, who then fails."),
    MB_API_FIELD(BOOL, "cancel_on_disconnect", struct body, bound,
                 "Without async: cancel the task if the client leaves before it has ended."),
};
const struct mb_api_schema mb_body_transfer_schema = {MB_API_SCHEMA("TransferRequest", struct body, fields)};

const struct mb_api_schema mb_peers_schema = {.name = "Peers", .list = true};

static mb_status transfer(struct mb_api_call *call, const struct body *body, struct mb_error *error)
{
    struct mb_session *session = mb_service_session(mb_api_service(call->api));
    bool from = strcmp(body->direction, "from") == 0;
    const struct mb_transfer_request request = {
        .struct_size = sizeof request, .name = body->name, .from_peer = from, .take_over = body->take_over};
    struct mb_job job = {.kind = MB_TASK_TRANSFER, .request = &request};
    const struct mb_get_request named = {.struct_size = sizeof named, .name = body->name};
    call->about = body->name;
    call->bound = body->bound;
    MB_TRY(mb_get_check(&named, error));
    if (!from && *body->direction != '\0' && strcmp(body->direction, "to") != 0)
        return mb_fail(error, MB_E_INVALID, "direction: '%s' is neither to nor from", body->direction);
    MB_TRY(mb_peer_file(session, body->peer, call->arena, &job.transfer_config, error));
    return mb_api_start(call, &job, body->async, body->async ? mb_reply_task_accepted : mb_reply_task_ended,
                        error);
}

void mb_serve_transfer(struct mb_api_call *call)
{
    struct mb_error error = MB_ERROR_INIT;
    struct body body;
    if (mb_api_read(&mb_body_transfer_schema, call->body, call->body_len, call->arena, &body, &error) < 0)
        mb_reply_bad_body(call, &error);
    else if (transfer(call, &body, &error) < 0)
        mb_reply_error(call, &error);
}

void mb_serve_peers(struct mb_api_call *call)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_strings peers;
    struct mb_reply reply;
    if (mb_peer_list(mb_service_session(mb_api_service(call->api)), call->arena, &peers, &error) < 0) {
        mb_reply_error(call, &error);
        return;
    }
    mb_reply_begin(&reply, call, MB_CODE_SUCCESS, "success");
    mb_json_begin_array(&reply.json, "data");
    for (size_t i = 0; i < peers.count; i++)
        mb_json_string(&reply.json, NULL, peers.items[i]);
    mb_json_end_array(&reply.json);
    mb_reply_end(&reply);
}
