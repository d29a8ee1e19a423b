/* schedule.h - what the configuration has a server back up by itself: run when it is due, one at a time each.
 *
 * A run that was missed, since the server was down or the clock jumped, is made up for once, not once for
 * each time.  One that is due while the last one goes on is skipped.  One that failed is tried again some
 * times, unless the next one is due before, and goes on with what it left where that can be.  After a success
 * the schedule's retention prunes its own backups.  When each ran last is kept in schedules.json of the state
 * folder.
 *
 * Thread-safe. */
#ifndef MB_SERVICE_SCHEDULE_H
#define MB_SERVICE_SCHEDULE_H

#include "service/service.h"

struct mb_schedules;

/* What a test puts in place of the service and the clock. */
struct mb_schedule_hands {
    int64_t (*now_ms)(void *ctx); /* since 1970 */
    mb_status (*start)(void *ctx, const struct mb_caller *caller, const struct mb_job *job,
                       struct mb_arena *arena, const char **id, struct mb_error *error);
    mb_status (*look)(void *ctx, const char *id, struct mb_arena *arena, struct mb_record *out,
                      struct mb_error *error);
    void *ctx;
};

struct mb_schedules_options {
    const char *state_dir; /* of the service; "" for in memory alone */
    const struct mb_schedule_hands
        *hands; /* copied; then no thread runs them: mb_schedules_step does.  NULL */
};

/* MB_E_CONFIG names the schedule that cannot be run.  Without schedules nothing is started. */
mb_status mb_schedules_open(struct mb_schedules **out, struct mb_session *session, struct mb_service *service,
                            const struct mb_schedules_options *options, struct mb_error *error);

/* Starts nothing from now on; what runs goes on.  Before mb_service_stop. */
void mb_schedules_stop(struct mb_schedules *schedules); /* NULL is allowed */

/* When nobody asks any more. */
void mb_schedules_close(struct mb_schedules *schedules); /* NULL is allowed */

/* A schedule as it stands; points in time are milliseconds since 1970, 0 for none. */
struct mb_schedule_status {
    const char *name, *cron, *timezone;
    bool enabled;
    int64_t next_ms; /* 0 also for one that is not enabled */
    int64_t last_ms; /* when its last run began, */
    int64_t ended_ms;
    int32_t last_state;                          /* MB_TASK_*, of a run that there was; */
    const char *last_task, *last_backup, *error; /* "" for none */
    uint64_t runs, failures, skipped, retries;   /* since the server was started; retries are runs, too */
    uint32_t last_retry;                         /* 0: the last run was none, 1: the first one, ... */
    int64_t retry_ms;                            /* when it is retried */
    const char *latest;                          /* its last complete backup in the storage; "" for none, */
    int64_t latest_ms, latest_size;              /* when it was completed, and the size of its data */
};

/* In the order of the configuration; what *out points to lies in arena. */
mb_status mb_schedules_list(struct mb_schedules *schedules, struct mb_arena *arena,
                            struct mb_schedule_status **out, size_t *count, struct mb_error *error);

/* Starts what is due and looks at what runs.  Returns in how many milliseconds to do so again. */
int64_t mb_schedules_step(struct mb_schedules *schedules);

#endif
