/* migrate: a backup of the session into a cluster of the managed cloud. */
#include "migrate/migrate.h"

#include "base/clock.h"
#include "base/text.h"
#include "task/connect.h"
#include "task/request.h"

#include <string.h>

struct plan {
    struct mb_plan_head head;
    const char *cluster;
    const char *volume;
};

static mb_status take_word(const char *word, const char *member, const char *what, struct mb_arena *arena,
                           const char **out, struct mb_error *error)
{
    if (word == NULL || *word == '\0')
        return mb_fail_hint(error, MB_E_INVALID, MB_HINT_INPUT, member, "%s", what);
    if (!mb_text_is_plain(word) || strpbrk(word, " /") != NULL)
        return mb_fail_hint(error, MB_E_INVALID, MB_HINT_INPUT, member,
                            "has a blank, a slash or another character that no such name has");
    return mb_request_text(arena, word, out, error);
}

static mb_status take(const void *given, struct mb_arena *arena, void *out, struct mb_error *error)
{
    struct plan *plan = out;
    struct mb_migrate_request request;
    MB_TRY(mb_abi_take(&request, sizeof request, given, MB_UP_TO(struct mb_migrate_request, volume),
                       "request", error));
    MB_TRY(mb_request_name(request.name, error));
    MB_TRY(take_word(request.cluster_id, "cluster_id", "the cluster that the backup is for has to be named",
                     arena, &plan->cluster, error));
    if (request.volume != NULL)
        MB_TRY(take_word(request.volume, "volume",
                         "is empty; without it the cloud makes a volume for a while", arena, &plan->volume,
                         error));
    return mb_request_text(arena, request.name, &plan->head.name, error);
}

static mb_status keep_report(struct mb_task *task, const struct plan *plan,
                             const struct mb_migrate_report *report, struct mb_error *error)
{
    const struct mb_transfer_report *sent = &report->sent;
    const char *how = mb_arena_strdup(task->arena, sent->how);
    const char *first_stray = mb_arena_strdup(task->arena, sent->first_stray);
    if (how == NULL || first_stray == NULL)
        return mb_fail_memory(error);
    mb_task_warn_of_strays(task, sent->strays, sent->first_stray);
    task->result.migrate = (struct mb_migrate_result){.name = task->plan->name,
                                                      .cluster_id = plan->cluster,
                                                      .volume = report->volume,
                                                      .path = report->path,
                                                      .job_id = report->job,
                                                      .how = how,
                                                      .objects = sent->objects,
                                                      .bytes = sent->bytes,
                                                      .present = sent->present,
                                                      .verified = sent->verified,
                                                      .unlisted = sent->unlisted,
                                                      .renewals = report->renewals,
                                                      .strays = sent->strays,
                                                      .first_stray = first_stray,
                                                      .ns = mb_task_ns(task)};
    task->has_result = true;
    return MB_OK;
}

static struct mb_storage_options storage_options(const struct mb_session *session)
{
    unsigned patience = session->config->transfer.patience_seconds;
    return (struct mb_storage_options){.log = session->common->log,
                                       .meters = session->common->meters,
                                       .service = "cloud_storage",
                                       .patience_ns = patience > 0 ? patience * MB_NS_PER_S : -1};
}

/* The volume's credentials can read nothing else, so nothing is copied inside a service. */
static struct mb_migrate describe(struct mb_task *task, const struct plan *plan, struct mb_storage *storage)
{
    struct mb_session *session = task->session;
    const struct mb_config_cloud *cloud = &session->config->cloud;
    struct mb_migrate migrate = {.from = mb_request_catalog(session, storage),
                                 .name = plan->head.name,
                                 .cluster = plan->cluster,
                                 .volume = plan->volume,
                                 .cloud = {.endpoint = cloud->endpoint,
                                           .api_key = cloud->api_key,
                                           .words = {.endpoint = cloud->endpoint_name,
                                                     .api_key = cloud->api_key_name,
                                                     .variable = cloud->api_key_variable},
                                           .log = session->common->log},
                                 .drivers = session->common->drivers,
                                 .driver_of = mb_config_key_driver_of,
                                 .storage = storage_options(session),
                                 .copy = mb_request_copy_options(session),
                                 .progress = &task->progress,
                                 .log = session->common->log};
    migrate.copy.mode = MB_COPY_STREAMING;
    return migrate;
}

static mb_status run(struct mb_task *task, const void *given, struct mb_error *error)
{
    const struct plan *plan = given;
    struct mb_storage *storage = NULL;
    struct mb_migrate_report report = {0};
    MB_TRY(mb_connect_backup_storage(task->session, MB_MISSING_FAILS, &storage, task->cancel, error));
    const struct mb_migrate migrate = describe(task, plan, storage);
    MB_TRY(mb_migrate(&migrate, task->arena, &report, task->cancel, error));
    return keep_report(task, plan, &report, error);
}

static const struct mb_work work = {
    .kind = MB_TASK_MIGRATE, .waits = true, .plan_size = sizeof(struct plan), .take = take, .run = run};

mb_status mb_migrate_check(const struct mb_migrate_request *request, struct mb_error *error)
{
    MB_ANSWER(error, mb_work_check(&work, request, &own));
}

mb_status mb_migrate_start(struct mb_session *session, const struct mb_migrate_request *request,
                           struct mb_task **out, struct mb_error *error)
{
    MB_ANSWER(error, mb_work_start(&work, session, request, out, &own));
}
