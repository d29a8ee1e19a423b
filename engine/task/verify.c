/* verify: is a backup whole? */
#include "verify/verify.h"

#include "task/connect.h"
#include "task/request.h"

struct plan {
    struct mb_plan_head head;
    bool read_data;
    struct mb_share share;
};

static mb_status take(const void *given, struct mb_arena *arena, void *out, struct mb_error *error)
{
    struct plan *plan = out;
    struct mb_verify_request request;
    MB_TRY(mb_abi_take(&request, sizeof request, given, MB_UP_TO(struct mb_verify_request, parts), "request",
                       error));
    MB_TRY(mb_request_name(request.name, error));
    bool whole = request.part == 0 && request.parts == 0;
    if (!whole && (!request.read_data || request.part < 1 || request.part > request.parts))
        return mb_fail_hint(error, MB_E_INVALID, MB_HINT_INPUT, "part",
                            request.read_data ? "%u of %u is no part; it takes 1 of 30, say"
                                              : "%u of %u: only data that is read has parts",
                            (unsigned)request.part, (unsigned)request.parts);
    plan->read_data = request.read_data;
    plan->share = whole ? (struct mb_share){1, 1} : (struct mb_share){request.part, request.parts};
    return mb_request_text(arena, request.name, &plan->head.name, error);
}

static void tell_faults(struct mb_task *task, const struct mb_verify_report *report)
{
    static const int32_t kinds[MB_FAULT_KINDS] = {
        [MB_FAULT_MISSING] = MB_TASK_FAULT_MISSING,         [MB_FAULT_SIZE] = MB_TASK_FAULT_SIZE,
        [MB_FAULT_CHECKSUM] = MB_TASK_FAULT_CHECKSUM,       [MB_FAULT_UNREADABLE] = MB_TASK_FAULT_UNREADABLE,
        [MB_FAULT_DESCRIPTION] = MB_TASK_FAULT_DESCRIPTION, [MB_FAULT_STRAY] = MB_TASK_FAULT_STRAY};
    for (size_t i = 0; i < report->fault_count; i++) {
        const struct mb_fault *fault = &report->faults[i];
        mb_task_tell_fault(task, &(struct mb_task_fault){.kind = kinds[fault->kind],
                                                         .harmless = fault->harmless,
                                                         .name = fault->key,
                                                         .expected = fault->expected,
                                                         .found = fault->found});
    }
}

static void keep_report(struct mb_task *task, const struct mb_verify_report *report)
{
    uint64_t faults = 0;
    for (int kind = 0; kind < MB_FAULT_KINDS; kind++)
        faults += report->counts[kind];
    tell_faults(task, report);
    task->result.verify = (struct mb_verify_result){.name = task->plan->name,
                                                    .expected = report->expected,
                                                    .objects = report->objects,
                                                    .bytes = report->bytes,
                                                    .unlisted = report->unlisted,
                                                    .read = report->read,
                                                    .read_bytes = report->read_bytes,
                                                    .compared = report->compared,
                                                    .left_out = report->left_out,
                                                    .recorded = report->recorded,
                                                    .described_twice = report->described_twice,
                                                    .faults = faults,
                                                    .damages = report->damages,
                                                    .ns = mb_task_ns(task)};
    task->has_result = true;
}

static mb_status run(struct mb_task *task, const void *given, struct mb_error *error)
{
    const struct plan *plan = given;
    struct mb_storage *store = NULL;
    struct mb_verify_report report;

    MB_TRY(mb_connect_backup_storage(task->session, MB_MISSING_FOLDER_IS_EMPTY, &store, task->cancel, error));
    if (store == NULL)
        return mb_fail(error, MB_E_NOT_FOUND, "backup %s not found", plan->head.name);
    const struct mb_verify verify = {.catalog = mb_request_catalog(task->session, store),
                                     .name = plan->head.name,
                                     .read_data = plan->read_data,
                                     .share = plan->share,
                                     .copy = mb_request_copy_options(task->session),
                                     .progress = &task->progress};
    MB_TRY(mb_verify(&verify, task->arena, &report, task->cancel, error));
    keep_report(task, &report);
    if (report.damages == 0)
        return MB_OK;
    return mb_fail(error, MB_E_CORRUPT, "backup %s is damaged: %llu %s found", plan->head.name,
                   (unsigned long long)report.damages, report.damages == 1 ? "fault was" : "faults were");
}

static const struct mb_work work = {
    .kind = MB_TASK_VERIFY, .waits = true, .plan_size = sizeof(struct plan), .take = take, .run = run};

mb_status mb_verify_check(const struct mb_verify_request *request, struct mb_error *error)
{
    MB_ANSWER(error, mb_work_check(&work, request, &own));
}

mb_status mb_verify_start(struct mb_session *session, const struct mb_verify_request *request,
                          struct mb_task **out, struct mb_error *error)
{
    MB_ANSWER(error, mb_work_start(&work, session, request, out, &own));
}
