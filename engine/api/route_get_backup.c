/* GET /get_backup: what the storage has, and before there is anything, what the task has. */
#include "api/api.h"
#include "api/brief.h"
#include "api/place.h"
#include "api/reply.h"
#include "api/routes.h"

#include <string.h>

/* A task that has not made a backup is all there is to tell; one that has need not be asked. */
static bool is_unfinished(const struct mb_record *record)
{
    return record->state == MB_TASK_QUEUED || record->state == MB_TASK_RUNNING;
}

static mb_status read_at(struct mb_api_call *call, const struct mb_api_place *place, const char *name,
                         struct mb_brief *brief, struct mb_error *error)
{
    struct mb_session *session = NULL;
    MB_TRY(mb_api_enter(call, place, &session, error));
    mb_status status = mb_brief_read(call, session, name, brief, error);
    mb_api_leave(call, session);
    return status;
}

/* Has a later create of that name gone on with what it began, or put another backup into its place? */
static bool is_overtaken(struct mb_api_call *call, const struct mb_record *record, struct mb_record *later)
{
    struct mb_error ignored = MB_ERROR_INIT;
    return mb_service_find(mb_api_service(call->api), record->backup, MB_TASK_CREATE, record->bucket,
                           record->root_path, call->arena, later, &ignored) == MB_OK &&
           strcmp(later->id, record->id) != 0 && later->state == MB_TASK_SUCCEEDED;
}

/* What lies there under the name now counts only when it is the backup of that id. */
static mb_status get_overtaken(struct mb_api_call *call, const struct mb_record *record,
                               const struct mb_record *later, struct mb_brief *out, struct mb_error *error)
{
    const struct mb_api_place place = {.bucket = record->bucket, .root_path = record->root_path};
    struct mb_brief made;
    mb_brief_of_record(later, call->arena, &made);
    mb_status status = read_at(call, &place, record->backup, &made, error);
    bool is_it = status == MB_OK && strcmp(made.id, record->id) == 0;
    if (is_it)
        *out = made;
    if (is_it || record->state != MB_TASK_SUCCEEDED)
        return MB_OK;
    return status < 0 ? status : mb_fail(error, MB_E_NOT_FOUND, "not found");
}

static mb_status get_by_id(struct mb_api_call *call, const char *id, struct mb_brief *out,
                           struct mb_error *error)
{
    struct mb_record record, later;
    if (mb_service_get(mb_api_service(call->api), id, false, call->arena, &record, error) < 0 ||
        record.kind != MB_TASK_CREATE)
        return mb_fail(error, MB_E_CONFIG, "backup task not found");
    mb_brief_of_record(&record, call->arena, out);
    if (!is_unfinished(&record) && is_overtaken(call, &record, &later))
        return get_overtaken(call, &record, &later, out, error);
    if (record.state != MB_TASK_SUCCEEDED)
        return MB_OK;
    const struct mb_api_place place = {.bucket = record.bucket, .root_path = record.root_path};
    return read_at(call, &place, record.backup, out, error);
}

static mb_status get_by_name(struct mb_api_call *call, const char *name, struct mb_brief *out,
                             struct mb_error *error)
{
    const struct mb_api_place place = {.root_path = mb_api_query(call, "path")};
    struct mb_error ignored = MB_ERROR_INIT;
    struct mb_record record;
    bool known = mb_service_find(mb_api_service(call->api), name, MB_TASK_CREATE, "", place.root_path,
                                 call->arena, &record, &ignored) == MB_OK;
    *out = (struct mb_brief){.id = NULL};
    if (known)
        mb_brief_of_record(&record, call->arena, out);
    if (known && is_unfinished(&record))
        return MB_OK;
    mb_status status = read_at(call, &place, name, out, error);
    bool missing = status == MB_E_NOT_FOUND || status == MB_E_CORRUPT;
    return missing && known && record.state != MB_TASK_SUCCEEDED ? MB_OK : status;
}

static void answer_error(struct mb_api_call *call, const struct mb_error *error)
{
    if (error->status == MB_E_NOT_FOUND || error->status == MB_E_CORRUPT)
        mb_reply_null(call, MB_CODE_NOT_FOUND, "not found");
    else
        mb_reply_error(call, error);
}

void mb_serve_get_backup(struct mb_api_call *call)
{
    const char *name = mb_api_query(call, "backup_name"), *id = mb_api_query(call, "backup_id");
    struct mb_error error = MB_ERROR_INIT;
    struct mb_brief brief;
    if (*name == '\0' && *id == '\0') {
        mb_reply_null(call, MB_CODE_PARAMETER,
                      "empty backup name and backup id, please set a backup name or id");
        return;
    }
    mb_status status =
        *id != '\0' ? get_by_id(call, id, &brief, &error) : get_by_name(call, name, &brief, &error);
    if (status < 0)
        answer_error(call, &error);
    else
        mb_reply_data(call, "success", &mb_brief_schema, &brief);
}
