/* known.h - what the service knows of a task, for the files of this room.
 *
 * All of it is under the service's lock, but for what a running task has, which nobody changes from its start
 * till the keeper takes it. */
#ifndef MB_SERVICE_KNOWN_H
#define MB_SERVICE_KNOWN_H

#include "base/pool.h"
#include "service/history.h"
#include "service/job.h"
#include "service/place.h"
#include "service/record.h"
#include "service/service.h"
#include "service/sessions.h"
#include "service/tally.h"

#include <pthread.h>

struct mb_waiter {
    mb_ended_task_fn *fn;
    void *ctx;
    struct mb_waiter *next;
};

/* That a task is over, for those who wait to hear so. */
struct mb_news {
    struct mb_service *service;
    struct mb_known *entry;
    struct mb_running *running;
};

/* What a task has until it has ended and those who wait were told; lies in its own arena. */
struct mb_running {
    struct mb_arena *arena;
    struct mb_task *task;
    struct mb_session *session; /* of its place, to be left */
    const char *caller, *request_id, *schedule;
    const char *peer;   /* the other side's configuration; "" */
    const char *output; /* another backup in the same place, which it writes; "" */
    enum mb_use use, peer_use;
    mb_word_fn *word;
    bool accepted; /* it is written down: before that the keeper leaves it alone */
    bool told;     /* somebody cancelled it */
    bool cut;      /* the service's end did */
    struct mb_waiter *waiters;
    struct mb_news news;
};

struct mb_known {
    const char *id, *backup, *bucket, *root_path; /* "" for the configured place */
    int32_t kind;
    int32_t state; /* as it was last seen */
    int64_t queued_ms;
    bool resumable;
    bool telling;               /* it has ended, and those who wait are being told */
    bool forgotten;             /* meanwhile another took its id: whoever tells frees it */
    struct mb_running *running; /* NULL when it has ended */
    struct mb_kept kept;        /* its record; of one that runs, as it was when it was accepted */
    char *words;                /* what the strings point into */
};

struct mb_service {
    struct mb_session *session;
    struct mb_service_options options;
    struct mb_places places; /* what requests may name */
    struct mb_sessions *sessions;
    struct mb_history *history;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct mb_known **entries; /* by age, the youngest last */
    size_t count, cap;
    size_t live;           /* of these, those that have not ended, or whose waiters are being told */
    size_t kept_bytes;     /* of the records of those that have ended */
    struct mb_tally ended; /* those that have, since the service was opened */
    bool stopping, over;   /* no task is taken; the keeper ends */
    pthread_t keeper;
    bool kept;
    struct mb_pool *tellers_pool; /* threads that tell of a task's end */
    struct mb_group *tellers;
};

/* With the lock held.  NULL for none. */
struct mb_known *mb_known_find(struct mb_service *service, const char *id);

/* A new one at the end; NULL without memory. */
struct mb_known *mb_known_add(struct mb_service *service, const struct mb_record *record);

/* With the lock held: forgets one that has ended or never began. */
void mb_known_remove(struct mb_service *service, struct mb_known *entry);
void mb_known_free(struct mb_known *entry);

/* With the lock held: those who wait for its end have been told. */
void mb_known_told(struct mb_known *entry);

/* Are both about one backup in one place? */
bool mb_known_same_backup(const struct mb_known *a, const struct mb_known *b);

/* With the lock held: what follows from the end of a task for those before it, and for how many are kept. */
void mb_known_settle(struct mb_service *service, const struct mb_known *entry);
void mb_known_drop_oldest(struct mb_service *service);

/* With the lock held: the oldest lose what is long in their records, until all fit into what they may take.
 */
void mb_known_shorten(struct mb_service *service);

/* With the lock held, of a task that has ended and is about to be written down: how it stands then, and from
 * then on. */
mb_status mb_known_look_at_end(const struct mb_known *entry, struct mb_arena *arena, struct mb_record *out,
                               struct mb_error *error);

/* With the lock held: the task as it stands; strings lie in arena.  It has ended once it is written down. */
mb_status mb_known_look(struct mb_known *entry, bool with_collections, struct mb_arena *arena,
                        struct mb_record *out, struct mb_error *error);

#endif
