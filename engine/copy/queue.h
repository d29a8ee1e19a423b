/* queue.h - what is to be done, handed to the workers one job at a time.
 *
 * A job is an object as a whole or one part of an object that was split.  Parts go
 * first, so that few objects are open at once.  The queue also knows how many
 * workers there are and how many may be busy.  Thread-safe; every wait ends when
 * the token given at init is cancelled and mb_queue_wake is called. */
#ifndef MB_COPY_QUEUE_H
#define MB_COPY_QUEUE_H

#include "copy/limiter.h"
#include "copy/object.h"

#include <pthread.h>

struct mb_job {
    struct mb_object *object;
    bool is_part;
    uint32_t part;  /* index of the part */
    uint64_t bytes; /* for the worker to say how many it moved */
};

struct mb_queue {
    pthread_mutex_t lock;
    pthread_cond_t work;
    pthread_cond_t room;
    struct mb_cancel *cancel;
    struct mb_object *first; /* not begun */
    struct mb_object *last;
    unsigned waiting;
    struct mb_object *uploads; /* begun, and neither completed nor aborted */
    uint64_t unfinished;       /* objects added and not done */
    unsigned max_workers;
    unsigned workers;
    unsigned busy;
    uint64_t overloads; /* as of the last job */
    uint64_t waits;
    bool closed;
    struct mb_limiter limiter;
};

/* overloads is how often both services have been so before. */
void mb_queue_init(struct mb_queue *queue, unsigned max_workers, uint64_t overloads,
                   struct mb_cancel *cancel);
void mb_queue_done(struct mb_queue *queue); /* frees what still waits */

/* Where *start comes out true, one more worker is due and counts from now on. */

/* Waits while the queue is full.  Takes the object unless it fails. */
mb_status mb_queue_push(struct mb_queue *queue, struct mb_object *object, bool *start,
                        struct mb_error *error);

/* For workers.  MB_END when all is done. */
mb_status mb_queue_take(struct mb_queue *queue, struct mb_job *out, bool *start, struct mb_error *error);

/* The job that was taken has ended.  So far both services have been overloaded so many times, and so many
 * jobs had to wait for memory. */
void mb_queue_end(struct mb_queue *queue, const struct mb_job *job, uint64_t overloads, uint64_t waits);

/* So many more bytes of the object lie in the destination.  Returns how many of them are news: an object that
 * had to start over is not counted twice. */
uint64_t mb_queue_count_bytes(struct mb_queue *queue, struct mb_object *object, uint64_t bytes);

/* A worker that was due could not be started, or leaves.  Returns how many remain. */
unsigned mb_queue_worker_gone(struct mb_queue *queue);

/* The object's upload has begun: its parts are jobs now. */
void mb_queue_publish(struct mb_queue *queue, struct mb_object *object);

/* True for the one who ends the last part: he owns the object again.  refused stops handing out parts. */
bool mb_queue_part_end(struct mb_queue *queue, struct mb_object *object, bool refused);

/* The object's upload is completed or aborted. */
void mb_queue_retire(struct mb_queue *queue, struct mb_object *object);

/* Any object whose upload is still open, for aborting it once no worker runs; or NULL. */
struct mb_object *mb_queue_open_upload(struct mb_queue *queue);

/* The object begins once more, ahead of all others. */
void mb_queue_again(struct mb_queue *queue, struct mb_object *object);

/* From now on jobs are copies in the service, which cost us nothing, or streams, which take memory and time
 * of the processor: few of them run at first, more where that helps. */
void mb_queue_limit_copies(struct mb_queue *queue);
void mb_queue_limit_streams(struct mb_queue *queue);

void mb_queue_object_done(struct mb_queue *queue);
void mb_queue_close(struct mb_queue *queue); /* nothing more will be pushed */
void mb_queue_wake(struct mb_queue *queue);
unsigned mb_queue_limit(struct mb_queue *queue);

#endif
