#include "service/job.h"

static mb_status no_kind(int32_t kind, struct mb_error *error)
{
    return mb_fail(error, MB_E_INVALID, "%d is no kind of task", (int)kind);
}

/* A backup that is made has the id of its task. */
static struct mb_create_request create_of(const struct mb_job *job)
{
    struct mb_create_request request = *(const struct mb_create_request *)job->request;
    if (job->id != NULL && *job->id != '\0')
        request.id = job->id;
    return request;
}

mb_status mb_job_check(const struct mb_job *job, struct mb_error *error)
{
    switch (job->kind) {
    case MB_TASK_CREATE: {
        const struct mb_create_request request = create_of(job);
        return mb_create_check(&request, error);
    }
    case MB_TASK_RESTORE:
        return job->secondary ? mb_restore_secondary_check(job->request, error)
                              : mb_restore_check(job->request, error);
    case MB_TASK_TRANSFER: {
        const struct mb_transfer_request *request = job->request;
        const struct mb_get_request name = {.struct_size = sizeof name, .name = request->name};
        return mb_get_check(&name, error);
    }
    case MB_TASK_VERIFY:
        return mb_verify_check(job->request, error);
    case MB_TASK_DELETE:
        return mb_delete_check(job->request, error);
    case MB_TASK_PRUNE:
        return mb_prune_check(job->request, error);
    case MB_TASK_COMPACT:
        return mb_compact_check(job->request, error);
    default:
        return no_kind(job->kind, error);
    }
}

const char *mb_job_backup(const struct mb_job *job)
{
    switch (job->kind) {
    case MB_TASK_CREATE:
        return ((const struct mb_create_request *)job->request)->name;
    case MB_TASK_RESTORE:
        return job->secondary ? ((const struct mb_restore_secondary_request *)job->request)->name
                              : ((const struct mb_restore_request *)job->request)->name;
    case MB_TASK_TRANSFER:
        return ((const struct mb_transfer_request *)job->request)->name;
    case MB_TASK_VERIFY:
        return ((const struct mb_verify_request *)job->request)->name;
    case MB_TASK_DELETE:
        return ((const struct mb_delete_request *)job->request)->name;
    case MB_TASK_PRUNE:
        return ((const struct mb_prune_request *)job->request)->pattern;
    case MB_TASK_COMPACT:
        return ((const struct mb_compact_request *)job->request)->name;
    default:
        return NULL;
    }
}

const char *mb_job_output(const struct mb_job *job)
{
    return job->kind == MB_TASK_COMPACT ? ((const struct mb_compact_request *)job->request)->output : NULL;
}

static mb_status start_transfer(const struct mb_job *job, struct mb_session *session, struct mb_session *peer,
                                struct mb_task **out, struct mb_error *error)
{
    struct mb_transfer_request request = *(const struct mb_transfer_request *)job->request;
    request.peer = peer;
    return mb_transfer_start(session, &request, out, error);
}

mb_status mb_job_start(const struct mb_job *job, struct mb_session *session, struct mb_session *peer,
                       struct mb_task **out, struct mb_error *error)
{
    const void *request = job->request;
    switch (job->kind) {
    case MB_TASK_CREATE: {
        const struct mb_create_request create = create_of(job);
        return mb_create_start(session, &create, out, error);
    }
    case MB_TASK_RESTORE:
        return job->secondary ? mb_restore_secondary_start(session, request, out, error)
                              : mb_restore_start(session, request, out, error);
    case MB_TASK_TRANSFER:
        return start_transfer(job, session, peer, out, error);
    case MB_TASK_VERIFY:
        return mb_verify_start(session, request, out, error);
    case MB_TASK_DELETE:
        return mb_delete_start(session, request, out, error);
    case MB_TASK_PRUNE:
        return mb_prune_start(session, request, out, error);
    case MB_TASK_COMPACT:
        return mb_compact_start(session, request, out, error);
    default:
        return no_kind(job->kind, error);
    }
}

/* ------------------------------------------------------------ at work on */

static bool comes_from_peer(const struct mb_job *job)
{
    return ((const struct mb_transfer_request *)job->request)->from_peer;
}

enum mb_use mb_job_use(const struct mb_job *job)
{
    if (job->kind == MB_TASK_DELETE || job->kind == MB_TASK_PRUNE)
        return MB_REMOVES;
    bool writes = job->kind == MB_TASK_CREATE || (job->kind == MB_TASK_TRANSFER && comes_from_peer(job));
    return writes ? MB_WRITES : MB_READS;
}

enum mb_use mb_job_peer_use(const struct mb_job *job)
{
    return job->kind == MB_TASK_TRANSFER && !comes_from_peer(job) ? MB_WRITES : MB_READS;
}

bool mb_job_waits(int32_t kind)
{
    return kind != MB_TASK_DELETE && kind != MB_TASK_PRUNE;
}
