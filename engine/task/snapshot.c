#include "task/snapshot.h"

#include "config/snapshot.h"

static mb_status keep(struct mb_task *task, const struct mb_config_snapshot *told,
                      struct mb_snapshot_access *out, struct mb_error *error)
{
    struct mb_snapshot_place *place = mb_arena_alloc(task->arena, 1, sizeof *place);
    if (place == NULL)
        return mb_fail_memory(error);
    *place = (struct mb_snapshot_place){.uri = told->uri, .spec = told->spec};
    mb_log_hide(task->session->common->log, told->secret);
    mb_log_hide(task->session->common->log, told->spec);
    *out = (struct mb_snapshot_access){.place = place, .why_not = ""};
    return MB_OK;
}

mb_status mb_snapshot_access_find(struct mb_task *task, struct mb_snapshot_access *out,
                                  struct mb_error *error)
{
    struct mb_config_snapshot told;
    struct mb_error why = MB_ERROR_INIT;
    mb_status status = mb_config_snapshot(task->session->config, task->arena, &told, &why);
    if (status >= 0)
        return keep(task, &told, out, error);
    if (status != MB_E_UNSUPPORTED) {
        *error = why;
        return status;
    }
    *out = (struct mb_snapshot_access){.place = NULL, .why_not = mb_arena_strdup(task->arena, why.message)};
    return out->why_not != NULL ? MB_OK : mb_fail_memory(error);
}
