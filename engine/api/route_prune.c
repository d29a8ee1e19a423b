/* POST /prune */
#include "api/place.h"
#include "api/routes.h"
#include "api/start.h"
#include "api/task_answer.h"

#include <string.h>

struct body {
    int32_t last, daily, weekly, monthly;
    const char *within, *pattern, *timezone, *dry_run;
    bool async;
};

static const struct mb_api_field fields[] = {
    MB_API_FIELD(INT32, "keep_last", struct body, last, "Keep the last so many backups."),
    MB_API_FIELD(INT32, "keep_daily", struct body, daily,
                 "Keep the last backup of each of the last so many days that have one."),
    MB_API_FIELD(INT32, "keep_weekly", struct body, weekly, "The same for weeks, which begin on Monday."),
    MB_API_FIELD(INT32, "keep_monthly", struct body, monthly, "The same for months."),
    MB_API_FIELD(STRING, "keep_within", struct body, within,
                 "Keep all that are not older: 36h, 7d, 4w, 6m (months), 1y."),
    MB_API_FIELD(STRING, "pattern", struct body, pattern,
                 "Only backups whose names match, as in a shell: nightly_*; others neither go nor count."),
    MB_API_FIELD(STRING, "timezone", struct body, timezone, "Whose days these are: Europe/Berlin; UTC."),
    {.name = "dry_run",
     .type = MB_API_JSON,
     .offset = offsetof(struct body, dry_run),
     .help = "Only tell what would be removed; false removes it.",
     .shape = "{\"type\":\"boolean\",\"default\":true}"},
    MB_API_FIELD(BOOL, "async", struct body, async, "Answer at once and go on in the background."),
};
const struct mb_api_schema mb_body_prune_schema = {MB_API_SCHEMA("PruneRequest", struct body, fields)};

/* Nothing is removed by leaving something out. */
static mb_status dry_run_of(const struct body *body, bool *out, struct mb_error *error)
{
    *out = strcmp(body->dry_run, "false") != 0;
    if (!*out || *body->dry_run == '\0' || strcmp(body->dry_run, "true") == 0 ||
        strcmp(body->dry_run, "null") == 0)
        return MB_OK;
    return mb_fail(error, MB_E_INVALID, "dry_run is neither true nor false");
}

static mb_status check_numbers(const struct body *body, struct mb_error *error)
{
    const struct {
        const char *name;
        int32_t number;
    } all[] = {{"keep_last", body->last},
               {"keep_daily", body->daily},
               {"keep_weekly", body->weekly},
               {"keep_monthly", body->monthly}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].number < 0)
            return mb_fail(error, MB_E_INVALID, "%s: a number of backups is not negative", all[i].name);
    return MB_OK;
}

static mb_status prune(struct mb_api_call *call, const struct body *body, struct mb_error *error)
{
    struct mb_prune_request request = {.struct_size = sizeof request,
                                       .pattern = mb_api_given(body->pattern),
                                       .keep_last = (uint32_t)body->last,
                                       .keep_daily = (uint32_t)body->daily,
                                       .keep_weekly = (uint32_t)body->weekly,
                                       .keep_monthly = (uint32_t)body->monthly,
                                       .keep_within = mb_api_given(body->within),
                                       .timezone = mb_api_given(body->timezone)};
    const struct mb_job job = {.kind = MB_TASK_PRUNE, .request = &request};
    call->about = body->pattern;
    MB_TRY(check_numbers(body, error));
    MB_TRY(dry_run_of(body, &request.dry_run, error));
    MB_TRY(mb_prune_check(&request, error));
    return mb_api_start(call, &job, body->async, body->async ? mb_reply_task_accepted : mb_reply_task_ended,
                        error);
}

void mb_serve_prune(struct mb_api_call *call)
{
    struct mb_error error = MB_ERROR_INIT;
    struct body body;
    if (mb_api_read(&mb_body_prune_schema, call->body, call->body_len, call->arena, &body, &error) < 0)
        mb_reply_bad_body(call, &error);
    else if (prune(call, &body, &error) < 0)
        mb_reply_error(call, &error);
}
