#include "task/prune_plan.h"

#include "calendar/pattern.h"

#include <fnmatch.h>

static mb_status check_zone(const char *name, struct mb_error *error)
{
    struct mb_zone *zone = NULL;
    MB_TRY(mb_zone_open(&zone, name, error));
    mb_zone_close(zone);
    return MB_OK;
}

static mb_status take_rules(const struct mb_prune_request *request, struct mb_retention *out,
                            struct mb_error *error)
{
    *out = (struct mb_retention){.last = request->keep_last,
                                 .daily = request->keep_daily,
                                 .weekly = request->keep_weekly,
                                 .monthly = request->keep_monthly};
    if (request->keep_within != NULL)
        MB_TRY(mb_span_parse(request->keep_within, "keep_within", &out->within, error));
    if (!mb_retention_is_none(out))
        return MB_OK;
    return mb_fail_hint(error, MB_E_INVALID, MB_HINT_INPUT, "keep_last",
                        "no rule says what is to stay; give a number above 0 to this one or to one for days, "
                        "weeks or months, or a length of time");
}

mb_status mb_prune_plan_take(const void *given, struct mb_arena *arena, void *out, struct mb_error *error)
{
    struct mb_prune_plan *plan = out;
    struct mb_prune_request request;
    MB_TRY(mb_abi_take(&request, sizeof request, given, MB_UP_TO(struct mb_prune_request, dry_run), "request",
                       error));
    MB_TRY(take_rules(&request, &plan->rules, error));
    if (request.pattern != NULL && *request.pattern == '\0')
        return mb_fail_hint(error, MB_E_INVALID, MB_HINT_INPUT, "pattern",
                            "the pattern is empty, which no name matches; it takes nightly_*, say");
    if (request.made_by != NULL)
        MB_TRY(mb_pattern_check(request.made_by, error));
    plan->dry_run = request.dry_run;
    MB_TRY(mb_request_text(arena, request.pattern != NULL ? request.pattern : "*", &plan->head.name, error));
    MB_TRY(mb_request_text(arena, request.made_by, &plan->made_by, error));
    MB_TRY(mb_request_text(arena, request.timezone != NULL ? request.timezone : "UTC", &plan->zone, error));
    return check_zone(plan->zone, error);
}

bool mb_prune_plan_has(const struct mb_prune_plan *plan, const char *backup)
{
    if (plan->made_by != NULL && !mb_pattern_made(plan->made_by, backup))
        return false;
    return fnmatch(plan->head.name, backup, 0) == 0;
}
