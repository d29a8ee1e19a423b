/* service.h - the work of a server, through whichever door it was asked for: tasks that are remembered.
 *
 * A task is started with a request of the library and known by its id from then on: while it waits, runs,
 * and after it has ended, also in the next process (see history.h), until the history is full of younger
 * ones.  Thread-safe. */
#ifndef MB_SERVICE_SERVICE_H
#define MB_SERVICE_SERVICE_H

#include "base/text.h"
#include "milvus_backup.h"

struct mb_service;

/* A warning in the words of who asked; NULL without memory. */
typedef const char *mb_word_fn(const struct mb_task_warning *warning, struct mb_arena *arena);

struct mb_service_options {
    const char *state_dir;          /* where the history is kept; "" for in memory alone */
    unsigned tasks, queue, history; /* at once; waiting; remembered after their end */
    mb_word_fn *word;               /* NULL leaves them in those of the library */
};

/* The session is the caller's and outlives the service; nobody else starts tasks in it.  Tasks that the last
 * process left unfinished become failed ones that can be resumed.  MB_E_EXISTS when another process uses
 * the folder. */
mb_status mb_service_open(struct mb_service **out, struct mb_session *session,
                          const struct mb_service_options *options, struct mb_error *error);

/* No task is taken from now on: MB_E_CANCELLED.  Those that run get so long to end and are then cancelled;
 * returns when all have ended and are written down.  Then what is asked of sessions of other places
 * (mb_service_session_at) is cancelled, too; the service's own is the caller's to cancel. */
void mb_service_stop(struct mb_service *service, int64_t timeout_ms);

/* What tasks do and did since the service was opened; and how many may. */
struct mb_tally;
void mb_service_tally(struct mb_service *service, struct mb_tally *out);
void mb_service_limits(const struct mb_service *service, unsigned *tasks, unsigned *queue);

/* Is no task taken any more? */
bool mb_service_is_stopping(struct mb_service *service);

/* After mb_service_stop. */
void mb_service_close(struct mb_service *service);

struct mb_session *mb_service_session(struct mb_service *service);

/* ------------------------------------------------------------ who asks */

enum mb_role { MB_ROLE_NONE, MB_ROLE_READ, MB_ROLE_WRITE }; /* each may what those before it may */

/* "read", "write"; false for what is none. */
const char *mb_role_name(enum mb_role role);
bool mb_role_parse(const char *text, enum mb_role *out);

struct mb_caller {
    const char *name; /* of the credential; "" for nobody in particular, "schedule NAME" for a schedule */
    enum mb_role role;
    const char *address;    /* where the request came from */
    const char *request_id; /* never "" */
};

/* --------------------------------------------------------------- tasks */

/* What is to be done.  Strings and the request are copied. */
struct mb_job {
    int32_t kind;                /* MB_TASK_* */
    const void *request;         /* struct mb_create_request, ... */
    const char *id;              /* of the task; NULL for a new one */
    const char *bucket;          /* of backups, instead of the configured one; NULL */
    const char *root_path;       /* likewise */
    const char *gc_address;      /* of Milvus' management, likewise */
    const char *schedule;        /* that starts it; NULL */
    const char *transfer_config; /* MB_TASK_TRANSFER: the configuration of the other side; its request's peer
                                    is NULL */
    bool secondary;              /* MB_TASK_RESTORE: the request is a struct mb_restore_secondary_request */
};

/* Starts a task, or lets it wait for its turn; the request is judged before anything else.  id gets its id.
 *
 * MB_E_EXISTS when a task of this server is at work on a backup of that name and writes it, when it is to be
 * deleted and another reads it, or when a task has this id and has not ended (one that has is replaced): the
 * error's subject is that task's id.  MB_E_THROTTLED when too many wait, MB_E_CANCELLED once the service
 * stops. */
mb_status mb_service_start(struct mb_service *service, const struct mb_caller *caller,
                           const struct mb_job *job, struct mb_arena *arena, const char **id,
                           struct mb_error *error);

/* Would it be refused now?  Judges as mb_service_start does, before a look at the storage that may take its
 * time. */
mb_status mb_service_check(struct mb_service *service, const struct mb_job *job, struct mb_arena *arena,
                           struct mb_error *error);

