/* transfer: a whole backup from one session's storage to another's. */
#include "transfer/transfer.h"

#include "task/connect.h"
#include "task/request.h"

#include <inttypes.h>
#include <stdio.h>

struct plan {
    struct mb_plan_head head;
    bool from_peer, take_over;
};

static mb_status take(const void *given, struct mb_arena *arena, void *out, struct mb_error *error)
{
    struct plan *plan = out;
    struct mb_transfer_request request;
    MB_TRY(mb_abi_take(&request, sizeof request, given, MB_UP_TO(struct mb_transfer_request, take_over),
                       "request", error));
    MB_TRY(mb_request_name(request.name, error));
    if (request.peer == NULL)
        return mb_fail_hint(error, MB_E_INVALID, MB_HINT_INPUT, "peer", "the other side has to be given");
    plan->from_peer = request.from_peer;
    plan->take_over = request.take_over;
    plan->head.peer = request.peer;
    return mb_request_text(arena, request.name, &plan->head.name, error);
}

static void tell_warnings(struct mb_task *task, const struct mb_transfer_report *report)
{
    char text[512];
    mb_task_warn_of_strays(task, report->strays, report->first_stray);
    if (report->unlisted > 0) {
        snprintf(text, sizeof text,
                 "the listing of the source lacked %" PRIu64 " objects, which were found by name and copied",
                 report->unlisted);
        mb_task_warn(task, MB_HINT_NONE, NULL, text);
    }
}

static mb_status keep_report(struct mb_task *task, const struct mb_transfer_report *report,
                             struct mb_error *error)
{
    const char *how = mb_arena_strdup(task->arena, report->how);
    const char *first_stray = mb_arena_strdup(task->arena, report->first_stray);
    if (how == NULL || first_stray == NULL)
        return mb_fail_memory(error);
    tell_warnings(task, report);
    task->result.transfer = (struct mb_transfer_result){.name = task->plan->name,
                                                        .how = how,
                                                        .objects = report->objects,
                                                        .bytes = report->bytes,
                                                        .present = report->present,
                                                        .verified = report->verified,
                                                        .unlisted = report->unlisted,
                                                        .strays = report->strays,
                                                        .first_stray = first_stray,
                                                        .ns = mb_task_ns(task)};
    task->has_result = true;
    return MB_OK;
}

static mb_status run(struct mb_task *task, const void *given, struct mb_error *error)
{
    const struct plan *plan = given;
    struct mb_session *peer = plan->head.peer;
    struct mb_storage *own_store = NULL, *peer_store = NULL;
    struct mb_transfer_report report = {0};

    MB_TRY(mb_connect_backup_storage(task->session, MB_MISSING_IS_MADE, &own_store, task->cancel, error));
    MB_TRY(mb_connect_peer(peer, plan->from_peer ? MB_MISSING_FAILS : MB_MISSING_IS_MADE, &peer_store,
                           task->cancel, error));
    const struct mb_catalog own = mb_request_catalog(task->session, own_store);
    const struct mb_catalog other = mb_request_catalog(peer, peer_store);
    const struct mb_transfer transfer = {.from = plan->from_peer ? other : own,
                                         .to = plan->from_peer ? own : other,
                                         .name = plan->head.name,
                                         .take_over = plan->take_over,
                                         .copy = mb_request_copy_options(task->session),
                                         .progress = &task->progress,
                                         .log = task->session->common->log};
    MB_TRY(mb_transfer(&transfer, &report, task->cancel, error));
    return keep_report(task, &report, error);
}

static const struct mb_work work = {
    .kind = MB_TASK_TRANSFER, .waits = true, .plan_size = sizeof(struct plan), .take = take, .run = run};

mb_status mb_transfer_check(const struct mb_transfer_request *request, struct mb_error *error)
{
    MB_ANSWER(error, mb_work_check(&work, request, &own));
}

mb_status mb_transfer_start(struct mb_session *session, const struct mb_transfer_request *request,
                            struct mb_task **out, struct mb_error *error)
{
    MB_ANSWER(error, mb_work_start(&work, session, request, out, &own));
}
