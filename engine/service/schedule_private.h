/* schedule_private.h - what the files of the runner share. */
#ifndef MB_SERVICE_SCHEDULE_PRIVATE_H
#define MB_SERVICE_SCHEDULE_PRIVATE_H

#include "calendar/cron.h"
#include "service/schedule.h"

#include <pthread.h>

enum { MB_SCHEDULE_TEXT = 256 };

struct mb_schedule {
    struct mb_schedule_row row; /* its strings are the session's */
    struct mb_cron cron;
    struct mb_zone *zone;
    int64_t anchor_ms; /* due is the first time after it */
    int64_t next_ms;   /* 0 when it is not enabled */

    int64_t last_ms, ended_ms;
    int32_t state; /* of the last run */
    char task[MB_SCHEDULE_TEXT], backup[MB_SCHEDULE_TEXT], error[2 * MB_SCHEDULE_TEXT];
    bool running;                   /* as far as is known */
    uint32_t tried;                 /* so many retries of the last run have begun */
    int64_t retry_ms;               /* when the next one begins; 0 for none */
    bool resumable;                 /* it goes on with what the last one left */
    char pruning[MB_SCHEDULE_TEXT]; /* the task of its retention that goes on; or "" */
    uint64_t runs, failures, skipped, retries;

    char latest[MB_SCHEDULE_TEXT];
    int64_t latest_ms, latest_size;
};

struct mb_schedules {
    struct mb_session *session; /* its own, to be cancelled at the end */
    struct mb_service *service;
    struct mb_schedule_hands hands;
    char *path;           /* of schedules.json; or NULL */
    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t changed;
    struct mb_schedule *items;
    size_t count;
    int64_t looked_ms;  /* the clock at the last step */
    int64_t counted_ms; /* when the storage was asked for the latest; 0 for now */
    bool dirty;         /* there is something to write down */
    bool closing, started;
    pthread_t thread;
};

void mb_schedule_log(struct mb_schedules *schedules, int level, const char *fmt, ...) MB_PRINTF(3, 4);

/* schedule_state.c: with the lock held, or before there is a thread.  What cannot be read counts for nothing,
 * with a warning. */
void mb_schedule_load(struct mb_schedules *schedules, int64_t now_ms);
void mb_schedule_save(struct mb_schedules *schedules);

/* The first time after its anchor. */
void mb_schedule_set_next(struct mb_schedule *schedule);

/* schedule_run.c, with the lock held: starts what is due, or due again; looks at what runs. */
void mb_schedule_start_due(struct mb_schedules *schedules, struct mb_schedule *schedule, int64_t now_ms);
void mb_schedule_retry_due(struct mb_schedules *schedules, struct mb_schedule *schedule, int64_t now_ms);
void mb_schedule_look(struct mb_schedules *schedules, struct mb_schedule *schedule, int64_t now_ms);

/* schedule_latest.c, without it: asks the storage for the last complete backup of each. */
void mb_schedule_find_latest(struct mb_schedules *schedules);

#endif