/* One collection of a create or a restore. */
struct mb_record_collection {
    const char *db, *name; /* in Milvus */
    int32_t state;         /* MB_TASK_QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED */
    int32_t percent;
    int64_t rows, size; /* -1, 0 while not known */
    int64_t started_ms, ended_ms;
};

/* A task as it stands; of a prune backup is the pattern.  Points in time are milliseconds since 1970, 0 for
 * not yet. */
struct mb_record {
    const char *id;
    int32_t kind;  /* MB_TASK_* */
    int32_t state; /* MB_TASK_* */
    const char *backup;
    const char *bucket, *root_path;             /* "" for the configured ones */
    const char *caller, *request_id, *schedule; /* "" for none */
    int64_t queued_ms, started_ms, ended_ms;
    int32_t percent;         /* 0 to 100; never falls; 100 when it has succeeded, and only then */
    const char *phase;       /* "copy"; "" */
    const char *waiting_for; /* ""; */
    uint64_t bytes_done, bytes_total, objects_done, objects_total, bytes_per_s, retries;
    int64_t left_ms;   /* -1 */
    mb_status status;  /* of its end */
    const char *error; /* "" */
    uint32_t hint;     /* MB_HINT_*, about hint_subject */
    const char *hint_subject;
    bool resumable;     /* a create or transfer that was cut off: start it again with resume */
    const char *result; /* what it gave, one object of JSON, see result.c; "{}" */
    struct mb_strings warnings;
    struct mb_record_collection *collections; /* NULL where they were not asked for */
    size_t collection_count;
};

/* MB_E_NOT_FOUND for an id that nobody knows.  What *out points to lies in arena. */
mb_status mb_service_get(struct mb_service *service, const char *id, bool with_collections,
                         struct mb_arena *arena, struct mb_record *out, struct mb_error *error);

/* The latest task of a kind (0 for any that writes it) about that backup in that place ("" for the configured
 * one); MB_E_NOT_FOUND for none. */
mb_status mb_service_find(struct mb_service *service, const char *backup, int32_t kind, const char *bucket,
                          const char *root_path, struct mb_arena *arena, struct mb_record *out,
                          struct mb_error *error);

struct mb_record_filter {
    int32_t kind;       /* 0 for all */
    uint32_t states;    /* bits 1 << MB_TASK_*; 0 for all */
    const char *backup; /* NULL for all */
    size_t skip, limit; /* limit 0 for all */
};

/* The youngest first, without collections.  total gets their number without skip and limit. */
mb_status mb_service_list(struct mb_service *service, const struct mb_record_filter *filter,
                          struct mb_arena *arena, struct mb_record **out, size_t *count, size_t *total,
                          struct mb_error *error);

/* Tells a task to stop; MB_OK also for one that has ended.  MB_E_NOT_FOUND for an id that nobody knows. */
mb_status mb_service_cancel(struct mb_service *service, const char *id, struct mb_error *error);

/* Calls fn once, from a thread of the service, when the task has ended; or at once, from the caller's thread.
 * fn may ask the service but must not stop or close it. */
typedef void mb_ended_task_fn(void *ctx);
mb_status mb_service_await(struct mb_service *service, const char *id, mb_ended_task_fn *fn, void *ctx,
                           struct mb_error *error);

/* A session for what a request says of another place: the service's own when all are NULL.  The caller closes
 * it with mb_service_leave.  MB_E_FORBIDDEN with MB_HINT_INPUT for a place that the configuration
 * does not allow (server.buckets, server.rootPaths). */
mb_status mb_service_session_at(struct mb_service *service, const char *bucket, const char *root_path,
                                const char *gc_address, struct mb_session **out, struct mb_error *error);
void mb_service_leave(struct mb_service *service, struct mb_session *session);

/* --------------------------------------------------------------- audit */

/* A line in the log about a request that changes something: who, from where, what ("createBackup"), about
 * which backup ("" for none) and with what outcome ("accepted", "refused: ...").  What callers can choose
 * cannot break out of its place in the line. */
void mb_service_audit(struct mb_service *service, const struct mb_caller *caller, const char *does,
                      const char *backup, const char *outcome);

#endif
