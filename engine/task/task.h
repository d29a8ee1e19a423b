/* task.h - one piece of work in a thread of its own, for the files of this room.
 *
 * What runs in the thread uses arena and fills in result and collections; everybody else reads them only when
 * the task has ended.  What may be asked meanwhile, the words below told_lock and the progress, is shared. */
#ifndef MB_TASK_TASK_H
#define MB_TASK_TASK_H

#include "base/arena.h"
#include "base/hint.h"
#include "base/progress.h"
#include "base/scope.h"
#include "task/id.h"
#include "task/session.h"

enum { MB_TASK_SAMPLES = 32 };

struct mb_task;

/* What every plan begins with. */
struct mb_plan_head {
    const char *name;        /* of the backup */
    struct mb_session *peer; /* or NULL */
};

/* A kind of task: its plan is made of a request, which is thereby judged, and then carried out. */
struct mb_work {
    int32_t kind;
    bool waits; /* for its turn, where the number of tasks is limited */
    size_t plan_size;
    mb_status (*take)(const void *request, struct mb_arena *arena, void *plan, struct mb_error *error);
    mb_status (*run)(struct mb_task *task, const void *plan, struct mb_error *error);
};

/* A list that grows under told_lock; its items lie in told. */
struct mb_told {
    void *items;
    size_t count, cap;
};

struct mb_task {
    const struct mb_work *work;
    char id[MB_ID_SIZE];
    struct mb_arena *arena;
    struct mb_session *session; /* held while the task runs */
    struct mb_plan_head *plan;  /* the peer in it is held, too */
    pthread_t thread;
    bool started;
    struct mb_cancel *cancel;
    struct mb_cancel_watch *watch; /* of the session's end */
    struct mb_progress progress;
    struct mb_scope scope;
    struct mb_turn turn; /* of work that waits */
    struct mb_user user; /* of its backup */

    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t ended;
    int32_t state;
    int64_t started_ns, ended_ns;            /* 0 for not yet */
    int64_t queued_ms, started_ms, ended_ms; /* since 1970 */
    struct mb_error error;
    double percent; /* the most that was ever told */
    struct mb_task_sample {
        int64_t ns;
        uint64_t bytes;
    } samples[MB_TASK_SAMPLES]; /* of the last seconds of a phase, a ring: the rate is theirs */
    size_t sample_count;
    int64_t sampled_phase_ns;

    pthread_mutex_t told_lock; /* for what follows */
    struct mb_arena *told;
    struct mb_told warnings; /* struct mb_task_warning */
    struct mb_told faults;   /* struct mb_task_fault */

    struct mb_task_collection *collections;
    size_t collection_count;
    union {
        struct mb_create_result create;
        struct mb_restore_result restore;
        struct mb_transfer_result transfer;
        struct mb_verify_result verify;
        struct mb_delete_result remove;
        struct mb_prune_result prune;
        struct mb_compact_result compact;
        struct mb_migrate_result migrate;
    } result;
    bool has_result;
    struct mb_prune_row *pruned;
    size_t pruned_count;
    struct mb_rbac_row *rbac; /* of a restore */
    size_t rbac_count;
};

/* Judges a request without a session. */
mb_status mb_work_check(const struct mb_work *work, const void *request, struct mb_error *error);

/* Starts a task in a thread of its own. */
mb_status mb_work_start(const struct mb_work *work, struct mb_session *session, const void *request,
                        struct mb_task **out, struct mb_error *error);

bool mb_task_has_ended(struct mb_task *task);

/* From any thread of the task.  Without memory a warning goes to the log alone. */
void mb_task_warn(struct mb_task *task, enum mb_hint hint, const char *subject, const char *text);
void mb_task_warn_of_strays(struct mb_task *task, uint64_t strays, const char *first); /* not of none */
void mb_task_tell_fault(struct mb_task *task, const struct mb_task_fault *fault);      /* copied */

int64_t mb_task_ns(const struct mb_task *task); /* since its start */

#endif
