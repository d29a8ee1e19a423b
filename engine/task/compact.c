/* compact: a backup once more, without L0 segments. */
#include "compact/compact.h"

#include "task/connect.h"
#include "task/request.h"

#include <stdio.h>
#include <string.h>

struct plan {
    struct mb_plan_head head;
    const char *output;
    bool force, resume;
};

static mb_status take_output(const struct mb_compact_request *request, struct mb_arena *arena,
                             const char **out, struct mb_error *error)
{
    const char *output = request->output != NULL ? mb_arena_strdup(arena, request->output)
                                                 : mb_arena_printf(arena, "%s_l0compacted", request->name);
    if (output == NULL)
        return mb_fail_memory(error);
    if (strcmp(output, request->name) == 0)
        return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, "output",
                            "the new backup needs another name than %s", request->name);
    if (mb_request_new_name(output, error) < 0) {
        error->hint = MB_HINT_NONE;
        return mb_error_hint(error, MB_HINT_INPUT, "output");
    }
    *out = output;
    return MB_OK;
}

static mb_status take(const void *given, struct mb_arena *arena, void *out, struct mb_error *error)
{
    struct plan *plan = out;
    struct mb_compact_request request;
    MB_TRY(mb_abi_take(&request, sizeof request, given, MB_UP_TO(struct mb_compact_request, force), "request",
                       error));
    MB_TRY(mb_request_name(request.name, error));
    MB_TRY(take_output(&request, arena, &plan->output, error));
    if (request.force && request.resume)
        return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, "resume",
                            "what is there cannot be removed first and gone on with: give one of both");
    plan->force = request.force;
    plan->resume = request.resume;
    return mb_request_text(arena, request.name, &plan->head.name, error);
}

static mb_status keep_report(struct mb_task *task, const struct plan *plan,
                             const struct mb_compact_report *report, struct mb_error *error)
{
    char text[512];
    const char *how = mb_arena_strdup(task->arena, report->how);
    const char *first_stray = mb_arena_strdup(task->arena, report->first_stray);
    const char *id = mb_arena_strdup(task->arena, report->id);
    if (how == NULL || first_stray == NULL || id == NULL)
        return mb_fail_memory(error);
    mb_task_warn_of_strays(task, report->strays, report->first_stray);
    if (report->folded == 0) {
        snprintf(text, sizeof text, "backup %s has no L0 segments: %s is a copy of it", task->plan->name,
                 plan->output);
        mb_task_warn(task, MB_HINT_NONE, NULL, text);
    }
    task->result.compact = (struct mb_compact_result){.name = task->plan->name,
                                                      .output = plan->output,
                                                      .id = id,
                                                      .how = how,
                                                      .objects = report->objects,
                                                      .bytes = report->bytes,
                                                      .folded = report->folded,
                                                      .added = report->added,
                                                      .added_bytes = report->added_bytes,
                                                      .verified = report->verified,
                                                      .strays = report->strays,
                                                      .first_stray = first_stray,
                                                      .ns = mb_task_ns(task)};
    task->has_result = true;
    return MB_OK;
}

static mb_status run(struct mb_task *task, const void *given, struct mb_error *error)
{
    const struct plan *plan = given;
    struct mb_storage *store = NULL;
    struct mb_compact_report report = {0};

    MB_TRY(mb_connect_backup_storage(task->session, MB_MISSING_FAILS, &store, task->cancel, error));
    const struct mb_compact compact = {.catalog = mb_request_catalog(task->session, store),
                                       .name = plan->head.name,
                                       .output = plan->output,
                                       .id = task->id,
                                       .replace = plan->force,
                                       .resume = plan->resume,
                                       .copy = mb_request_copy_options(task->session),
                                       .progress = &task->progress,
                                       .log = task->session->common->log};
    MB_TRY(mb_compact(&compact, &report, task->cancel, error));
    return keep_report(task, plan, &report, error);
}

static const struct mb_work work = {
    .kind = MB_TASK_COMPACT, .waits = true, .plan_size = sizeof(struct plan), .take = take, .run = run};

mb_status mb_compact_check(const struct mb_compact_request *request, struct mb_error *error)
{
    MB_ANSWER(error, mb_work_check(&work, request, &own));
}

mb_status mb_compact_start(struct mb_session *session, const struct mb_compact_request *request,
                           struct mb_task **out, struct mb_error *error)
{
    MB_ANSWER(error, mb_work_start(&work, session, request, out, &own));
}
