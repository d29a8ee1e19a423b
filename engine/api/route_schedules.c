/* GET /schedules */
#include "api/api.h"
#include "api/reply.h"
#include "api/routes.h"
#include "service/schedule.h"

struct item {
    const char *name, *cron, *timezone;
    bool enabled;
    int64_t next_ms, last_ms, ended_ms;
    const char *last_state, *last_task, *last_backup, *error;
    uint64_t runs, failures, skipped, retries, last_retry;
    int64_t retry_ms;
    const char *latest;
    int64_t latest_ms, latest_size;
};

static const struct mb_api_field fields[] = {
    MB_API_FIELD_ALWAYS(STRING, "name", struct item, name, NULL),
    MB_API_FIELD_ALWAYS(STRING, "cron", struct item, cron, NULL),
    MB_API_FIELD_ALWAYS(STRING, "timezone", struct item, timezone, NULL),
    MB_API_FIELD_ALWAYS(BOOL, "enabled", struct item, enabled, NULL),
    MB_API_FIELD_ALWAYS(INT64, "next_run", struct item, next_ms, "Milliseconds since 1970; 0 for never."),
    MB_API_FIELD_ALWAYS(INT64, "last_run", struct item, last_ms, "When the last one began; 0 for not yet."),
    MB_API_FIELD_ALWAYS(INT64, "last_end", struct item, ended_ms, "0 for not yet."),
    MB_API_FIELD_ALWAYS(STRING, "last_state", struct item, last_state,
                        "As a task's; empty when there was no run."),
    MB_API_FIELD_ALWAYS(STRING, "last_task", struct item, last_task,
                        "Its id; empty when it could not begin."),
    MB_API_FIELD_ALWAYS(STRING, "last_backup", struct item, last_backup,
                        "What the last run made, or was to."),
    MB_API_FIELD_ALWAYS(STRING, "error", struct item, error, "Why the last run failed."),
    MB_API_FIELD_ALWAYS(UINT64, "runs", struct item, runs, "Since the server was started."),
    MB_API_FIELD_ALWAYS(UINT64, "failures", struct item, failures, "Likewise."),
    MB_API_FIELD_ALWAYS(UINT64, "skipped", struct item, skipped,
                        "Likewise: due while the one before was still running."),
    MB_API_FIELD_ALWAYS(UINT64, "retries", struct item, retries,
                        "Likewise: of the runs, those that repeated one which had failed."),
    MB_API_FIELD_ALWAYS(UINT64, "last_retry", struct item, last_retry,
                        "0 when the last run was none, 1 for the first one after a failure, and so on."),
    MB_API_FIELD_ALWAYS(INT64, "next_retry", struct item, retry_ms,
                        "When the last run, which failed, is repeated; 0 for not at all."),
    MB_API_FIELD_ALWAYS(STRING, "latest_backup", struct item, latest,
                        "The last complete one in the storage; empty for none."),
    MB_API_FIELD_ALWAYS(INT64, "latest_made_at", struct item, latest_ms, "When that was completed."),
    MB_API_FIELD_ALWAYS(INT64, "latest_size", struct item, latest_size, "Bytes of its data."),
};
const struct mb_api_schema mb_schedules_schema = {MB_API_SCHEMA("Schedule", struct item, fields),
                                                  .list = true};

static void write_item(struct mb_json_writer *json, const struct mb_schedule_status *from)
{
    const struct item item = {.name = from->name,
                              .cron = from->cron,
                              .timezone = from->timezone,
                              .enabled = from->enabled,
                              .next_ms = from->next_ms,
                              .last_ms = from->last_ms,
                              .ended_ms = from->ended_ms,
                              .last_state = from->last_ms != 0 ? mb_task_state_name(from->last_state) : "",
                              .last_task = from->last_task,
                              .last_backup = from->last_backup,
                              .error = from->error,
                              .runs = from->runs,
                              .failures = from->failures,
                              .skipped = from->skipped,
                              .retries = from->retries,
                              .last_retry = from->last_retry,
                              .retry_ms = from->retry_ms,
                              .latest = from->latest,
                              .latest_ms = from->latest_ms,
                              .latest_size = from->latest_size};
    mb_json_begin_object(json, NULL);
    mb_api_write(json, &mb_schedules_schema, &item);
    mb_json_end_object(json);
}

void mb_serve_schedules(struct mb_api_call *call)
{
    struct mb_schedules *schedules = mb_api_schedules(call->api);
    struct mb_schedule_status *items = NULL;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_reply reply;
    size_t count = 0;
    if (schedules != NULL && mb_schedules_list(schedules, call->arena, &items, &count, &error) < 0) {
        mb_reply_error(call, &error);
        return;
    }
    mb_reply_begin(&reply, call, MB_CODE_SUCCESS, "success");
    mb_json_begin_array(&reply.json, "data");
    for (size_t i = 0; i < count; i++)
        write_item(&reply.json, &items[i]);
    mb_json_end_array(&reply.json);
    mb_reply_end(&reply);
}
