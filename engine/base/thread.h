/* thread.h - threads of the engine's own. */
#ifndef MB_BASE_THREAD_H
#define MB_BASE_THREAD_H

#include <pthread.h>

/* Starts a thread that works in the scope of this one, which outlives it, and takes none of the process'
 * signals: they are left to the threads of the program.  Returns 0 or an errno. */
int mb_thread_start(pthread_t *out, void *(*fn)(void *ctx), void *ctx);

#endif
