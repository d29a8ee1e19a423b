/* scope.h - for whom a thread works: the task whose id stands in its log lines and whose counters it raises.
 *
 * A thread is in at most one scope at a time.  Jobs of a pool and threads of mb_thread_start work in the
 * scope of whoever submitted or started them, so what a task sets once holds wherever its work is done. */
#ifndef MB_BASE_SCOPE_H
#define MB_BASE_SCOPE_H

struct mb_log;
struct mb_progress;
struct mb_drivers;

struct mb_scope {
    const char *id;               /* of the task: "[id] " begins its log lines; NULL or "" for none */
    struct mb_log *log;           /* where a driver's lines go; or NULL */
    struct mb_progress *progress; /* where retries and waits are counted; or NULL */
    struct mb_drivers *drivers;   /* during an open: where one that wraps another finds it; else NULL */
    const char *temporary_folder; /* for what does not fit into memory; NULL or "" to choose one */
};

/* What the thread is in; never NULL, but empty outside of all scopes. */
const struct mb_scope *mb_scope_current(void);

/* scope stays the caller's and outlives the work; NULL for none.  Returns what the thread was in before, to
 * be entered again when the work is done. */
const struct mb_scope *mb_scope_enter(const struct mb_scope *scope);

#endif
