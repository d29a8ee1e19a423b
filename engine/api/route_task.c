/* GET /tasks, GET /task, POST /cancel */
#include "api/api.h"
#include "api/place.h"
#include "api/routes.h"
#include "api/task_answer.h"

#include <string.h>

/* 0 for none of that name. */
static int32_t kind_of(const char *name)
{
    for (int32_t kind = MB_TASK_CREATE; strcmp(mb_task_kind_name(kind), "unknown") != 0; kind++)
        if (strcmp(mb_task_kind_name(kind), name) == 0)
            return kind;
    return 0;
}

static uint32_t state_bit(const char *name)
{
    for (int32_t state = MB_TASK_QUEUED; state <= MB_TASK_CANCELLED; state++)
        if (strcmp(mb_task_state_name(state), name) == 0)
            return UINT32_C(1) << state;
    return 0;
}

static mb_status take_filter(const struct mb_api_call *call, struct mb_record_filter *out,
                             struct mb_error *error)
{
    const char *kind = mb_api_query(call, "kind"), *state = mb_api_query(call, "state");
    *out = (struct mb_record_filter){.kind = kind_of(kind),
                                     .states = state_bit(state),
                                     .backup = mb_api_given(mb_api_query(call, "backup_name")),
                                     .skip = (size_t)mb_api_number(call, "skip", 0),
                                     .limit = (size_t)mb_api_number(call, "limit", 0)};
    if (*kind != '\0' && out->kind == 0)
        return mb_fail(error, MB_E_INVALID, "there is no kind '%s'", kind);
    if (*state != '\0' && out->states == 0)
        return mb_fail(error, MB_E_INVALID, "there is no state '%s'", state);
    return MB_OK;
}

static void answer_list(struct mb_api_call *call, const struct mb_record *records, size_t count, size_t total)
{
    struct mb_reply reply;
    mb_reply_begin(&reply, call, MB_CODE_SUCCESS, "success");
    mb_json_begin_array(&reply.json, "data");
    for (size_t i = 0; i < count; i++)
        mb_task_write(&reply.json, NULL, &records[i], call->arena);
    mb_json_end_array(&reply.json);
    mb_json_uint(&reply.json, "total", total);
    mb_reply_end(&reply);
}

struct listed {
    struct mb_record *records;
    size_t count, total;
};

static mb_status list(struct mb_api_call *call, struct listed *out, struct mb_error *error)
{
    struct mb_record_filter filter;
    MB_TRY(take_filter(call, &filter, error));
    return mb_service_list(mb_api_service(call->api), &filter, call->arena, &out->records, &out->count,
                           &out->total, error);
}

void mb_serve_tasks(struct mb_api_call *call)
{
    struct mb_error error = MB_ERROR_INIT;
    struct listed listed = {.count = 0};
    if (list(call, &listed, &error) < 0)
        mb_reply_error(call, &error);
    else
        answer_list(call, listed.records, listed.count, listed.total);
}

static void answer_error(struct mb_api_call *call, const struct mb_error *error)
{
    if (error->status == MB_E_NOT_FOUND)
        mb_reply_null(call, MB_CODE_NOT_FOUND, "task not found");
    else
        mb_reply_error(call, error);
}

void mb_serve_task(struct mb_api_call *call)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_record record;
    if (mb_service_get(mb_api_service(call->api), mb_api_query(call, "id"), true, call->arena, &record,
                       &error) < 0)
        answer_error(call, &error);
    else
        mb_reply_task(call, MB_CODE_SUCCESS, "success", &record);
}

void mb_serve_cancel(struct mb_api_call *call)
{
    struct mb_error error = MB_ERROR_INIT;
    call->about = mb_api_query(call, "id");
    if (mb_service_cancel(mb_api_service(call->api), mb_api_query(call, "id"), &error) < 0)
        answer_error(call, &error);
    else
        mb_serve_task(call);
}
