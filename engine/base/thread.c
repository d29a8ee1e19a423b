#include "base/thread.h"

#include "base/scope.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

/* What a thread brings upon itself reaches it whatever its mask, past the handlers of debuggers and
 * sanitizers. */
static const int of_faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT};

struct start {
    void *(*fn)(void *ctx);
    void *ctx;
    const struct mb_scope *scope;
};

static void *run(void *arg)
{
    struct start start = *(struct start *)arg;
    free(arg);
    mb_scope_enter(start.scope);
    return start.fn(start.ctx);
}

int mb_thread_start(pthread_t *out, void *(*fn)(void *ctx), void *ctx)
{
    sigset_t all, before;
    struct start *start = malloc(sizeof(*start));
    if (start == NULL)
        return ENOMEM;
    *start = (struct start){.fn = fn, .ctx = ctx, .scope = mb_scope_current()};
    sigfillset(&all);
    for (size_t i = 0; i < sizeof(of_faults) / sizeof(of_faults[0]); i++)
        sigdelset(&all, of_faults[i]);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(out, NULL, run, start);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0)
        free(start);
    return rc;
}
