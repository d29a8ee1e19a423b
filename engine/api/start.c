#include "api/start.h"

#include "api/api.h"
#include "api/reply.h"
#include "base/clock.h"

#include <time.h>

struct wait {
    struct mb_api_call *call;
    const char *id;
    mb_api_ended_fn *fn;
};

void mb_api_answer_now(struct mb_api_call *call, const char *id, mb_api_ended_fn *fn)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_record record;
    if (mb_service_get(mb_api_service(call->api), id, true, call->arena, &record, &error) < 0)
        mb_reply_error(call, &error);
    else
        fn(call, &record);
}

static void end_wait(void *ctx)
{
    struct wait *wait = ctx;
    mb_api_answer_now(wait->call, wait->id, wait->fn);
}

void mb_api_answer_at_end(struct mb_api_call *call, const char *id, mb_api_ended_fn *fn)
{
    struct mb_error error = MB_ERROR_INIT;
    struct wait *wait = mb_arena_alloc(call->arena, 1, sizeof *wait);
    mb_status status = wait == NULL ? mb_fail_memory(&error) : MB_OK;
    if (wait != NULL) {
        *wait = (struct wait){.call = call, .id = id, .fn = fn};
        status = mb_service_await(mb_api_service(call->api), id, end_wait, wait, &error);
    }
    if (status < 0)
        mb_reply_error(call, &error);
}

/* What another task holds is in the way for now: no error of parameters. */
static mb_status name_other(struct mb_error *error)
{
    if (error->status != MB_E_EXISTS || *error->subject == '\0')
        return error->status;
    mb_error_advise(error, "existing task %s", error->subject);
    return mb_fail_as(error, MB_E_UNAVAILABLE);
}

mb_status mb_api_check(struct mb_api_call *call, const struct mb_job *job, struct mb_error *error)
{
    if (mb_service_check(mb_api_service(call->api), job, call->arena, error) < 0)
        return name_other(error);
    return MB_OK;
}

mb_status mb_api_start(struct mb_api_call *call, const struct mb_job *job, bool async, mb_api_ended_fn *fn,
                       struct mb_error *error)
{
    const char *id = NULL;
    if (mb_service_start(mb_api_service(call->api), &call->caller, job, call->arena, &id, error) < 0)
        return name_other(error);
    if (async) {
        mb_api_answer_now(call, id, fn);
        return MB_OK;
    }
    call->task = id;
    if (call->bound && call->bind != NULL)
        call->bind(call);
    mb_api_answer_at_end(call, id, fn);
    return MB_OK;
}

const char *mb_api_moment_name(struct mb_arena *arena, const char *prefix)
{
    int64_t now = mb_clock_wall();
    time_t seconds = (time_t)(now / MB_NS_PER_S);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    return mb_arena_printf(arena, "%s%04d_%02d_%02d_%02d_%02d_%02d_%lld", prefix, tm.tm_year + 1900,
                           tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                           (long long)(now % MB_NS_PER_S));
}
