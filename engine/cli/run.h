/* run.h - a job in a thread of its own, while the main thread watches signals and time. */
#ifndef MB_CLI_RUN_H
#define MB_CLI_RUN_H

#include "base/cancel.h"

struct mb_run {
    mb_status (*job)(void *ctx, struct mb_error *error);
    void *ctx;
    struct mb_cancel
        *cancel; /* requested at the first SIGINT, SIGTERM or SIGHUP; the second ends the process at once */
    void (*tick)(void *ctx);                         /* ten times a second, from the main thread; or NULL */
    void (*signalled)(void *ctx, int signal_number); /* after the first one; or NULL */
};

/* Returns what the job returned, *signal_number being the first signal's, 0 for none. */
mb_status mb_run(const struct mb_run *run, int *signal_number, struct mb_error *error);

#endif
