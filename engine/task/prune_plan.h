/* prune_plan.h - a request for a prune, judged and copied. */
#ifndef MB_TASK_PRUNE_PLAN_H
#define MB_TASK_PRUNE_PLAN_H

#include "calendar/retention.h"
#include "task/request.h"

struct mb_prune_plan {
    struct mb_plan_head head; /* its name is the pattern */
    const char *made_by;      /* or NULL */
    const char *zone;
    struct mb_retention rules;
    bool dry_run;
};

/* As a kind of work takes its request. */
mb_status mb_prune_plan_take(const void *request, struct mb_arena *arena, void *plan, struct mb_error *error);

/* Is the backup one that the prune is about? */
bool mb_prune_plan_has(const struct mb_prune_plan *plan, const char *backup);

#endif
